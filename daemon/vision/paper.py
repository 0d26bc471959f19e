"""The paper under the ink of a page, told on a small sketch of it.

It is estimated locally, so that shade and uneven light fall away.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey, Ink
from .reduce import Halves

MIN_CONTRAST = 14  # of 255: fainter marks are taken for paper
SMALL = 48  # pixels: on a page no larger no sheet shows, and strokes are mostly edge
WIDEST_STROKE = 0.28  # of the page's longer side
_SKETCH = 96  # pixels, the longer side of the reduced page on which paper is estimated
_MUCH_SMALLER = 1 / 4  # scale from which reducing by way of sums is quicker


def paper_of(pixels: Grey, *, light_on_dark: bool, widest: float = WIDEST_STROKE) -> Grey:
    """The paper's shade under every pixel of a page, both (H, W) uint8, for ink of one polarity."""
    return paper_under(sketch_of_paper(Halves(pixels)), pixels.shape, light_on_dark, widest)


def sketch_of_paper(page: Halves) -> Grey:
    """The page reduced to what paper and polarity are told by."""
    width, height = page.sketch_size(_SKETCH)
    pixels = page.above(round(_SKETCH / _MUCH_SMALLER))  # by two, reducing is quickest
    if pixels.shape == (height, width):
        return pixels
    if _MUCH_SMALLER * max(pixels.shape) < _SKETCH:
        return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    sums = _between(_between(cv2.integral(pixels), height).T, width).T
    means = np.diff(np.diff(sums, axis=0), axis=1) * (height * width / pixels.size)
    return np.asarray(np.rint(means), np.uint8)


def _between(sums: npt.NDArray[Any], count: int) -> npt.NDArray[np.float64]:
    """Sums (n, m) of ever more rows, interpolated at the bounds of `count` even shares of them."""
    places = np.linspace(0, len(sums) - 1, count + 1)
    below = np.minimum(places.astype(int), len(sums) - 2)
    first, second = sums[below], sums[below + 1]
    second -= first
    between = second * (places - below)[:, None]
    between += first
    return np.asarray(between)


def paper_on(sketch: Grey, light_on_dark: bool, widest: float = WIDEST_STROKE) -> Grey:
    """The paper's shade on the sketch for ink of one polarity, whose `widest` stroke is that share
    of the page's longer side.

    Closing fills every dark stroke narrower than its kernel with the paper around it and, unlike a
    median or a mean, keeps the edges of shadows and sheets where they are (opening, for light
    strokes).
    """
    kernel = square_of(widest, sketch)
    if not is_narrow(sketch):
        there, back = (cv2.erode, cv2.dilate) if light_on_dark else (cv2.dilate, cv2.erode)
        paper = there(sketch, kernel)
        darkest, lightest, *_ = cv2.minMaxLoc(paper)
        return paper if darkest == lightest else back(paper, kernel)  # a clean ground is one shade
    fall = fall_on(sketch)
    operation = cv2.MORPH_OPEN if light_on_dark else cv2.MORPH_CLOSE
    level = cv2.morphologyEx(sketch - fall, operation, kernel)
    return np.clip(np.rint(level + fall), 0, 255).astype(np.uint8)


def is_narrow(sketch: Grey) -> bool:
    """Whether the widest stroke is half as wide as the page: light that falls off from one side to
    the other is as wide as strokes there."""
    shorter = min(sketch.shape)
    is_small = max(sketch.shape) <= SMALL or shorter < 3
    return not is_small and 2 * len(square_of(WIDEST_STROKE, sketch)) >= shorter


def fall_on(sketch: Grey) -> Ink:
    """How the light falls off across a narrow page, (h, w) float32 around 0: a plane through its
    shades. A closing would take the light further in for that at a darker edge, beyond which it
    knows of no paper."""
    height, width = sketch.shape
    y, x = np.divmod(np.arange(height * width), width)
    plane = np.stack([x - x.mean(), y - y.mean()], axis=1)
    fall = plane @ (np.linalg.pinv(plane) @ sketch.reshape(-1).astype(np.float64))
    return np.asarray(fall.reshape(height, width), np.float32)


def paper_under(
    sketch: Grey, shape: tuple[int, ...], light_on_dark: bool, widest: float = WIDEST_STROKE
) -> Grey:
    """The paper's shade under every pixel of a page of `shape`. A shadow's edge is known to one
    pixel of the sketch only: there the darker side holds."""
    paper = paper_on(sketch, light_on_dark, widest)
    if paper.shape == shape:
        return paper
    near = np.ones((3, 3), np.uint8)
    paper = cv2.dilate(paper, near) if light_on_dark else cv2.erode(paper, near)
    return cv2.resize(paper, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def square_of(share: float, sketch: Grey) -> Grey:
    side = max(3, round(share * max(sketch.shape)))
    return _ones(min(side, len(sketch) - 1) | 1)


@lru_cache(maxsize=64)
def _ones(side: int) -> Grey:
    return np.ones((side, side), np.uint8)


def energy(contrast: Grey) -> float:
    """The sum of squares of what exceeds the faintest mark."""
    _, marks = cv2.threshold(contrast, MIN_CONTRAST - 1, 0, cv2.THRESH_TOZERO)
    return cv2.norm(marks, cv2.NORM_L2SQR)
