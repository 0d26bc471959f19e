"""A page as hints say it lies: turned, and the part of it that counts, or the sheet on it.

What is read of a part gets its place on the whole page, as it was turned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import cv2
import numpy as np

from ..records import Box, Grey, Hints, Line, Page, PageReading
from .assemble import box_of
from .flat import Matrix
from .page_view import boxes_on_page

MIN_SIDE = 8  # px of a part: of less, nothing can be read
FADED = 0.35  # of its contrast, that what does not count keeps on a picture

_TURNS: Mapping[int, int] = MappingProxyType(
    {
        90: cv2.ROTATE_90_CLOCKWISE,
        180: cv2.ROTATE_180,
        270: cv2.ROTATE_90_COUNTERCLOCKWISE,
    }
)


@dataclass(frozen=True, slots=True)
class View:
    """A page, and the `part` of it that is looked at, whose first pixel is the page's own pixel
    (`x`, `y`); where it is a sheet that was laid flat, `back` brings its own pixels to the
    page's."""

    page: Page
    part: Page
    x: int = 0
    y: int = 0
    back: Matrix | None = None

    @property
    def before(self) -> View:
        """The view from which a sheet was cut out, or this one."""
        return self if self.back is None else View(self.page, self.page)

    def placed(self, reading: PageReading) -> PageReading:
        """What was read of the part as a reading of the page."""
        if self.part is self.page:
            return reading
        lines = tuple(self._placed_line(line) for line in reading.lines)
        return PageReading(reading.number, self.page.width, self.page.height, lines)

    @property
    def shown(self) -> Page:
        """The page for a picture: what does not count is faded, but not what a sheet lies on."""
        if self.part is self.page or self.back is not None:
            return self.page
        left, top = self.x // self.page.reduction, self.y // self.page.reduction
        height, width = self.part.pixels.shape
        window = np.s_[top : top + height, left : left + width]
        colour = None if self.page.colour is None else _faded(self.page.colour, window)
        return replace(self.page, pixels=_faded(self.page.pixels, window), colour=colour)

    def _placed_line(self, line: Line) -> Line:
        boxes = [digit.box for digit in line.digits]
        if self.back is None:
            moved = [Box(box.x + self.x, box.y + self.y, box.width, box.height) for box in boxes]
        else:
            moved = boxes_on_page(boxes, self.back, self.page.width, self.page.height)
        digits = tuple(
            replace(digit, box=box) for digit, box in zip(line.digits, moved, strict=True)
        )
        return replace(line, box=box_of(digits), digits=digits)


def view(page: Page, hints: Hints) -> View:
    """The page as hints say it lies, and the part that counts."""
    page = turned(page, hints.rotate or 0)
    return View(page, page) if hints.region is None else cut(page, hints.region)


def turned(page: Page, degrees: int) -> Page:
    """The page turned clockwise by 0, 90, 180 or 270 degrees."""
    if degrees not in _TURNS:
        return page
    turn = _TURNS[degrees]
    full = page.full_size
    if full is not None and degrees != 180:
        full = (full[1], full[0])
    colour = None if page.colour is None else cv2.rotate(page.colour, turn)
    return replace(page, pixels=cv2.rotate(page.pixels, turn), colour=colour, full_size=full)


def cut(page: Page, region: tuple[float, float, float, float]) -> View:
    """The part of a page that a region, x, y, width and height in fractions, touches."""
    x, y, width, height = region
    left, right = _span(x, width, page.pixels.shape[1])
    top, bottom = _span(y, height, page.pixels.shape[0])
    reduction = page.reduction
    full = None
    if page.full_size is not None:
        full = (
            min(right * reduction, page.width) - left * reduction,
            min(bottom * reduction, page.height) - top * reduction,
        )
    part = replace(
        page,
        pixels=np.ascontiguousarray(page.pixels[top:bottom, left:right]),
        colour=None
        if page.colour is None
        else np.ascontiguousarray(page.colour[top:bottom, left:right]),
        full_size=full,
    )
    return View(page, part, left * reduction, top * reduction)


def _span(start: float, length: float, side: int) -> tuple[int, int]:
    """First pixel and the one after the last, of a side of so many."""
    first = math.floor(round(start * side, 3))
    last = min(side, max(math.ceil(round((start + length) * side, 3)), first + MIN_SIDE))
    return max(0, min(first, last - MIN_SIDE)), last


def _faded(picture: Grey, window: tuple[slice, slice]) -> Grey:
    faded = cv2.convertScaleAbs(picture, alpha=FADED, beta=255 * (1 - FADED))
    faded[window] = picture[window]
    return faded
