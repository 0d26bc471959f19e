"""Ruled lines, frames and underlines: found by straightness, removed without cutting what crosses
them.

A rule is made of long runs of ink, which few rows of a page have: only those are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Box, Grey
from .components import Component, Components, find_components
from .runs import Runs, find_runs

MIN_LENGTH = 0.13  # of the page's side: what a rule measures at least without a gap
MIN_SPAN = 0.85  # of the page's side: what a whole rule covers, gaps included
MAX_THICKNESS = 1 / 20  # of the rule's length
STROKE = 2  # times the rule's thickness, and a pixel: what is thicker is a stroke along it
GAP = 0.06  # of the page's side: what a rule's widest gap may measure

LINE = 0.25  # of the ink's width: what a line beside a label measures at least
LINE_STIFF = 20  # times as long as thick: so is that one

SMALLEST = 40  # pixels, the shorter side: on smaller pages a foot cannot be told from an underline
FOOT = 0.4  # of the ink's height: an underline lies below
RUN = 0.3  # of the ink's width: what it measures at least without a gap
SPAN = 0.5  # of the ink's width: what it covers at least
STIFF = 7  # times as long as thick
RISE = 0.12  # of its length, from end to end
APART = (0.55, 0.03)  # of the digits' height: its length, and its reach beyond them at both sides
TOUCHING = (1.3, 0.25)  # the same where it is no component of its own
SURE = 0.8  # of the digits' height: no stroke of theirs stands apart that is as long
LARGE = 0.3  # of the largest component: what is smaller is none of the digits
THICK = 2  # times its thickness: so high at least are the digits above
DOUBLE, NEXT = 0.7, 4  # of the longer line's length, and times its thickness: it has one beside it
WITHIN = 0.3  # of the digits' height: how far up from their foot it may cross them
BAR = 1.4  # heights of a digit: what a bar between rows measures at least, longer than any stroke
AS_HIGH = 0.6  # of the usual height: so high at least is a digit above a bar, or below it
Rows = npt.NDArray[np.bool_]  # (H,), which of a page's rows
Bounds = Sequence[int]  # first column, first row, width and height


class Underlined(NamedTuple):
    """A mask `without` the line under its digits, (H, W) uint8 of 0 and 1; `sure` says that the
    line cannot be part of them, `is_bar` that it parts rows, as the one above a total does, and is
    too long for a stroke of a digit."""

    without: Grey
    sure: bool
    is_bar: bool = False


class _Lines(NamedTuple):
    """Components of some rows of a window, from its row `top` on, and the `straight` ones."""

    top: int
    found: Components
    straight: list[Component]

    def drawn(self, lines: Sequence[Component], window: Grey) -> Grey:
        """Where the window's ink, (h, w) uint8 of 0 and 1, is that of some lines, or right above or
        below it."""
        own = np.isin(self.found.labels, [each.label for each in lines]).view(np.uint8)
        where = np.zeros_like(window)
        rows = np.s_[self.top : self.top + len(own)]
        where[rows] = cv2.dilate(own, np.ones((3, 1), np.uint8)) & window[rows]
        return where


def remove(mask: Grey, bounds: Bounds | None = None) -> Grey | None:
    """Take the rules out of a mask, (H, W) uint8 of 0 and 1; None where there are none. `bounds`
    are those of all its ink, where they are known."""
    height, width = mask.shape
    left, top, breadth, depth = bounds or cv2.boundingRect(mask)
    cleaned = mask
    if _is_across(left, breadth, width):
        cleaned = _without_lying(mask)
    if _is_across(top, depth, height):
        stood = cv2.transpose(cleaned)
        lain = _without_lying(stood)
        cleaned = cleaned if lain is stood else cv2.transpose(lain)
    return None if cleaned is mask or np.array_equal(cleaned, mask) else cleaned


def remove_underline(mask: Grey, bounds: Bounds | None = None) -> Underlined | None:
    """Take the line under all other ink out of a mask, (H, W) uint8 of 0 and 1, drawn by hand or
    printed to write on: long, thin, lying, and longer than the writing at both sides; or the bar
    between two rows. None where there is neither. `bounds` are those of all its ink, where they are
    known."""
    if min(mask.shape) < SMALLEST:
        return None
    left, top, width, height = bounds or cv2.boundingRect(mask)
    if min(width, height) < SMALLEST // 2:
        return None
    window = mask[top : top + height, left : left + width]
    line = _lowest_line(window)
    if line is None:
        return None
    where, x, length, thickness = line
    rest: Grey = window & ~where
    found = find_components(rest)
    large = _large(found.components)
    if not large:
        return None
    rows = np.flatnonzero(where.any(axis=1))
    middle = float(rows[0] + rows[-1]) / 2
    near = cv2.dilate(where, np.ones((3, 3), np.uint8))
    bounded = mask.shape[1] - left, mask.shape[0] - top
    uncut = [each for each in large if not _is_cut(each, left, top, bounded)]
    is_bar = _parts_rows(uncut, middle, length) and any(
        _stands_free(each, found, near) for each in _as_high(uncut)
    )
    digits = reduce(Box.union, [Box(*each[1:5]) for each in large])
    if not is_bar and middle < digits.bottom - WITHIN * digits.height:
        return None
    apart = not cv2.countNonZero(near & rest)
    if not is_bar:
        least, beyond = APART if apart else TOUCHING
        reach = beyond * digits.height
        too_short = x > digits.x - reach or x + length < digits.right + reach
        if too_short or length < least * digits.height or digits.height < THICK * thickness:
            return None
    without = mask.copy()
    without[top : top + height, left : left + width] = _crossing(rest, where, math.ceil(thickness))
    sure = apart and not is_bar and length >= SURE * digits.height
    return Underlined(without, sure, is_bar)


def remove_lines(mask: Grey, tallest: int, bounds: Bounds | None = None) -> Grey | None:
    """Take the lines to write on out of a mask, (H, W) uint8 of 0 and 1, that go to no side of the
    page, as a form has beside its labels: straight, lying, much longer than they are thick and than
    any stroke: than its `tallest` component is high. None where there are none. `bounds` are those
    of all its ink, where they are known."""
    if min(mask.shape) < SMALLEST:
        return None
    left, top, width, height = bounds or cv2.boundingRect(mask)
    if min(width, height) < SMALLEST // 2 or width < BAR * tallest:
        return None
    window = mask[top : top + height, left : left + width]
    lines = _straight_lines(window, round(LINE * width), LINE_STIFF, BAR * tallest)
    if lines is None:
        return None
    where = lines.drawn(lines.straight, window)
    rest: Grey = window & ~where
    thickness = max(each.area / each.width for each in lines.straight)
    without = mask.copy()
    without[top : top + height, left : left + width] = _crossing(rest, where, math.ceil(thickness))
    return without


def _is_cut(part: Component, left: int, top: int, bounded: tuple[int, int]) -> bool:
    """Whether a part touches a side of its page, on which its window begins at `left` and `top`,
    the page's last column and row being at `bounded` there: it may be another row's."""
    at_start = part.x + left == 0 or part.y + top == 0
    return at_start or part.right == bounded[0] or part.bottom == bounded[1]


def _parts_rows(large: Sequence[Component], middle: float, length: int) -> bool:
    """Whether a line at this row parts large components that stand above from others below, and is
    longer than the strokes of digits so high."""
    high = [each.y + each.height / 2 for each in _as_high(large)]
    if not high:
        return False
    usual = float(np.median([each.height for each in large]))
    return min(high) < middle < max(high) and length >= BAR * usual


def _as_high(large: Sequence[Component]) -> list[Component]:
    """Those of some components that are as high as most."""
    if not large:
        return []
    least = AS_HIGH * float(np.median([each.height for each in large]))
    return [each for each in large if each.height >= least]


def _stands_free(part: Component, found: Components, near: Grey) -> bool:
    """Whether a part has no ink where a line or the pixels next to it are."""
    beside = near[part.y : part.bottom, part.x : part.right]
    return not cv2.countNonZero(cv2.bitwise_and(found.own(part), beside))


def _lowest_line(window: Grey) -> tuple[Grey, int, int, float] | None:
    """The longest straight lying line in the lower part of some ink, or that and the one beside it:
    its pixels, (h, w) uint8 of 0 and 1, its first column, its length and its thickness."""
    height, width = window.shape
    first = round(FOOT * height)
    full = np.flatnonzero(_counts(window[first:]) >= RUN * width)
    if not len(full):
        return None
    beside = 1 + round(RISE * width)  # where the rest of a slanting line lies
    last = min(height, first + int(full[-1]) + beside + 1)
    first += max(0, int(full[0]) - beside)
    lower = window[first:last]
    lines = _straight_lines(lower, round(RUN * width), STIFF, SPAN * width)
    if lines is None:
        return None
    longest = max(lines.straight, key=lambda each: each.width)
    double = [each for each in lines.straight if _are_double(each, longest)]
    where = np.zeros_like(window)
    where[first:last] = lines.drawn(double, lower)
    thickness = cv2.countNonZero(where) / longest.width / len(double)
    return where, longest.x, longest.width, thickness


def _are_double(line: Component, other: Component) -> bool:
    """Whether two lines are the two of a double underline, or one and the same."""
    shared = min(line.right, other.right) - max(line.x, other.x)
    gap = max(line.y, other.y) - min(line.bottom, other.bottom)
    return shared >= DOUBLE * other.width and gap <= NEXT * other.area / other.width


def _straight_lines(window: Grey, run: int, stiff: float, least: float) -> _Lines | None:
    """What of some ink is made of lying runs with `run` pixels at least, is straight, as long as
    `least`, and `stiff` times as long as thick; None where nothing is."""
    runs = _long_runs(window, run)
    if not len(runs.rows):
        return None
    top, bottom = max(0, int(runs.rows[0]) - 2), int(runs.rows[-1]) + 3
    around = window[top:bottom]
    drawn = runs._replace(rows=runs.rows - top).drawn(around.shape)
    found = find_components(cv2.dilate(drawn, np.ones((3, 5), np.uint8)) & around)
    straight = [
        each
        for each in found.components
        if each.width >= max(least, stiff * each.area / each.width)
        and each.height <= each.area / each.width + max(2.0, RISE * each.width)
    ]
    return _Lines(top, found, straight) if straight else None


def _large(components: Sequence[Component]) -> list[Component]:
    """Those components that may be digits, among dirt."""
    largest = max((max(each.width, each.height) for each in components), default=0)
    return [each for each in components if max(each.width, each.height) >= LARGE * largest]


def _without_lying(mask: Grey) -> Grey:
    """A mask without its lying rules; itself where it has none."""
    lying = _lying(mask)
    if lying is None:
        return mask
    rules, thickness = lying
    cleaned: Grey = mask & ~rules
    return _crossing(cleaned, rules, thickness)


def _crossing(cleaned: Grey, rules: Grey, thickness: int) -> Grey:
    """A mask that was cleaned of rules so thick, whole again where strokes cross them."""
    # Strokes that cross a rule stand on both of its sides: what joins them is given back.
    reach = thickness + 4
    crossed = _near(rules.max(axis=1), reach)
    margins = ((reach, reach), (0, 0))
    padded: Grey = np.pad(cleaned[crossed], margins)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    cleaned[crossed] |= np.asarray(closed[reach:-reach] & rules[crossed], np.uint8)
    return cleaned


def _lying(mask: Grey) -> tuple[Grey, int] | None:
    """The lying rules of a mask (long, thin, from side to side), and the thickest one's pixels;
    None without any."""
    width = mask.shape[1]
    runs = _long_runs(mask, max(4, round(MIN_LENGTH * width)))
    if not len(runs.rows):
        return None
    inked = np.zeros(len(mask), np.uint8)
    inked[runs.rows] = 1
    rows = _near(inked, 1)  # with the rows beside them, so that what does not touch stays apart
    places = rows.cumsum() - 1
    drawn = runs._replace(rows=places[runs.rows]).drawn((int(places[-1]) + 1, width))
    bridged = cv2.dilate(drawn, np.ones((1, max(5, round(GAP * width)) | 1), np.uint8))
    found = find_components(bridged)
    lying: Grey = np.zeros(bridged.shape, np.uint8)
    thickest = 0.0
    for each in found.components:
        thickness = each.area / each.width
        if _is_across(each.x, each.width, width) and thickness <= MAX_THICKNESS * width + 1:
            own = found.own(each)
            depths = own.sum(axis=0)
            usual = float(np.median(depths))  # no column inside its box is without ink
            thin = (depths <= STROKE * usual + 1).view(np.uint8)
            lying[each.y : each.bottom, each.x : each.right] |= own & thin
            thickest = max(thickest, min(thickness, usual + 1))
    if not thickest:
        return None
    rules = np.zeros_like(mask)
    rules[rows] = cv2.dilate(lying, np.ones((3, 1), np.uint8)) & mask[rows]
    return rules, math.ceil(thickest)


def _is_across(left: int, breadth: int, width: int) -> bool:
    """Whether columns from `left` on go across the page, and to one of its sides."""
    return breadth >= MIN_SPAN * width and (left <= 2 or left + breadth >= width - 2)


def _long_runs(mask: Grey, length: int) -> Runs:
    """The runs of ink along the rows that have `length` pixels. At a side of the page half of that
    is enough: a run may go on beyond it."""
    counts, at_side = _counts(mask), mask[:, 0] | mask[:, -1]
    full = np.flatnonzero(counts >= np.where(at_side, length / 2, length))  # others can have none
    if not len(full):
        return Runs(full, full, full)
    rows, starts, stops = find_runs(mask[full])
    goes_on = (starts == 0) | (stops == mask.shape[1])
    chosen = stops - starts >= np.where(goes_on, length / 2, length)
    return Runs(full[rows], starts, stops).chosen(chosen)


def _counts(mask: Grey) -> npt.NDArray[np.int32]:
    """How many pixels each row of a mask has, (H,)."""
    return np.asarray(cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel(), np.int32)


def _near(inked: Grey, reach: int) -> Rows:
    """Which rows are at most `reach` away from one that is `inked`, (H,) uint8 of 0 and 1."""
    kernel = np.ones((1, 2 * reach + 1), np.uint8)
    return cv2.dilate(inked[None], kernel).ravel().view(np.bool_)
