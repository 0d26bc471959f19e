"""Digits of another pen than those beside them: a paper clip, a pencil or the rim of a coin looks
like a 0 or a 1, but is seldom as wide a stroke and as dark as what someone wrote next to it.

Contrast is that to the paper round a stroke, so that shade makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import cv2

from ..records import Ink, Line, Page
from .assemble import enlarge
from .choice import Choice
from .glyph import stroke_width
from .parts import Candidate

OTHER_PEN = "a digit here may be a thing that lies beside the others"
WIDER, DARKER = 1.65, 1.4  # times the others: more than in 99 of 100 numbers that one hand wrote
BOTH = 1.8  # the product of both
SMALL = 96  # pixels: of a mark larger than twice that, every other one tells its stroke's width


def other_pens(lines: Sequence[Line], page: Page, factor: int, chosen: Choice) -> dict[int, str]:
    """Which of these lines, by their number, have a digit of another pen than all the others of a
    picture, or than the only other one, and why to look. Boxes of the layout that was `chosen` are
    `factor` times smaller than the page's pixels."""
    if sum(len(line.digits) for line in lines) < 2:  # on most small pictures
        return {}
    marks = {enlarge(mark.box, page, factor): mark for mark in chosen.layout.candidates}
    pens = [
        (number, _pen(marks[digit.box]))
        for number, line in enumerate(lines)
        for digit in line.digits
        if digit.box in marks and marks[digit.box].pen > 0
    ]
    if len(pens) < 2:
        return {}
    found = {}
    for at, (number, (width, contrast)) in enumerate(pens):
        others = [pen for other, (_, pen) in enumerate(pens) if other != at]
        wider = _ratio(width, median(each for each, _ in others))
        darker = _ratio(contrast, median(each for _, each in others))
        if wider >= WIDER or darker >= DARKER or wider * darker >= BOTH:
            found[number] = OTHER_PEN
    return found


def _pen(mark: Candidate) -> tuple[float, float]:
    """The width and the contrast of a mark's strokes."""
    scale, ink = 1, mark.ink
    while max(ink.shape) > 2 * SMALL:
        scale, ink = 2 * scale, _halved(ink)
    return scale * stroke_width(ink), mark.pen


def _halved(ink: Ink) -> Ink:
    height, width = ink.shape
    size = max(1, width // 2), max(1, height // 2)
    return cv2.resize(ink, size, interpolation=cv2.INTER_AREA)


def _ratio(one: float, other: float) -> float:
    """Of the larger to the smaller."""
    return max(one, other) / max(min(one, other), 1e-6)
