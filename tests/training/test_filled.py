"""Filled sheets among the samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from daemon.training.camera import Scene, compose
from daemon.training.filled import Filled, take
from daemon.training.photograph import Shot

SLIP = Filled("slip", (105, 148), 10, 3, Shot(), seed=4)


def test_what_stands_on_a_sheet_is_what_its_picture_shows() -> None:
    picture = take(SLIP, np.random.default_rng(1))
    written = "".join(SLIP.lines).replace(" ", "")
    assert "".join(str(digit.label) for digit in picture.digits) == written
    assert picture.pixels.shape == (444, 315, 3)
    for digit in picture.digits:
        box = digit.box
        window = picture.pixels[box.y : box.bottom, box.x : box.right]
        assert np.ptp(window) > 60


def test_a_sheet_depends_on_its_seed_only() -> None:
    once, again = (take(SLIP, np.random.default_rng(seed)).pixels for seed in (1, 2))
    np.testing.assert_array_equal(once, again)
    assert replace(SLIP, seed=5).lines != SLIP.lines


def test_other_scenes_are_composed() -> None:
    scene = Scene(("5",), 60, 60, 30, 3)
    taken, composed = (how(scene, np.random.default_rng(3)) for how in (take, compose))
    np.testing.assert_array_equal(taken.pixels, composed.pixels)
