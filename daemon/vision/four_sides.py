"""The four straight sides round a bright patch of a picture, by the points of its hull.

A side is fitted to the points that are nearest to it, these are told anew by the sides that were
fitted, and so on until they stay the same. Where a side runs out of the picture, its points say
nothing.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float64]  # (n, 2): x, y
Line: TypeAlias = npt.NDArray[np.float64]  # (4,): vx, vy, x, y

NEXT = [1, 2, 3, 0]  # which corner follows each
_AT_BORDER = 0.015  # of the longer side: so near the border a side runs out of the picture
_SPACING = 3  # px between points to which a side is fitted
_MUCH = 0.25  # of a side as it seems: so much within the picture tells its line alone
_LEAST = 4  # points to which a line is fitted
_ROUNDS = 5  # of telling points and fitting lines at most
_WEIGHTINGS = 8  # of the points of a line at most
_HUBER = 1.345  # px: from there on a point weighs less
_STEADY, _AT_REST = 0.002, 0.05  # radians, px: a line that moves less stays where it is
_STILL = 0.25  # px: where no corner moves further, points hardly change sides
_TAPER = 0.3  # of a side: the least that the one across from it has, seen from far aside
_SOME = 0.1  # of a side as it seems at first: so much shows of one that counts


def four_sides(hull: Points, shape: tuple[int, ...]) -> Points | None:
    """The corners of the sides that a hull's points lie on in a picture of this shape, from the top
    left one clockwise; None where less than two of the sides show."""
    outline = _along(hull)
    free = ~_at_border(outline, shape)
    corners, nearest = _clockwise(_start(hull)), np.zeros(0, np.intp)
    for _ in range(_ROUNDS):
        before, nearest = nearest, _nearest_side(outline, corners)
        if np.array_equal(nearest, before):
            break
        owned = nearest == np.arange(4)[:, None]
        inside = owned & free
        counts, shown = np.count_nonzero(owned, axis=1), np.count_nonzero(inside, axis=1)
        if np.count_nonzero(shown >= _SOME * counts) < 2:
            return None
        enough = shown >= _MUCH * counts
        if np.where(enough, shown, counts).min() < _LEAST:
            return None
        lines = _lines(outline, np.where(enough[:, None], inside, owned))
        crossings = [_crossing(lines[side - 1], lines[side]) for side in range(4)]
        if any(crossing is None for crossing in crossings):
            return None
        last, corners = corners, np.array(crossings)
        if np.abs(corners - last).max() < _STILL:
            break
    reach = np.array(shape[::-1])
    near = (corners > -0.25 * reach).all() and (corners < 1.25 * reach).all()
    convex = cv2.isContourConvex(corners.astype(np.float32).reshape(-1, 1, 2))
    return corners if near and convex and not _tapers(corners) else None


def _tapers(corners: Points) -> bool:
    """Whether a side is much longer than the one across from it, as a triangle's is than a tip."""
    lengths = np.linalg.norm(corners[NEXT] - corners, axis=1)
    ratios = lengths[:2] / np.maximum(lengths[2:], 1e-9)
    return bool(ratios.min() < _TAPER or ratios.max() > 1 / _TAPER)


def _start(hull: Points) -> Points:
    """The corners of a polygon of four sides round a hull, as small as is found soon; of the
    smallest rectangle round one that has hardly more corners."""
    if len(hull) > 4:
        around = cv2.approxPolyN(hull.astype(np.int32).reshape(-1, 1, 2), 4)
        if around.size == 8:
            return np.asarray(around.reshape(4, 2), np.float64)
    return cv2.boxPoints(cv2.minAreaRect(hull.astype(np.float32))).astype(np.float64)


def _at_border(points: Points, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which points lie where a side would run out of the picture, (n,)."""
    far = _AT_BORDER * max(shape)
    x, y = points.T
    edges = (x <= far) | (y <= far) | (x >= shape[1] - 1 - far) | (y >= shape[0] - 1 - far)
    return np.asarray(edges)


def _along(hull: Points) -> Points:
    """Points along a closed polygon, about `_SPACING` apart."""
    steps = hull[np.arange(1 - len(hull), 1)] - hull  # to the next one each
    counts = np.maximum(1, (np.abs(steps).max(axis=1) / _SPACING).astype(int))
    at = np.repeat(np.arange(len(hull)), counts)
    numbers = np.arange(len(at)) - (counts.cumsum() - counts)[at]
    return np.asarray(hull[at] + steps[at] * (numbers / counts[at])[:, None])


def _clockwise(corners: Points) -> Points:
    """From the top left one on."""
    around = corners - corners.mean(axis=0)
    ordered = corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
    first = int(ordered.sum(axis=1).argmin())
    return np.asarray(ordered[np.arange(first - 4, first)])


def _nearest_side(points: Points, corners: Points) -> npt.NDArray[np.intp]:
    """Which of the four sides each of the points (n, 2) is next to."""
    along_x, along_y = (corners[NEXT] - corners).T[:, :, None]
    x, y = np.ascontiguousarray(points.T)[:, None] - corners.T[:, :, None]  # (4, n) each
    shares = x * along_x
    shares += y * along_y
    shares /= np.maximum(along_x**2 + along_y**2, 1e-9)
    np.maximum(shares, 0, out=shares)
    np.minimum(shares, 1, out=shares)
    x -= shares * along_x
    y -= shares * along_y
    x *= x
    y *= y
    x += y
    return np.asarray(x.argmin(axis=0))


def _lines(points: Points, chosen: npt.NDArray[np.bool_]) -> list[Line]:
    """The lines through those of the points, (n, 2), that are `chosen` for each, (k, n): those of
    least squares of the distances, but that outliers weigh little (Huber, 1964), by weighting
    anew until they stay where they are."""
    middle = points.mean(axis=0)
    x, y = (points - middle).T
    moments = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    chosen_ones = chosen.astype(np.float64)
    weights = chosen_ones
    angles = offsets = np.full(len(chosen), np.inf)
    for _ in range(_WEIGHTINGS):
        sums = weights @ moments  # (k, 6)
        mean_x, mean_y, xx, xy, yy = (sums[:, 1:] / sums[:, :1]).T
        spread = xx - mean_x * mean_x - yy + mean_y * mean_y
        turned, angles = angles, np.arctan2(2 * (xy - mean_x * mean_y), spread) / 2
        along_x, along_y = np.cos(angles), np.sin(angles)
        moved, offsets = offsets, along_y * mean_x - along_x * mean_y
        if np.abs(angles - turned).max() < _STEADY and np.abs(offsets - moved).max() < _AT_REST:
            break
        off = np.abs(along_y[:, None] * x - along_x[:, None] * y - offsets[:, None])
        weights = chosen_ones * (_HUBER / np.maximum(off, _HUBER))
    through = np.stack([along_x, along_y, mean_x + middle[0], mean_y + middle[1]], axis=1)
    return list(through)


def _crossing(one: Line, other: Line) -> npt.NDArray[np.float64] | None:
    """Where two lines meet; None where they hardly do."""
    across = one[0] * other[1] - one[1] * other[0]
    if abs(across) < 0.2:
        return None
    step = other[2:] - one[2:]
    along = float(step[0] * other[1] - step[1] * other[0]) / float(across)
    return np.asarray(one[2:] + one[:2] * along)
