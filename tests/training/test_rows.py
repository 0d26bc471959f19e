"""Rows of digits, side by side."""

from __future__ import annotations

import numpy as np

from bench.rows import side_by_side


def digit(width: int) -> np.ndarray:  # type: ignore[type-arg]
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10 : 10 + width] = 255
    return image


def test_gaps_are_between_the_ink() -> None:
    row = side_by_side([digit(6), digit(4)], 12, np.random.default_rng(0))
    columns = np.flatnonzero((row < 128).any(axis=0))
    (gap,) = np.flatnonzero(np.diff(columns) > 1)
    assert 9 <= columns[gap + 1] - columns[gap] - 1 <= 15
    assert row.max() == 255


def test_digits_may_overlap_but_never_hide_each_other() -> None:
    row = side_by_side([digit(6)] * 4, -30, np.random.default_rng(0))
    assert np.flatnonzero((row < 128).any(axis=0)).size >= 6 + 2 * 3
