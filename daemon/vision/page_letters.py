"""Letters that stand alone on a page, as heads of columns, and are as clean digits as any: an A is
a 4 with two feet, a B is an 8 with a straight back.

Of MNIST's 4s and 8s one in a thousand has that shape.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Ink

LETTER = "a 4 or an 8 alone may be an A or a B"
_INK = 0.5  # from which it is ink
_WIDE = 0.45  # of its height: how wide such a letter is at least
_END = 0.12  # of its height: rows in which its apex or its feet stand
_APEX = 0.55  # of its width: how wide an apex is at most
_APART, _OUT = 0.3, 0.15  # of its width: between its feet, and from its sides to them
_BACK, _STRAIGHT = 0.12, 0.95  # of its width, within which so many rows begin

_RUN = re.compile(b"\x01+")

_Mask: TypeAlias = npt.NDArray[np.bool_]


def may_be_letter(ink: Ink, digit: int) -> bool:
    """Whether a mark that reads as this digit, (h, w) float32, has the shape of an A or a B."""
    if digit not in (4, 8):
        return False
    inked = ink > _INK
    x, y, width, height = cv2.boundingRect(inked.view(np.uint8))
    if width < max(1, _WIDE * height):
        return False
    own = inked[y : y + height, x : x + width]
    return _has_two_feet(own) if digit == 4 else _has_a_straight_back(own)


def _has_two_feet(own: _Mask) -> bool:
    """Whether a mark has one narrow end above, and two below, at its sides."""
    width, end = own.shape[1], max(1, round(_END * len(own)))
    below = _runs(own[-end:])
    if len(below) != 2:  # as of most 4s
        return False
    above = _runs(own[:end])
    if len(above) != 1:
        return False
    (left, left_end), (right, right_end) = below
    is_narrow = above[0][1] - above[0][0] <= _APEX * width
    are_apart = right - left_end >= _APART * width
    return bool(is_narrow and are_apart and max(left, width - right_end) <= _OUT * width)


def _has_a_straight_back(own: _Mask) -> bool:
    """Whether almost all rows of a mark begin at its left side."""
    begins = own.argmax(axis=1)
    return bool((begins <= max(1, _BACK * own.shape[1])).mean() >= _STRAIGHT)


def _runs(rows: _Mask) -> list[tuple[int, int]]:
    """Where columns with ink in any of some rows begin and end."""
    return [found.span() for found in _RUN.finditer(rows.any(axis=0).tobytes())]
