"""Large writing is found on a picture made smaller, small writing on the picture itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.training.camera import Scene, compose
from daemon.vision import coarse, grain
from daemon.vision.coarse import find_layouts
from daemon.vision.glyph import normalise
from daemon.vision.ink import Ink, find_ink
from daemon.vision.layout import propose
from daemon.vision.polarity import Shades


def photo(height: float, pen: float, width: int = 1000, noise: float = 2.0) -> np.ndarray:
    """A number of three digits, so many pixels high, on a picture so wide."""
    scene = Scene(("407",), width, round(0.7 * width), height, pen, grey=True, noise=noise)
    return compose(scene, np.random.default_rng(3)).pixels


def found(pixels: np.ndarray) -> tuple[int, list[tuple[int, int]], list[np.ndarray]]:
    """The factor, and where the digits of the first layout begin in the picture's own pixels, and
    their glyphs."""
    _, seen = find_layouts(pixels)
    ink, proposed = seen[0]
    marks = proposed[0].layouts[0].candidates
    places = [(mark.box.x * ink.factor, mark.box.y * ink.factor) for mark in marks]
    return ink.factor, places, [normalise(mark.ink) for mark in marks]


@pytest.mark.parametrize(("width", "factor"), [(600, 1), (1000, 2), (2000, 4), (3000, 8)])
def test_large_digits_are_found_on_a_smaller_picture_as_on_the_whole(
    width: int, factor: int
) -> None:
    pixels = photo(0.24 * width, 0.02 * width, width)
    scale, places, glyphs = found(pixels)
    assert scale == factor
    whole = propose(find_ink(pixels)[0])[0].candidates
    own = 2 if width > 2400 else 1
    assert len(whole) == len(places) == 3
    for (x, y), glyph, mark in zip(places, glyphs, whole, strict=True):
        assert abs(x - own * mark.box.x) <= 2 * factor
        assert abs(y - own * mark.box.y) <= 2 * factor
        assert np.abs(glyph - normalise(mark.ink)).mean() < 0.06


def test_grain_that_halving_leaves_is_smoothed_on_the_picture_itself() -> None:
    pixels = photo(200, 20, noise=0)
    pepper = (np.random.default_rng(5).random((350, 500)) < 0.06).astype(np.uint8)
    coarse = cv2.resize(pepper, pixels.shape[::-1], interpolation=cv2.INTER_NEAREST)
    smooth, seen = find_layouts(np.where(coarse > 0, 20, pixels).astype(np.uint8))
    assert seen[0][0].factor == 1  # half as large, rules would be smoothed away with it
    assert smooth.std() < coarse.std() * 255
    assert find_layouts(pixels)[0] is pixels


def test_what_is_noise_on_half_of_a_picture_is_smoothed_at_once_on_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[tuple[int, ...]] = []
    find = grain.find_ink

    def find_ink(pixels: np.ndarray, *given: Shades) -> tuple[Ink, ...]:
        sizes.append(pixels.shape)
        return find(pixels, *given)

    monkeypatch.setattr(coarse, "find_ink", find_ink)
    monkeypatch.setattr(grain, "find_ink", find_ink)
    pixels = 0.4 * photo(200, 20, noise=0) + np.random.default_rng(2).normal(0, 60, (700, 1000))
    smooth, _ = find_layouts(np.clip(pixels, 0, 255).astype(np.uint8))
    assert sizes == [(350, 500), (700, 1000)]  # and not as it is, too
    assert smooth.std() < pixels.std()


def test_small_digits_are_looked_for_on_the_picture_itself() -> None:
    scale, places, _ = found(photo(36, 4))
    assert scale == 1
    assert len(places) == 3


def test_of_one_small_digit_beside_large_ones_nothing_is_lost() -> None:
    pixels = photo(90, 8)
    cv2.rectangle(pixels, (40, 300), (52, 332), (40,), 4)
    scale, places, _ = found(pixels)
    assert scale == 1
    assert len(places) == 4


def test_hairlines_are_looked_for_on_the_picture_itself() -> None:
    pixels = np.full((700, 1000), 235, np.uint8)
    for start, end in (
        ((400, 250), (400, 360)),
        ((400, 360), (520, 360)),
        ((480, 300), (480, 470)),
    ):
        cv2.line(pixels, start, end, (90,), 1)  # a 4
    scale, places, _ = found(pixels)
    assert scale == 1
    assert len(places) == 1


def test_where_nothing_is_seen_on_a_smaller_picture_the_whole_counts() -> None:
    blank = np.full((700, 1000), 235, np.uint8)
    _, seen = find_layouts(blank)
    assert all(not proposal.layouts for _, proposed in seen for proposal in proposed)
    assert seen[0][0].factor == 1
