"""Signs that look like digits beside those that are read: the brackets round a number, the slashes
of a date, a circle to be ticked, the hole that a punch made, a pen, what someone crossed out.

A bracket is as clean a 1 as some that people write, and a circle a 0. But no hand draws a 0 as
round as a pair of compasses do, and few write a 1 that is taller than the rest of its number and
bends round it, or half as high again as all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

import cv2
import numpy as np

from ..records import DIGITS, Box, Digit, Grey, Line, Page
from .assemble import enlarge
from .choice import STROKE, Choice
from .parts import Candidate, are_one_mark
from .slashes import SLASH, is_parted

BRACKET = "a stroke that bends round the number may be a bracket"
CIRCLE = "a 0 as round as a circle may be none"
TALL = "a stroke much higher than the digits beside it may be no 1"
CROSSED_OUT = "one digit in a mark as wide as several may be crossed out"
PATTERN = "digits that are as like as holes or rings of a binding may be such"
ZERO = 0  # the digit that is a ring
INK = 0.5  # of a candidate's ink, from which it is part of the mark
TALLER = 1.1  # times the other digits' height: so high at least is a bracket
TALLEST = 1.6  # times the highest of them: so high is no 1; of 333 real ones none is
REPEATED, ALIKE, LOW = 4, 0.03, 20  # digits, by what of their size they differ, and pixels
SURELY_NONE = 0.99  # probability that a mark is no digit
AS_WIDE = 2.5  # times the only digit that the line reader sees in such a mark
LEAST = 12  # pixels: of a lower mark its shape tells nothing
BENT = 0.1  # of its height: so far at least a bracket is from its chord; 1 in 50 ones is
ENDS = 0.06  # of its height, at both ends of it: round caps and blots
MIDDLE = (0.3, 0.7)  # of its height: where it is furthest from the chord
BACK = 0.02  # of its height: how far it may lie beyond the chord on the other side
ROUND = 0.03  # of a circle's radius: its standard deviation; 1 in 50 zeros has 0.05


def signs(
    lines: Sequence[Line], page: Page, factor: int, choices: Sequence[Choice]
) -> dict[int, str]:
    """Which of these lines, by their number, have a digit that may be a sign, and why. Marks are
    those of the first of the `choices` that has one there: boxes of their layouts are `factor`
    times smaller than the page's pixels."""
    every = [digit for line in lines for digit in line.digits]
    if len(every) < 2:  # a lone digit is in question anyway, or clearly one
        return {}
    found = {}
    for number, line in enumerate(lines):
        if any(_is_tall(digit, every) for digit in line.digits):
            found[number] = TALL
        elif _is_pattern(line.digits):
            found[number] = PATTERN
        elif _is_in_a_scribble(line, page, factor, choices[0]):
            found[number] = CROSSED_OUT
        elif any(_is_circle(mark) for mark in _marks(line, ZERO, page, factor, choices)):
            found[number] = CIRCLE
        elif _is_bracketed(line, page, factor, choices):
            found[number] = BRACKET
        elif is_parted(line.digits):
            found[number] = SLASH
    return found


def _is_tall(digit: Digit, every: Sequence[Digit]) -> bool:
    """Whether a stroke is much higher than all the other digits of a picture."""
    if digit.digit != STROKE:
        return False
    others = [each.box.height for each in every if each is not digit]
    return digit.box.height >= TALLEST * max(others)


def _is_pattern(digits: Sequence[Digit]) -> bool:
    """Whether a line is one digit again and again, of one size and at even distances, as no hand
    writes; of low ones, pixels say nothing."""
    if len(digits) < REPEATED or len({digit.digit for digit in digits}) > 1:
        return False
    boxes = [digit.box for digit in digits]
    heights = [box.height for box in boxes]
    sizes = heights, [box.width for box in boxes], [b.x - a.x for a, b in pairwise(boxes)]
    slack = max(1, ALIKE * max(heights))
    return min(heights) >= LOW and all(max(each) - min(each) <= slack for each in sizes)


def _is_in_a_scribble(line: Line, page: Page, factor: int, chosen: Choice) -> bool:
    """Whether a digit of a line is the only one in a mark that is much wider, and surely none to
    the glyph network: of digits that touch, several lie in one."""
    for mark, digit, row in zip(chosen.layout.candidates, chosen.digits, chosen.rows, strict=True):
        if digit is not None or row[DIGITS:].sum() < SURELY_NONE:
            continue
        box = enlarge(mark.box, page, factor)
        inside = [each.box for each in line.digits if _has_middle(box, each.box)]
        if len(inside) == 1 and box.width >= AS_WIDE * inside[0].width:
            return True
    return False


def _has_middle(box: Box, other: Box) -> bool:
    """Whether the middle of another box lies in a box."""
    x, y = other.x + other.width / 2, other.y + other.height / 2
    return box.x <= x < box.right and box.y <= y < box.bottom


def _is_bracketed(line: Line, page: Page, factor: int, choices: Sequence[Choice]) -> bool:
    """Whether the last digit of a line is a stroke that bends away from the others, which are
    lower: an opening bracket, which would be the first, never stands alone."""
    *rest, last = line.digits
    others = [each.box.height for each in rest if each.digit != STROKE] or [
        each.box.height for each in rest[1:]
    ]
    if last.digit != STROKE or not others or last.box.height < TALLER * median(others):
        return False
    mark = _mark(last.box, page, factor, choices)
    return mark is not None and _bend(mark) >= BENT


def _marks(
    line: Line, label: int, page: Page, factor: int, choices: Sequence[Choice]
) -> Iterator[Candidate]:
    """The marks of those digits of a line that are read so."""
    for digit in line.digits:
        mark = _mark(digit.box, page, factor, choices) if digit.digit == label else None
        if mark is not None:
            yield mark


def _mark(box: Box, page: Page, factor: int, choices: Sequence[Choice]) -> Candidate | None:
    """The mark of a layout that stands in a box of its page."""
    candidates = (mark for each in choices for mark in each.layout.candidates)
    return next((c for c in candidates if are_one_mark(enlarge(c.box, page, factor), box)), None)


def _is_circle(mark: Candidate) -> bool:
    """Whether the outline of a mark is as far from its middle everywhere."""
    if min(mark.ink.shape) < LEAST:
        return False
    solid: Grey = np.pad((mark.ink > INK).astype(np.uint8), 1)
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return False
    outline = max(outlines, key=len)
    moments = cv2.moments(outline)
    if not moments["m00"]:
        return False
    middle = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    radii = np.hypot(*(outline.reshape(-1, 2) - middle).T)
    return bool(radii.std() < ROUND * radii.mean())


def _bend(mark: Candidate) -> float:
    """How far to the right a stroke bends, of its height; less than 0 to the left, 0 where that is
    no even bend."""
    ink = mark.ink > INK
    rows = np.flatnonzero(ink.any(axis=1))
    if len(rows) < LEAST:
        return 0.0
    middles = np.array([np.flatnonzero(ink[row]).mean() for row in rows])
    end = max(1, round(ENDS * len(rows)))
    middles = middles[end:-end]
    away = middles - np.linspace(middles[0], middles[-1], len(middles))
    furthest = int(np.abs(away).argmax())
    bend = float(away[furthest]) / len(rows)
    least, most = (share * len(away) for share in MIDDLE)
    if not least <= furthest <= most or (away * np.sign(bend)).min() < -BACK * len(rows):
        return 0.0
    return bend
