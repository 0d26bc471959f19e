"""Which way up a page lies."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.records import Box
from daemon.vision.glyph import normalise
from daemon.vision.page_turn import SAMPLE, is_upright, levelness, sample, score, turn_glyphs


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_turned_glyph_is_the_glyph_of_the_turned_ink(turns: int) -> None:
    ink = np.zeros((40, 30), np.float32)
    ink[5:35, 10:16] = 1
    ink[5:11, 10:26] = 1
    expected = normalise(np.ascontiguousarray(np.rot90(ink, turns)))
    turned = turn_glyphs(normalise(ink)[None], turns)[0]
    assert min(np.abs(np.roll(turned, shift, (0, 1)) - expected).mean()
               for shift in ((0, 0), (1, 0), (0, 1), (-1, 0), (0, -1))) < 0.02  # fmt: skip


def test_the_sample_is_of_digit_size_and_no_larger_than_needed() -> None:
    boxes = [Box(20 * n, 0, 10, 20 if n % 2 else 4) for n in range(4 * SAMPLE)]
    chosen = sample(boxes, 20)
    assert len(chosen) == SAMPLE
    assert all(boxes[n].height == 20 for n in chosen)
    assert sample(boxes[:3], 20) == [0, 1, 2]


def test_rows_that_stand_on_a_line_are_the_right_way_up() -> None:
    heights = [20, 31, 22, 29, 20, 33, 21, 30]
    boxes = [Box(30 * n, 100 - height, 18, height) for n, height in enumerate(heights)]
    upright, left, over, right = levelness(boxes, 25, (200, 300))
    assert upright == pytest.approx(0.1)  # and no more, however even they are
    assert left == right == 0
    turned = [Box(300 - box.right, 200 - box.bottom, box.width, box.height) for box in boxes]
    assert levelness(turned, 25, (200, 300))[0] == over == pytest.approx(-upright)


def test_words_of_which_few_letters_are_tall_stand_on_a_line() -> None:
    tops = [0, 9, 9, 9, 0, 9, 9, 9, 9, 0, 9, 9]  # x-height, ascenders, one descender
    feet = [30, 30, 30, 38, 30, 30, 30, 30, 30, 30, 30, 30]
    pairs = zip(tops, feet, strict=True)
    boxes = [Box(25 * n, 100 + top, 16, foot - top) for n, (top, foot) in enumerate(pairs)]
    upright, _, over, _ = levelness(boxes, 21, (200, 400))
    assert upright == pytest.approx(0.1)
    assert over == -upright


def test_words_that_begin_below_each_other_are_no_level_rows_of_a_page_on_its_side() -> None:
    boxes = [Box(50, 40 * n, width, 24) for n, width in enumerate([60, 22, 44, 28, 70, 30, 52, 25])]
    _, left, _, right = levelness(boxes, 25, (400, 300))
    assert abs(left) == abs(right) == pytest.approx(0.1)


def test_what_the_network_is_sure_of_scores_more() -> None:
    sure, unsure = np.full((4, 11), 0.001, np.float32), np.full((4, 11), 0.05, np.float32)
    sure[:, 10], unsure[:, 3] = 0.99, 0.5
    assert score(sure, 0) > score(unsure, 0)
    assert score(unsure, 0.2) > score(unsure, 0)


def test_only_what_is_surely_digits_as_it_lies_is_known_to_be_upright() -> None:
    level = (0.0, 0.0, 0.0, 0.0)
    sure, unsure = np.full((8, 11), 0.0005, np.float32), np.full((8, 11), 0.02, np.float32)
    sure[:, 3], unsure[:, 3] = 0.995, 0.8
    words = np.full((8, 11), 0.0005, np.float32)
    words[:, 10] = 0.995
    assert is_upright(sure, level)
    assert not is_upright(unsure, level)
    assert not is_upright(words, level)
    assert not is_upright(sure, (-0.1, 0.0, 0.1, 0.0))  # rows hang: it may be upside down
