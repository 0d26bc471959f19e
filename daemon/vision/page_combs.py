"""Open combs: a rule with short posts on it, evenly far apart, a cell for each digit between them.

A post is as high as half a digit or less and would be a 1. Posts of one comb are print: as high as
each other, to a pixel or two, and at even distances, which strokes that touch a rule are not.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..records import Grey
from .runs import Runs

# All in digit heights.
_LENGTH = (0.3, 2.2)  # of a post
_WIDTH = 0.2  # at most
_ALIKE = 0.06  # by which the ends of posts differ
_CELL = (0.6, 4.0)  # from post to post: digits may be higher than most of a page's marks
_EVEN = 0.06  # of a cell, by which its width differs
_END = 0.4  # from the last post to where no rule is
_LEAST = 4  # posts
_SLACK = 2  # px
_SLOPE = 0.02  # of a rule
_MOST = 400  # strokes that stand on rules: more is texture

_Post: TypeAlias = tuple[int, int, int, int]  # left, right, top, bottom


def draw_combs(standing: Grey, runs: Runs, lying: Grey, height: float) -> None:
    """Draw the posts of open combs into a mask of standing rules, (H, W) uint8: `runs` are those of
    the page's columns, `lying` (H, W) its lying rules, on a page of digits so high."""
    low, high = (share * height for share in _LENGTH)
    runs = runs.chosen((runs.lengths >= max(4, low)) & (runs.lengths <= high))
    on_rule = lying[runs.stops - 1, runs.rows] > 0
    is_known = standing[(runs.starts + runs.stops) // 2, runs.rows] > 0
    strokes = _strokes(runs.chosen(on_rule & ~is_known))
    strokes = strokes[strokes[:, 1] - strokes[:, 0] <= _WIDTH * height + 2 * _SLACK]
    if _LEAST <= len(strokes) <= _MOST:
        for comb in _combs(strokes, height):
            if _ends(comb, lying, height):
                for left, right, top, bottom in comb:
                    standing[top:bottom, left:right] = 1


def _ends(comb: Sequence[_Post], lying: Grey, height: float) -> bool:
    """Whether the rule of a comb ends where its posts do, on one side at least; those of squared
    paper go on."""
    beyond = round(_END * height)
    left, right = min(comb), max(comb)
    before, behind = max(0, left[0] - beyond), min(lying.shape[1] - 1, right[1] + beyond)
    return not all(
        lying[max(0, foot - _SLACK - 2) : foot + _SLACK + 1, at].any()
        for foot, at in ((left[3], before), (right[3], behind))
    )


def _strokes(runs: Runs) -> npt.NDArray[np.int64]:
    """Runs of columns side by side as strokes, (n, 4): left, right, top and bottom; by the rules on
    which they stand, from left to right."""
    by_foot = np.argsort(runs.stops, kind="stable")
    rule = np.zeros(len(by_foot), np.int64)
    rule[by_foot] = np.cumsum(np.diff(runs.stops[by_foot], prepend=0) > _SLACK)
    order = np.lexsort((runs.rows, rule))
    columns, tops, feet, rule = (each[order] for each in (*runs, rule))
    begins = np.flatnonzero((np.diff(columns, prepend=-9) > 1) | (np.diff(rule, prepend=-1) > 0))
    ends = np.append(begins[1:], len(columns)) if len(begins) else begins
    usual = [int(_middle(tops[a:b])) for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]
    lefts, rights = columns[begins], columns[ends - 1] + 1
    return np.stack([lefts, rights, np.array(usual, np.int64), feet[begins]], axis=1)


def _middle(values: npt.NDArray[Any]) -> float:
    """The median of a few, for which numpy takes ten times as long."""
    ordered = sorted(values.tolist())
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _combs(strokes: npt.NDArray[np.int64], height: float) -> list[list[_Post]]:
    """The posts of each comb among strokes, those that digits hide included."""
    found: list[list[_Post]] = []
    free = np.ones(len(strokes), np.bool_)
    middles = strokes[:, :2].mean(axis=1)
    room = max(_SLACK, _ALIKE * height) + _SLOPE * np.abs(middles - middles[:, None])
    alike = np.ones((len(strokes), len(strokes)), np.bool_)
    for ends in strokes[:, 2:].T:
        alike &= np.abs(ends - ends[:, None]) <= room
    for first in range(len(strokes)):
        if not free[first]:
            continue
        own = np.flatnonzero(alike[first] & free)
        for comb in _even(own, middles, height):
            free[comb] = False
            found.append(_posts(strokes[comb], middles[comb]))
    return found


def _even(
    own: npt.NDArray[np.intp], middles: npt.NDArray[np.float64], height: float
) -> list[npt.NDArray[np.intp]]:
    """Which of these strokes follow each other at even distances."""
    if len(own) < _LEAST:
        return []
    steps = np.diff(middles[own])
    cells = steps[(steps >= _CELL[0] * height) & (steps <= _CELL[1] * height)]
    if len(cells) < _LEAST - 1:
        return []
    cell = _middle(cells)
    count = np.maximum(1, np.round(steps / cell))
    even = (np.abs(steps - count * cell) <= max(_SLACK, _EVEN * cell)) & (count <= _LEAST)
    bounds = [0, *(np.flatnonzero(~even) + 1).tolist(), len(own)]
    return [own[a:b] for a, b in itertools.pairwise(bounds) if b - a >= _LEAST]


def _posts(comb: npt.NDArray[np.int64], middles: npt.NDArray[np.float64]) -> list[_Post]:
    """A comb's posts, and where one is missing between them, its place."""
    cell = float(np.diff(middles).min())
    wide = int(np.median(comb[:, 1] - comb[:, 0]))
    posts: list[_Post] = [(a, b, c, d) for a, b, c, d in comb.tolist()]
    for n in range(len(comb) - 1):
        for k in range(1, round((middles[n + 1] - middles[n]) / cell)):
            left = round(middles[n] + k * cell - wide / 2)
            posts.append((left, left + wide, int(comb[n, 2]), int(comb[n, 3])))
    return posts
