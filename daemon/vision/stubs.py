"""What is left of an upright rule that is broken: strokes in one column, each as clean a 1 as any;
and combs of strokes, those of a bar code or a ruler.

Nobody writes ones that are as thin and upright exactly below each other, nor many of them that
begin at one height.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..records import Box, Line
from .choice import STROKE

STUBS = "a stroke in a column or a comb of such may be left of a rule"
LEAST = 5  # strokes in a column
MOST = 200  # strokes: so many are held against each other at most
THIN = 0.25  # of its height: a wider stroke leans, or is written boldly
SLOPE = 0.2  # how far from upright a column is at most, on a page that lies askew
OFF, SLACK = 0.05, 1.0  # of a stroke's height, and pixels: by which it lies off its column
COMB = 8  # strokes side by side, and nothing else, that begin or end at one height
FEW, DIGITS = 3, 12  # strokes in an upright column, where no more digits are read at all
NARROW = 0.02  # of a stroke's height: how far it lies off that, besides a pixel


def stubs(lines: Sequence[Line]) -> set[int]:
    """Which of a page's lines, by their number, have a stroke that stands in a column of such."""
    strokes = [
        (number, digit.box)
        for number, line in enumerate(lines)
        for digit in line.digits
        if digit.digit == STROKE and digit.box.width <= THIN * digit.box.height
    ][:MOST]
    combs = {number for number, line in enumerate(lines) if is_comb(line)}
    little = sum(len(line.digits) for line in lines) <= DIGITS
    found = combs | (_few_stubs(strokes) if little else set())
    if len(strokes) < LEAST:
        return found
    numbers = np.array([number for number, _ in strokes])
    x = np.array([box.x + box.width / 2 for _, box in strokes])
    y = np.array([box.y + box.height / 2 for _, box in strokes])
    near = OFF * float(np.median([box.height for _, box in strokes])) + SLACK
    for at in range(len(strokes)):
        down = y - y[at]
        below = np.flatnonzero((down > 0) & (np.abs(x - x[at]) <= SLOPE * down))
        slopes = (x[below] - x[at]) / down[below]  # (n,), of the column through each of these
        off = np.abs(x[None] - x[at] - slopes[:, None] * down[None])
        for column in off <= near:
            if len(np.unique(numbers[column])) >= LEAST:
                found.update(numbers[column].tolist())
    return found


def is_comb(line: Line) -> bool:
    """Whether a line is many strokes that begin or end at one height."""
    boxes = [digit.box for digit in line.digits]
    if len(boxes) < COMB or any(digit.digit != STROKE for digit in line.digits):
        return False
    slack = SLACK + OFF * max(box.height for box in boxes)
    ends = [box.y for box in boxes], [box.bottom for box in boxes]
    return any(max(each) - min(each) <= slack for each in ends)


def _few_stubs(strokes: Sequence[tuple[int, Box]]) -> set[int]:
    """The same where little is read: three lines have one in a column that is exactly upright."""
    found: set[int] = set()
    for number, box in strokes:
        column = {number} | {
            other
            for other, stroke in strokes
            if abs(2 * stroke.x + stroke.width - 2 * box.x - box.width) / 2
            <= SLACK + NARROW * min(box.height, stroke.height)
            and min(box.bottom, stroke.bottom) <= max(box.y, stroke.y)
        }
        if len(column) >= FEW:
            found |= column
    return found
