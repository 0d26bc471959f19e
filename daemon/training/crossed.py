"""Digits that somebody crossed out, which are not to be read, and zeros with a slash, which are.

As in `augment`, every function draws from the generator it is given and returns glyphs,
(N, 28, 28) float32 with ink = 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..records import Grey, Ink
from ..vision.glyph import stroke_width
from .augment import FIELD, stacked, vary, warp
from .datasets import Labels
from .strikes import cross, slant, strike
from .strokes import Stroke

BARRED = (0, 1, 7)  # with one stroke through it a 0, a 7 or a 1 may be meant so
ONE_LINE = 0.25  # of the other digits are crossed out with a single line, which slants
NARROW = 0.5  # heights: a coil over less would be a 0, a zigzag a thick 1
RIM = 12  # pixels around a digit's field, for strokes that reach beyond it
PENS = (0.6, 1.3)  # widths of the crossing strokes, in those of the digit's
THINNEST = 1.2  # pixels
_DRAWN = 3, 5  # the thickness at which OpenCV draws lines of so many pixels


def crossed_out(images: Grey, labels: Labels, n: int, rng: np.random.Generator) -> Ink:
    """Make `n` glyphs of digits of `images` (M, 28, 28) that are crossed out: by a cross, two
    lines, a zigzag or a coil; by one line that slants where no digit has such a stroke."""
    glyphs = []
    for at in rng.integers(len(images), size=n):
        ink = warp(images[at], rng)
        _, _, high, wide = _extent(ink)
        strokes = _strokes(int(labels[at]), wide / high, rng)
        glyphs.append(vary(_with(ink, strokes, rng), rng))
    return stacked(glyphs)


def _strokes(label: int, wide: float, rng: np.random.Generator) -> Sequence[Stroke]:
    """What crosses out a digit so many heights wide. A coil or two lines may belong to a 0."""
    beside = max(0.0, NARROW - wide) / 2
    left, right = -beside, wide + beside
    if label == 0:
        return cross(left, right, rng)
    if label not in BARRED and rng.random() < ONE_LINE:
        return (slant(left, right, rng),)
    return strike(left, right, rng, single=True)


def slashed_zeros(images: Grey, labels: Labels, n: int, rng: np.random.Generator) -> Ink:
    """Make up to `n` glyphs of zeros among `images` with a slash through them."""
    zeros = np.flatnonzero(labels == 0)
    glyphs = []
    for at in rng.choice(zeros, n) if len(zeros) else ():
        ink = warp(images[at], rng)
        _, _, high, wide = _extent(ink)
        reach = rng.uniform(-0.12, 0.15, 4)
        x = np.array([-reach[0], wide / high + reach[1]])
        y = np.array([-0.1 + reach[2], -0.9 - reach[3]])
        glyphs.append(vary(_with(ink, (np.stack([x, y], axis=1).astype(np.float32),), rng), rng))
    return stacked(glyphs)


def _extent(ink: Ink) -> tuple[int, int, int, int]:
    """Left edge, lower edge, height and width of the ink, in pixels."""
    x, y, wide, high = cv2.boundingRect((ink > 0.5).view(np.uint8))
    return x, y + high, max(high, 1), wide


def _with(ink: Ink, strokes: Sequence[Stroke], rng: np.random.Generator) -> Ink:
    """The ink, (40, 40), and on it strokes in heights of it, by about the same pen."""
    left, low, high, _ = _extent(ink)
    pen = max(THINNEST, stroke_width(ink) * rng.uniform(*PENS))
    side = FIELD + 2 * RIM
    thickness, drawn = _DRAWN
    fine = np.zeros((round(side * drawn / pen),) * 2, np.uint8)
    finer = len(fine) / side
    origin = np.array([left + RIM, low + RIM], np.float32)
    lines = [
        np.rint(((stroke * np.float32(high) + origin) * finer - 0.5) * 16).astype(np.int32)
        for stroke in strokes
    ]
    cv2.polylines(fine, lines, False, 255, thickness, cv2.LINE_8, 4)
    laid = cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    middle = laid[RIM : RIM + FIELD, RIM : RIM + FIELD]
    np.maximum(middle, ink, out=middle)
    return laid
