"""The best reading that fits what users know of their paper, or why none does."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.records import Box, Check, Expect, Expected, Hints, Line, Status
from daemon.vision.choice import Choice, Probabilities, best, weigh
from daemon.vision.hints import fitted, is_one_number, judged, misfit
from daemon.vision.layout import Candidate, Layout

FIVE = Hints(line=Expected(5, 5))
LUHN = Hints(line=Expected(check=Check.LUHN))


def mark(x: int, y: int = 0, share: float = 0.1) -> Candidate:
    return Candidate(Box(x, y, 20, 30), share, np.ones((30, 20), np.float32))


def layout(*lines: int | tuple[int, ...], partial: bool = False, cost: float = 0.0) -> Layout:
    """Lines below each other, each of so many marks; of a tuple, side by side with wide gaps."""
    rows = []
    for row, groups in enumerate(lines):
        x = 0
        for count in (groups,) if isinstance(groups, int) else groups:
            rows.append(tuple(mark(x + 25 * n, 50 * row) for n in range(count)))
            x += 25 * count + 100
    return Layout(tuple(rows), partial=partial, cost=cost)


def table(*likeliest: tuple[int, float] | tuple[int, float, int]) -> Probabilities:
    """A row per mark: its class, 10 for no digit, how sure, and the class that has all the rest."""
    rows = np.zeros((len(likeliest), 11), np.float32)
    for row, (label, sure, *second) in zip(rows, likeliest, strict=True):
        row[:] = (1 - sure) / 1e4
        row[second[0] if second else (label + 1) % 10] = 1 - sure
        row[label] = sure
    return rows


def numbers(text: str) -> Probabilities:
    return table(*((int(digit), 0.99) for digit in text))


def read(hints: Hints, *layouts: Layout, rows: Probabilities) -> Choice:
    chosen = best(fitted(weigh(layouts, rows), hints))
    assert chosen is not None
    return chosen


def texts(choice: Choice) -> list[str]:
    """What is read, by line."""
    digits = iter(choice.digits)
    lines = [[next(digits) for _ in line] for line in choice.layout.lines]
    found = ["".join(str(digit) for digit in line if digit is not None) for line in lines]
    return [text for text in found if text]


# Number of digits


def test_the_layout_that_has_the_digits_is_read_although_another_is_likelier() -> None:
    four, five = layout(4), layout(5, cost=3.0)
    rows = np.concatenate([numbers("1234"), numbers("12345")])
    assert texts(read(Hints(), four, five, rows=rows)) == ["1234"]
    assert texts(read(FIVE, four, five, rows=rows)) == ["12345"]


def test_a_mark_held_for_no_digit_is_one_where_a_digit_is_missing() -> None:
    rows = np.concatenate([numbers("1234"), table((10, 0.93, 5))])
    assert texts(read(Hints(), layout(5), rows=rows)) == ["1234"]
    chosen = read(FIVE, layout(5), rows=rows)
    assert texts(chosen) == ["12345"]
    assert chosen.fitted is not None
    assert chosen.fitted.complete == (False,)
    assert chosen.fitted.reasons == ("without the hints: 1234",)


def test_the_least_likely_digit_is_left_out_where_there_is_one_too_many() -> None:
    rows = numbers("123456")
    rows[2] = table((3, 0.7, 10))[0]
    chosen = read(FIVE, layout(6), rows=rows)
    assert texts(chosen) == ["12456"]
    assert chosen.fitted is not None
    assert not chosen.fitted.complete[0]


def test_a_mark_that_is_hardly_a_digit_is_left_out_for_good_where_the_number_is_right() -> None:
    rows = np.concatenate([numbers("12345"), table((10, 0.8, 1))])
    assert texts(read(Hints(), layout(6), rows=rows)) == ["123451"]
    chosen = read(FIVE, layout(6), rows=rows)
    assert texts(chosen) == ["12345"]
    assert chosen.fitted is not None
    assert chosen.fitted.complete == (True,)
    assert chosen.fitted.reasons == ("",)


def test_no_sure_digit_is_left_out_and_none_made_of_nothing() -> None:
    assert texts(read(FIVE, layout(6), rows=numbers("123456"))) == ["123456"]
    nothing = np.concatenate([numbers("1234"), table((10, 0.9999, 5))])
    assert texts(read(FIVE, layout(5), rows=nothing)) == ["1234"]


def test_from_a_least_to_a_most_nothing_is_changed() -> None:
    rows = np.concatenate([numbers("1234"), table((10, 0.93, 5))])
    assert texts(read(Hints(line=Expected(3, 5)), layout(5), rows=rows)) == ["1234"]


# Lines


def test_digits_in_boxes_far_apart_are_one_number() -> None:
    boxes, rows = layout((1, 1, 1, 1, 1)), numbers("12345")
    assert texts(read(Hints(), boxes, rows=rows)) == ["1", "2", "3", "4", "5"]
    assert texts(read(Hints(expect=Expect.NUMBER), boxes, rows=rows)) == ["12345"]
    assert texts(read(FIVE, boxes, rows=rows)) == ["12345"]
    assert texts(read(Hints(line=Expected(1, 1)), boxes, rows=rows)) == ["1", "2", "3", "4", "5"]


def test_a_line_of_smudges_is_left_out_where_one_line_is_expected() -> None:
    rows = np.concatenate([numbers("123"), table((1, 0.6, 10), (7, 0.55, 10))])
    assert texts(read(Hints(), layout(3, 2), rows=rows)) == ["123", "17"]
    chosen = read(Hints(lines=1), layout(3, 2), rows=rows)
    assert texts(chosen) == ["123"]
    assert chosen.fitted is not None
    assert not any(chosen.fitted.complete)
    assert chosen.fitted.reasons[0] == "without the hints: 12317"


def test_of_two_lines_the_one_of_five_digits_is_the_number() -> None:
    rows = np.concatenate([table(*((8, 0.5, 10) for _ in range(3))), numbers("12345")])
    hints = Hints(expect=Expect.NUMBER, line=Expected(5, 5))
    assert texts(read(hints, layout(3, 5), rows=rows)) == ["12345"]


def test_sure_lines_are_never_left_out() -> None:
    rows = numbers("12345678")
    assert texts(read(Hints(lines=1), layout(5, 3), rows=rows)) == ["12345", "678"]
    assert texts(read(Hints(lines=3), layout(5, 3), rows=rows)) == ["12345", "678"]


def test_a_line_that_does_not_fit_leaves_the_others_as_they_are() -> None:
    rows = np.concatenate([numbers("12345"), table((10, 0.92, 1)), numbers("678")])
    assert texts(read(FIVE, layout(5, 4), rows=rows)) == ["12345", "678"]


# A single digit


def test_of_a_digit_and_dirt_the_digit_is_read() -> None:
    digit = Hints(expect=Expect.DIGIT)
    rows = table((7, 0.98), (1, 0.5, 10))
    assert texts(read(Hints(), layout(1, 1), rows=rows)) == ["7", "1"]
    assert texts(read(digit, layout(1, 1), rows=rows)) == ["7"]


def test_the_only_mark_is_a_digit_where_one_is_expected() -> None:
    rows = table((10, 0.9975, 4))
    assert texts(read(Hints(), layout(1), rows=rows)) == []
    assert texts(read(Hints(expect=Expect.DIGIT), layout(1), rows=rows)) == ["4"]


def test_of_several_sure_digits_the_best_is_shown_with_the_reason() -> None:
    rows = numbers("47")
    rows[1] = table((7, 0.9999))[0]
    chosen = read(Hints(expect=Expect.DIGIT), layout(2), rows=rows)
    assert texts(chosen) == ["7"]
    assert chosen.fitted is not None
    assert chosen.fitted.reasons == ("1 digit expected, 2 found",)


def test_a_layout_that_left_a_neighbour_out_is_no_surer_by_a_hint() -> None:
    rows = np.concatenate([numbers("47"), numbers("4")])
    chosen = read(Hints(expect=Expect.DIGIT), layout(2), layout(1, partial=True), rows=rows)
    assert texts(chosen) == ["4"]
    assert chosen.fitted is not None
    assert chosen.fitted.complete == (False,)
    assert chosen.fitted.reasons == ("1 digit expected, 2 found",)


# Checks


def test_of_a_shaky_digit_the_one_that_passes_is_read() -> None:
    rows = numbers("79927398713")
    rows[4] = table((1, 0.6, 7))[0]
    assert texts(read(Hints(), layout(11), rows=rows)) == ["79921398713"]
    chosen = read(LUHN, layout(11), rows=rows)
    assert texts(chosen) == ["79927398713"]
    assert chosen.fitted is not None
    assert chosen.fitted.reasons == ("without the hints: 79921398713",)


def test_what_passes_as_it_is_stays() -> None:
    chosen = read(LUHN, layout(11), rows=numbers("79927398713"))
    assert chosen.fitted is not None
    assert chosen.fitted.complete == (True,)
    assert chosen.score.hints == 0


def test_no_sure_digit_is_changed_to_pass() -> None:
    rows = table(*((int(digit), 0.99999) for digit in "79927398710"))
    assert texts(read(LUHN, layout(11), rows=rows)) == ["79927398710"]


def test_a_network_without_a_reject_class_is_fitted_as_well() -> None:
    rows = numbers("123456")[:, :10]
    assert texts(read(FIVE, layout(6), rows=rows)) == ["123456"]
    assert texts(read(Hints(expect=Expect.DIGIT), layout(1), rows=rows[:1])) == ["1"]


# What the hints leave alone


@pytest.mark.parametrize("hints", [Hints(), Hints(expect=Expect.PAGE), Hints(rotate=90)])
def test_where_nothing_is_said_of_lines_nothing_is_changed(hints: Hints) -> None:
    choices = weigh([layout(3), layout((1, 2))], np.concatenate([numbers("123")] * 2))
    assert fitted(choices, hints) == choices


def test_no_layout_stays_no_layout() -> None:
    assert fitted([], FIVE) == []


# Reasons


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("1234", Expected(5, 5), "5 digits expected, 4 found"),
        ("12", Expected(1, 1), "1 digit expected, 2 found"),
        ("1234567", Expected(4, 6), "4 to 6 digits expected, 7 found"),
        ("12", Expected(3), "3 or more digits expected, 2 found"),
        ("79927398710", Expected(check=Check.LUHN), "fails the Luhn check"),
        ("79927398710", Expected(13, 13, Check.EAN13), "13 digits expected, 11 found"),
        ("12345", Expected(4, 6, Check.MOD97), "fails the mod-97 check"),
        ("79927398713", Expected(11, 11, Check.LUHN), ""),
        ("12345", Expected(), ""),
    ],
)
def test_what_does_not_fit_is_told_in_words(text: str, expected: Expected, reason: str) -> None:
    assert misfit(text, expected) == reason


def line(text: str, reason: str = "") -> Line:
    return Line((), text, 0.99, Box(0, 0, 9, 9), Status.READ, reason)


def test_what_cannot_fit_is_for_review_with_the_reason() -> None:
    fits, short = judged([line("12345"), line("1234")], FIVE)
    assert (fits.status, fits.reason) == (Status.READ, "")
    assert (short.status, short.reason) == (Status.REVIEW, "5 digits expected, 4 found")


def test_where_lines_are_missing_or_too_many_each_is_for_review() -> None:
    for hints, reason in (
        (Hints(lines=3), "3 lines expected, 2 found"),
        (Hints(expect=Expect.NUMBER), "1 line expected, 2 found"),
    ):
        assert [each.reason for each in judged([line("1"), line("2")], hints)] == [reason] * 2
    assert judged([line("1"), line("2")], Hints(expect=Expect.PAGE))[0].reason == ""


@pytest.mark.parametrize(
    ("hints", "lines", "one"),
    [
        (Hints(), 1, False),
        (Hints(rotate=90), 1, False),
        (Hints(expect=Expect.NUMBER), 2, True),
        (Hints(lines=2), 2, False),
        (FIVE, 1, True),
        (FIVE, 2, False),
    ],
)
def test_digits_far_apart_are_one_number_where_the_hints_say_so(
    hints: Hints, lines: int, one: bool
) -> None:
    assert is_one_number(hints, [line("1")] * lines) is one


def test_a_reason_that_was_there_stays() -> None:
    (both,) = judged([line("12", "digits differ")], FIVE)
    assert both.reason == "5 digits expected, 2 found; digits differ"
