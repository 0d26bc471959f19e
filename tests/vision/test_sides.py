"""Rules that go across a page and shadows that fall on it from a side are told from writing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Grey
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose
from daemon.vision.sides import goes_across, widest_beside_shade


def page(width: int = 0, sigma: float = 2) -> Grey:
    """A 5, (160, 160), and over its left half the shadow of a finger so wide."""
    ink = render_strokes(own_digit(5, np.random.default_rng(4)), height=80, pen_width=8)
    cover = np.zeros((160, 160), np.float32)
    cover[40 : 40 + len(ink), 50 : 50 + ink.shape[1]] = ink
    shadow = np.zeros((160, 160), np.uint8)
    if width:
        cv2.line(shadow, (-99, 85), (75, 78), (255,), width)
    shade = 1 - 0.5 / 255 * cv2.GaussianBlur(shadow, (0, 0), sigma).astype(np.float32)
    return np.rint(225 * shade * (1 - 0.8 * cover)).astype(np.uint8)


def widths(pixels: Grey, number: int) -> list[int]:
    """Of the candidates of the first layout of one of a page's inks."""
    (first, *_) = propose(find_ink(pixels)[number])
    return [candidate.box.width for candidate in first.candidates]


@pytest.mark.parametrize("width", [30, 40])
@pytest.mark.parametrize("sigma", [1, 3])
def test_the_digit_that_a_fingers_shadow_touches_stands_alone(width: int, sigma: float) -> None:
    (alone,) = widths(page(), 0)
    shaded = page(width, sigma)
    assert widths(shaded, 0) != [pytest.approx(alone, abs=6)]
    assert widths(shaded, -1) == [pytest.approx(alone, abs=6)]


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_without_a_shadow_from_a_side_there_is_one_ink(light_on_dark: bool) -> None:
    pixels = page()
    pixels[60:68, :60] = 40  # a stroke that the border cuts
    assert len(find_ink(255 - pixels if light_on_dark else pixels)) == 1


def test_a_shadow_is_as_wide_as_where_it_enters_the_page() -> None:
    mask = np.zeros((100, 200), np.uint8)
    assert widest_beside_shade(mask) == 0
    mask[:30, 40:] = 1
    mask[30:60, -1] = 1
    assert widest_beside_shade(mask[1:]) == 0  # of a desk
    mask[:30, 40:140] = 0
    assert widest_beside_shade(mask) == pytest.approx(0.15)
    assert widest_beside_shade(mask[27:]) == 0  # a rule along the border
    mask[-1, 100] = 1
    assert widest_beside_shade(mask) == 0  # a tight crop
    mask[-1, 100] = 0
    assert widest_beside_shade(mask[::5, ::5]) == 0  # of a page too small


def squared(angle: float, shade: int, thickness: int) -> Grey:
    """The 5 on squared paper that lies askew by so many degrees."""
    grid = np.full((320, 320), 225, np.uint8)
    grid[10::30] = grid[:, 10::30] = shade
    grid = cv2.erode(grid, np.ones((thickness, thickness), np.uint8))
    turn = cv2.getRotationMatrix2D((160, 160), angle, 1)
    rules = cv2.warpAffine(grid, turn, (320, 320), flags=cv2.INTER_LINEAR)[80:240, 80:240]
    return cv2.min(rules, page())


@pytest.mark.parametrize("angle", [0, 3, 9, -14])
@pytest.mark.parametrize(("shade", "thickness"), [(150, 2), (130, 5)])
def test_a_pen_on_paler_squares_is_strong_ink_however_they_lie(
    angle: float, shade: int, thickness: int
) -> None:
    (alone,) = find_ink(page())
    (ink, *_) = find_ink(cv2.GaussianBlur(squared(angle, shade, thickness), (0, 0), 1))
    assert ink.strong is not None
    inside = cv2.dilate(alone.mask, np.ones((5, 5), np.uint8))
    assert np.count_nonzero(ink.strong & ~inside) < 0.02 * np.count_nonzero(ink.strong)
    assert np.count_nonzero(ink.strong & alone.mask) > 0.6 * np.count_nonzero(alone.mask)


def test_rules_go_from_one_side_of_a_page_to_the_other() -> None:
    mask = np.zeros((100, 200), np.uint8)
    assert not goes_across(mask)
    mask[20:, 30:34] = 1
    assert not goes_across(mask)
    mask[0, 60] = 1
    assert goes_across(mask)
    assert goes_across(np.ascontiguousarray(mask.T))


def test_texture_neither_goes_across_nor_is_a_shadow() -> None:
    mask = np.random.default_rng(1).integers(0, 2, (200, 200), np.uint8)
    mask[0, :40] = 1
    assert not goes_across(mask)
    assert widest_beside_shade(mask) == 0


def test_glare_is_neither_a_shadow_nor_rules() -> None:
    board = np.full((160, 160), 120, np.float32)
    cv2.line(board, (45, 0), (40, 159), (250,), 24)
    board = cv2.GaussianBlur(board, (0, 0), 8)
    cv2.line(board, (90, 40), (110, 120), (60,), 8)
    inks = find_ink(np.rint(board).astype(np.uint8))
    light = [ink for ink in inks if ink.light_on_dark]
    assert len(light) == 1
    assert light[0].strong is None
