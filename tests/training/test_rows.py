"""Rows of digits, side by side."""

from __future__ import annotations

import numpy as np

from daemon.training.datasets import DigitSet
from daemon.training.rows import draw_row, side_by_side


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


def test_a_row_says_what_is_written_in_it(test_digits: DigitSet) -> None:
    rng = np.random.default_rng(3)
    rows = [draw_row(test_digits.images, test_digits.labels, rng) for _ in range(60)]
    lengths = {len(text) for _, text in rows}
    assert (min(lengths), max(lengths)) == (1, 10)
    assert all(text.isdigit() for _, text in rows)
    assert all(row.dtype == np.uint8 and row.shape[0] == 44 for row, _ in rows)
    widths = [row.shape[1] for row, _ in sorted(rows, key=lambda row: len(row[1]))]
    assert np.mean(widths[-10:]) > 3 * np.mean(widths[:10])
