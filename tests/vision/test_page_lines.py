"""Which rows of a page are numbers, and what beside a digit, such as a sign, is not one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from daemon.records import Box, Line, Page, Status
from daemon.vision.page_lines import BESIDE_A_STUB, STROKE_ALONE, assemble_page, choose_marks
from daemon.vision.page_marks import Marks
from daemon.vision.parts import Candidate

SEVEN, NONE = (7, 0.99), (10, 0.99)
NUMBER = (Box(20, 10, 20, 30), SEVEN), (Box(50, 10, 20, 30), SEVEN)


def read(*rows: tuple[tuple[Box, tuple[int, float]], ...]) -> list[Line]:
    """The lines of a page whose rows have these marks: a box, a class and how sure it is."""
    ink = np.ones((30, 20), np.float32)
    marks = Marks(
        tuple(tuple(Candidate(box, 0.1, ink) for box, _ in row) for row in rows),
        (30.0,) * len(rows),
    )
    table = np.full((len(marks.all), 11), 0.001, np.float32)
    for own, (_, (label, sure)) in zip(table, [mark for row in rows for mark in row], strict=True):
        own[label] = sure
    look = SimpleNamespace(marks=marks, back=np.eye(3), writing=SimpleNamespace(height=30.0))
    page = Page(1, np.zeros((300, 300), np.uint8))
    return list(assemble_page(page, look, choose_marks(look, table), 0.9).lines)


@pytest.mark.parametrize("first", [False, True])
def test_a_sure_digit_beside_the_stub_of_a_rule_is_for_review(first: bool) -> None:
    digit = Box(40, 60, 20, 30), SEVEN
    stub = Box(20 if first else 80, 62, 4, 26), NONE
    _, line = read(NUMBER, (stub, digit) if first else (digit, stub))
    assert (line.text, line.status, line.reason) == ("7", Status.REVIEW, BESIDE_A_STUB)


@pytest.mark.parametrize(
    ("digit", "other"),
    [
        ((7, 0.99), Box(80, 62, 14, 26)),  # a letter
        ((7, 0.9), Box(80, 62, 4, 26)),
        ((1, 0.99), Box(80, 62, 4, 26)),
    ],
)
def test_a_word_of_two_letters_is_no_digit_beside_a_stub(
    digit: tuple[int, float], other: Box
) -> None:
    (line,) = read(NUMBER, ((Box(40, 60, 20, 30), digit), (other, NONE)))
    assert line.text == "77"
    three = (Box(40, 60, 20, 30), SEVEN), (Box(70, 62, 4, 26), NONE), (Box(80, 62, 4, 26), NONE)
    assert len(read(NUMBER, three)) == 1


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("y", [70, 74])
def test_a_number_is_not_lost_beside_a_sign_that_hangs_low(first: bool, y: int) -> None:
    digits = (Box(80, 60, 20, 30), SEVEN), (Box(110, 60, 20, 30), SEVEN)
    sign = Box(30 if first else 160, y, 16, 16), NONE
    _, line = read(NUMBER, (sign, *digits) if first else (*digits, sign))
    assert (line.text, line.status) == ("77", Status.READ)


@pytest.mark.parametrize(
    "small",
    [Box(50, 74, 16, 16), Box(30, 74, 8, 16), Box(30, 64, 16, 26)],
    ids=["near", "thin", "high"],
)
def test_a_letter_or_a_piece_of_a_digit_beside_a_number_is_no_sign(small: Box) -> None:
    assert len(read(NUMBER, ((small, NONE), (Box(80, 60, 20, 30), SEVEN)))) == 1


def test_what_stands_alone_and_is_hardly_likely_is_for_review() -> None:
    _, line = read(NUMBER, ((Box(40, 60, 20, 30), (1, 0.55)),))
    assert (line.text, line.status) == ("1", Status.REVIEW)
    assert len(read(NUMBER, ((Box(40, 60, 20, 30), (1, 0.45)),))) == 1


def test_many_strokes_and_hardly_another_digit_are_for_review() -> None:
    strokes = [((Box(40, 60 + 40 * n, 10, 30), (1, 0.99)),) for n in range(8)]
    first, *lines = read(NUMBER, *strokes)
    assert (first.text, first.status) == ("77", Status.READ)
    assert {(line.status, line.reason) for line in lines} == {(Status.REVIEW, STROKE_ALONE)}
    assert all(line.status is Status.READ for line in read(NUMBER, *strokes[:7]))
    assert all(line.status is Status.READ for line in read(*[NUMBER] * 9, *strokes))


@pytest.mark.parametrize(
    ("piece", "status"),
    [
        (Box(20, 76, 22, 14), Status.REVIEW),  # of a 5 without its bar
        (Box(20, 84, 8, 10), Status.READ),  # a comma
        (Box(20, 70, 14, 10), Status.READ),  # a dash
    ],
)
def test_a_line_that_leaves_out_a_piece_as_large_as_a_broken_digits_is_for_review(
    piece: Box, status: Status
) -> None:
    digits = [(Box(50 + 30 * n, 60, 20, 30), SEVEN) for n in range(4)]
    _, line = read(NUMBER, ((piece, NONE), *digits))
    assert (line.text, line.status) == ("7777", status)
