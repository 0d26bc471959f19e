"""Strokes that cross out what was written, in heights as in `hands`: y = 0 is the baseline, y grows
downwards, an ordinary digit reaches up to -1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from .strokes import Stroke

Rng: TypeAlias = np.random.Generator


def strike(left: float, right: float, rng: Rng, *, single: bool) -> Sequence[Stroke]:
    """Strokes that cross out what stands between `left` and `right`. One line alone runs well
    beyond it, and never through a `single` digit: that might be a 7's bar or a 0's slash."""
    kind = rng.choice(4 if single else 6, p=None if single else (0.2, 0.15, 0.15, 0.2, 0.2, 0.1))
    if kind == 0:
        return (_zigzag(left, right, rng),)
    if kind == 1:
        return (_coil(left, right, rng),)
    if kind == 2:
        return cross(left, right, rng)
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


def slant(left: float, right: float, rng: Rng) -> Stroke:
    """One line that rises to the right, or falls, and runs well beyond what it crosses out."""
    rise = rng.uniform(0.35, 0.75) * rng.choice((-1, 1), p=(0.2, 0.8))
    y = -0.5 + rng.normal(0, 0.08)
    return _line(left, right, y, rise, rng.uniform(0.15, 0.5, 2), rng)


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


def cross(left: float, right: float, rng: Rng) -> tuple[Stroke, Stroke]:
    beyond = rng.uniform(0.05, 0.3, 4)
    x = np.array([left - beyond[0], right + beyond[1]])
    y = np.array([-1 - beyond[2], beyond[3]])
    unsteady = rng.normal(0, 0.04, (2, 2))
    return _points(x, y + unsteady[0]), _points(x, y[::-1] + unsteady[1])


def _points(x: np.typing.ArrayLike, y: np.typing.ArrayLike) -> Stroke:
    return np.stack([x, y], axis=1).astype(np.float32)
