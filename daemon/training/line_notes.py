"""What stands beside numbers on forms and is no part of them: printed labels, units, and numbers
that were crossed out."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from .hands import FONTS, Bitmap, Glyph, Hand, print_line
from .layouts import WORDS
from .line_writing import Placed, write_digits
from .strikes import strike
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
    strokes = strike(left, right, rng, single=len(labels) == 1)
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
