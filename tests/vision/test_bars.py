"""Bar codes and rulers beside digits are left out."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.records import Box, Digit, Grey, Line, Status
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.bars import LEAST, bars_in
from daemon.vision.components import find_components
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose
from daemon.vision.stubs import COMB, is_comb, stubs


def bars(*heights: int, up: bool = False, pitch: int = 14, wide: int = 5) -> Grey:
    """A mask of bars so high that begin, or end, at one height."""
    mask = np.zeros((240, 300), np.uint8)
    for number, height in enumerate(heights):
        x = 20 + pitch * number
        mask[180 - height : 180, x : x + wide] = 1
    return mask if up else np.ascontiguousarray(mask[::-1])


@pytest.mark.parametrize("up", [False, True])
def test_many_strokes_at_one_height_are_bars(up: bool) -> None:
    heights = [40, 40, 60, 40, 40, 50, 40, 40, 40, 60]
    found = find_components(bars(*heights, up=up))
    assert len(bars_in(found)) == len(heights)
    assert len(bars_in(find_components(bars(*heights[:LEAST], up=up)))) == LEAST
    assert bars_in(find_components(bars(*heights[: LEAST - 1], up=up))) == []


def test_wide_low_or_distant_marks_or_some_at_other_heights_are_no_bars() -> None:
    assert bars_in(find_components(bars(*[16] * 12, wide=11))) == []
    assert bars_in(find_components(bars(*[6] * 12))) == []
    assert bars_in(find_components(bars(*[12] * LEAST, pitch=34))) == []
    uneven = bars(*[40] * 12)
    for number in range(12):
        uneven[:, 20 + 14 * number :] = np.roll(uneven[:, 20 + 14 * number :], 2 * number % 7, 0)
    assert bars_in(find_components(uneven)) == []


@pytest.mark.parametrize("number", [0, 10])
def test_a_digit_beside_bars_stands_alone(number: int) -> None:
    page = np.full((240, 300), 225, np.uint8)
    ink = render_strokes(own_digit(3, np.random.default_rng(4)), height=90, pen_width=8)
    part = page[110 : 110 + len(ink), 90 : 90 + ink.shape[1]]
    part[:] = part * (1 - 0.85 * ink)
    page[bars(*[50] * number) > 0] = 50
    (alone,) = propose(find_ink(page)[0])[0].candidates
    assert alone.box.width == pytest.approx(ink.shape[1], abs=4)


def comb(count: int, digit: int = 1, *, uneven: int = 0) -> Line:
    boxes = [Box(20 + 15 * at, 40 + uneven * (at % 3), 6, 30) for at in range(count)]
    digits = tuple(Digit(box, digit, 0.99, (0.1,) * 10) for box in boxes)
    return Line(digits, str(digit) * count, 0.9, boxes[0].union(boxes[-1]), Status.READ)


def test_a_line_of_many_strokes_at_one_height_is_a_comb() -> None:
    assert is_comb(comb(COMB))
    assert is_comb(comb(COMB, uneven=1))
    assert not is_comb(comb(COMB - 1))
    assert not is_comb(comb(COMB, 7))
    assert not is_comb(comb(COMB, uneven=4))
    assert stubs([comb(4, 7), comb(COMB)]) == {1}
