"""Hands that write whole pages: one person's digits look alike, in style, slant and pen.

A hand is made of the project's own skeletons, of recorded pen strokes, or of bitmaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from ..records import Grey, Ink
from .handwriting import own_digit
from .strokes import PenDigit, Stroke, render_strokes

_SHARP = 0.22  # of the ink's depth: how much of a bitmap's edge stays grey
_WIDE = 0.8  # of its width: a digit wider than that over its height is the less high
_ROOM = 6  # empty pixels round a bitmap, for slanting


class Hand(Protocol):
    """Someone who writes. `pen` is the pen's width in heights of a digit."""

    @property
    def pen(self) -> float:
        """The pen's width in heights of a digit."""

    def write(self, label: int, height: float, rng: np.random.Generator) -> Ink:
        """One digit, (h, w) float32 in 0..1, ink = 1; its longer side measures `height` pixels."""


@dataclass(frozen=True, slots=True)
class OwnHand:
    """The project's own handwriting. A style, any number, belongs to each label."""

    styles: tuple[int, ...]
    slant: float
    pen: float

    def write(self, label: int, height: float, rng: np.random.Generator) -> Ink:
        slant = self.slant + rng.normal(0, 0.04)
        strokes = own_digit(label, rng, style=self.styles[label], slant=slant)
        return render_strokes(strokes, height=height, pen_width=max(1.0, self.pen * height))


@dataclass(frozen=True, slots=True)
class PenHand:
    """A writer whose pen was recorded, with some digits of every label."""

    digits: Mapping[int, Sequence[PenDigit]]
    pen: float

    def write(self, label: int, height: float, rng: np.random.Generator) -> Ink:
        known = self.digits[label]
        strokes: Sequence[Stroke] = known[int(rng.integers(len(known)))].strokes
        return render_strokes(strokes, height=height, pen_width=max(1.0, self.pen * height))


@dataclass(frozen=True, slots=True)
class BitmapHand:
    """Digits of which only small pictures are known: `images` by label, (n, side, side) uint8, ink
    high. `slant` is common to all that is written, in columns per row; `weight` in 0..1 makes the
    pen wider."""

    images: Mapping[int, Grey]
    slant: float
    weight: float

    @property
    def pen(self) -> float:
        """MNIST's pen is about an eighth of a digit's height."""
        return 0.08 + 0.05 * self.weight

    def write(self, label: int, height: float, rng: np.random.Generator) -> Ink:
        known = self.images[label]
        small = np.pad(known[rng.integers(len(known))], _ROOM).astype(np.float32) / np.float32(255)
        rows, columns = np.nonzero(small > 0.5)
        scale = height / (1 + max(np.ptp(rows), _WIDE * np.ptp(columns)))
        lean = (self.slant + rng.normal(0, 0.03) - _slant(small)) * scale
        side = round(len(small) * scale)
        middle = (len(small) - 1) / 2
        onto = np.array([[scale, -lean, lean * middle], [0, scale, 0]], np.float32)
        smooth = cv2.GaussianBlur(small, (0, 0), 0.5)
        large = cv2.warpAffine(smooth, onto, (side, side), flags=cv2.INTER_CUBIC)
        level = 0.62 - 0.3 * self.weight
        return _cropped(np.clip((large - level) / _SHARP + 0.5, 0, 1).astype(np.float32))


def draw_own_hand(rng: np.random.Generator) -> OwnHand:
    """Draw someone of the project's own making."""
    styles = tuple(int(style) for style in rng.integers(0, 60, 10))
    return OwnHand(styles, float(rng.normal(0.12, 0.1)), float(rng.uniform(0.06, 0.12)))


def _slant(ink: Ink) -> float:
    """By how many columns the ink leans to the right per row upwards: from its second moments."""
    moments = cv2.moments(ink)
    slant = -moments["mu11"] / max(moments["mu02"], 1e-6)
    return float(np.clip(slant, -0.5, 0.8))


def _cropped(ink: Ink) -> Ink:
    x, y, width, height = cv2.boundingRect((ink > 0.05).astype(np.uint8))
    return ink[y : y + height, x : x + width]
