"""Pictures without a digit, and what vision makes of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.training.clutter import (
    LETTERS,
    SCENE_SIDES,
    _may_be_one,
    clutter,
    print_letters,
    scene,
)
from daemon.vision.glyph import SIDE


@pytest.mark.parametrize("make", [scene, print_letters])
def test_pictures_are_grey_seeded_and_never_blank(make) -> None:
    rng = np.random.default_rng(1)
    pictures = [make(rng) for _ in range(30)]
    again = make(np.random.default_rng(1))
    np.testing.assert_array_equal(pictures[0], again)
    for picture in pictures:
        assert picture.dtype == np.uint8
        assert picture.ndim == 2
        assert np.ptp(picture) > 30


def test_scenes_have_the_sides_that_small_photographs_have() -> None:
    rng = np.random.default_rng(2)
    heights = [len(scene(rng)) for _ in range(60)]
    assert min(heights) >= SCENE_SIDES[0]
    assert max(heights) <= SCENE_SIDES[1]


def test_scenes_hold_greys_of_all_kinds_unlike_ink_on_paper() -> None:
    rng = np.random.default_rng(3)
    middling = [np.mean(np.abs(s.astype(int) - s.mean()) < s.std()) for s in map(scene, [rng] * 30)]
    assert np.mean(middling) > 0.4


def test_no_letter_looks_like_a_digit() -> None:
    assert not set("0123456789OoDIlSsZzBGgqbYyUuj|") & set(LETTERS)


def test_clutter_gives_just_as_many_glyphs_as_asked_for() -> None:
    for n in (0, 1, 17):
        glyphs = clutter(n, np.random.default_rng(4))
        assert glyphs.shape == (n, SIDE, SIDE)
        assert glyphs.dtype == np.float32
    assert (glyphs.max(axis=(1, 2)) > 0.3).all()


def test_upright_bars_are_left_out_for_they_are_ones() -> None:
    def is_bar(glyph: np.ndarray) -> bool:
        mask = (glyph > 0.5).astype(np.uint8)
        _, _, width, height = cv2.boundingRect(mask)
        hull = cv2.contourArea(cv2.convexHull(cv2.findNonZero(mask)))
        return height > 2.5 * width and mask.sum() > 1.1 * hull

    assert not any(is_bar(glyph) for glyph in clutter(300, np.random.default_rng(5)))


@pytest.mark.parametrize(
    ("lean", "is_one"), [(-60, False), (-15, True), (0, True), (40, True), (75, False)]
)
def test_bars_that_lean_as_people_write_may_be_ones(lean: int, is_one: bool) -> None:
    ink = np.zeros((60, 60), np.float32)
    angle = np.deg2rad(lean)
    across, up = round(20 * np.sin(angle)), round(20 * np.cos(angle))
    cv2.line(ink, (30 - across, 30 + up), (30 + across, 30 - up), 1.0, 5)
    assert _may_be_one(ink) is is_one


def test_blobs_and_bent_bars_are_no_ones() -> None:
    blob = cv2.circle(np.zeros((60, 60), np.float32), (30, 30), 12, 1.0, -1)
    bent = np.zeros((60, 60), np.float32)
    cv2.polylines(bent, [np.array([[20, 10], [40, 30], [20, 50]])], False, 1.0, 4)
    assert not _may_be_one(blob)
    assert not _may_be_one(bent)
    assert not _may_be_one(np.zeros((60, 60), np.float32))
