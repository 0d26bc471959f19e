"""Ink of a line: where it is laid, how wide the pen is, and what its boxes hold."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from daemon.training.hands import Bitmap, Glyph
from daemon.training.line_ink import ELASTIC, Sheet, lay_ink
from daemon.training.line_writing import Placed

BAR = Glyph(1, strokes=(np.array([[0, 0], [0, -1]], np.float32),))
BLOCK = np.zeros((20, 10), np.uint8)
BLOCK[:, 3:7] = 255
STAMP = Glyph(7, bitmap=Bitmap(BLOCK, stroke=4.0, height=1.0))


def sheet(placed: list[Placed], pen: float = 4.0) -> Sheet:
    """40 pixels a height, upright, the baseline on row 60."""
    affine = np.array([[40.0, 0, 20], [0, 40.0, 60]])
    found = Sheet.of(placed, 0.0, np.random.default_rng(0))
    return replace(found, shape=(80, 160), affine=affine, height=40.0, pen=pen)


def laid(placed: list[Placed], pen: float = 4.0):  # type: ignore[no-untyped-def]
    """Ink and boxes without neighbours, hardly bent."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        if rng.random() > 0.2:  # else the tips of neighbouring lines would be in the picture
            return lay_ink(placed, sheet(placed, pen), np.random.default_rng(seed))
    raise AssertionError


@pytest.mark.parametrize("glyph", [BAR, STAMP])
def test_a_box_holds_its_digit(glyph: Glyph) -> None:
    ink, (digit,) = laid([Placed(glyph, 1.0, 1.0, 0.0)])
    x, y, width, height = cv2.boundingRect((ink > 0.5).astype(np.uint8))
    most = 3 * ELASTIC * 40 + 1
    assert digit.label == glyph.label
    assert digit.left == pytest.approx(x, abs=most)
    assert digit.top == pytest.approx(y, abs=most)
    assert digit.right == pytest.approx(x + width, abs=most)
    assert digit.bottom == pytest.approx(y + height, abs=most)


def test_digits_are_ordered_from_left_to_right_and_marks_have_no_box() -> None:
    mark = replace(BAR, label=None)
    placed = [Placed(BAR, 1.0, 2.5, 0), Placed(mark, 1.0, 1.5, 0), Placed(STAMP, 1.0, 0.2, 0)]
    _, digits = laid(placed)
    assert [digit.label for digit in digits] == [7, 1]


@pytest.mark.parametrize("glyph", [BAR, STAMP])
def test_a_wider_pen_leaves_more_ink(glyph: Glyph) -> None:
    thin, thick = (laid([Placed(glyph, 1.0, 1.0, 0.0)], pen)[0].sum() for pen in (6.0, 12.0))
    assert thick > 1.3 * thin


def test_ink_is_between_nought_and_one() -> None:
    ink, _ = laid([Placed(STAMP, 1.0, 0.5, 0), Placed(BAR, 1.2, 0.6, 0.1)])
    assert ink.shape == (80, 160)
    assert ink.min() >= 0
    assert ink.max() == pytest.approx(1, abs=0.05)


def test_a_thin_bitmap_in_a_thick_pen_stands_on_white_paper() -> None:
    hair = np.zeros((20, 10), np.uint8)
    hair[:, 5] = 255
    stamp = Glyph(1, bitmap=Bitmap(hair, stroke=1.0, height=1.0))
    ink, _ = laid([Placed(stamp, 1.0, 1.0, 0.0)], pen=12.0)
    assert ink.max() > 0.9
    assert ink[:, :20].max() == 0  # beside the bitmap
    assert np.quantile(ink[25:55, 62:68], 0.5) < 0.01  # beside its stroke, within it
