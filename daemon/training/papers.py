"""Paper that lines are written on: security print, weave, fibres, squares, all as grey patterns.

A pattern is (h, w) float32 in 0..1, 1 = printed. Patterns are costly, so a bank keeps some, cuts
its pieces from them, and renews them one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from ..records import Ink

Rng: TypeAlias = np.random.Generator

TILE = (160, 640)  # pixels
KEPT = 40  # patterns in a bank
RENEW = 0.08  # of the pieces come from a pattern that was just made


class PaperBank:
    """Patterns and noise to cut pieces from."""

    def __init__(self, rng: Rng, kept: int = KEPT) -> None:
        self._patterns = [draw_pattern(rng) for _ in range(kept)]
        self._noise = rng.standard_normal((256, 1536), np.float32)

    def pattern(self, height: int, width: int, rng: Rng) -> Ink:
        """A piece of some pattern, perhaps mirrored."""
        if rng.random() < RENEW:
            self._patterns[rng.integers(len(self._patterns))] = draw_pattern(rng)
        pattern = self._patterns[rng.integers(len(self._patterns))]
        piece = _piece(pattern, height, width, rng)
        flip = int(rng.integers(-1, 3))
        return piece if flip == 2 else np.asarray(cv2.flip(piece, flip))

    def noise(self, height: int, width: int, rng: Rng) -> Ink:
        """Noise of standard deviation 1, (height, width)."""
        return _piece(self._noise, height, width, rng)


def draw_pattern(rng: Rng) -> Ink:
    """One pattern of a random family."""
    columns, rows = _mesh()
    pattern = _FAMILIES[rng.integers(len(_FAMILIES))](columns, rows, rng)
    if rng.random() < 0.3:  # a band that is printed more densely, as where a field begins
        angle = rng.uniform(0, np.pi)
        side = columns * np.cos(angle) + rows * np.sin(angle) > rng.uniform(0, TILE[1])
        pattern = pattern * np.float32(0.7) + side * np.float32(rng.uniform(0.1, 0.3))
    soft = cv2.GaussianBlur(pattern, (0, 0), rng.uniform(0.4, 1.0))
    return np.asarray(np.clip(soft, 0, 1))


def _piece(pattern: Ink, height: int, width: int, rng: Rng) -> Ink:
    if height > pattern.shape[0] or width > pattern.shape[1]:
        below = max(0, height - pattern.shape[0])
        beside = max(0, width - pattern.shape[1])
        pattern = cv2.copyMakeBorder(pattern, 0, below, 0, beside, cv2.BORDER_REFLECT_101)
    top = int(rng.integers(pattern.shape[0] - height + 1))
    left = int(rng.integers(pattern.shape[1] - width + 1))
    return pattern[top : top + height, left : left + width]


def _mesh() -> tuple[Ink, Ink]:
    rows, columns = np.mgrid[: TILE[0], : TILE[1]].astype(np.float32)
    return columns, rows


def _lines(phase: Ink, rng: Rng) -> Ink:
    """Lines where the phase is whole, soft at their edges."""
    thin = rng.uniform(0.0, 0.85)
    wave = np.cos(np.float32(2 * np.pi) * phase)
    return np.asarray(np.clip((wave - np.float32(thin)) / np.float32(1 - thin), 0, 1))


def _pitch(rng: Rng) -> float:
    return float(np.exp(rng.uniform(np.log(2.5), np.log(11))))


def _waved(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    """Rows that wave."""
    wave = np.sin(columns * np.float32(2 * np.pi / rng.uniform(15, 160)) + rng.uniform(0, 6))
    shift = np.sin(columns * np.float32(2 * np.pi / rng.uniform(100, 400)) + rng.uniform(0, 6))
    depth = np.cos(rows * np.float32(2 * np.pi / rng.uniform(30, 200)))
    lean = np.float32(rng.normal(0, 0.15))
    high = np.float32(rng.uniform(0, 7))
    return np.asarray(rows + columns * lean + wave * depth * high + shift * np.float32(6))


def _leaning(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    angle = rng.uniform(0, np.pi)
    return columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))


def _arcs(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    x, y = rng.uniform(-200, TILE[1] + 200), rng.uniform(-400, TILE[0] + 400)
    return np.hypot(columns - np.float32(x), rows - np.float32(y))


def _waves(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    return _lines(_waved(columns, rows, rng) / np.float32(_pitch(rng)), rng)


def _hatch(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    return _lines(_leaning(columns, rows, rng) / np.float32(_pitch(rng)), rng)


def _net(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    return np.asarray(np.maximum(_hatch(columns, rows, rng), _waves(columns, rows, rng)))


def _guilloche(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    pitch = np.float32(_pitch(rng) * 1.6)
    families = [_lines(_arcs(columns, rows, rng) / pitch, rng) for _ in range(rng.integers(2, 4))]
    return np.asarray(np.maximum.reduce(families))


def _dots(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    pitch = np.float32(2 * np.pi / rng.uniform(3, 8))
    lean = np.float32(rng.normal(0, 0.2))
    dots = np.cos((columns + rows * lean) * pitch) * np.cos((rows - columns * lean) * pitch)
    strong, thin = np.float32(rng.uniform(1, 3)), np.float32(rng.uniform(0, 0.6))
    return np.asarray(np.clip(dots * strong - thin, 0, 1))


def _weave(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    noise = rng.random(TILE, np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.6, 1.4), sigmaY=rng.uniform(0.6, 1.4))
    grain = (grain - np.float32(0.5)) / np.float32(3 * grain.std()) + np.float32(0.5)
    return np.asarray(np.clip(grain * 0.8 + 0.4 * _dots(columns, rows, rng), 0, 1))


def _fibres(_columns: Ink, _rows: Ink, rng: Rng) -> Ink:
    coarse = rng.random((int(rng.integers(10, 60)), int(rng.integers(20, 160))), np.float32)
    fine = cv2.resize(coarse, TILE[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip((fine - 0.5) * np.float32(rng.uniform(0.8, 2)) + 0.5, 0, 1))


def _squares(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    pitch = np.float32(rng.uniform(9, 30))
    thin = np.float32(rng.uniform(0.9, 0.985))
    width, height = columns / pitch, rows / pitch * np.float32(rng.choice((1.0, 1.0, 0.5)))
    lines = np.maximum(np.cos(2 * np.pi * width), np.cos(2 * np.pi * height))
    return np.asarray(np.clip((lines - thin) / (1 - thin), 0, 1), np.float32)


def _moire(columns: Ink, rows: Ink, rng: Rng) -> Ink:
    pitch = _pitch(rng)
    phase = _waved(columns, rows, rng)
    return _lines(phase / np.float32(pitch), rng) * np.float32(0.5) + np.float32(0.5) * _lines(
        _arcs(columns, rows, rng) / np.float32(pitch * 1.1), rng
    )


_FAMILIES: tuple[Callable[[Ink, Ink, Rng], Ink], ...] = (
    *(_waves, _waves, _waves, _hatch, _net, _net),
    *(_guilloche, _guilloche, _dots, _weave, _weave, _fibres, _squares, _moire),
)
