"""The ink of whole pages: which side of the paper is ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.vision.page_ink import find_page_ink, is_light_on_dark
from daemon.vision.paper import MIN_CONTRAST


def written(*, grid: bool) -> np.ndarray:
    """A light page, (900, 700) uint8, of rows of strokes, in the cells of a bold grid or not."""
    page = np.full((900, 700), 220, np.uint8)
    for y in range(100, 800, 70):
        for x in range(80, 620, 60):
            cv2.ellipse(page, (x + 30, y + 35), (10, 18), 0, 0, 360, (70,), 4)
    for at in range(80, 640, 60) if grid else ():
        cv2.line(page, (at, 100), (at, 730), (40,), 9)
        cv2.line(page, (80, at + 20), (620, at + 20), (40,), 9)
    return page


def shaded(page: np.ndarray) -> np.ndarray:
    """With a shadow's edges across most of it."""
    shadow = np.zeros_like(page)
    cv2.fillPoly(shadow, [np.array([[0, 250], [400, 120], [700, 420], [700, 900], [0, 900]])], (1,))
    return np.where(shadow, page * 0.4, page).astype(np.uint8)


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize("shadow", [False, True])
def test_thin_strokes_tell_whether_ink_is_light(grid: bool, shadow: bool) -> None:
    page = written(grid=grid)
    if shadow:
        page = shaded(page)
    assert not is_light_on_dark(page)
    assert is_light_on_dark(255 - page)


def test_stripes_are_no_grain_whichever_way_they_run() -> None:
    page = np.full((900, 700), 220, np.uint8)
    page[:, ::2] -= 16
    assert find_page_ink(page).floor == MIN_CONTRAST
    assert find_page_ink(np.ascontiguousarray(page.T)).floor == MIN_CONTRAST
    grain = np.random.default_rng(0).normal(200, 12, page.shape).astype(np.uint8)
    assert find_page_ink(grain).floor > 2 * MIN_CONTRAST


def test_the_lightest_noise_is_no_paper_against_which_the_rest_is_ink() -> None:
    noise = np.random.default_rng(1).normal(120, 10, (1700, 1200))
    page = np.clip(noise, 0, 255).astype(np.uint8)
    page[600:700, 600:620] = 40
    inked = find_page_ink(page).mask
    assert inked[600:700, 600:620].all()
    assert cv2.countNonZero(inked) - 2000 < 500
