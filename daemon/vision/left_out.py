"""Digits that the chosen layout leaves out beside those that it reads: of strong ink a paler pen is
none, a row that hangs on a bar is one mark, and of two marks, one of which is hardly a digit, the
other alone is surer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..records import Box, Line, Page
from .assemble import enlarge
from .choice import STROKE, Choice, read_of
from .parts import Candidate, overlap

SEEN = 0.98  # probability of a digit that only another layout has
AS_HIGH = 0.6  # of the digits' height: so high at least, and no higher than the inverse of it
MOST_WIDE = 1.3  # of its height: wider is none
SURE = 0.9  # the same where the chosen layout has one wide mark that it takes for none
IN_A_ROW = 0.5  # of its height, that it shares with a digit that is read

_Seen: TypeAlias = tuple[Candidate, int, npt.NDArray[np.float32]]  # its digit, its probabilities


def leaves_one_out(
    lines: Sequence[Line], page: Page, factor: int, chosen: Choice, others: Sequence[Choice]
) -> bool:
    """Whether a digit is left out beside those of these lines, read by the layout that was `chosen`
    or by the line reader; boxes of layouts are `factor` times smaller than the page's pixels."""
    if not others:  # of most small pictures
        return False
    return _lacks_one(lines, page, factor, chosen, others) or _loses_several(
        lines, page, factor, chosen, others
    )


def _lacks_one(
    lines: Sequence[Line], page: Page, factor: int, chosen: Choice, others: Sequence[Choice]
) -> bool:
    """Whether another layout has a digit in a row with those that are read, as high, where nothing
    is that the chosen one weighs or that is read after all. A stroke alone is none: edges and rules
    look like it. Of a layout that takes one mark and leaves another that stands free, any that is
    not surely none may be one."""
    own = [mark.box for mark, _ in read_of(chosen)]
    if not own:
        return False
    usual = median(box.height for box in own)
    weighed = [mark.box for mark in chosen.layout.candidates]
    read = [digit.box for line in lines for digit in line.digits]
    return any(
        digit != STROKE
        and (row.max() >= SEEN or (chosen.layout.partial and not mark.cut))
        and any(_shared_height(mark.box, box) >= IN_A_ROW * mark.box.height for box in own)
        and not any(overlap(mark.box, box) for box in weighed)
        and not any(overlap(enlarge(mark.box, page, factor), box) for box in read)
        for mark, digit, row in _like(others, usual)
    )


def _loses_several(
    lines: Sequence[Line], page: Page, factor: int, chosen: Choice, others: Sequence[Choice]
) -> bool:
    """Whether nothing is read in a mark that is as wide as several digits, where another layout has
    some: a row that hangs on a bar is one mark."""
    own = [mark.box.height for mark, _ in read_of(chosen)]
    if not own or None not in chosen.digits:
        return False
    usual = median(own)
    pairs = zip(chosen.layout.candidates, chosen.digits, strict=True)
    wide = [mark.box for mark, digit in pairs if digit is None and _is_wide(mark.box, usual)]
    read = [digit.box for line in lines for digit in line.digits]
    lost = [box for box in wide if not any(overlap(enlarge(box, page, factor), r) for r in read)]
    if not lost:
        return False
    held = [
        digit
        for mark, digit, row in _like(others, usual)
        if row.max() >= SURE and any(mark.box.union(box) == box for box in lost)
    ]
    return held not in ([], [STROKE])


def _like(choices: Sequence[Choice], usual: float) -> Iterator[_Seen]:
    """The digits of layouts that are about as high as usual, and what the network says of them."""
    return (
        (mark, digit, row)
        for each in choices
        for mark, digit, row in zip(each.layout.candidates, each.digits, each.rows, strict=True)
        if digit is not None
        and AS_HIGH * usual <= mark.box.height <= usual / AS_HIGH
        and mark.box.width <= MOST_WIDE * mark.box.height
    )


def _is_wide(box: Box, usual: float) -> bool:
    """Whether a mark is as large as several digits of the usual height."""
    return box.width > MOST_WIDE * usual and box.height >= AS_HIGH * usual


def _shared_height(one: Box, other: Box) -> int:
    return min(one.bottom, other.bottom) - max(one.y, other.y)
