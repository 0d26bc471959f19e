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


def _above(box: Rect, size: Size, field: Size) -> Rect:
    """The best place of a size for a box, which most chips get, pushed back into the field."""
    width, height = size
    left, upper = (box.left + box.right - width) // 2, box.top - height
    x, y = max(0, min(left, field.width - width)), max(0, min(upper, field.height - height))
    return Rect(x, y, x + width, y + height)


def _beside(box: Rect, size: Size, field: Size) -> Iterator[Rect]:
    """The other places round the box, the better ones first."""
    near, top, far, bottom = box
    width, height = size
    centre, middle = (near + far - width) // 2, (top + bottom - height) // 2
    above, flush_right = top - height, far - width
    last_x, last_y = field.width - width, field.height - height
    for left, upper in (
        (centre, bottom),
        (far, middle),
        (near - width, middle),
        (flush_right, above),
        (near, above),
        (flush_right, bottom),
        (near, bottom),
    ):
        x, y = max(0, min(left, last_x)), max(0, min(upper, last_y))
        yield Rect(x, y, x + width, y + height)


class _Taken:
    """Which pixels of a field are taken by rectangles."""

    def __init__(self, boxes: Sequence[Rect], field: Size) -> None:
        self._pixels = np.zeros((field.height, field.width), np.uint8)
        for box in boxes:  # they may reach beyond it
            self.add(box)

    def add(self, rect: Rect) -> None:
        """Take those of a further one."""
        left, top, right, bottom = rect
        self._pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 1

    def overlap(self, rect: Rect) -> int:
        """How many pixels of `rect`, within the field, are taken."""
        left, top, right, bottom = rect
        return cv2.countNonZero(self._pixels[top:bottom, left:right])


class _Box:
    """The same where nothing but one rectangle is in the way: no pixels need to be counted."""

    def __init__(self, box: Rect) -> None:
        self._box = box

    def add(self, _: Rect) -> None:
        """There is nothing further to place."""

    def overlap(self, rect: Rect) -> int:
        """How many pixels of `rect` the rectangle takes."""
        box = self._box
        width = min(box.right, rect.right) - max(box.left, rect.left)
        height = min(box.bottom, rect.bottom) - max(box.top, rect.top)
        return max(0, width) * max(0, height)


def _place_all(boxes: Sequence[Rect], sizes: Sequence[Size], field: Size) -> tuple[int, list[Rect]]:
    """Pixels covered in all, and the places, given one after the other."""
    taken = _Box(boxes[0]) if len(boxes) == 1 else _Taken(boxes, field)
    total, places = 0, list[Rect]()
    for box, size in zip(boxes, sizes, strict=True):
        best = _above(box, size, field)
        least = taken.overlap(best)
        for rect in _beside(box, size, field) if least else ():
            covered = taken.overlap(rect)
            if covered < least:
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
