"""Rows of digits, side by side."""

from __future__ import annotations

import numpy as np

from daemon.training.datasets import DigitSet
from daemon.training.line_ink import ComposedLine
from daemon.training.rows import draw_row, side_by_side


def digit(width: int) -> np.ndarray:  # type: ignore[type-arg]
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10 : 10 + width] = 255
    return image


def row_of(images: list[np.ndarray], gap: float) -> ComposedLine:  # type: ignore[type-arg]
    return side_by_side(images, list(range(len(images))), gap, np.random.default_rng(0))


def test_gaps_are_between_the_ink() -> None:
    row = row_of([digit(6), digit(4)], 12).pixels
    columns = np.flatnonzero((row < 128).any(axis=0))
    (gap,) = np.flatnonzero(np.diff(columns) > 1)
    assert 9 <= columns[gap + 1] - columns[gap] - 1 <= 15
    assert row.max() == 255


def test_digits_may_overlap_but_never_hide_each_other() -> None:
    row = row_of([digit(6)] * 4, -30).pixels
    assert np.flatnonzero((row < 128).any(axis=0)).size >= 6 + 2 * 3


def test_boxes_hold_each_digits_ink() -> None:
    row = row_of([digit(6), digit(4), digit(9)], 12)
    assert [found.label for found in row.digits] == [0, 1, 2]
    for found, width in zip(row.digits, (6, 4, 9), strict=True):
        assert (found.right - found.left, found.bottom - found.top) == (width, 20)
        assert (row.pixels[found.top : found.bottom, found.left : found.right] == 0).all()


def test_a_row_says_what_is_written_in_it(test_digits: DigitSet) -> None:
    rng = np.random.default_rng(3)
    rows = [draw_row(test_digits.images, test_digits.labels, rng) for _ in range(60)]
    lengths = {len(row.text) for row in rows}
    assert (min(lengths), max(lengths)) == (1, 10)
    assert all(row.text.isdigit() for row in rows)
    assert all(row.pixels.dtype == np.uint8 and row.pixels.shape[0] == 44 for row in rows)
    widths = [row.pixels.shape[1] for row in sorted(rows, key=lambda row: len(row.text))]
    assert np.mean(widths[-10:]) > 3 * np.mean(widths[:10])
