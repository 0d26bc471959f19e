"""What is written on a line, from left to right: digits, marks between and around them, words.

Upright, in heights: baselines at y = 0, y downwards, an ordinary digit reaches up to -1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np

from . import words
from .hands import Bitmap, Glyph, Hand, printed

Rng: TypeAlias = np.random.Generator


@dataclass(frozen=True, slots=True)
class Placed:
    """A glyph, how large and where its origin is, in heights."""

    glyph: Glyph
    size: float
    x: float
    y: float

    @property
    def end(self) -> float:
        """How far to the right it reaches."""
        return self.x + self.glyph.extent[1] * self.size


def write_digits(hand: Hand, labels: list[int], rng: Rng, *, marks: bool) -> list[Placed]:
    """The digits one after the other, upright, the first at x = 0."""
    gap = rng.uniform(-0.12, 0.25) if rng.random() < 0.7 else rng.uniform(0.2, 0.7)
    uneven = rng.uniform(0.02, 0.12)
    zeros, flat = (
        (rng.uniform(0.45, 0.85), rng.uniform(0.9, 1.5)) if rng.random() < 0.35 else (1, 1)
    )
    small = int(rng.integers(1, 10)) if rng.random() < 0.15 else None
    drift = rng.normal(0, 0.03)
    tie = rng.random() < 0.15
    wide = rng.uniform(0.7, 1.25)
    tall = rng.uniform(1.0, 1.4) if rng.random() < 0.4 else 1.0
    placed: list[Placed] = []
    at = 0.0
    separator = int(rng.integers(2, 4)) if len(labels) > 2 and rng.random() < 0.6 else 0
    if marks and rng.random() < 0.15:
        at = _add_mark(placed, words.BEFORE, at, rng)
    for number, label in enumerate(labels):
        left = len(labels) - number
        glyph = _widened(hand.write(label, rng), wide * flat if label == 0 else wide)
        size = float(np.clip(rng.normal(1, 0.09), 0.7, 1.4))
        size *= zeros if label == 0 else tall if label == 1 else 1
        size *= rng.uniform(0.6, 0.85) if label == small else 1
        start, end = glyph.extent
        low = rng.normal(0, 0.04) + drift * number
        placed.append(Placed(glyph, size, at - start * size, low))
        at += (end - start) * size
        if marks and number and (left - 1 == separator or rng.random() < 0.04) and left > 1:
            hug = rng.random() < 0.5
            at = _add_mark(placed, words.BETWEEN, at - (0.08 if hug else 0), rng)
            at += rng.uniform(-0.12, 0.1) if hug else rng.uniform(0, 0.3)
        else:
            at += max(-0.2, rng.normal(gap, uneven))
            if tie and rng.random() < 0.5:
                _tie(placed, rng)
    if marks and rng.random() < 0.45:
        at += rng.uniform(-0.15, 0.25)
        for name in words.AFTER[rng.integers(len(words.AFTER))]:
            at = _add_mark(placed, (name,), at, rng, 0.15) + rng.uniform(-0.05, 0.1)
    return placed


def _widened(glyph: Glyph, by: float) -> Glyph:
    """Strokes and bitmaps stretched horizontally."""
    if glyph.bitmap is None:
        stretch = np.array([by, 1], np.float32)
        return replace(glyph, strokes=tuple(stroke * stretch for stroke in glyph.strokes))
    bitmap = glyph.bitmap
    size = max(2, round(bitmap.ink.shape[1] * by)), bitmap.ink.shape[0]
    return replace(glyph, bitmap=replace(bitmap, ink=cv2.resize(bitmap.ink, size)))


def _add_mark(
    placed: list[Placed], names: tuple[str, ...], at: float, rng: Rng, spread: float = 0.05
) -> float:
    """Put one of the marks at `at`, `spread` up or down; where it ends."""
    glyph = Glyph(None, words.mark(names[rng.integers(len(names))], rng))
    start, end = glyph.extent
    placed.append(Placed(glyph, 1.0, at - start, rng.normal(0, spread)))
    return at + end - start + rng.uniform(0.03, 0.15)


def _tie(placed: list[Placed], rng: Rng) -> None:
    """A pen that hardly left the paper: from the last digit's end towards the next one."""
    last = placed[-1]
    if last.glyph.bitmap is not None or last.glyph.label is None:
        return
    end = last.glyph.strokes[-1][-1]
    over = end + np.array([rng.uniform(0.15, 0.45), rng.uniform(-0.35, 0.1)], np.float32)
    bend = (end + over) / 2 + np.array([0, rng.uniform(-0.05, 0.12)], np.float32)
    line = np.stack([end, bend, over]).astype(np.float32)
    placed[-1] = replace(last, glyph=replace(last.glyph, strokes=(*last.glyph.strokes, line)))


def write_words(hand: Hand, rng: Rng, least: int = 1) -> list[Placed]:
    """Something that is no digit: a word by hand or in print, `least` letters, a scribble."""
    kind = rng.random()
    if kind < 0.3 or hand.prints:
        font = ("sans", "italic", "uni")[rng.integers(3)]
        ink = printed(words.print_word(rng), font, int(rng.integers(200, 900)))
        return [Placed(Glyph(None, bitmap=Bitmap(ink, 0.0, 1.0)), rng.uniform(0.7, 1.1), 0.0, 0.0)]
    if kind < 0.6:
        strokes = words.cursive(rng, int(rng.integers(3, 10)))
    elif kind < 0.85:
        strokes = words.capitals(rng, int(rng.integers(least, 7)))
    else:
        strokes = words.scribble(rng)
    return [Placed(Glyph(None, strokes), rng.uniform(0.7, 1.15), 0.0, 0.0)]


def beside(digits: list[Placed], others: list[Placed], rng: Rng) -> list[Placed]:
    """`others` before or after the digits."""
    before, after = (others, digits) if rng.random() < 0.5 else (digits, others)
    end = max(item.end for item in before)
    start = min(item.x + item.glyph.extent[0] * item.size for item in after)
    shift = end - start + rng.uniform(0.25, 1.0)
    return [*before, *(replace(item, x=item.x + shift) for item in after)]
