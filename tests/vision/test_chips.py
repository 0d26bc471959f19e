"""Where chips go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.vision.chips import Rect, Size, place

FIELD = Size(300, 200)


def overlap(a: Rect, b: Rect) -> bool:
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


@st.composite
def boxes(draw: st.DrawFn) -> list[Rect]:
    def box() -> Rect:
        left, top = draw(st.integers(0, 290)), draw(st.integers(0, 190))
        return Rect(left, top, draw(st.integers(left + 1, 300)), draw(st.integers(top + 1, 200)))

    return [box() for _ in range(draw(st.integers(0, 12)))]


@given(boxes(), st.integers(1, 300), st.integers(1, 200))
def test_every_chip_lies_inside_the_field(boxes, width, height):
    shape, places = place(boxes, [[Size(width, height)] * len(boxes)], FIELD)
    assert shape == 0
    assert len(places) == len(boxes)
    for rect in places:
        assert 0 <= rect.left <= rect.right <= FIELD.width
        assert 0 <= rect.top <= rect.bottom <= FIELD.height
        assert (rect.right - rect.left, rect.bottom - rect.top) == (width, height)


@given(st.integers(1, 40), st.integers(1, 18), st.integers(0, 160), st.integers(0, 260))
def test_a_chip_never_covers_a_digit_that_stands_alone(width, height, top, left):
    box = Rect(left, top, left + 30, top + 40)
    _, (chip,) = place([box], [[Size(width, height)]], FIELD)
    assert not overlap(chip, box)


def test_a_chip_stands_above_its_digit_where_it_can():
    _, (chip,) = place([Rect(100, 100, 120, 140)], [[Size(40, 16)]], FIELD)
    assert chip == Rect(90, 84, 130, 100)


def test_neighbours_keep_clear_of_each_other():
    row = [Rect(20 + 30 * k, 80, 44 + 30 * k, 120) for k in range(8)]
    _, chips = place(row, [[Size(44, 16)] * 8], FIELD)
    everything = [*row, *chips]
    for n, a in enumerate(everything):
        assert not any(overlap(a, b) for b in everything[n + 1 :])


@pytest.mark.parametrize("chip", [Size(50, 30), Size(150, 60), Size(300, 200)])
@pytest.mark.parametrize("corner", [(0, 0), (120, 80), (250, 160), (-10, 190)])
def test_a_digit_alone_gets_the_place_that_it_gets_beside_one_off_the_field(chip, corner):
    left, top = corner
    digit, beyond = Rect(left, top, left + 60, top + 90), Rect(-9, -9, -5, -5)
    _, (alone,) = place([digit], [[chip]], FIELD)
    _, (first, _) = place([digit, beyond], [[chip, Size(0, 0)]], FIELD)
    assert first == alone


def test_the_first_shape_that_finds_room_for_all_is_taken():
    row = [Rect(40 + 30 * k, 0, 64 + 30 * k, 200) for k in range(3)]
    shape, _ = place(row, [[Size(40, 16)] * 3, [Size(6, 16)] * 3, [Size(5, 16)] * 3], FIELD)
    assert shape == 1


def test_without_room_the_shape_that_covers_least_is_taken():
    everything = [Rect(0, 0, 300, 200)]
    shape, _ = place(everything, [[Size(50, 50)], [Size(20, 20)], [Size(40, 40)]], FIELD)
    assert shape == 1


def test_without_room_a_pixel_counts_once_however_many_digits_take_it():
    digit = Rect(100, 100, 120, 140)
    half_above = [Rect(100, 90, 110, 100)] * 3
    elsewhere = [Rect(100, 140, 120, 150), Rect(120, 100, 140, 140), Rect(80, 100, 100, 140)]
    everything = [digit, *half_above, *elsewhere]
    _, (chip, *_) = place(everything, [[Size(20, 10)] * len(everything)], FIELD)
    assert chip == Rect(100, 90, 120, 100)
