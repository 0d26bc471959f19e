"""Where the chip of each digit goes: beside its box, clear of digits and of other chips.

A chip always lies inside the field, and on a free place if one of those beside its box is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


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


def _overlap(rect: Rect, taken: npt.NDArray[np.int64]) -> int:
    """Pixels of `rect` that the rectangles `taken` (N, 4) cover, counted once for each."""
    width = np.minimum(taken[:, 2], rect.right) - np.maximum(taken[:, 0], rect.left)
    height = np.minimum(taken[:, 3], rect.bottom) - np.maximum(taken[:, 1], rect.top)
    return int((np.maximum(width, 0) * np.maximum(height, 0)).sum())


def _place_all(boxes: Sequence[Rect], sizes: Sequence[Size], field: Size) -> tuple[int, list[Rect]]:
    """Pixels covered in all, and the places, given one after the other."""
    taken = np.empty((2 * len(boxes), 4), np.int64)
    taken[: len(boxes)] = np.reshape(boxes, (-1, 4))
    total, places = 0, list[Rect]()
    for count, (box, size) in enumerate(zip(boxes, sizes, strict=True), start=len(boxes)):
        least, best = -1, box
        for rect in _beside(box, size, field):
            covered = _overlap(rect, taken[:count])
            if least < 0 or covered < least:
                least, best = covered, rect
            if covered == 0:
                break
        taken[count] = best
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
