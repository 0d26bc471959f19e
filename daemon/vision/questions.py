"""What the line reader is asked about a page that the glyph network has read.

Each line is shown as it stands, or the whole picture where that may be a single line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from ..records import AskedLine, Box, Expected, Grey, Line, Page, PageReading, Status
from .assemble import box_of
from .choice import STROKE
from .line_view import InkBand, LineView, find_band, further_looks, view_of
from .paper import WIDEST_STROKE, paper_of

ONE_LINE = 1.15  # of its height: a picture as wide as that, as two digits are, may be one line
LARGE = 0.25  # of the picture's height: writing as high as that may be its only line
SHADOWED = 2.5  # heights of what was read for sure: a band as high as that is none of writing
CLEAR = 0.8  # confidence of a digit that is there
SMALL_PAGE = 32  # pixels: about a sure digit on a page not as wide and high, nothing is asked
BESIDE, ABOVE = 0.5, 0.2  # of a line's height: what is cut out around it
TALL = 0.5  # of a line's tallest digit: lower ones do not make its band
NARROW = 0.05  # of the longer side: wider strokes are in the paper that is seen beside such
LONGEST = 40  # heights: what is longer is no line of writing


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a page: its line number `place`, from 0, or where that is None the whole
    picture as one line; `is_row`, a row of a whole page; `is_new`, one that stands before that
    line, where nothing was read: that is asked without what is `expected` there, for a number that
    does not fit must not be lost. `to_page` brings a box in the picture that `view`, the usual
    look, was made of to the page's own pixels."""

    place: int | None
    view: LineView
    asked: AskedLine
    to_page: Callable[[Box], Box]
    expected: Expected
    is_row: bool = False
    is_new: bool = False


def questions(
    page: Page,
    reading: PageReading,
    expected: Expected,
    *,
    light_on_dark: bool,
    boxes: Grey | None = None,
    widest: float = WIDEST_STROKE,
) -> list[Question]:
    """What to ask the line reader about a page that the glyph network has read, without the boxes
    around its digits: `boxes`, (h, w) uint8, is 1 where they lie, on a page that may be smaller.
    Where shadows go across it, and only narrower strokes than the `widest`, a share of its longer
    side, are ink, it is shown without them.

    About a lone 1 that is sure, nothing: a stroke fills its view whatever it is.
    """
    pixels = page.pixels if boxes is None else _unboxed(page.pixels, boxes, light_on_dark)
    if NARROW <= widest < WIDEST_STROKE:
        pixels = _without_shade(pixels, widest)
    grey = 255 - pixels if light_on_dark else pixels
    lines = reading.lines
    digits = [digit for line in lines for digit in line.digits]
    band = _only_band(grey, lines, page.reduction)
    if band is not None:
        return [_question(None, grey, band, page, (0, 0), expected)]
    if not lines:
        band = find_band(grey)
        if band.usual < LARGE * grey.shape[0] or _is_long(band):
            return []
        found = _question(0, grey, band, page, (0, 0), expected)
        return [replace(found, asked=replace(found.asked, expected=Expected()), is_new=True)]
    if len(digits) == 1 and lines[0].status is Status.READ:
        (only,) = digits
        if expected == Expected() and (min(grey.shape) < SMALL_PAGE or only.digit == STROKE):
            return []
    return [
        _about_line(number, line, grey, page, expected)
        for number, line in enumerate(lines)
        if line.box.width <= LONGEST * line.box.height
    ]


def _unboxed(pixels: Grey, boxes: Grey, light_on_dark: bool) -> Grey:
    """The page with the paper's shade where there are boxes, and next to them."""
    height, width = pixels.shape
    wide = cv2.dilate(boxes, np.ones((5, 5), np.uint8))
    where = cv2.resize(wide, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.where(where, paper_of(pixels, light_on_dark=light_on_dark), pixels)


def _without_shade(pixels: Grey, widest: float) -> Grey:
    """A page of dark ink as if all its paper were white."""
    paper = paper_of(pixels, light_on_dark=False, widest=widest)
    return cv2.divide(cv2.min(pixels, paper), paper, scale=255)


def _only_band(grey: Grey, lines: Sequence[Line], reduction: int) -> InkBand | None:
    """Where the ink lies of a picture that may be one line of writing; None of others."""
    height, width = grey.shape
    if width < ONE_LINE * height:
        return None
    # On patterned paper what is not sure may be anywhere, and of any size.
    sure = [line.box for line in lines if line.status is Status.READ or _is_there(line)]
    rows = [box for box in sure if box.height >= LARGE * height * reduction]
    if rows and max(box.y for box in rows) >= min(box.bottom for box in rows):
        return None
    band = find_band(grey)
    all_sure = len(sure) == len(lines) > 0
    shadowed = all_sure and band.height > SHADOWED * max(box.height for box in sure) / reduction
    unfit = shadowed or _misses(band, lines, reduction) or _is_long(band)
    return None if unfit or band.usual < LARGE * height else band


def _misses(band: InkBand, lines: Sequence[Line], reduction: int) -> bool:
    """Whether a digit that was read for sure lies beside the band: it hangs on a rule or a desk."""
    left, right = band.left * reduction, band.right * reduction
    digits = (digit for line in lines if line.status is Status.READ for digit in line.digits)
    return any(each.box.right <= left or each.box.x >= right for each in digits)


def _is_there(line: Line) -> bool:
    """Whether half of a line's digits at least are clear."""
    return 2 * sum(digit.confidence >= CLEAR for digit in line.digits) >= len(line.digits)


def _is_long(band: InkBand) -> bool:
    """Whether it is too long to be a line: a view of it would be endless."""
    return band.right - band.left > LONGEST * band.height


def _about_line(number: int, line: Line, grey: Grey, page: Page, expected: Expected) -> Question:
    """A question about what stands where the glyph network read a line."""
    tallest = max(digit.box.height for digit in line.digits)
    box = box_of([digit for digit in line.digits if digit.box.height >= TALL * tallest])
    edges = np.array([line.box.x, box.y, line.box.right, box.bottom]) / page.reduction
    left, top, right, bottom = edges.tolist()
    height = bottom - top
    x, y = max(0, int(left - BESIDE * height)), max(0, int(top - ABOVE * height))
    beyond, below = math.ceil(right + BESIDE * height), math.ceil(bottom + ABOVE * height)
    part = grey[y:below, x:beyond]
    band = InkBand(left - x, top - y, right - x, bottom - y, find_band(part).stroke)
    return _question(number, part, band, page, (x, y), expected)


def _question(
    place: int | None,
    grey: Grey,
    band: InkBand,
    page: Page,
    corner: tuple[int, int],
    expected: Expected,
) -> Question:
    view = view_of(grey, band)
    asked = AskedLine(view.pixels, partial(further_looks, grey, band), expected)
    return Question(place, view, asked, partial(_in_page, corner=corner, page=page), expected)


def _in_page(box: Box, *, corner: tuple[int, int], page: Page) -> Box:
    """A box of the cut-out in the page's own pixels, within the page."""
    left, top = (box.x + corner[0]) * page.reduction, (box.y + corner[1]) * page.reduction
    right = left + box.width * page.reduction
    bottom = top + box.height * page.reduction
    x, y = min(max(0, left), page.width - 1), min(max(0, top), page.height - 1)
    return Box(x, y, max(1, min(right, page.width) - x), max(1, min(bottom, page.height) - y))
