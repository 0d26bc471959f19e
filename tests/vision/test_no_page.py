"""What looks like a page and is none: large digits, of which a page has pieces."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from daemon.records import Box, Digit, Line, PageReading, Status
from daemon.vision.components import find_components
from daemon.vision.doubts import LEFT_ONE_OUT, MUCH_ELSE
from daemon.vision.no_page import (
    FEW_MARKS,
    SMALL,
    adds_a_stroke,
    are_digits,
    contradicts,
    is_better,
    leaves_out,
    may_be_no_page,
    may_lie_upright,
    stands_clear,
)
from daemon.vision.parts import Candidate
from daemon.vision.stubs import COMB
from daemon.vision.two_ways import TURNED, better
from daemon.vision.verdict import AMBIGUOUS

TALL = (Box(10, 10, 60, 100), Box(90, 10, 60, 100))
PIECES = (Box(10, 60, 60, 50), Box(90, 10, 20, 100))
WIDE = 1200  # pixels, the longer side of a page on which these are not large


def look(marks: int = 6, turns: int = 0, side: int = WIDE, slope: float = 0) -> SimpleNamespace:
    marks_ = SimpleNamespace(all=[0] * marks)
    cos, sin = np.cos(np.deg2rad(slope)), np.sin(np.deg2rad(slope))
    back = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return SimpleNamespace(
        marks=marks_, turns=turns, longer=side, back=back, may_lie_otherwise=False
    )


def line(*boxes: Box, status: Status = Status.READ) -> Line:
    digits = tuple(Digit(box, 1, 0.99, (0.1,) * 10) for box in boxes)
    return Line(digits, "1" * len(boxes), 0.98, boxes[0].union(boxes[-1]), status)


def alone(*boxes: Box) -> list[Line]:
    return [line(box) for box in boxes]


def test_only_few_marks_may_be_no_page_unless_it_is_small() -> None:
    assert may_be_no_page(look(FEW_MARKS))
    assert not may_be_no_page(look(FEW_MARKS + 1))
    assert may_be_no_page(look(FEW_MARKS + 1, side=SMALL))


def test_sure_digits_are_better_than_pieces_of_them() -> None:
    assert is_better([line(*TALL)], [line(*PIECES)], look(), WIDE)
    assert is_better([line(*TALL)], alone(*PIECES, Box(30, 20, 20, 20)), look(), WIDE)
    assert is_better([line(*TALL)], alone(TALL[0]), look(), WIDE)  # the page lacks one
    seven = replace(line(*TALL), digits=tuple(replace(d, digit=7) for d in line(*TALL).digits))
    assert is_better([seven], [line(*PIECES)], look(turns=1), WIDE)
    assert not is_better(
        [line(*TALL)], [line(*PIECES)], look(turns=1), WIDE
    )  # the rules of the page
    doubtful = line(*TALL, status=Status.REVIEW)
    assert not is_better([doubtful], [line(*PIECES)], look(), WIDE)
    assert not is_better([line(*TALL), doubtful], [line(*PIECES)], look(), WIDE)


def test_a_comb_of_strokes_is_nothing_that_a_page_reads() -> None:
    bars = line(*(Box(20 * at, 200, 6, 60) for at in range(COMB)))
    seven = replace(line(TALL[0]), digits=(replace(line(TALL[0]).digits[0], digit=7),))
    assert is_better([seven], [bars], look(), WIDE)
    assert is_better([seven], [bars, line(PIECES[0])], look(), WIDE)
    few = line(*(Box(20 * at, 200, 6, 60) for at in range(COMB - 1)))
    assert not is_better([seven], [few], look(), WIDE)


def test_large_digits_that_are_sure_are_better_than_others_on_a_page() -> None:
    sevens = replace(line(*TALL), digits=tuple(replace(d, digit=7) for d in line(*TALL).digits))
    far = line(Box(300, 10, 60, 100))
    assert is_better([sevens], [line(*TALL)], look(), 900)
    assert not is_better([sevens], [line(*TALL)], look(), 1100)
    assert not is_better([line(*TALL)], [line(*TALL)], look(), 900)  # it knows the lines better
    assert is_better([line(*TALL)], [line(*TALL, status=Status.REVIEW)], look(), 900)
    assert is_better([line(*TALL)], [line(*TALL)], look(slope=84), 900)  # of few digits
    assert not is_better([line(*TALL)], [line(*TALL)], look(slope=84), 1100)
    assert not is_better([sevens], [line(*TALL), far], look(), 900)
    doubtful = replace(sevens, status=Status.REVIEW)
    assert not is_better([doubtful], [line(*TALL)], look(), 900)


def test_large_digits_are_better_than_as_many_pieces_of_them_and_stubs_of_rules() -> None:
    halves = [Box(10, 10, 60, 58), Box(10, 40, 60, 70)]  # either is as good as the whole
    stub = Box(300, 10, 10, 50)
    assert is_better([line(*TALL)], alone(*halves, TALL[1], stub), look(5), 900)
    assert not is_better([line(*TALL)], alone(*halves, TALL[1], stub), look(5), 1100)
    sevens = replace(line(*TALL), digits=tuple(replace(d, digit=7) for d in line(*TALL).digits))
    assert is_better([sevens], alone(*TALL, stub), look(5), 900)
    assert not is_better([sevens], alone(*TALL, replace(stub, height=70)), look(5), 900)


def test_dirt_on_a_page_is_nothing_to_hold() -> None:
    dirt = Box(300, 200, 4, 12)
    assert is_better([line(*TALL)], alone(*PIECES, dirt), look(), WIDE)


def test_of_the_same_digits_others_contradict() -> None:
    page = line(*TALL)
    sevens = replace(page, digits=tuple(replace(each, digit=7) for each in page.digits))
    assert not is_better([sevens], [page], look(), WIDE)
    assert contradicts([sevens], page, look())
    assert not contradicts([sevens], page, look(turns=2))
    assert not contradicts([page], page, look())
    assert not contradicts([replace(sevens, status=Status.REVIEW)], page, look())
    assert not contradicts([sevens], line(Box(300, 10, 60, 100)), look())


def test_of_the_same_digits_a_page_knows_the_lines_better() -> None:
    moved = [replace(box, x=box.x + 3) for box in TALL]
    assert not is_better(alone(*TALL), [line(*moved)], look(), WIDE)


def test_what_holds_many_digits_is_none() -> None:
    many = [Box(12 + 9 * n, 20, 8, 32) for n in range(6)]
    assert is_better([line(*TALL)], [line(*many[:5])], look(20), WIDE)
    assert not is_better([line(*TALL)], [line(*many)], look(20), WIDE)
    low = [Box(12 + 9 * n, 20, 8, 12) for n in range(5)]
    assert is_better([line(*TALL)], [line(*low[:4])], look(20), WIDE)
    assert not is_better([line(*TALL)], [line(*low)], look(20), WIDE)


@pytest.mark.parametrize("elsewhere", [Box(10, 200, 60, 100), Box(80, 60, 60, 100)])
def test_digits_that_only_the_page_has_keep_it_one(elsewhere: Box) -> None:
    assert not is_better([line(*TALL)], [line(*PIECES), line(elsewhere)], look(), WIDE)


def test_anything_is_better_than_nothing() -> None:
    doubtful = line(*TALL, status=Status.REVIEW)
    assert is_better([doubtful, doubtful], [], look(), WIDE)
    assert not is_better([], [line(*PIECES)], look(), WIDE)


def test_one_line_is_better_than_a_page_of_one_digit() -> None:
    nine = replace(line(TALL[0]), digits=(replace(line(TALL[0]).digits[0], digit=9),))
    assert is_better([nine], [line(TALL[0])], look(1), WIDE)
    assert not is_better([nine], [line(*TALL)], look(2), WIDE)


def test_one_line_is_better_than_a_page_most_of_whose_marks_are_no_digits() -> None:
    other = line(Box(300, 10, 60, 100), status=Status.REVIEW)
    assert is_better([other], alone(*PIECES), look(4), WIDE)
    assert not is_better([other], alone(*PIECES), look(3), WIDE)
    assert not is_better([other], [line(*PIECES)], look(4), WIDE)
    assert not is_better([other, other], alone(*PIECES), look(4), WIDE)


def test_what_is_far_larger_than_all_on_the_page_is_what_someone_wrote() -> None:
    words = [line(Box(10 + 30 * n, 5, 9, 20)) for n in range(5)]
    large = line(Box(20, 100, 160, 80))
    two = replace(large, digits=(replace(large.digits[0], digit=2),))
    assert is_better([two], words, look(8), WIDE)
    number = line(Box(200, 100, 18, 21))  # of a list
    assert not is_better([two], [*words, number], look(8), WIDE)
    assert not is_better([two, words[0]], words, look(8), WIDE)
    assert not is_better([large], words, look(8), WIDE)  # a stroke may be a rule of the page
    assert contradicts([large], words[0], look(8))
    assert not contradicts([large], words[0], look(8, turns=1))
    assert not contradicts([large], line(*TALL), look(8))


def sevens(*boxes: Box, status: Status = Status.READ, confidence: float = 0.99) -> Line:
    read = line(*boxes, status=status)
    digits = [replace(each, digit=7, confidence=confidence) for each in read.digits]
    return replace(read, digits=tuple(digits))


@pytest.mark.parametrize("status", [Status.READ, Status.REVIEW])
def test_a_page_leaves_out_a_digit_of_which_it_has_pieces_or_nothing(status: Status) -> None:
    below, beside = Box(10, 200, 60, 95), Box(300, 10, 60, 100)
    page = [line(*TALL), line(below)]
    assert leaves_out([sevens(*TALL, beside, status=status)], page, look())
    assert leaves_out([sevens(*TALL, status=status)], [line(PIECES[0])], look())
    assert not leaves_out([sevens(*TALL, below, status=status)], page, look())
    assert not leaves_out([line(*TALL, beside, status=status)], page, look())  # of strokes
    assert not leaves_out([sevens(beside, status=status)], page, look(turns=2))
    assert not leaves_out([sevens(beside, status=status, confidence=0.9)], page, look())
    assert not leaves_out([sevens(Box(300, 10, 30, 50), status=status)], page, look())
    assert not leaves_out([sevens(beside, status=status)], [], look())


def test_a_page_that_leaves_a_digit_out_is_for_review() -> None:
    view = SimpleNamespace(placed=lambda reading: reading)
    first = SimpleNamespace(found=SimpleNamespace(look=look(), view=view))
    beside = sevens(Box(300, 10, 60, 100), status=Status.REVIEW)
    readings = [PageReading(1, 400, 300, lines) for lines in ((line(*TALL),), (beside,))]
    _, reading = better(*((first, each) for each in readings))
    assert [each.reason for each in reading.lines] == [LEFT_ONE_OUT]


def test_a_page_that_another_reading_contradicts_is_for_review() -> None:
    view = SimpleNamespace(placed=lambda reading: reading)
    first = SimpleNamespace(found=SimpleNamespace(look=look(), view=view))
    page, sevens = line(*TALL), line(*TALL)
    sevens = replace(sevens, digits=tuple(replace(each, digit=7) for each in sevens.digits))

    def held(other: Line) -> Line:
        readings = [PageReading(1, WIDE, 900, (each,)) for each in (page, other)]
        _, reading = better(*((first, each) for each in readings))
        return reading.lines[0]

    assert held(page) == page
    assert (held(sevens).status, held(sevens).reason) == (Status.REVIEW, AMBIGUOUS)


def test_large_digits_that_are_sure_as_a_turned_page_lies_are_for_a_person_to_see() -> None:
    turned = look(turns=2)
    assert may_lie_upright([sevens(*TALL)], turned, 900)
    assert may_lie_upright([sevens(*TALL, status=Status.REVIEW), line(*TALL)], turned, 900)
    assert not may_lie_upright([sevens(*TALL)], turned, 1100)
    assert not may_lie_upright([sevens(*TALL)], look(), 900)
    assert not may_lie_upright([sevens(*TALL, confidence=0.8)], turned, 900)
    one = sevens(TALL[0], confidence=0.8)
    assert not may_lie_upright([sevens(TALL[1]), one], turned, 900)
    assert may_lie_upright([sevens(*TALL), one], turned, 900)
    assert not may_lie_upright([line(*TALL)], turned, 900)  # strokes


def test_large_digits_that_are_sure_as_it_lies_are_better_than_a_turned_page_in_doubt() -> None:
    far = line(Box(300, 10, 60, 100), status=Status.REVIEW)
    assert is_better([sevens(*TALL)], [sevens(*TALL), far], look(turns=2), 900)
    assert not is_better([sevens(*TALL)], [sevens(*TALL), far], look(), 900)
    assert not is_better([sevens(*TALL)], [sevens(*TALL), far], look(turns=2), 1100)
    doubtful = sevens(TALL[1], status=Status.REVIEW, confidence=0.7)
    more = [sevens(*TALL), doubtful]
    assert is_better(more, [sevens(TALL[0])], look(3, turns=2), 900)
    assert not is_better(more, [sevens(*TALL)], look(3, turns=2), 900)
    assert not is_better(more, [sevens(TALL[0])], look(3), 900)


def test_a_stroke_beside_large_digits_that_are_sure_without_it_is_in_doubt() -> None:
    edge = line(TALL[1], Box(300, 10, 9, 100))
    assert adds_a_stroke([sevens(*TALL)], edge, 900)
    assert not adds_a_stroke([sevens(*TALL)], edge, 1100)
    assert not adds_a_stroke([sevens(*TALL)], line(*TALL), 900)
    assert not adds_a_stroke([sevens(*TALL)], sevens(TALL[1], Box(300, 10, 9, 100)), 900)
    assert not adds_a_stroke([sevens(*TALL, status=Status.REVIEW)], edge, 900)
    assert not adds_a_stroke([], edge, 900)


def test_what_may_lie_upright_and_strokes_that_only_a_page_has_are_for_review() -> None:
    view = SimpleNamespace(placed=lambda reading: reading)

    def reasons(seen: SimpleNamespace, page: Line, *others: Line) -> str:
        first = SimpleNamespace(found=SimpleNamespace(look=seen, view=view))
        readings = [PageReading(1, 900, 700, lines) for lines in ((page,), others)]
        _, reading = better(*((first, each) for each in readings))
        return reading.lines[0].reason

    elsewhere = sevens(Box(300, 10, 60, 100), Box(380, 10, 60, 100))
    assert reasons(look(turns=2), elsewhere, sevens(*TALL)) == AMBIGUOUS
    edge = replace(sevens(*TALL), digits=sevens(*TALL).digits + line(Box(300, 10, 9, 100)).digits)
    assert reasons(look(5), edge, sevens(*TALL)) == AMBIGUOUS
    assert reasons(look(5), sevens(*TALL), sevens(*TALL)) == ""
    turned = SimpleNamespace(**{**vars(look(5)), "may_lie_otherwise": True})
    assert reasons(turned, sevens(*TALL), sevens(*TALL)) == TURNED


def test_nothing_but_lone_strokes_on_a_page_may_be_dashes() -> None:
    view = SimpleNamespace(placed=lambda reading: reading)
    first = SimpleNamespace(found=SimpleNamespace(look=look(5), view=view))

    def reasons(*lines: Line) -> set[str]:
        readings = [PageReading(1, 900, 700, each) for each in (lines, ())]
        _, reading = better(*((first, each) for each in readings))
        return {each.reason for each in reading.lines}

    dashes = alone(*(Box(400, 20 * at, 4, 14) for at in range(5)))
    assert reasons(*dashes) == {MUCH_ELSE}
    assert reasons(*dashes[:3]) == {""}


def listed(
    rows: int = 5, *, pen: float = 8, wide: bool = False, halvings: int = 1, aside: bool = False
) -> SimpleNamespace:
    """A page of sevens below each other, on a page of 500 x 400 pixels."""
    page = np.zeros((500, 400), np.uint8)
    for number in range(rows):
        x, y = 60, 20 + 90 * number
        cv2.polylines(
            page,
            [np.array([[x, y], [x + (80 if wide else 30), y], [x + 10, y + 60]], np.int32)],
            False,
            (1,),
            round(pen),
        )
    if aside:
        cv2.line(page, (300, 50), (300, 90), (1,), round(pen))
    found = find_components(page)
    marks = [
        Candidate(
            Box(part.x, part.y, part.width, part.height), 0.1, found.own(part).astype(np.float32)
        )
        for part in found.components
    ]
    rules = SimpleNamespace(any=False)
    return SimpleNamespace(
        halvings=halvings,
        writing=SimpleNamespace(mask=page, found=found, rules=rules),
        marks=SimpleNamespace(all=marks, rows=[[mark] for mark in marks]),
    )


def test_digits_beyond_doubt_are_all_of_a_page_as_it_lies() -> None:
    def page(turns: int = 0, *, otherwise: bool = False) -> SimpleNamespace:
        return SimpleNamespace(turns=turns, may_lie_otherwise=otherwise)

    def rows(*digits: int, sure: float = 0.97) -> np.ndarray:
        return np.eye(11, dtype=np.float32)[list(digits)] * np.float32(sure)

    assert are_digits(page(), rows(3, 4, 1, 5))
    assert not are_digits(page(2), rows(3, 4, 1, 5))
    assert not are_digits(page(otherwise=True), rows(3, 4, 1, 5))
    assert not are_digits(page(), rows(3, 4, 10, 5))
    assert not are_digits(page(), rows(3, 4, 1, 5, sure=0.8))
    assert not are_digits(page(), rows(1, 4, 1, 5))  # strokes, perhaps of a dashed line


def test_a_list_in_large_thin_strokes_stands_clear() -> None:
    assert stands_clear(listed(pen=3))


@pytest.mark.parametrize(
    "options",
    [
        {"rows": 3},  # perhaps one number
        {"halvings": 0},  # small writing
        {"pen": 12},  # of so bold strokes a page's ink has pieces
        {"wide": True},  # perhaps two digits that touch
        {"aside": True},  # perhaps a number in wide steps
    ],
)
def test_what_is_no_such_list_does_not(options: dict[str, Any]) -> None:
    assert not stands_clear(listed(**{"pen": 3, **options}))


def test_nor_does_a_list_on_rules_or_beside_something_that_is_no_mark() -> None:
    ruled = listed(pen=3)
    ruled.writing.rules.any = True
    assert not stands_clear(ruled)
    beside = listed(pen=3)
    beside.marks.all = beside.marks.all[:-1]
    beside.marks.rows = beside.marks.rows[:-1]
    assert len(beside.marks.rows) >= 4
    assert not stands_clear(beside)
