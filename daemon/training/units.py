"""Units and the like as people write them after numbers: letter by letter, none joined.

Strokes in heights, as in `hands`: baseline y = 0, y downwards, capitals reach up to -1. Left out is
what looks like a digit even after one: a lone l, t, g, s, A, L, and a raised 2.
"""

from __future__ import annotations

import numpy as np

from .handwriting import draw_skeleton, parse_skeletons
from .strokes import Stroke

Strokes = tuple[Stroke, ...]

_LETTERS = {
    "h": "8,0 8,100! 12,72 26,57 38,66 40,100",
    "k": "8,0 8,100|40,56 11,79! 42,100",
    "g": "42,62 26,56 10,74 20,95 40,84! 43,58 41,116 26,132 8,122",
    "m": "4,58 6,100! 8,72 20,57 29,66 29,100! 31,72 43,57 53,66 54,100",
    "n": "4,58 6,100! 10,72 24,57 36,66 38,100",
    "c": "38,64 22,56 6,74 14,96 38,94",
    "x": "4,56 38,100|38,56 4,100",
    "i": "8,58 8,100|8,34 9,40",
    "l": "0,96 26,44 26,4 14,6 12,78 22,100 36,92",
    "C": "66,14 44,0 14,26 8,60 28,98 66,88",
    "E": "58,2 8,2! 8,100! 60,98|8,50 48,48",
    "F": "60,2 8,2! 8,100|8,48 46,46",
    "H": "8,0 8,100|56,0 56,100|8,52 56,48",
    "R": "8,100 8,0! 46,6 50,34 10,50! 54,100",
    "U": "8,2 8,70 28,100 50,90 56,60 56,2",
    "W": "0,0 18,100! 36,30! 54,100! 74,0",
    "°": "14,0 4,8 4,20 14,28 25,20 24,7 13,1",
    "%": "78,0 8,100|20,4 6,16 10,34 26,36 34,20 20,4|64,62 48,76 54,96 70,98 78,80 64,62",
    "/": "0,112 40,-8",
}
_SKELETONS = {letter: parse_skeletons([[points]])[0][0] for letter, points in _LETTERS.items()}
UNITS = (
    *("h", "h", "%", "%", "kg", "kg", "EUR", "EUR", "m", "m", "°C", "°C", "x", "x", "°"),
    *("km", "cm", "mm", "min", "mg", "ml", "kW", "kWh", "CHF", "km/h"),
)
WORDY = tuple(unit for unit in UNITS if len(unit) > 1)  # tell that they are none without a number


def write_unit(unit: str, rng: np.random.Generator) -> Strokes:
    """One unit, its left edge at about 0."""
    width, small = rng.uniform(0.75, 1.2), rng.uniform(0.9, 1.3)
    gap = rng.uniform(0.08, 0.22)
    strokes: list[Stroke] = []
    at = 0.0
    for letter in unit:
        lower = letter in "gmncxi"  # without ascender: how large those are differs most
        hand = np.array([[width, 0], [0, small if lower else 1]], np.float32)
        shift = np.array([at, -small if lower else -1], np.float32)
        drawn = [stroke + shift for stroke in draw_skeleton(_SKELETONS[letter], hand, rng)]
        strokes += drawn
        at = max(float(stroke[:, 0].max()) for stroke in drawn) + gap
    return tuple(strokes)
