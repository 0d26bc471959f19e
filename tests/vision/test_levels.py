"""Levels of all components at once are those of each."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.vision.components import find_components
from daemon.vision.levels import Levels


@pytest.mark.parametrize("side", [60, 300])
@pytest.mark.parametrize("grain", [1, 6])  # of fine grain, runs are too many to be followed
def test_the_levels_of_each_component_are_those_of_its_own_pixels(side: int, grain: int) -> None:
    noise = np.random.default_rng(side).random((side, side), np.float32)
    cloudy = cv2.GaussianBlur(noise, (0, 0), grain)
    image = cv2.normalize(cloudy, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    found = find_components((image > 150).astype(np.uint8))
    levels = Levels(found, image)
    own = [image[found.labels == each.label] for each in found.components]
    assert levels.reaching(170).tolist() == [np.count_nonzero(each >= 170) for each in own]
    assert levels.reaching(255).tolist() == [np.count_nonzero(each == 255) for each in own]
    for quantile in (0, 0.6, 1):
        wanted = [np.quantile(each, quantile, method="lower") for each in own]
        assert levels.quantiles(quantile).tolist() == wanted


def test_where_no_component_is_there_are_no_levels() -> None:
    nothing = np.zeros((300, 300), np.uint8)
    levels = Levels(find_components(nothing), nothing)
    assert len(levels.reaching(9)) == len(levels.quantiles(0.5)) == 0
