"""Slashes among the digits of a line, as dates have them: each looks like a 1 that leans and is too
high.

Alone, a slash is as clean a 1 as any: only its neighbours tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from ..records import Box, Digit
from .choice import STROKE

SLASH = "a 1 may be a slash"
_HIGHER = 1.06  # times the other digits' height: 19 of 20 slashes are, and 1 of 20 ones
_LEANING = 0.3  # of its height: how wide it is at least
_ALIKE = 0.95  # of the height of a page's slashes: lower strokes are ones
_COLUMN = 0.5  # of the shorter line, that lines below each other share
_BEYOND, _LEANS = 0.09, 0.25  # of its height: beyond the others on both sides, and its width then


def slashes_in(digits: Sequence[Digit], least: float = 0) -> list[int]:
    """Which digits of a line, by their places, may be slashes between two numbers: those that are
    `least` pixels high. The line may run down or up a page that lies turned."""
    strokes = [place for place, digit in enumerate(digits[:-1]) if place and digit.digit == STROKE]
    if not strokes or all(digit.digit == STROKE for digit in digits):
        return []
    sizes = _sizes([digit.box for digit in digits])
    usual = median(
        across for digit, (_, across) in zip(digits, sizes, strict=True) if digit.digit != STROKE
    )
    return [
        place
        for place in strokes
        for along, across in (sizes[place],)
        if across >= max(least, _HIGHER * usual) and along >= _LEANING * across
    ]


def least_height(lines: Iterable[Sequence[Digit]]) -> float:
    """How high at least is what may be a slash, on a page with slashes in all of these lines: a
    hand writes them alike."""
    sizes = ((_sizes([digit.box for digit in each]), slashes_in(each)) for each in lines)
    return _ALIKE * median(heights[at][1] for heights, slashes in sizes for at in slashes)


def is_parted(digits: Sequence[Digit]) -> bool:
    """Whether a stroke between the digits of an upright line leans, and reaches beyond the others
    above and below, which needs no second opinion."""
    for at, digit in enumerate(digits[1:-1], 1):
        box = digit.box
        if digit.digit != STROKE or box.width < _LEANS * box.height:
            continue
        others = [each.box for each in (*digits[:at], *digits[at + 1 :])]
        above = median([other.y for other in others]) - box.y
        below = box.bottom - median([other.bottom for other in others])
        if min(above, below) >= _BEYOND * box.height:
            return True
    return False


def is_among(digits: Sequence[Digit], box: Box, dates: Sequence[Box]) -> bool:
    """Whether a line in this box has a stroke between its digits, and stands in one column with
    most of these dates: it may be one whose slash is no higher."""
    if all(digit.digit != STROKE for digit in digits[1:-1]):
        return False
    down = _goes_down([digit.box for digit in digits])
    (start, length), *others = (_start_and_length(each, down) for each in (box, *dates))
    shared = sum(
        min(start + length, at + long) - max(start, at) >= _COLUMN * min(length, long)
        for at, long in others
    )
    return 2 * shared > len(dates)


def _start_and_length(box: Box, down: bool) -> tuple[int, int]:
    return (box.y, box.height) if down else (box.x, box.width)


def _goes_down(boxes: Sequence[Box]) -> bool:
    """Whether a line of boxes runs down or up its page."""
    first, last = boxes[0], boxes[-1]
    aside = abs(2 * (last.x - first.x) + last.width - first.width)
    return abs(2 * (last.y - first.y) + last.height - first.height) > aside


def _sizes(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """How long boxes are along and across their line."""
    if _goes_down(boxes):
        return [(box.height, box.width) for box in boxes]
    return [(box.width, box.height) for box in boxes]
