"""The project's own digits."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes


@pytest.mark.parametrize("label", range(10))
def test_no_two_digits_are_the_same(label):
    rng = np.random.default_rng(1)
    drawn = [np.concatenate(own_digit(label, rng)) for _ in range(30)]
    keys = {digit.tobytes() for digit in drawn}
    assert len(keys) == 30


@pytest.mark.parametrize("label", range(10))
def test_the_same_generator_draws_the_same_digit(label):
    once, again = (own_digit(label, np.random.default_rng(7)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


@pytest.mark.parametrize("label", range(10))
def test_digits_are_about_one_high(label):
    rng = np.random.default_rng(2)
    for _ in range(50):
        points = np.concatenate(own_digit(label, rng))
        assert points.dtype == np.float32
        assert 0.8 < np.ptp(points[:, 1]) < 1.3
        assert np.ptp(points[:, 0]) < 1.3


@pytest.mark.parametrize("label", [0, 6, 8])
def test_round_digits_have_no_corners(label):
    rng = np.random.default_rng(2)
    for _ in range(20):
        for stroke in own_digit(label, rng):
            steps = np.diff(stroke, axis=0)
            heading = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
            assert np.abs(np.diff(heading)).max() < np.deg2rad(60)


def test_every_digit_has_several_styles():
    rng = np.random.default_rng(3)
    for label in range(10):
        shapes = {tuple(len(s) for s in own_digit(label, rng)) for _ in range(60)}
        assert len(shapes) >= 2, label


def test_digits_differ_from_one_another_more_than_hands_do():
    """The mean picture of each digit is nearest to its own pictures: a check on the skeletons."""
    rng = np.random.default_rng(4)

    def pictures(n: int) -> np.ndarray:
        result = np.zeros((10, n, 40, 40), np.float32)
        for label in range(10):
            for k in range(n):
                ink = render_strokes(own_digit(label, rng), height=32, pen_width=5)[:40, :40]
                top, left = (40 - ink.shape[0]) // 2, (40 - ink.shape[1]) // 2
                result[label, k, top : top + ink.shape[0], left : left + ink.shape[1]] = ink
        return result.reshape(10, n, -1)

    known, fresh = pictures(30), pictures(10)
    distance = ((fresh[:, :, None, None] - known[None, None]) ** 2).sum(-1).min(-1)
    right = distance.argmin(-1) == np.arange(10)[:, None]
    assert right.mean() > 0.95
