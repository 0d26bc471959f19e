"""What is as dark as ink and a pixel small is grain: digits are found under it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Grey
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.grain import find_ink_under_grain, is_grainy, is_noise
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose

BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) * 16 + 8


def page(shade: int = 225, pen_width: float = 9) -> Grey:
    """A 2 on paper, (160, 160)."""
    ink = render_strokes(own_digit(2, np.random.default_rng(4)), height=90, pen_width=pen_width)
    cover = np.zeros((160, 160), np.float32)
    cover[35 : 35 + len(ink), 40 : 40 + ink.shape[1]] = ink
    return np.rint(shade * (1 - 0.85 * cover)).astype(np.uint8)


def pepper(pixels: Grey, share: float) -> Grey:
    return np.where(np.random.default_rng(3).random(pixels.shape) < share, 0, pixels)


def boxes(pixels: Grey) -> list[tuple[int, int, int, int]]:
    """Of the candidates of the likeliest layout under the grain."""
    _, inks = find_ink_under_grain(pixels)
    (first, *_) = propose(inks[0])
    return [(c.box.x, c.box.y, c.box.right, c.box.bottom) for c in first.candidates]


def dithered(shade: int) -> Grey:
    return np.where(page(shade) > np.tile(BAYER, (40, 40)), 255, 0).astype(np.uint8)


@pytest.mark.parametrize("shade", [150, 180, 215])
def test_a_digit_on_dithered_paper_is_found(shade: int) -> None:
    assert not propose(find_ink(dithered(shade))[0])
    (alone,) = boxes(page())
    assert boxes(dithered(shade)) == [pytest.approx(alone, abs=4)]


@pytest.mark.parametrize("share", [0.02, 0.06, 0.12])
def test_a_digit_under_pepper_is_found_and_nothing_else(share: int) -> None:
    (alone,) = boxes(page())
    assert boxes(pepper(page(), share)) == [pytest.approx(alone, abs=4)]


def test_noise_is_grain_of_all_paper_and_no_specks_on_some() -> None:
    specks = find_ink(pepper(page(), 0.01))[0]
    assert is_grainy(specks)
    assert not is_noise(specks)
    noise = np.random.default_rng(3).normal(0, 45, (160, 160))
    loud = find_ink(np.clip(page() * 0.5 + noise, 0, 255).astype(np.uint8))[0]
    assert is_grainy(loud)
    assert is_noise(loud)


def test_what_is_known_to_be_grainy_is_not_looked_at_first() -> None:
    pixels = pepper(page(), 0.06)
    told, known = (find_ink_under_grain(pixels, is_known=known) for known in (False, True))
    assert np.array_equal(told[0], known[0])
    assert np.array_equal(told[1][0].mask, known[1][0].mask)
    smooth, _ = find_ink_under_grain(page(), is_known=True)
    assert smooth.std() < page().std()


@pytest.mark.parametrize("pen_width", [1, 2, 9])
def test_what_is_not_grainy_is_not_smoothed(pen_width: float) -> None:
    for pixels in (page(pen_width=pen_width), pepper(page(pen_width=pen_width), 0.0002)):
        smooth, inks = find_ink_under_grain(pixels)
        assert smooth is pixels
        assert len(inks) == len(find_ink(pixels))


def test_a_page_as_small_as_a_glyph_is_not_smoothed() -> None:
    small = pepper(cv2.resize(page(), (28, 28), interpolation=cv2.INTER_AREA), 0.06)
    assert find_ink_under_grain(small)[0] is small
