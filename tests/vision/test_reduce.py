"""Pictures made smaller keep what is on them, and where."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from daemon.vision.reduce import (
    MAX_SIDE,
    Halves,
    halved,
    reduction_of,
    sketch_of,
)


def rough_sketch_of(pixels: np.ndarray, longest: int) -> np.ndarray:
    return Halves(pixels).rough_sketch(longest)


def glance_of(pixels: np.ndarray, longest: int) -> np.ndarray:
    return Halves(pixels).glance(longest)


SKETCHES = pytest.mark.parametrize("sketched", [sketch_of, rough_sketch_of])


@pytest.mark.parametrize("sketched", [sketch_of, rough_sketch_of, glance_of])
@pytest.mark.parametrize("shape", [(1754, 1240), (301, 999), (1000, 9), (1, 700), (40, 30)])
def test_a_sketch_has_the_side_that_was_asked_for(
    sketched: Callable[[np.ndarray, int], np.ndarray], shape: tuple[int, int]
) -> None:
    sketch = sketched(np.full(shape, 90, np.uint8), 100)
    longest = max(shape)
    assert max(sketch.shape) == min(100, longest)
    assert abs(min(sketch.shape) - max(1, min(shape) * min(1, 100 / longest))) <= 0.5
    assert set(np.unique(sketch)) == {90}


@SKETCHES
def test_a_sketch_shows_things_where_they_are_as_bright_as_they_are(
    sketched: Callable[[np.ndarray, int], np.ndarray],
) -> None:
    page = np.full((1200, 1600), 200, np.uint8)
    page[400:600, 800:1200] = 40
    sketch = sketched(page, 160)
    assert sketch.shape == (120, 160)
    wanted = np.full((120, 160), 200, np.uint8)
    wanted[40:60, 80:120] = 40
    np.testing.assert_array_equal(sketch, wanted)


def test_at_a_glance_things_are_where_they_are_but_for_their_edges() -> None:
    page = np.full((1200, 1600), 200, np.uint8)
    page[400:600, 800:1200] = 40
    sketch = glance_of(page, 170)
    assert sketch.shape == (128, 170)
    assert (sketch[44:62, 87:126] == 40).all()
    sketch[41:65, 84:129] = 200
    assert (sketch == 200).all()


def test_a_half_is_the_mean_of_four_pixels() -> None:
    page = np.array([[0, 40, 9], [80, 120, 9], [9, 9, 9]], np.uint8)
    assert halved(page).tolist() == [[60]]


def test_halves_are_made_once_and_only_those_that_are_asked_for() -> None:
    page = np.random.default_rng(1).integers(0, 256, (900, 1200), dtype=np.uint8)
    halves = Halves(page)
    assert halves.above(601) is page
    small = halves.above(200)
    assert small.shape == (225, 300)
    assert halves.above(300) is halves.above(200) is small
    np.testing.assert_array_equal(small, halved(halves.above(600)))


def test_a_page_is_reduced_by_a_whole_factor() -> None:
    assert reduction_of(MAX_SIDE, 10) == 1
    assert reduction_of(10, MAX_SIDE + 1) == 2
    assert reduction_of(2 * MAX_SIDE + 1, 10) == 3
