"""Skeletons of letters and signs that no digit looks like: examples of what is not to be read.

Letters that people write like digits (O D a and 0, I l and 1, S and 5, Z ? and 2, B & and 8, G b
and 6, P q g and 9, A Y U h u and 4; in a hurry ! and 1, F T f t and 7, r and 5) are left out:
nobody tells them apart without their surroundings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Stroke = npt.NDArray[np.float32]  # (n, 2) float32: x to the right, y downwards

# Strokes separated by `|`, points as two digits xy in a box of 8 by 8 (y downwards).
_SKELETONS = {
    "E": "80 00 08 88|04 64",
    "H": "00 08|80 88|04 84",
    "K": "00 08|80 04 88",
    "L": "00 08 78",
    "M": "08 00 45 80 88",
    "N": "08 00 88 80",
    "R": "08 00 60 82 64 04 88",
    "V": "00 48 80",
    "W": "00 28 43 68 80",
    "X": "00 88|80 08",
    "d": "80 88|84 54 26 48 86",
    "e": "15 75 63 33 15 27 58 87",
    "k": "10 18|73 15 78",
    "m": "08 03|04 33 48|44 73 88",
    "n": "13 18|15 43 74 78",
    "w": "03 18 44 78 83",
    "x": "13 78|73 18",
    "#": "20 18|60 58|03 83|06 86",
    "*": "41 47|12 76|72 16",
    "+": "41 47|14 74",
    "=": "13 73|16 76",
    "%": "80 08|11 22 31 20 11|67 78 87 76 67",
    "@": "55 43 24 36 55 53 56 75 72 40 12 15 38 78",
    "arrow": "04 84|51 84 57",
    "tick": "05 38 80",
    "bracket": "60 20 28 68",
}
_SHAPES = {
    name: tuple(
        np.array([[int(point[0]), int(point[1])] for point in stroke.split()], np.float32)
        for stroke in skeleton.split("|")
    )
    for name, skeleton in _SKELETONS.items()
}
SYMBOLS = tuple(_SHAPES)


def draw_symbol(rng: np.random.Generator, among: Sequence[str] = SYMBOLS) -> tuple[Stroke, ...]:
    """Draw one letter or sign with an unsteady hand, in a box of about 20 by 20."""
    shape = _SHAPES[among[int(rng.integers(len(among)))]]
    stretch = np.array([rng.uniform(1.3, 2.6), 2.5], np.float32)
    return tuple(
        (stroke * stretch + rng.normal(0, 0.5, stroke.shape)).astype(np.float32) for stroke in shape
    )
