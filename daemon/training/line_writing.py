"""What is written on a line, from left to right: digits, marks between and around them, words.

Upright, in heights: baselines at y = 0, y downwards, an ordinary digit reaches up to -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np

from ..records import Grey
from . import words
from .hands import FONTS, Bitmap, Glyph, Hand, printed, stroke_width

Rng: TypeAlias = np.random.Generator

OVERLAP = 0.5  # of the narrower of two neighbours, at most
CROSSED_ZEROS = 0.04  # of the lines have a slash through each 0
CLOSED = 0.25  # heights between the ends of its stroke, at most
ATTEMPTS = 6
SLASH_BEYOND = (0.08, 0.35)  # heights above and below the digits
SLASH_GAP = (-0.03, 0.22)  # heights to a digit at either side


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


def write_digits(
    hand: Hand, labels: list[int], rng: Rng, *, marks: bool, slashes: float | None = None
) -> list[Placed]:
    """The digits one after the other, upright, the first at x = 0; with `marks` between, before and
    after them, or with one or two `slashes` between them, as dates and fractions have, that lean so
    many columns a row to the right."""
    gap = rng.uniform(-0.12, 0.25) if rng.random() < 0.7 else rng.uniform(0.2, 0.7)
    uneven = rng.uniform(0.02, 0.12)
    zeros, flat = (
        (rng.uniform(0.45, 0.85), rng.uniform(0.9, 1.5)) if rng.random() < 0.35 else (1, 1)
    )
    crossed = rng.random() < CROSSED_ZEROS
    small = int(rng.integers(1, 10)) if rng.random() < 0.15 else None
    drift = rng.normal(0, 0.03)
    tie = rng.random() < 0.15
    wide = rng.uniform(0.7, 1.25)
    tall = rng.uniform(1.0, 1.4) if rng.random() < 0.4 and slashes is None else 1.0
    placed: list[Placed] = []
    at = 0.0
    separator = int(rng.integers(2, 4)) if len(labels) > 2 and rng.random() < 0.6 else 0
    parted = frozenset[int]() if slashes is None else _parted(len(labels), rng)
    if marks and rng.random() < 0.15:
        at = _add_mark(placed, words.BEFORE, at, rng)
    for number, label in enumerate(labels):
        left = len(labels) - number
        written = hand.write(label, rng) if slashes is None else _unlike_slash(hand, label, rng)
        glyph = _widened(written, wide * flat if label == 0 else wide)
        if crossed and label == 0:
            glyph = _crossed(glyph, rng)
        size = float(np.clip(rng.normal(1, 0.09), 0.7, 1.4))
        size *= zeros if label == 0 else tall if label == 1 else 1
        size *= rng.uniform(0.6, 0.85) if label == small else 1
        start, end = glyph.extent
        low = rng.normal(0, 0.04) + drift * number
        at = max(at, _closest(placed, (end - start) * size))
        placed.append(Placed(glyph, size, at - start * size, low))
        at += (end - start) * size
        if slashes is not None and number + 1 in parted:
            at = _add_slash(placed, at, slashes, rng)
        elif marks and number and (left - 1 == separator or rng.random() < 0.04) and left > 1:
            hug = rng.random() < 0.5
            at = _add_mark(placed, words.BETWEEN, at - (0.08 if hug else 0), rng)
            at += rng.uniform(-0.12, 0.1) if hug else rng.uniform(0, 0.3)
        else:
            at += max(-0.2, rng.normal(gap, uneven))
            if tie and rng.random() < 0.5:
                _tie(placed, rng)
    if marks and rng.random() < 0.45:
        at = max(at, placed[-1].end) + rng.uniform(-0.15, 0.25)
        for name in words.AFTER[rng.integers(len(words.AFTER))]:
            at = _add_mark(placed, (name,), at, rng, 0.15) + rng.uniform(-0.05, 0.1)
    return placed


def _closest(placed: Sequence[Placed], width: float) -> float:
    """Where the next digit, so wide, may begin at the earliest: a digit before it, or it, is
    covered by half at most."""
    if not placed or placed[-1].glyph.label is None:
        return -np.inf
    before = placed[-1]
    start, end = before.glyph.extent
    return before.end - OVERLAP * min((end - start) * before.size, width)


def _crossed(glyph: Glyph, rng: Rng) -> Glyph:
    """A closed 0 of strokes with a slash through it, so that nobody takes it for an O."""
    if glyph.bitmap is not None:
        return glyph
    first = glyph.strokes[0]
    if np.hypot(*(first[0] - first[-1])) > CLOSED:  # linked ones would look like an 8
        return glyph
    left, right = glyph.extent
    reach = rng.uniform(-0.05, 0.12, 4)
    x = np.array([left - reach[0], right + reach[1]])
    y = np.array([-0.1 + reach[2], -0.9 - reach[3]])
    slash = np.stack([x, y], axis=1).astype(np.float32)
    return replace(glyph, strokes=(*glyph.strokes, slash))


def _parted(digits: int, rng: Rng) -> frozenset[int]:
    """After how many of the digits there is a slash."""
    count = min(digits - 1, 2 if digits > 3 and rng.random() < 0.4 else 1)
    return frozenset((1 + rng.choice(digits - 1, count, replace=False)).tolist())


def _unlike_slash(hand: Hand, label: int, rng: Rng) -> Glyph:
    """The digit, a 1 as upright as the hand writes it in a few attempts."""
    if label != 1:
        return hand.write(label, rng)
    return min((hand.write(1, rng) for _ in range(ATTEMPTS)), key=lambda one: abs(_lean(one)))


def _lean(glyph: Glyph) -> float:
    """How many columns a row the glyph leans to the right."""
    if glyph.bitmap is not None:
        moments = cv2.moments(glyph.bitmap.ink)
        return -moments["mu11"] / max(moments["mu02"], 1e-6)
    points = np.concatenate(glyph.strokes)
    x, y = points[points[:, 1].argmin()] - points[points[:, 1].argmax()]
    return float(x / max(-y, 1e-6))


def _add_slash(placed: list[Placed], at: float, lean: float, rng: Rng) -> float:
    """Put a slash beside the digit that ends at `at`, taller than digits are and with more lean
    than a 1 has; where the next digit may begin. At no height it comes near either."""
    above, below = rng.uniform(*SLASH_BEYOND, 2)
    tall = 1 + above + below
    bend = rng.normal(0, 0.03)
    x = lean * np.array([0, tall / 2, tall]) + [0, bend, 0]
    y = np.array([below, (below - 1 - above) / 2, -1 - above])
    foot = at + rng.uniform(*SLASH_GAP)  # where it crosses the baseline
    glyph = Glyph(None, (np.stack([x, y], axis=1).astype(np.float32),))
    placed.append(Placed(glyph, 1.0, foot - lean * below, rng.normal(0, 0.03)))
    return float(foot + lean + rng.uniform(*SLASH_GAP))


def _widened(glyph: Glyph, by: float) -> Glyph:
    """Strokes and bitmaps stretched horizontally."""
    if glyph.bitmap is None:
        stretch = np.array([by, 1], np.float32)
        return replace(glyph, strokes=tuple(stroke * stretch for stroke in glyph.strokes))
    bitmap = glyph.bitmap
    size = max(2, round(bitmap.ink.shape[1] * by)), bitmap.ink.shape[0]
    ink: Grey = np.asarray(cv2.resize(bitmap.ink, size))
    stroke = stroke_width(ink) if bitmap.stroke else 0.0  # print keeps its own
    return replace(glyph, bitmap=replace(bitmap, ink=ink, stroke=stroke))


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
        font = FONTS[rng.integers(len(FONTS))]
        ink = printed(words.print_word(rng), font, int(rng.integers(200, 900)))
        return [Placed(Glyph(None, bitmap=Bitmap(ink, 0.0, 1.0)), rng.uniform(0.7, 1.1), 0.0, 0.0)]
    if kind < 0.6:
        strokes = words.cursive(rng, int(rng.integers(3, 10)))
    elif kind < 0.85:
        strokes = words.capitals(rng, int(rng.integers(least, 7)))
    else:
        strokes = words.scribble(rng)
    return [Placed(Glyph(None, strokes), rng.uniform(0.7, 1.15), 0.0, 0.0)]


def side_by_side(before: Sequence[Placed], after: Sequence[Placed], gap: float) -> list[Placed]:
    """One after the other, with a gap between them, in heights."""
    end = max(item.end for item in before)
    start = min(item.x + item.glyph.extent[0] * item.size for item in after)
    shift = end + gap - start
    return [*before, *(replace(item, x=item.x + shift) for item in after)]
