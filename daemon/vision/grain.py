"""Ink under grain: salt and pepper, a fax's specks, the dots of a dithered picture.

Such grain is as dark as ink and one pixel small. Where much of what looks like ink stands alone, or
the grain leaves no room for ink, the picture is smoothed, no more than it takes.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Grey
from .ink import Ink, find_ink
from .paper import MIN_CONTRAST
from .polarity import Shades

_SMALL = 48  # pixels: on a page no larger every stroke is about as fine as grain
_ROWS = 4  # one row of so many tells
_ALONE = 0.06  # of the ink: so much of it in single pixels is grain
_LOUD = 0.7 * 255  # of contrast: paper that reaches it by its noise is dithered
_SIGMAS = (1.2, 2.4)  # pixels


def find_ink_under_grain(
    pixels: Grey, shades: Shades | None = None, *, is_known: bool = False
) -> tuple[Grey, tuple[Ink, ...]]:
    """The ink of an upright page, (H, W) uint8, as `find_ink` gives it, and the page in which it
    was found: itself, or smoothed where it is grainy, which may be known."""
    smooth, inks = pixels, () if is_known else find_ink(pixels, shades)
    for sigma in _SIGMAS:
        if inks and not is_grainy(inks[0]):
            break
        smooth = cv2.GaussianBlur(pixels, (0, 0), sigma)
        inks = find_ink(smooth)
    return smooth, inks


def is_noise(ink: Ink) -> bool:
    """Whether grain is noise of all paper, which is louder still on a picture twice as large."""
    return ink.floor > MIN_CONTRAST and is_grainy(ink)


def is_grainy(ink: Ink) -> bool:
    """Whether much of what counts as ink is grain."""
    if max(ink.mask.shape) <= _SMALL:
        return False
    return ink.floor >= _LOUD or _share_alone(ink.mask) >= _ALONE


def _share_alone(mask: Grey) -> float:
    """The share of a mask's pixels, (H, W) uint8 of 0 and 1, that have no neighbour."""
    above, row, below = mask[:-2:_ROWS], mask[1:-1:_ROWS], mask[2::_ROWS]
    column = above | row | below
    beside = column[:, :-2] | column[:, 2:] | (above | below)[:, 1:-1]
    own = row[:, 1:-1]
    alone = np.asarray(own & ~beside, np.uint8)
    return cv2.countNonZero(alone) / max(1, cv2.countNonZero(own))
