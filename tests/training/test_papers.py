"""Patterns that are printed on paper."""

from __future__ import annotations

import numpy as np

from daemon.training.papers import TILE, PaperBank, draw_pattern


def test_patterns_cover_their_tile_and_differ() -> None:
    rng = np.random.default_rng(0)
    patterns = [draw_pattern(rng) for _ in range(8)]
    for pattern in patterns:
        assert pattern.shape == TILE
        assert pattern.dtype == np.float32
        assert pattern.min() >= 0
        assert pattern.max() <= 1
    assert len({round(float(pattern.mean()), 4) for pattern in patterns}) == 8


def test_pieces_have_the_size_that_is_asked_for() -> None:
    rng = np.random.default_rng(1)
    bank = PaperBank(rng, 2)
    for shape in ((20, 30), (TILE[0] + 40, TILE[1] + 90)):
        assert bank.pattern(*shape, rng).shape == shape
        assert bank.noise(*shape, rng).shape == shape


def test_noise_has_a_deviation_of_one() -> None:
    rng = np.random.default_rng(2)
    assert 0.95 < PaperBank(rng, 1).noise(100, 600, rng).std() < 1.05
