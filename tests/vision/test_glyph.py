import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision import glyph
from daemon.vision.glyph import (
    DIGIT_SIDE,
    GOOD_STROKE,
    MIN_STROKE,
    SIDE,
    normalise,
    normalise_all,
    normalise_images,
    stroke_width,
)


def written(label: int, height: float, pen_width: float, seed: int = 0):
    strokes = own_digit(label, np.random.default_rng(seed))
    return render_strokes(strokes, height=height, pen_width=pen_width)


def bounds(glyph):
    return cv2.boundingRect((glyph > 0.1).astype(np.uint8))


def centre_of_mass(glyph):
    places = np.arange(SIDE)
    return glyph.sum(axis=1) @ places / glyph.sum(), glyph.sum(axis=0) @ places / glyph.sum()


@pytest.mark.parametrize("width", [2, 4, 9])
def test_stroke_width_of_a_bar_is_its_width(width):
    ink = np.zeros((60, 60), np.float32)
    ink[10:50, 20 : 20 + width] = 1
    assert stroke_width(ink) == pytest.approx(width, rel=0.2)


def test_stroke_width_of_nothing_is_zero():
    assert stroke_width(np.zeros((5, 5), np.float32)) == 0


@given(
    st.integers(0, 9),
    st.floats(12, 900),
    st.floats(0.01, 0.2),
    st.integers(0, 2**31),
)
@settings(max_examples=60, deadline=None)
def test_every_digit_comes_to_mnists_geometry(label, height, share, seed):
    glyph = normalise(written(label, height, max(1.0, share * height), seed))
    _, _, width, tall = bounds(glyph)
    assert glyph.shape == (SIDE, SIDE)
    assert glyph.dtype == np.float32
    assert glyph.min() >= 0
    assert glyph.max() <= 1
    assert DIGIT_SIDE - 2 <= max(width, tall) <= DIGIT_SIDE


@pytest.mark.parametrize("label", range(10))
def test_the_centre_of_mass_lies_on_mnists_pixel(label):
    row, column = centre_of_mass(normalise(written(label, 80, 8)))
    assert row == pytest.approx(14, abs=0.8)
    assert column == pytest.approx(14, abs=0.8)


@pytest.mark.parametrize("width", [1, 2, 3])
def test_so_does_that_of_a_stroke_of_few_columns(width):
    row, column = centre_of_mass(normalise(np.ones((20, width), np.float32)))
    assert row == pytest.approx(14, abs=0.6)
    assert column == pytest.approx(14, abs=0.6)


def test_a_picture_in_mnists_form_passes_unchanged():
    glyph = normalise(written(3, 200, 24))
    assert stroke_width(glyph) > MIN_STROKE
    again = normalise_images((glyph * 255).astype(np.uint8)[None])[0]
    assert np.abs(again - glyph).max() < 0.01


@pytest.mark.parametrize("height", [60, 300, 1200])
def test_a_hairline_is_thickened_instead_of_vanishing(height):
    glyph = normalise(written(8, height, 1.0))
    assert glyph.max() > 0.9
    assert stroke_width(glyph) == pytest.approx(GOOD_STROKE, abs=0.7)


def test_a_thin_stroke_keeps_the_loops_of_an_eight_open():
    ground = (normalise(written(8, 300, 3.0)) < 0.5).astype(np.uint8)
    outside_and_loops = cv2.connectedComponents(ground, connectivity=4)[0] - 1
    assert outside_and_loops == 3


def test_no_ink_gives_an_empty_glyph():
    assert not normalise(np.zeros((40, 30), np.float32)).any()
    assert normalise_images(np.zeros((0, 28, 28), np.uint8)).shape == (0, SIDE, SIDE)


def test_a_single_pixel_is_no_error():
    ink = np.zeros((9, 9), np.float32)
    ink[4, 4] = 1
    assert normalise(ink).any()


def test_many_digits_at_once_become_the_same_glyphs():
    inks = [
        written(label, height, pen) for label in range(10) for height, pen in ((15, 2), (200, 3))
    ]
    inks.insert(7, np.zeros((30, 20), np.float32))
    inks.insert(9, np.ones((4, 60), np.float32))  # a dash
    assert np.array_equal(normalise_all(inks), np.stack([normalise(ink) for ink in inks]))
    assert normalise_all([]).shape == (0, SIDE, SIDE)


def test_strokes_of_many_digits_are_as_wide_as_those_of_each() -> None:
    rng = np.random.default_rng(4)
    shapes = [(int(h), int(w)) for h, w in rng.integers(1, 70, (150, 2))]
    inks = [rng.random(shape, np.float32) for shape in shapes]
    inks[3], inks[70] = np.zeros((0, 0), np.float32), np.zeros((9, 7), np.float32)
    widths = glyph._widths(inks)
    assert len(widths) == 150
    np.testing.assert_allclose(widths, [glyph.stroke_width(ink) for ink in inks], rtol=1e-5)
