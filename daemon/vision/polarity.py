"""Which side of a page's shades its ink is on: dark on light, or light on dark."""

from __future__ import annotations

from copy import copy
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .paper import (
    MIN_CONTRAST,
    SMALL,
    energy,
    fall_on,
    is_narrow,
    paper_on,
    sketch_of_paper,
    square_of,
)
from .reduce import Halves, reduce_by, reduction_of
from .stripes import widest_in_stripes

_CLEAR, _FAR = 3.0, 5.0  # times the other side's: thinness that says something, or much
_WITHIN = 0.05  # of what goes on beyond the picture: what stands free in it
_THIN = 0.5  # the share of a side's structures that are thin where most of them are
_THIN_STROKE = 0.06  # of the page's longer side
_MEDIAN_SKETCH = 48  # pixels, the longer side on which a median hardly differs


class Shades:
    """What the shades of a page, (H, W) uint8, are told by, each made when it is first asked for,
    and once: the page is reduced by `factor` as for reading."""

    def __init__(self, page: Grey) -> None:
        self.factor = reduction_of(*page.shape)
        self.pixels = reduce_by(self.factor, page)
        self.halves = Halves(self.pixels)

    def halved(self, times: int) -> Shades:
        """The same of the page halved so many times."""
        made = copy(self)  # with what is known already
        made.factor, made.halves = self.factor << times, self.halves.halved(times)
        made.pixels = made.halves.pixels
        return made

    @cached_property
    def sketch(self) -> Grey:
        """What paper and polarity are told by."""
        return sketch_of_paper(self.halves)

    @cached_property
    def polarities(self) -> tuple[bool, ...]:
        """Whether the ink is light on dark, the likelier answer first; one where that is beyond
        doubt."""
        return clean_polarity(self.sketch) or polarities(self.sketch)

    @cached_property
    def stripes(self) -> float:
        """The widest stroke that is told from stripes of shadow that go across the page; 0 where
        none do."""
        return widest_in_stripes(self.sketch)


class Sides(NamedTuple):
    """On which side of its paper's shades the ink of each picture lies, (N,) bool: `known` says of
    which that is beyond doubt, `light` that it is light on dark there."""

    known: npt.NDArray[np.bool_]
    light: npt.NDArray[np.bool_]


def clean_polarity(sketch: Grey) -> tuple[bool, ...]:
    """Whether ink is light on dark, where paper in even or evenly falling light lies all around and
    all the ink, less than half of the picture, is on one side of it; empty where that leaves it
    open. Only for small pictures: a larger one may show a whole sheet on a desk."""
    if max(sketch.shape) > SMALL:
        return ()
    slopes = _slopes(*sketch.shape)
    even = _one_sided(sketch, slopes.border)
    if even:
        return even
    pixels = sketch.reshape(-1)
    level = pixels - slopes.plane @ (slopes.fit @ pixels[slopes.sides])
    return _one_sided(level.reshape(sketch.shape), slopes.border)


def _one_sided(pixels: npt.NDArray[Any], border: Grey) -> tuple[bool, ...]:
    """Whether ink is light on dark, told by pixels, (h, w), that are alike along the `border`, 1
    there."""
    darkest, lightest, *_ = cv2.minMaxLoc(pixels, border)
    if lightest - darkest >= MIN_CONTRAST:
        return ()
    lowest, highest, *_ = cv2.minMaxLoc(pixels)
    lighter = highest > darkest + MIN_CONTRAST
    if lighter == (lowest < lightest - MIN_CONTRAST):
        return ()
    kind = pixels.dtype.type
    if lighter:
        is_ink = pixels > kind(darkest + MIN_CONTRAST)
    else:
        is_ink = pixels < kind(lightest - MIN_CONTRAST)
    return (lighter,) if np.count_nonzero(is_ink) < pixels.size / 2 else ()


def clean_polarities(sketches: Grey) -> Sides:
    """What `clean_polarity` tells of many small pictures of one size, (N, h, w) uint8."""
    slopes = _slopes(*sketches.shape[1:])
    pixels = sketches.reshape(len(sketches), -1)
    found = _many_one_sided(pixels, slopes.sides)
    rest = np.flatnonzero(~found.known)
    if len(rest):
        pixels = pixels[rest]
        level = pixels - (pixels[:, slopes.sides] @ slopes.fit.T) @ slopes.plane.T
        found.known[rest], found.light[rest] = _many_one_sided(level, slopes.sides)
    return found


def _many_one_sided(pixels: npt.NDArray[Any], sides: npt.NDArray[np.intp]) -> Sides:
    """What `_one_sided` tells of many pictures by their pixels, (N, n), those at the `sides` being
    alike."""
    border = pixels[:, sides].astype(np.float64)
    darkest, lightest = border.min(axis=1), border.max(axis=1)
    brighter, darker = darkest + MIN_CONTRAST, lightest - MIN_CONTRAST
    light, dark = pixels.max(axis=1) > brighter, pixels.min(axis=1) < darker
    known = (lightest - darkest < MIN_CONTRAST) & (light != dark)
    ink = np.where(
        light,
        (pixels > _as(pixels, brighter)).sum(axis=1),
        (pixels < _as(pixels, darker)).sum(axis=1),
    )
    return Sides(known & (ink < pixels.shape[1] / 2), light)


def _as(pixels: npt.NDArray[Any], levels: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Levels, (N,), that the pixels of N pictures are held against, as numbers of their kind."""
    if pixels.dtype == np.uint8:
        levels = np.clip(levels, 0, 255)
    return levels.astype(pixels.dtype)[:, None]


class _Slopes(NamedTuple):
    """How light that falls evenly off is fitted to the pixels along the sides of a picture: the
    `border` (h, w) uint8 is 1 there, `sides` (n,) are their places among its N pixels, `fit` (3, n)
    gives a plane's coefficients by them, `plane` (N, 3) its shade at every pixel by these."""

    border: Grey
    sides: npt.NDArray[np.intp]
    fit: npt.NDArray[np.float32]
    plane: npt.NDArray[np.float32]


@lru_cache(maxsize=16)
def _slopes(height: int, width: int) -> _Slopes:
    """Those of a picture's size: a pile of scans has few."""
    y, x = np.divmod(np.arange(height * width), width)
    plane = np.stack([np.ones(len(x)), x, y], axis=1)
    border = (x == 0) | (y == 0) | (x == width - 1) | (y == height - 1)
    sides = np.flatnonzero(border)
    fit = np.linalg.pinv(plane[sides]).astype(np.float32)
    drawn = border.reshape(height, width).view(np.uint8)
    return _Slopes(drawn, sides, fit, plane.astype(np.float32))


def polarities(sketch: Grey) -> tuple[bool, ...]:
    """Whether ink is light on dark, the likelier answer first; one where two clues agree.

    Ink is what is rare, against a median so wide that strokes do not reach half of it; shadows
    deceive that. And ink is the side whose structure is thin already; bold digits deceive that,
    whose counters are thinner than their strokes. But light that goes on beyond the picture, and
    in which the dark side is thin by far, is no digit: it falls beside a shadow.
    """
    if is_narrow(sketch):
        sketch = np.clip(sketch - fall_on(sketch), 0, 255).astype(np.uint8)
    wide = _wide_median(sketch)
    lighter = cv2.subtract(sketch, wide)
    rare = energy(lighter) > energy(cv2.subtract(wide, sketch))
    kernel = square_of(_THIN_STROKE, sketch)
    closed = cv2.morphologyEx(sketch, cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(sketch, cv2.MORPH_OPEN, kernel)
    under_dark, under_light = (
        paper_on(sketch, light_on_dark=False),
        paper_on(sketch, light_on_dark=True),
    )
    dark = _thinness(cv2.subtract(closed, sketch), cv2.subtract(under_dark, sketch))
    light = _thinness(cv2.subtract(sketch, opened), cv2.subtract(sketch, under_light))
    if max(dark, light) < _CLEAR * min(dark, light) or rare == (light > dark):
        return (rare,)
    if rare and dark >= max(_THIN, _FAR * light) and _goes_on(lighter):
        return (False,)
    return (rare, not rare)


def _thinness(thin: Grey, wide: Grey) -> float:
    """The share of one side's structures that is as narrow as a thin stroke."""
    whole = energy(wide)
    return energy(thin) / whole if whole > 0 else 0.0


def _goes_on(structure: Grey) -> bool:
    """Whether what stands out of a sketch, (h, w) uint8, does so along its border as well, and next
    to nothing of it within."""
    if float(_border_of(structure).mean()) < float(structure.mean()):
        return False  # as a digit that touches the border
    marks = (structure >= MIN_CONTRAST).view(np.uint8)
    _, labels = cv2.connectedComponentsWithAlgorithm(marks, 8, cv2.CV_32S, cv2.CCL_BBDT)
    within = np.isin(labels, _border_of(labels), invert=True)
    return energy(structure * within) <= _WITHIN * energy(structure)


def _border_of(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Those along the border of a picture, (h, w), one after the other."""
    return np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


def _wide_median(sketch: Grey) -> Grey:
    height, width = sketch.shape
    if max(height, width) > _MEDIAN_SKETCH:  # twice the size costs four times as much
        half = (max(1, width // 2), max(1, height // 2))
        median = _wide_median(cv2.resize(sketch, half, interpolation=cv2.INTER_AREA))
        return cv2.resize(median, (width, height), interpolation=cv2.INTER_LINEAR)
    window = max(height, width) * 3 // 4 | 1
    margin = window // 2  # mirrored: repeated, a frame at the border would outweigh the paper
    padded = cv2.copyMakeBorder(sketch, margin, margin, margin, margin, cv2.BORDER_REFLECT)
    return cv2.medianBlur(padded, window)[margin : margin + height, margin : margin + width]
