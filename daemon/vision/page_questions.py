"""What the line reader is asked about a whole page: rows that are in doubt, and rows that are none
by their marks: digits that touch make a mark that is no digit. So do lines of other pictures.

A row is shown as its own ink alone, flat and straight, without rules and neighbours.
"""

from __future__ import annotations

from functools import partial
from statistics import median

import cv2
import numpy as np

from ..checks import passes
from ..records import AskedLine, Box, Expected, Grey, Line, Page, PageReading, Status
from .choice import Choice
from .flat import Matrix, enlarging
from .line_view import InkBand, find_band, further_looks, view_of
from .page_letters import LETTER
from .page_lines import STROKE_ALONE
from .page_stage import PageLook
from .page_view import box_on_page
from .parts import Candidate
from .questions import LONGEST, TALL, Question
from .slashes import slashes_in

_MARGIN = 2  # px around a row's ink
_SEVERAL = 0.9  # digit heights: narrower rows hold one digit at most


def page_questions(
    page: Page, look: PageLook, chosen: Choice, reading: PageReading, expected: Expected
) -> list[Question]:
    """What to ask about the rows of a page, whose lines in `reading` are those with digits."""
    back = enlarging(page.reduction) @ look.back
    asked: list[Question] = []
    digits, place = iter(chosen.digits), 0
    tallest = max(look.marks.heights, default=0.0)
    for row, height in zip(chosen.layout.lines, look.marks.heights, strict=True):
        own = [next(digits) for _ in row]
        kept = any(digit is not None for digit in own)
        line = reading.lines[place] if kept else None
        is_print = height < tallest  # beside digits that are much taller
        if _is_in_doubt(line, expected) if line else not is_print and _may_be_number(row, height):
            asked += _about_row(place, row, expected, page, back, is_new=not kept)
        place += kept
    return asked


def lost_questions(page: Page, factor: int, chosen: Choice) -> list[Question]:
    """What to ask about the lines of a picture that is no page, `factor` times larger than its
    layout, in which nothing was read beside others: digits that touch, or hang on a rule."""
    digits = iter(chosen.digits)
    rows = [(row, [next(digits) for _ in row]) for row in chosen.layout.lines]
    read = [
        mark.box.height
        for row, own in rows
        for mark, d in zip(row, own, strict=True)
        if d is not None
    ]
    if not read:
        return []
    back = enlarging(factor * page.reduction)
    asked: list[Question] = []
    place = 0
    for row, own in rows:
        kept = any(digit is not None for digit in own)
        if not kept and _may_be_number(row, median(read)):
            asked += _about_row(place, row, Expected(), page, back, is_new=True)
        place += kept
    return asked


def _is_in_doubt(line: Line, expected: Expected) -> bool:
    """Whether a line is for review, or is not as expected, or may have a slash in it. A stroke
    alone fills its view whatever it is, and letters are like digits to either network: about those,
    nothing can be learnt."""
    if line.reason in (STROKE_ALONE, LETTER):
        return False
    most = len(line.text) if expected.most is None else expected.most
    fits = expected.least <= len(line.text) <= most
    known = tuple(digit.digit for digit in line.digits)
    if line.status is not Status.READ or not fits or not passes(expected.check, known):
        return True
    return bool(slashes_in(line.digits))


def _may_be_number(row: tuple[Candidate, ...], height: float) -> bool:
    """Whether a row in which no digit was read is large enough for several."""
    box = _box_of(row)
    return box.width >= _SEVERAL * height and box.height >= TALL * height


def _about_row(
    place: int,
    row: tuple[Candidate, ...],
    expected: Expected,
    page: Page,
    back: Matrix,
    *,
    is_new: bool,
) -> list[Question]:
    box = _box_of(row)
    if box.width > LONGEST * box.height:
        return []
    grey = _picture(row, box)
    highest = max(mark.box.height for mark in row)
    tall = [mark.box for mark in row if mark.box.height >= TALL * highest]
    top, bottom = min(each.y for each in tall), max(each.bottom for each in tall)
    band = InkBand(
        _MARGIN,
        top - box.y + _MARGIN,
        _MARGIN + box.width,
        bottom - box.y + _MARGIN,
        find_band(grey).stroke,
    )
    view = view_of(grey, band)
    to_page = partial(_to_page, corner=(box.x - _MARGIN, box.y - _MARGIN), page=page, back=back)
    asked = Expected() if is_new else expected
    seen = AskedLine(view.pixels, partial(further_looks, grey, band), asked)
    return [Question(place, view, seen, to_page, expected, is_row=True, is_new=is_new)]


def _picture(row: tuple[Candidate, ...], box: Box) -> Grey:
    """A row's own ink, dark on white."""
    ink = np.zeros((box.height + 2 * _MARGIN, box.width + 2 * _MARGIN), np.float32)
    for mark in row:
        left, top = max(0, mark.box.x - 1), max(0, mark.box.y - 1)  # as `cut_out` has it
        x, y = left - box.x + _MARGIN, top - box.y + _MARGIN
        height, width = mark.ink.shape
        part = ink[y : y + height, x : x + width]
        np.maximum(part, mark.ink, out=part)
    return cv2.convertScaleAbs(1 - ink, alpha=255)


def _box_of(row: tuple[Candidate, ...]) -> Box:
    box = row[0].box
    for mark in row[1:]:
        box = box.union(mark.box)
    return box


def _to_page(box: Box, *, corner: tuple[int, int], page: Page, back: Matrix) -> Box:
    moved = Box(box.x + corner[0], box.y + corner[1], box.width, box.height)
    return box_on_page(moved, back, page.width, page.height)
