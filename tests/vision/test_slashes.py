"""Slashes among digits: what leans and is higher than its line."""

from __future__ import annotations

import pytest

from daemon.records import Box, Digit
from daemon.vision.slashes import slashes_in


def line(text: str, *, wide: int = 20, high: int = 46, turned: bool = False) -> list[Digit]:
    """Digits 40 pixels high and 26 wide, or 12 wide those that are 1; `/` is read as 1, too, and
    has another size. Down the page where it lies turned."""
    digits = []
    for place, kind in enumerate(text):
        width, height = {"/": (wide, high), "1": (12, 40)}.get(kind, (26, 40))
        box = Box(40 * place, 100 - height // 2, width, height)
        if turned:
            box = Box(box.y, box.x, box.height, box.width)
        digits.append(Digit(box, 1 if kind == "/" else int(kind), 0.99, (0.1,) * 10))
    return digits


@pytest.mark.parametrize("turned", [False, True])
def test_a_stroke_between_digits_that_leans_and_is_higher_may_be_a_slash(turned: bool) -> None:
    assert slashes_in(line("27/6", turned=turned)) == [2]
    assert slashes_in(line("11/12/26", turned=turned)) == [2, 5]


def test_an_upright_one_is_none_nor_is_one_as_high_as_the_others() -> None:
    assert not slashes_in(line("27/6", wide=12))
    assert not slashes_in(line("27/6", high=41))
    assert not slashes_in(line("2716"))


def test_at_an_end_and_among_nothing_but_strokes_none_is_told() -> None:
    assert not slashes_in(line("/276/"))
    assert not slashes_in(line("11/11"))
    assert not slashes_in(line("7"))
    assert not slashes_in([])
