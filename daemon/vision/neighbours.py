"""Digits that a side of the picture cuts: of a table's cell, cut out a little too large, what its
neighbours reach into the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..records import Box, Digit, Line, Page
from .assemble import enlarge
from .choice import Choice
from .layout import CUT_HEIGHT

CUT_OFF = 0.25  # of a digit's height: so much of it a side of the picture cuts, not just touches
INK = 0.5  # of a candidate's ink, from which it is contact with the border


def neighbours(lines: Sequence[Line], page: Page, factor: int, chosen: Choice) -> list[Digit]:
    """Digits of these lines, read by the layout that was `chosen`, that reach a side of the picture
    and may be of another cell or row than those that stand free; none where none does. Either a
    rule parts them from these, or the picture cuts them, and they are lower or in no row with
    these. Boxes of the layout are `factor` times smaller than the page's pixels."""
    if sum(len(line.digits) for line in lines) < 2:  # on most small pictures
        return []
    scale = factor * page.reduction
    free = [each for line in lines for each in line.digits if not _side(each.box, page, scale)]
    if not free:
        return []
    tallest = max(each.box.height for each in free)
    rules = [scale * column for column in chosen.layout.rules]
    found = []
    for line in lines:
        alone = not any(each in free for each in line.digits)
        for digit in line.digits:
            if digit in free:
                continue
            box = digit.box
            lower = box.height < CUT_HEIGHT * tallest
            is_cut = _contact(box, page, factor, chosen) >= CUT_OFF * box.height
            parted = any(_is_between(rule, box, other.box) for rule in rules for other in free)
            if parted or (alone and lower) or (is_cut and (alone or lower)):
                found.append(digit)
    return found


def _side(box: Box, page: Page, scale: int) -> bool:
    """Whether a box reaches a side of its page, whose last pixels may be less than `scale`."""
    near = box.x == 0 or box.y == 0
    return near or box.right > page.width - scale or box.bottom > page.height - scale


def _is_between(column: int, box: Box, other: Box) -> bool:
    """Whether a column lies between two boxes."""
    return box.right <= column < other.x or other.right <= column < box.x


def _contact(box: Box, page: Page, factor: int, chosen: Choice) -> int:
    """How many pixels of the mark that is read in a `box` of its page lie along a side of it."""
    scale = factor * page.reduction
    pairs = zip(chosen.layout.candidates, chosen.digits, strict=True)
    for mark in (mark for mark, digit in pairs if digit is not None):
        if enlarge(mark.box, page, factor) == box:
            ink = mark.ink > INK
            sides = (
                (box.x == 0, ink[:, 0]),
                (box.y == 0, ink[0]),
                (box.right > page.width - scale, ink[:, -1]),
                (box.bottom > page.height - scale, ink[-1]),
            )
            along = [int(np.count_nonzero(side)) for touches, side in sides if touches]
            return scale * max(along, default=0)
    return 0
