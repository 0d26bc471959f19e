"""What both networks say of each text that may stand on a line."""

from __future__ import annotations

import math

import pytest

from daemon.records import Box, Digit, SeenDigit, SeenLine, Status
from daemon.vision.evidence import UNLIKELY, UNSEEN, Opinions

STEP, WIDTH = 30, 20  # px, from one digit to the next, and of each


def row(label: int, sure: float) -> tuple[float, ...]:
    return tuple(sure if each == label else (1 - sure) / 9 for each in range(10))


def given(*places: tuple[int, int], sure: float = 0.91) -> tuple[Digit, ...]:
    """Digits of the glyph network: label and number of the place."""
    return tuple(
        Digit(Box(STEP * place, 5, WIDTH, 40), label, sure, row(label, sure))
        for label, place in places
    )


def opinions(
    digits: tuple[Digit, ...],
    text: str,
    *alternatives: tuple[str, float],
    status: Status = Status.REVIEW,
) -> Opinions:
    """The line reader sees a digit at each place."""
    seen = tuple(SeenDigit(int(each), 0, 0, 1, 1, row(int(each), 0.9)) for each in text)
    boxes = tuple(Box(STEP * place + 2, 0, WIDTH, 50) for place in range(len(text)))
    return Opinions(digits, status, False, SeenLine(seen, 0.6, alternatives), boxes)


def test_the_glyph_network_counts_where_it_sees_a_digit_at_the_same_place() -> None:
    held = opinions(given((1, 0), (8, 2)), "128", ("126", 0.2))
    assert [twin and twin.digit for twin in held.twins()] == [1, None, 8]
    own, other = held.evidence(["128", "126"])
    assert own.glyphs == pytest.approx(2 * math.log(0.91))
    assert other.glyphs == pytest.approx(math.log(0.91) + math.log(0.01))
    assert (own.seen, other.seen) == (0.6, 0.2)


def test_a_mark_as_wide_as_two_digits_is_neither() -> None:
    wide = Digit(Box(0, 5, STEP + WIDTH, 40), 0, 0.9, row(0, 0.9))
    held = opinions((wide,), "12")
    assert held.twins() == [None, None]
    assert held.evidence(["12"])[0].glyphs == 0


def test_digits_that_a_text_leaves_out_or_adds_shift_none_of_the_others() -> None:
    held = opinions(given((1, 0), (2, 1), (8, 2)), "128")
    shorter, longer = held.evidence(["18", "1228"])
    assert shorter.glyphs == pytest.approx(2 * math.log(0.91))
    assert longer.glyphs == pytest.approx(3 * math.log(0.91))
    assert (shorter.added, longer.added) == (0, 1)


def test_an_impossible_digit_is_no_surer_a_sign_than_an_unlikely_one() -> None:
    held = opinions(given((1, 0), sure=1.0), "1")
    assert held.evidence(["7"])[0].glyphs == pytest.approx(math.log(UNLIKELY))


def test_what_the_line_reader_does_not_read_it_holds_for_unlikely() -> None:
    held = opinions(given((3, 0), (4, 1)), "12")
    alien = held.evidence(["34"])[0]
    assert alien.seen == pytest.approx(UNSEEN * 0.6)
    assert (alien.agreed, alien.sure) == (True, False)
    assert held.doubt.unseen == pytest.approx(0.4)


def test_it_is_known_whether_the_glyph_network_is_sure() -> None:
    sure = opinions(given((1, 0)), "1", status=Status.READ)
    assert sure.evidence(["1"])[0].sure
    assert not sure.evidence(["7"])[0].sure


def test_it_is_known_whether_both_see_as_many_digits() -> None:
    assert opinions(given((1, 0)), "12").doubt.differs
    assert not opinions(given((1, 0), (3, 1)), "12").doubt.differs


def test_texts_are_those_of_both_networks_each_once() -> None:
    held = opinions(given((1, 0)), "12", ("123", 0.1), ("1", 0.1))
    assert held.texts == ["1", "12", "123"]


def test_a_digit_that_the_line_reader_sees_twice_is_the_nearer_ones() -> None:
    (one,) = given((1, 0))
    seen = tuple(SeenDigit(1, 0, 0, 1, 1, row(1, 0.9)) for _ in range(2))
    boxes = (Box(6, 0, WIDTH, 50), Box(1, 0, WIDTH, 50))
    held = Opinions((one,), Status.REVIEW, False, SeenLine(seen, 0.6, ()), boxes)
    assert held.twins() == [None, one]


def test_readings_of_which_nobody_says_where_they_stand_do_not_come_into_question() -> None:
    held = opinions(given((1, 0)), "", ("12", 0.3))
    assert held.texts == ["1", ""]
