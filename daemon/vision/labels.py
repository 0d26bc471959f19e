"""Labels: words on a rounded ground. Each is drawn once and laid on many pictures.

Most labels of a pile of scans are the same few: a digit and a percentage. Laying one takes a tenth
of the time that drawing it takes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

from ..records import Grey
from .chips import Rect, Size
from .lettering import REGULAR, write

Colour: TypeAlias = tuple[int, int, int]  # BGR
_WHITE: Colour = (255, 255, 255)


class Word(NamedTuple):
    """Printable text on a label: its first column, the row that its capitals are centred on, its
    font size in px and weight."""

    text: str
    left: int
    middle: float
    size: int
    weight: int = REGULAR


class Label(NamedTuple):
    """What a label adds to a picture, and how much of what lies below it stays, of 255. Both are
    (H, W, 3) uint8."""

    paint: Grey
    below: Grey


@lru_cache(maxsize=512)
def label(size: Size, words: tuple[Word, ...], fill: Colour, text: Colour) -> Label:
    """A label of a size, of the colour `fill`, with words of the colour `text`."""
    paint, cover = np.zeros((2, size.height, size.width, 3), np.uint8)
    whole = Rect(0, 0, size.width, size.height)
    fill_rounded(cover, whole, _WHITE)
    fill_rounded(paint, whole, fill)
    for word in words:
        write(paint, word.text, word.left, word.middle, text, word.size, word.weight)
    return Label(paint, 255 - cover)


def lay(area: Grey, left: int, top: int, label: Label) -> None:
    """Lay a label on `area`, (H, W, 3), in which it has room."""
    height, width = label.paint.shape[:2]
    there = area[top : top + height, left : left + width]
    cv2.add(cv2.multiply(there, label.below, scale=1 / 255), label.paint, there)


def fill_rounded(area: Grey, rect: Rect, colour: Colour) -> None:
    """Fill a rectangle with rounded corners: OpenCV joins thick lines with a round."""
    radius = min(4, (rect.bottom - rect.top) // 4)
    corner = (rect.left + radius, rect.top + radius)
    opposite = (rect.right - 1 - radius, rect.bottom - 1 - radius)
    cv2.rectangle(area, corner, opposite, colour, cv2.FILLED)
    cv2.rectangle(area, corner, opposite, colour, 2 * radius, cv2.LINE_AA)


def fill(area: Grey, colour: Colour) -> None:
    """Fill all of `area`, (H, W, 3): a row at a time, which is the fastest."""
    area[...] = _row(area.shape[1], colour)


@lru_cache(maxsize=64)
def _row(width: int, colour: Colour) -> Grey:
    return np.full((width, 3), colour, np.uint8)
