"""The bright sheet on a darker ground, by its four edges.

A sheet is bright, four-sided and sharp at its edges: a lamp's cone, a shadow or a lit wall are not
all of that. A side may run out of the picture, but at least two must show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .flat import Corners, Flat, laid_flat
from .four_sides import NEXT, four_sides
from .paper import MIN_CONTRAST
from .polarity import Shades

Outline: TypeAlias = npt.NDArray[Any]  # (n, 1, 2) int32: x, y of where a region's border bends

SIDES_SKETCH = 96  # px, the longer side of what tells that a side may be no paper
_PAPER = 0.8  # of the picture: so much is no brighter than its paper
_DARKER, _MARGIN = 0.95, 4  # times the paper, less so many grey levels: that is none
_SIDE = 320  # px, the longer side of the sketch on which a sheet is looked for
_LEVELS = 9  # thresholds tried between the darkest and the brightest:
_ENDS = (0.02, 0.98)  # of the sketch, that is darker than those
_STEPS = (
    0.3,
    0.5,
    0.8,
)  # of the logarithm of brightness, from which one pixel to the next is an edge
_LOGARITHMS = np.log(np.arange(256, dtype=np.float32) + 8)
_SAME = 0.01  # of its area, by which a region differs that need not be looked at again
_LEAST = 0.12  # of the picture: a smaller bright patch is no sheet
_MOST = 0.97  # of the picture: more of it is all sheet
_ALL_ROUND = 3.8  # of four sides, that are those of a sheet on the whole: next to such a region
_ALIKE = 0.04  # of its area, no other that differs by so little is looked at
_FILLED = 0.93  # of the four sides' area: the least that is as bright as a sheet
_FILLED_ABOUT = 0.9  # the same, whatever rounding to pixels makes of it
_COMPACT = 0.85  # of its hull: what fills less would not fill four sides, which take long to fit
_WELL_INSIDE = 0.96  # of a sheet: there is none of its ground
_PALEST = np.rint(np.arange(256) * (1 - MIN_CONTRAST / 255)).astype(np.uint8)  # ink is darker
_OFF = 0.016  # of the sketch's longer side: how far from a side both of its grounds are compared
_POINTS = 40  # on each side
_PLACES = np.linspace(0.04, 0.96, _POINTS)  # of a side
_SHOWN = 0.5  # of the picture's longer side: so much of a faint sheet's sides shows at least
_SHARP = 0.75  # of a side: where that shows


class _Contrast(NamedTuple):
    """What a sheet is at its sides: `brighter` times its ground, and `margin` grey levels more, for
    in the dark noise makes any ratio."""

    brighter: float
    margin: int


_CLEAR = _Contrast(1.25, 9)
_FAINT = _Contrast(1.07, 6)


class SheetSearch:
    """The search for the sheet on a page, (H, W) uint8: made when it is first asked for, and once.

    Corners are in `pixels`, the page reduced by `factor` as for reading; they are None where there
    is no sheet, or nothing but the sheet.
    """

    def __init__(self, page: Grey) -> None:
        self.page, self.shades = page, Shades(page)
        self.factor, self.pixels = self.shades.factor, self.shades.pixels
        self.halves = self.shades.halves

    @cached_property
    def may_show(self) -> bool:
        """Whether what lies along a side of the picture is darker than its paper: that is told in
        well under a millisecond, and of most pictures of a digit it is not true."""
        sketch = self.halves.rough_sketch(SIDES_SKETCH)
        sides = (sketch[0], sketch[-1], sketch[:, 0], sketch[:, -1])
        darkest = min(int(np.sort(side)[side.size // 2]) for side in sides)
        passed = cv2.calcHist([sketch], [0], None, [256], [0, 256]).ravel().cumsum()
        paper = int(passed.searchsorted(int(_PAPER * (sketch.size - 1)), "right"))
        return darkest < _DARKER * paper - _MARGIN

    @cached_property
    def clear(self) -> Corners | None:
        """The corners of the sheet; they may lie outside the page."""
        if not _count_steps(self._sketch, _CLEAR):
            return None
        return self._likeliest(_CLEAR)

    @cached_property
    def flat(self) -> Flat | None:
        """The sheet laid flat."""
        return None if self.clear is None else laid_flat(self.halves, self.clear)

    @cached_property
    def faint(self) -> Corners | None:
        """The corners of a sheet that may be hardly brighter than its ground: paper on pale wood.
        So are many things at the border, hence all four lie on the page."""
        height, width = self._sketch.shape
        steps = _count_steps(self._sketch, _FAINT)
        if steps < _SHOWN * max(height, width) * _reach(self._sketch):
            return None  # shade, or what is left of ink
        return self._likeliest(_FAINT, whole=True)

    @property
    def marks(self) -> Grey | None:
        """The ink within the sheet, on the sketch on which it was found, (h, w) uint8 of 0 and
        1."""
        if self.clear is None:
            return None
        sketch = self.halves.glance(_SIDE)
        inside = np.zeros_like(sketch)
        middle = self.clear.mean(axis=0)
        inner = (middle + (self.clear - middle) * _WELL_INSIDE + 0.5) / self._ratio - 0.5
        cv2.fillConvexPoly(inside, np.rint(inner).astype(np.int32), (1,))
        is_ink = (sketch < cv2.LUT(self._sketch, _PALEST)).view(np.uint8)
        return np.asarray(cv2.bitwise_and(is_ink, inside), np.uint8)

    @cached_property
    def _sketch(self) -> Grey:
        return _without_ink(self.halves.glance(_SIDE))

    @property
    def _ratio(self) -> npt.NDArray[np.float64]:
        """How many pixels of the page are one of the sketch, across and down."""
        return np.array(self.pixels.shape[::-1]) / self._sketch.shape[::-1]

    @cached_property
    def _candidates(self) -> list[_Region]:
        """What may be the sheet on the sketch; first what stays the same for most of the levels,
        as what ground in the light is part of does not."""
        found: list[_Region] = []
        for region in _regions(self._sketch):
            known = next((other for other in found if region.is_like(other)), None)
            if known is None:
                found.append(region)
            else:
                known.steady += 1
        return sorted(found, key=lambda region: -region.steady)

    def _likeliest(self, least: _Contrast, *, whole: bool = False) -> Corners | None:
        """The largest of what has four sides that is brighter than its ground at the most of them,
        in pixels of the page; if it is to be `whole`, among those that lie on the page."""
        best, found, whole_area = 0.0, None, 0.0
        last = np.array(self._sketch.shape[::-1]) - 2
        for region in self._candidates:
            if best >= region.most or abs(region.area - whole_area) <= _ALIKE * whole_area:
                continue
            corners = region.corners
            if corners is None or (whole and not ((corners >= 1) & (corners <= last)).all()):
                continue
            support = _support(self._sketch, corners, least)
            score = support * _area(corners)
            if score > best:
                best, found = score, corners
                whole_area = region.area if support >= _ALL_ROUND else 0.0
        if found is None:
            return None
        return np.asarray((found + 0.5) * self._ratio - 0.5)


class _Region:
    """What may be a sheet, (h, w) uint8 of 0 and 1, and its outline, where that is known: `steady`
    for so many levels."""

    def __init__(self, pixels: Grey, outline: Outline | None = None) -> None:
        self._pixels, self._outline, self.steady = pixels, outline, 1
        self._box, self.area = cv2.boundingRect(pixels), cv2.countNonZero(pixels)

    def is_like(self, other: _Region) -> bool:
        """Whether two regions are the same but for a pixel at the edge."""
        near = max(abs(a - b) for a, b in zip(self._box, other._box, strict=True)) <= 1
        return near and abs(self.area - other.area) <= _SAME * self.area

    @property
    def most(self) -> float:
        """The most that support by all sides, times what lies between them, can be; of what goes on
        beyond the border more may lie there."""
        x, y, width, height = self._box
        high, wide = self._pixels.shape
        is_free = x > 0 and y > 0 and x + width < wide and y + height < high
        return 4 * self.area / _FILLED_ABOUT if is_free else math.inf

    @cached_property
    def corners(self) -> Corners | None:
        """The four sides round it, if it has four."""
        outline = self._outline
        if outline is None:
            borders, _ = cv2.findContours(self._pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            outline = max(borders, key=len)
        hull = cv2.convexHull(outline)
        if self.area < _COMPACT * cv2.contourArea(hull):
            return None
        corners = four_sides(hull.reshape(-1, 2).astype(np.float64), self._pixels.shape)
        if corners is None:
            return None
        inside = np.zeros_like(self._pixels)
        cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), (1,))
        covered = cv2.countNonZero(cv2.bitwise_and(inside, self._pixels))
        whole = cv2.countNonZero(inside)
        return corners if covered >= _FILLED * max(whole, self.area) else None


def _reach(sketch: Grey) -> int:
    """How wide the band is, in pixels, in which a sheet's side shows."""
    return 2 * math.ceil(_OFF * float(max(sketch.shape)) + 1) + 1


def _count_steps(sketch: Grey, least: _Contrast) -> int:
    """In how many places a sketch, (h, w) uint8, is as much brighter than what lies beside it as a
    sheet is at `least`: without such places no region need be looked at."""
    darkest, lightest, *_ = cv2.minMaxLoc(sketch)
    if lightest - least.brighter * darkest < least.margin - 1:
        return 0  # wherever these lie
    near = np.ones((_reach(sketch),) * 2, np.uint8)
    ground = cv2.erode(sketch, near)
    steps = cv2.subtract(
        cv2.dilate(sketch, near), cv2.addWeighted(ground, least.brighter, ground, 0, 0)
    )
    return int(np.count_nonzero(steps >= least.margin))


def _without_ink(sketch: Grey) -> Grey:
    """Dark strokes filled with the paper round them; beyond the border all is dark, else the ground
    between a sheet's corner and the border would be a stroke."""
    side = max(3, round(0.03 * max(sketch.shape))) | 1
    wider = cv2.copyMakeBorder(sketch, side, side, side, side, cv2.BORDER_CONSTANT, value=0)
    filled = cv2.morphologyEx(wider, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return cv2.medianBlur(np.ascontiguousarray(filled[side:-side, side:-side]), 3)


def _regions(sketch: Grey) -> Iterator[_Region]:
    """What may be a sheet: the largest region above each of some levels, and the largest ones
    without an edge in them, for a shadow on a sheet may be darker than a desk in the light. Those
    too small or too large are left out."""
    passed = cv2.calcHist([sketch], [0], None, [256], [0, 256]).ravel().cumsum()
    low, high = passed.searchsorted(np.multiply(_ENDS, sketch.size))
    for level in np.linspace(low, high, _LEVELS + 2)[1:-1].tolist():
        bright = cv2.threshold(sketch, level, 1, cv2.THRESH_BINARY)[1]
        for region, outline in _largest(bright, 1):
            yield _Region(region, outline)
    shades = cv2.LUT(sketch, _LOGARITHMS)
    steps = cv2.magnitude(*(cv2.Sobel(shades, cv2.CV_32F, *axes) for axes in ((1, 0), (0, 1))))
    for step in _STEPS:
        for region, _ in _largest((steps < step).view(np.uint8), 3):
            yield _Region(cv2.dilate(region, np.ones((3, 3), np.uint8)))


def _largest(mask: Grey, most: int) -> Iterator[tuple[Grey, Outline]]:
    """The largest regions of a mask, (h, w) uint8 of 0 and 1 each, with their outlines, by which
    they are found in a tenth of the time that labels take."""
    outlines, family = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if family is None:
        return
    shortest = 2 * (_LEAST * mask.size) ** 0.5  # even a circle's is longer
    outer = np.flatnonzero(family[0, :, 3] < 0).tolist()  # the others are those of holes
    large = [
        (cv2.contourArea(outlines[number]), number)
        for number in outer
        if cv2.arcLength(outlines[number], closed=True) >= shortest
    ]
    for _, number in sorted(large, reverse=True)[:most]:
        region = np.zeros_like(mask)  # without its holes, in which others may lie
        cv2.drawContours(region, outlines, number, (1,), cv2.FILLED, 8, family, 1)
        if _LEAST * mask.size <= cv2.countNonZero(region) <= _MOST * mask.size:
            yield region, outlines[number]


def _support(sketch: Grey, corners: Corners, least: _Contrast) -> float:
    """The share of the sides that show along which the sheet is brighter than what it lies on, by
    what it is at least; 0 where they are too few, or one of them does not."""
    height, width = sketch.shape
    along = corners[NEXT] - corners
    normals = along[:, ::-1] * (1, -1) / np.maximum(np.hypot(*along.T), 1e-6)[:, None]
    outwards = ((corners.mean(axis=0) - corners) * normals).sum(axis=1) < 0
    off = _OFF * max(height, width) * np.where(outwards, -1, 1)[:, None] * normals
    starts = np.stack([corners + off, corners - off])  # (2, 4, 2): inside, and beyond
    x, y = np.moveaxis(starts[:, :, None] + along[:, None] * _PLACES[:, None], -1, 0)
    shown = ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)).all(axis=0)  # (4, n)
    counts = np.count_nonzero(shown, axis=1)
    inner, outer = _at(sketch, x, y)
    brighter = inner > least.brighter * outer + least.margin
    supported = np.count_nonzero(brighter & shown, axis=1)
    shares = (supported / np.maximum(counts, 1))[counts >= 0.25 * _POINTS]
    if len(shares) < 2 or shares.min() < _SHARP:
        return 0.0
    return float(shares.sum())


def _at(
    sketch: Grey, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The shades of the pixels that hold points, or are nearest to them."""
    height, width = sketch.shape
    columns = np.minimum(np.maximum(np.rint(x), 0), width - 1).astype(np.intp)
    rows = np.minimum(np.maximum(np.rint(y), 0), height - 1).astype(np.intp)
    return np.asarray(sketch[rows, columns], np.float64)


def _area(corners: Corners) -> float:
    return float(cv2.contourArea(corners.astype(np.float32)))
