"""Where the chip of each digit goes: beside its box, clear of digits and of other chips.

A chip always lies inside the field, and on a free place if one of those beside its box is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np


class Rect(NamedTuple):
    """Columns left to right, rows top to bottom (half-open), in pixels of the picture."""

    left: int
    top: int
    right: int
    bottom: int


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def _beside(box: Rect, size: Size, field: Size) -> Iterator[Rect]:
    """Places of one size round a box, best first, those outside the field pushed back into it."""
    centre = (box.left + box.right - size.width) // 2
    middle = (box.top + box.bottom - size.height) // 2
    above, below = box.top - size.height, box.bottom
    flush_left, flush_right = box.left, box.right - size.width
    for left, top in (
        (centre, above),
        (centre, below),
        (box.right, middle),
        (box.left - size.width, middle),
        (flush_right, above),
        (flush_left, above),
        (flush_right, below),
        (flush_left, below),
    ):
        x = max(0, min(left, field.width - size.width))
        y = max(0, min(top, field.height - size.height))
        yield Rect(x, y, x + size.width, y + size.height)


class _Taken:
    """How many rectangles take each pixel of a field."""

    def __init__(self, boxes: Sequence[Rect], field: Size) -> None:
        self._times = np.zeros((field.height, field.width), np.uint16)
        for left, top, right, bottom in boxes:  # they may reach beyond it
            self.add(Rect(max(0, left), max(0, top), max(0, right), max(0, bottom)))

    def add(self, rect: Rect) -> None:
        """Take a further one."""
        left, top, right, bottom = rect
        self._times[top:bottom, left:right] += 1

    def overlap(self, rect: Rect) -> int:
        """Pixels of `rect` that are taken, counted once for each that takes them."""
        left, top, right, bottom = rect
        return int(cv2.sumElems(self._times[top:bottom, left:right])[0])


def _place_all(boxes: Sequence[Rect], sizes: Sequence[Size], field: Size) -> tuple[int, list[Rect]]:
    """Pixels covered in all, and the places, given one after the other."""
    taken = _Taken(boxes, field)
    total, places = 0, list[Rect]()
    for box, size in zip(boxes, sizes, strict=True):
        least, best = -1, box
        for rect in _beside(box, size, field):
            covered = taken.overlap(rect)
            if least < 0 or covered < least:
                least, best = covered, rect
            if covered == 0:
                break
        taken.add(best)
        total += least
        places.append(best)
    return total, places


def place(
    boxes: Sequence[Rect], shapes: Iterable[Sequence[Size]], field: Size
) -> tuple[int, list[Rect]]:
    """Which of the shapes suits the page, and one place per box. A shape holds the size of each
    box's chip, none larger than the field.

    All chips of a page have one shape, which looks calmer: the first that finds room for all, else
    the one that covers least.
    """
    attempts = []
    for number, sizes in enumerate(shapes):
        covered, places = _place_all(boxes, sizes, field)
        attempts.append((covered, number, places))
        if covered == 0:
            break
    _, number, places = min(attempts)
    return number, places
