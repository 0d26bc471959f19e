"""The project's own handwriting: a few skeletons per digit, no two drawn alike.

Written for this project, from how people write in Europe and America: 1 with and without flag and
foot, crossed and plain 7, open and closed 4, straight and curled 9, looped and angular 2. Styles
stay clear of the neighbouring class: a flat flag would make a 7 of a 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .strokes import Stroke

# A digit's strokes: points (n, 2) in a box of 1 by 1, and which of them are corners.
Skeleton: TypeAlias = tuple[tuple[Stroke, frozenset[int]], ...]

# Points as x,y in a box of 100 by 100 (y downwards); `!` marks a corner, `|` lifts the pen.
_STYLES = (
    (
        "52,0 22,14 8,50 22,88 48,100 74,86 84,50 74,14 48,1",
        "62,8 36,2 14,28 10,64 30,97 58,94 82,66 80,28 60,6 46,8",
        "46,2 24,26 22,70 42,99 66,78 70,30 54,3 40,6",
        "70,16 52,2 24,16 10,52 24,90 50,99 76,80 82,44 68,14 50,8 38,16",
    ),
    (
        "52,0 50,50 50,100",
        "64,0 52,50 40,100",
        "30,24 54,0! 53,50 50,100",
        "14,46 36,24 58,0! 54,50 50,100",
        "30,22 52,0! 52,100!|26,100 52,99 80,100",
    ),
    (
        "10,26 22,6 50,0 76,12 76,36 48,66 8,100! 46,98 86,98",
        "14,24 30,4 58,2 76,20 68,46 42,76 18,95 8,88 18,79 40,88 66,100 90,90",
        "12,12 34,1 66,4 74,20 50,54 10,98! 84,100",
        "10,28 26,4 56,0 78,20 64,50 30,84 10,98! 36,91 62,98 88,89",
    ),
    (
        "14,12 42,0 72,12 66,36 38,46! 72,56 80,80 52,100 22,98 8,84",
        "14,3 76,2! 42,40! 72,48 84,74 62,98 32,100 8,86",
        "16,14 42,0 70,14 62,38 42,48 36,44 48,43 74,58 78,82 50,100 10,88",
    ),
    (
        "26,2 18,30 10,60! 50,60 88,56|64,26 60,62 58,100",
        "62,100 64,50 64,0! 34,34 6,70! 48,70 90,68",
        "40,0 26,32 12,60! 46,58 80,56|62,36 58,68 52,100",
        "16,4 11,36 24,55 52,51 70,30|76,4 70,50 58,100",
    ),
    (
        "78,2 28,3! 20,44! 50,36 78,52 80,78 54,100 20,97 6,86",
        "30,4 22,46! 54,38 80,58 76,86 46,100 10,91|30,4 56,4 86,1",
        "82,6 54,3 30,7 21,43! 48,40 77,60 72,90 40,100 10,88",
    ),
    (
        "68,2 36,20 15,54 15,84 40,100 70,92 78,70 56,55 30,62 16,82",
        "54,0 30,36 16,66 18,90 40,100 68,90 72,68 48,58 20,74",
        "76,12 58,2 32,14 13,50 17,88 44,100 74,86 72,64 48,55 18,74",
    ),
    (
        "8,5 46,4 84,2! 58,46 38,100",
        "8,5 46,5 84,3! 60,48 42,100|24,53 52,52 80,48",
        "10,22 12,5! 48,5 86,2! 60,42 46,100",
        "8,16 20,5 50,10 86,2! 58,46 46,100|28,55 54,53 82,49",
    ),
    (
        "74,14 46,0 20,16 34,40 64,54 78,80 50,100 18,82 32,58 62,42 76,20 62,4",
        "50,0 26,10 26,34 50,46 72,34 72,10 48,0|50,46 18,60 16,88 48,100 80,88 80,60 48,46",
        "78,8 52,30 24,64 20,90 46,100 72,86 64,60 34,34 28,14 50,0 72,12 64,24",
    ),
    (
        "74,16 50,0 20,14 20,42 48,50 74,32 76,12! 73,56 66,100",
        "76,14 48,0 20,14 20,40 46,49 72,32 76,14 77,60 66,90 42,100 14,90",
        "70,18 50,2 26,12 20,36 42,50 66,34 74,6! 66,52 54,100",
        "72,12 44,0 18,20 28,46 56,46 76,20 68,64 44,98",
    ),
)

_POINTS_PER_ARC = 10
_UNSTEADY = 0.022  # standard deviation of a skeleton's points, in heights
_SLANT, _SLANT_SPREAD = 0.12, 0.14  # people lean to the right
_TILT = 4.0  # degrees, standard deviation
_WIDTH = (0.78, 1.12)  # of a digit, in those of its skeleton


def _parse(stroke: str) -> tuple[Stroke, frozenset[int]]:
    points = stroke.split()
    corners = frozenset(n for n, point in enumerate(points) if point.endswith("!"))
    pairs = [point.rstrip("!").split(",") for point in points]
    return np.array(pairs, np.float32) / np.float32(100), corners


def parse_skeletons(styles: Sequence[Sequence[str]]) -> tuple[tuple[Skeleton, ...], ...]:
    """Skeletons by digit, from points `x,y` in a box of 100 by 100, y downwards; `!` marks a
    corner, `|` lifts the pen."""
    return tuple(tuple(tuple(map(_parse, style.split("|"))) for style in digit) for digit in styles)


SKELETONS = parse_skeletons(_STYLES)


def _arcs(points: Stroke) -> Stroke:
    """A smooth line through the points (Catmull and Rom, 1974)."""
    if len(points) < 3:
        return points
    ends = 2 * points[[0, -1]] - points[[1, -2]]
    p = np.concatenate([ends[:1], points, ends[1:]])
    t = np.linspace(0, 1, _POINTS_PER_ARC, endpoint=False, dtype=np.float32)[:, None, None]
    before, start, stop, after = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = start + t / 2 * (
        stop
        - before
        + t
        * (2 * before - 5 * start + 4 * stop - after + t * (3 * (start - stop) + after - before))
    )
    along = curve.transpose(1, 0, 2).reshape(-1, 2)
    return np.concatenate([along, points[-1:]]).astype(np.float32)


def _smooth(points: Stroke, corners: frozenset[int]) -> Stroke:
    cuts = sorted({0, *corners, len(points) - 1})
    pieces = [_arcs(points[start : stop + 1]) for start, stop in pairwise(cuts)]
    return np.concatenate(pieces)


def own_digit(
    label: int, rng: np.random.Generator, *, style: int | None = None, slant: float | None = None
) -> tuple[Stroke, ...]:
    """Write one digit, in a box about 1 high: one of its styles, by an unsteady hand.

    `style`, any number, and `slant`, columns per row, are drawn where they are not given.
    """
    styles = SKELETONS[label]
    skeleton = styles[rng.integers(len(styles)) if style is None else style % len(styles)]
    slant = rng.normal(_SLANT, _SLANT_SPREAD) if slant is None else slant
    tilt = np.deg2rad(rng.normal(0, _TILT))
    lean = np.array([[rng.uniform(*_WIDTH), 0], [-slant, 1]])
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    return draw_skeleton(skeleton, (lean @ turn).astype(np.float32), rng)


def draw_skeleton(
    skeleton: Skeleton, hand: npt.NDArray[np.float32], rng: np.random.Generator
) -> tuple[Stroke, ...]:
    """The skeleton's strokes by an unsteady pen; points are multiplied by `hand` (2, 2)."""
    return tuple(
        _smooth(
            (points + rng.normal(0, _UNSTEADY, points.shape).astype(np.float32)) @ hand, corners
        )
        for points, corners in skeleton
    )
