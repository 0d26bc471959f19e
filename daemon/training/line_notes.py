"""What stands beside numbers on forms and is no part of them: printed labels, units, and numbers
that were crossed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from .hands import FONTS, Bitmap, Glyph, Hand, print_line
from .layouts import WORDS
from .line_writing import Placed, write_digits
from .strokes import Stroke
from .units import UNITS, WORDY, write_unit

Rng: TypeAlias = np.random.Generator

LABELS = (
    *("No.", "No.", "No", "Nr.", "Nr.", "Nr:", "Nr", "N°", "Total", "Total:", "TOTAL", "qty"),
    *("Qty", "Qty:", "Sum", "Summe", "Pos.", "Art.", "Ref.", "Tel.", "Kto.", "Fr.", "EUR", "CHF"),
)
WORD_SHARE = 0.4  # of the labels are any of a form's words
PRINTED_SHARE = 0.25  # of the units
PRINT_WEIGHTS = (250, 800)
CROSSED = (1, 1, 2, 2, 2, 3, 3, 4, 5)  # digits of a number that is crossed out


def label(rng: Rng) -> list[Placed]:
    """A printed label."""
    text = LABELS[rng.integers(len(LABELS))]
    if rng.random() < WORD_SHARE:
        text = WORDS[rng.integers(len(WORDS))] + ("", "", ":", ".")[rng.integers(4)]
    return [_print(text, rng.uniform(0.4, 0.95), rng)]


def unit(hand: Hand, rng: Rng, *, alone: bool = False) -> list[Placed]:
    """A unit, by hand or in print; what may stand `alone` needs no number to be told from one."""
    among = WORDY if alone else UNITS
    text = among[rng.integers(len(among))]
    size = rng.uniform(0.6, 1.05)
    if hand.prints or rng.random() < PRINTED_SHARE:
        return [_print(text, size, rng)]
    return [Placed(Glyph(None, write_unit(text, rng)), size, 0.0, rng.normal(0, 0.05))]


def crossed_out(hand: Hand, rng: Rng) -> list[Placed]:
    """A number that somebody wrote and did not want: nothing of it is to be read."""
    labels = [int(digit) for digit in rng.integers(10, size=CROSSED[rng.integers(len(CROSSED))])]
    written = write_digits(hand, labels, rng, marks=False)
    left = min(item.x + item.glyph.extent[0] * item.size for item in written)
    right = max(item.end for item in written)
    strokes = _strike(left, right, rng, single=len(labels) == 1)
    start = min(float(stroke[:, 0].min()) for stroke in strokes)
    moved = tuple(stroke - np.array([start, 0], np.float32) for stroke in strokes)
    unread = [replace(item, glyph=replace(item.glyph, label=None)) for item in written]
    return [*unread, Placed(Glyph(None, moved), 1.0, start, 0.0)]


def _print(text: str, capitals: float, rng: Rng) -> Placed:
    """Print whose capitals are so many heights high, on the line or nearly so."""
    font, weight = FONTS[rng.integers(len(FONTS))], int(rng.integers(*PRINT_WEIGHTS))
    line = print_line(text, font, weight)
    height = line.ink.shape[0] / line.capital
    low = line.below / line.capital * capitals + rng.normal(0, 0.06)
    return Placed(Glyph(None, bitmap=Bitmap(line.ink, 0.0, height)), capitals, 0.0, low)


def _strike(left: float, right: float, rng: Rng, *, single: bool) -> Sequence[Stroke]:
    """Strokes that cross out what stands between `left` and `right`. One line alone runs well
    beyond it, and never through a `single` digit: that might be a 7's bar or a 0's slash."""
    kind = rng.choice(4 if single else 6, p=None if single else (0.2, 0.15, 0.15, 0.2, 0.2, 0.1))
    if kind == 0:
        return (_zigzag(left, right, rng),)
    if kind == 1:
        return (_coil(left, right, rng),)
    if kind == 2:
        return _cross(left, right, rng)
    if kind == 3:
        apart = rng.uniform(0.1, 0.2)
        high = -0.5 + rng.normal(0, 0.06)
        rise = rng.normal(0, 0.08)
        return tuple(
            _line(left, right, high + side * apart, rise, rng.uniform(0.1, 0.4, 2), rng)
            for side in (-1, 1)
        )
    rise = rng.normal(0, 0.08) if kind == 4 else rng.uniform(0.35, 0.6)
    return (_line(left, right, -0.5 + rng.normal(0, 0.08), rise, rng.uniform(0.35, 0.8, 2), rng),)


def _line(
    left: float,
    right: float,
    y: float,
    rise: float,
    beyond: np.ndarray[tuple[int], np.dtype[np.float64]],
    rng: Rng,
) -> Stroke:
    """A line at about `y`, whose right end lies `rise` above that, and its left one below."""
    share = np.linspace(0, 1, 5)
    x = left - beyond[0] + share * (right - left + beyond.sum())
    return _points(x, y + rise * (1 - 2 * share) + rng.normal(0, 0.02, 5))


def _zigzag(left: float, right: float, rng: Rng) -> Stroke:
    count = max(5, round((right - left) * rng.uniform(6, 11)))
    x = np.linspace(left - rng.uniform(0, 0.2), right + rng.uniform(0, 0.2), count)
    y = np.where(np.arange(count) % 2, -rng.uniform(0.75, 1.05), -rng.uniform(-0.05, 0.25))
    return _points(x + rng.normal(0, 0.03, count), y + rng.normal(0, 0.08, count))


def _coil(left: float, right: float, rng: Rng) -> Stroke:
    turns = max(2.0, (right - left) * rng.uniform(3, 5.5))
    angle = np.linspace(0, 2 * np.pi * turns, round(18 * turns))
    wide, tall = rng.uniform(0.15, 0.35), rng.uniform(0.35, 0.55)
    x = left + (right - left) * angle / angle[-1] + wide * np.cos(angle)
    return _points(x, -0.5 + tall * np.sin(angle) * (1 + 0.15 * np.sin(angle / 2.7)))


def _cross(left: float, right: float, rng: Rng) -> tuple[Stroke, Stroke]:
    beyond = rng.uniform(0.05, 0.3, 4)
    x = np.array([left - beyond[0], right + beyond[1]])
    y = np.array([-1 - beyond[2], beyond[3]])
    unsteady = rng.normal(0, 0.04, (2, 2))
    return _points(x, y + unsteady[0]), _points(x, y[::-1] + unsteady[1])


def _points(x: np.typing.ArrayLike, y: np.typing.ArrayLike) -> Stroke:
    return np.stack([x, y], axis=1).astype(np.float32)
