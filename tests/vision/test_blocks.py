from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.records import Grey
from daemon.vision.blocks import GAP, MIN_PANEL, blank, flow, panel, stack, text_block


def block(width: int, height: int, shade: int) -> Grey:
    return np.full((height, width, 3), shade, np.uint8)


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 40)), min_size=1, max_size=12))
def test_what_flows_fits_and_is_all_there(sizes: list[tuple[int, int]]) -> None:
    blocks = [block(width, height, 100) for width, height in sizes]
    whole = flow(blocks, 100)
    assert whole.shape[1] <= 100
    assert (whole == 100).all(axis=2).sum() == sum(width * height for width, height in sizes)


def test_a_row_stands_on_its_feet() -> None:
    row = flow([block(10, 30, 0), block(10, 20, 50)], 100)
    assert row.shape == (30, 20 + GAP, 3)
    assert (row[10:, -10:] == 50).all()


def test_what_is_stacked_is_flush_left() -> None:
    whole = stack([block(10, 5, 0), block(20, 5, 50)], gap=3)
    assert whole.shape == (13, 20, 3)
    assert (whole[:5, :10] == 0).all()
    assert (whole[8:] == 50).all()


def test_long_text_goes_on_in_the_next_line_and_long_words_are_cut() -> None:
    one, three = text_block("ink", 300), text_block("ink " * 60, 500)
    assert len(three) >= 3 * len(one)
    assert three.shape[1] <= 501
    assert text_block("i" * 900, 200).shape[1] <= 201


@pytest.mark.parametrize("width", [1, 400])
def test_a_panel_holds_its_picture_and_a_caption(width: int) -> None:
    whole = panel(block(width, 50, 77), "page", "its size")
    assert (whole == 77).all(axis=2).sum() == 50 * width
    assert len(whole) > 50 + 2 * len(text_block("page", MIN_PANEL))


def test_a_frame_makes_a_panel_stand_out() -> None:
    green = (10, 200, 10)
    plain, framed = (panel(block(60, 50, 77), "page", "", frame) for frame in (None, green))
    assert not (plain == green).all(axis=2).any()
    assert (framed == green).all(axis=2).sum() == 2 * 3 * (66 + 50)


def test_blank_is_white() -> None:
    assert (blank(3, 2) == 255).all()
