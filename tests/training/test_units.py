"""Units by hand."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training.units import UNITS, WORDY, write_unit


@pytest.mark.parametrize("unit", sorted(set(UNITS)))
def test_a_unit_stands_on_the_line_and_starts_at_its_left(unit: str) -> None:
    for seed in range(5):
        points = np.concatenate(write_unit(unit, np.random.default_rng(seed)))
        assert np.isfinite(points).all()
        assert points[:, 0].min() == pytest.approx(0, abs=0.25)
        assert points[:, 1].min() > -1.3
        assert points[:, 1].max() < 0.6


def test_longer_units_are_wider() -> None:
    def width(unit: str) -> float:
        return float(np.ptp(np.concatenate(write_unit(unit, np.random.default_rng(0)))[:, 0]))

    assert width("m") < width("km") < width("km/h")


def test_a_degree_is_small_and_high() -> None:
    points = np.concatenate(write_unit("°", np.random.default_rng(1)))
    assert points[:, 1].max() < -0.55


def test_no_unit_looks_like_a_digit() -> None:
    assert set(UNITS).isdisjoint({"l", "t", "g", "s", "A", "L", "b", "B", "S", "Z", "O", "q"})
    assert not any(character.isdecimal() for unit in UNITS for character in unit)
    assert set(WORDY).isdisjoint({"h", "m", "x", "°"})  # alone they might be 4, 3, 1 or 0
