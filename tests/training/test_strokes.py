"""Pen strokes: UNIPEN in, ink out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.training.strokes import parse_unipen, render_strokes

UNIPEN = """\
.INCLUDE        dene.doc
.LEXICON "0" "1" "2"
.HIERARCHY      DIGIT

.SEGMENT DIGIT    0 ? "4"
.COMMENT 4 12  224
.PEN_DOWN
 100  300
 100  200
.PEN_UP
.DT 100
.PEN_DOWN
 150  310
.PEN_UP
.DT 100

.SEGMENT DIGIT    1 ? "1"
.COMMENT 1 11  151
.PEN_DOWN
 196  228
 193  222.5
.PEN_UP
"""

VERTICAL = np.array([[0, 0], [0, 10]], np.float32)
LYING = np.array([[0, 0], [10, 0]], np.float32)


def test_unipen_gives_label_writer_and_strokes_with_y_downwards():
    four, one = parse_unipen(UNIPEN)
    assert (four.label, four.writer) == (4, 12)
    assert [stroke.tolist() for stroke in four.strokes] == [
        [[100, -300], [100, -200]],
        [[150, -310]],
    ]
    assert (one.label, one.writer) == (1, 11)
    assert one.strokes[0].tolist() == [[196, -228], [193, -222.5]]
    assert one.strokes[0].dtype == np.float32


def test_digits_without_ink_and_segments_that_are_no_digits_are_left_out():
    text = '.SEGMENT DIGIT 0 ? "4"\n.SEGMENT WORD 1 ? "ab"\n.PEN_DOWN\n 1 2\n 3 4\n.PEN_UP\n'
    assert parse_unipen(text) == ()
    assert parse_unipen("") == ()


@pytest.mark.parametrize("line", [" 1 2 3", " one 2", ".COMMENT 4 x 1", ".COMMENT 4"])
def test_what_is_no_unipen_is_refused_with_its_line(line):
    with pytest.raises(ValueError, match="line 3 is not UNIPEN"):
        parse_unipen(f'.SEGMENT DIGIT 0 ? "4"\n.PEN_DOWN\n{line}\n')


@pytest.mark.parametrize("pen_width", [1.0, 1.4, 2.0, 2.7, 3.6, 8.0, 21.3])
def test_the_pen_is_as_wide_as_asked(pen_width):
    ink = render_strokes((VERTICAL,), height=100, pen_width=pen_width)
    assert ink[50].sum() == pytest.approx(pen_width, rel=0.04)


@given(
    st.floats(8, 200),
    st.floats(1, 6),
    st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=1, max_size=8),
)
@settings(deadline=None)
def test_ink_fills_its_height_and_leaves_a_rim(height, pen_width, points):
    ink = render_strokes((np.array(points, np.float32),), height=height, pen_width=pen_width)
    assert ink.dtype == np.float32
    assert ink.min() >= 0
    assert ink.max() <= 1
    assert max(ink.shape) <= np.ceil(height) + 3, "rim, and the last bit of rounding"
    rim = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    assert rim.max() < 0.6, "at most the blur of the edge"
    assert ink.sum() > 0.5 * pen_width**2, "a dot at least"


def test_the_longer_side_measures_the_height():
    upright = render_strokes((VERTICAL,), height=40, pen_width=3)
    lying = render_strokes((LYING,), height=40, pen_width=3)
    assert (upright.max(axis=1) > 0.5).sum() == pytest.approx(40, abs=1)
    assert (lying.max(axis=0) > 0.5).sum() == pytest.approx(40, abs=1)
    assert upright.shape == lying.shape[::-1]


def test_edges_are_smooth():
    slanted = np.array([[0, 0], [4, 10]], np.float32)
    levels = np.unique(render_strokes((slanted,), height=28, pen_width=2.5))
    assert len(levels) > 12


def test_a_dot_is_drawn():
    dot = np.array([[3, 3]], np.float32)
    assert render_strokes((dot,), height=20, pen_width=5).sum() == pytest.approx(19.6, rel=0.2)
    with_stem = render_strokes((VERTICAL, np.array([[5, 0]], np.float32)), height=20, pen_width=2)
    assert with_stem[:4, -4:].sum() > 1.5
