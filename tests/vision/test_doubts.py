"""Lone digits that are in doubt however sure the networks are."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from daemon.records import Box, Digit, Expect, Hints, Limits, Line, Page, Scan, Status
from daemon.vision.choice import Choice, weigh
from daemon.vision.doubts import (
    AT_THE_EDGE,
    LEFT_ONE_OUT,
    LYING,
    MUCH_ELSE,
    RING,
    SHADOW,
    TINY,
    TWO_WAYS,
    are_dashes,
    doubted,
)
from daemon.vision.layout import Layout
from daemon.vision.paper import WIDEST_STROKE
from daemon.vision.parts import Candidate
from daemon.vision.reader import read_batch

BOX = Box(40, 30, 20, 40)


def line(box: Box = BOX, text: str = "7") -> Line:
    digits = tuple(Digit(box, int(each), 0.99, (0.1,) * 10) for each in text)
    return Line(digits, text, 0.99, box, Status.READ)


def choice(
    *boxes: Box, share: float = 1.0, writing: float = 1.0, cost: float = 0.0, digit: int = 7
) -> Choice:
    candidates = tuple(
        Candidate(box, share / len(boxes), np.ones((box.height, box.width), np.float32))
        for box in boxes
    )
    rows = np.full((len(boxes), 11), 0.001, np.float32)
    rows[:, digit] = 0.99
    (chosen,) = weigh([Layout((candidates,), cost=cost, writing=writing)], rows)
    return chosen


def reason(line: Line, *choices: Choice, page: tuple[int, int] = (100, 100)) -> str:
    (judged,) = doubted([line], Page(1, np.zeros(page, np.uint8)), 1, choices)
    assert (judged.status is Status.REVIEW) == bool(judged.reason)
    return judged.reason


def test_a_digit_that_stands_free_is_not_doubted() -> None:
    assert reason(line(), choice(BOX)) == ""
    assert reason(line(text="1"), choice(BOX)) == ""


@pytest.mark.parametrize(("share", "writing"), [(0.29, 1.0), (1.0, 0.29), (0.5, 0.58)])
def test_a_digit_is_doubted_where_most_of_the_ink_is_something_else(
    share: float, writing: float
) -> None:
    assert reason(line(), choice(BOX, share=share, writing=writing)) == MUCH_ELSE
    assert reason(line(), choice(BOX, share=1.1 * share, writing=writing)) == ""


WHOLE = Box(30, 30, 30, 40)


def test_a_digit_is_doubted_where_all_the_pieces_may_be_another_one() -> None:
    stem = choice(BOX, share=0.75, digit=1)
    assert reason(line(text="1"), stem, choice(WHOLE, cost=0.5)) == TWO_WAYS
    assert reason(line(text="1"), stem, choice(WHOLE, cost=0.9)) == ""  # hardly
    assert reason(line(text="1"), stem, choice(WHOLE, digit=1, cost=0.5)) == ""
    assert reason(line(text="1"), stem, choice(WHOLE, share=0.7, cost=0.1)) == ""
    little, two = choice(BOX, share=0.35, digit=1), choice(WHOLE, Box(70, 30, 20, 20), cost=1.0)
    assert reason(line(text="1"), little, two) == ""


def test_who_tells_that_there_is_a_digit_leaves_in_doubt_which() -> None:
    page = Page(1, np.zeros((100, 100), np.uint8))
    stem, whole = choice(BOX, share=0.25, digit=1), choice(WHOLE, share=0.25)
    for rival, why in ((), ""), ((whole,), TWO_WAYS):
        (judged,) = doubted([line(text="1")], page, 1, [stem, *rival], told=True)
        assert judged.reason == why


def test_several_digits_are_doubted_that_may_be_the_pieces_of_one() -> None:
    pieces = Box(30, 30, 10, 40), Box(50, 30, 10, 40)
    lines = [line(each, text="1") for each in pieces]
    page, both = Page(1, np.zeros((100, 100), np.uint8)), choice(*pieces, digit=1)
    found = doubted(lines, page, 1, [both, choice(WHOLE, digit=4, cost=0.5)])
    assert [each.reason for each in found] == [TWO_WAYS, TWO_WAYS]
    found = doubted(lines, page, 1, [both, choice(pieces[0], share=0.5, digit=7)])
    assert [each.reason for each in found] == ["", ""]


def test_a_mask_on_which_the_same_mark_has_most_of_the_ink_takes_the_doubt_away() -> None:
    chosen, other = choice(BOX, writing=0.1), choice(Box(39, 29, 21, 42), cost=1.0)
    assert reason(line(), chosen, other) == ""
    elsewhere = choice(Box(70, 30, 20, 40), cost=1.0)
    assert reason(line(), chosen, elsewhere) == MUCH_ELSE


def test_marks_that_were_left_out_are_something_else() -> None:
    chosen = choice(BOX, Box(0, 0, 20, 20), Box(80, 0, 20, 20), Box(0, 80, 20, 20), share=0.8)
    rows = chosen.rows.copy()
    rows[1:] = np.eye(11)[10]
    (partly,) = weigh([chosen.layout], rows)
    assert reason(line(), chosen) == ""
    assert reason(line(), partly) == MUCH_ELSE


def test_a_digit_of_few_pixels_is_doubted() -> None:
    low, high = Box(10, 10, 4, 7), Box(10, 10, 4, 8)
    assert reason(line(low), choice(low), page=(28, 28)) == TINY
    assert reason(line(high), choice(high), page=(28, 28)) == ""


@pytest.mark.parametrize(
    ("box", "doubt"),
    [
        (Box(0, 30, 8, 40), AT_THE_EDGE),
        (Box(92, 30, 8, 40), AT_THE_EDGE),
        (Box(30, 0, 30, 40), AT_THE_EDGE),
        (Box(30, 60, 30, 40), AT_THE_EDGE),
        (Box(40, 60, 8, 40), ""),  # only its end is there
        (Box(0, 30, 100, 120), ""),  # it fills the picture from side to side
    ],
)
def test_a_stroke_along_the_border_is_doubted(box: Box, doubt: str) -> None:
    page = (170, 100) if box.height > 100 else (100, 100)
    assert reason(line(box, "1"), choice(box), page=page) == doubt
    assert reason(line(box, "7"), choice(box), page=page) == ""


@pytest.mark.parametrize("box", [Box(60, 0, 9, 100), Box(0, 60, 100, 9)])
def test_a_stroke_from_side_to_side_is_doubted_where_other_ink_is_left(box: Box) -> None:
    shorter = Box(box.x, box.y, min(box.width, 90), min(box.height, 90))
    doubt = AT_THE_EDGE
    assert reason(line(box, "1"), choice(box, digit=1, share=0.8)) == doubt
    assert reason(line(box, "1"), choice(box, digit=1, share=0.95)) == doubt
    assert reason(line(box, "1"), choice(box, digit=1, share=0.98)) in ("", LYING)
    assert reason(line(shorter, "1"), choice(shorter, digit=1, share=0.8)) in ("", LYING)
    assert reason(line(box, "7"), choice(box, share=0.8)) == ""


def test_many_lone_strokes_may_be_dashes() -> None:
    def rows(*digits: str) -> list[Line]:
        return [line(Box(10, 10 + 20 * at, 6, 16), text) for at, text in enumerate(digits)]

    assert are_dashes(rows("1", "1", "1", "1"))
    assert are_dashes(rows("1", "1", "4", "1", "1"))
    assert not are_dashes(rows("1", "1", "1"))
    assert not are_dashes(rows("1", "1", "1", "1", "4", "3"))
    assert not are_dashes(rows("1", "1", "1", "1", "11"))
    boxes = [each.box for each in rows("1", "1", "1", "1")]
    page = Page(1, np.zeros((100, 100), np.uint8))
    judged = doubted(rows("1", "1", "1", "1"), page, 1, [choice(*boxes, digit=1)])
    assert [each.reason for each in judged] == [MUCH_ELSE] * 4


def test_a_stroke_on_its_side_is_doubted() -> None:
    lying = Box(20, 30, 41, 40)
    assert reason(line(lying, "1"), choice(lying)) == LYING
    assert reason(line(lying, "7"), choice(lying)) == ""


def test_a_number_of_several_digits_is_not_doubted_and_no_reason_is_overwritten() -> None:
    much_else = choice(BOX, share=0.1)
    assert reason(line(text="71"), much_else) == ""
    known = Line((line().digits[0],), "7", 0.9, BOX, Status.REVIEW, "read as 7 and as 1")
    assert reason(known, much_else) == "read as 7 and as 1"
    assert doubted([], Page(1, np.zeros((9, 9), np.uint8)), 1, []) == ()


BESIDE = Box(70, 34, 20, 36)


@pytest.mark.parametrize("text", ["7", "77"])
def test_digits_are_doubted_where_another_layout_has_one_more(text: str) -> None:
    chosen, paler = choice(BOX), choice(BOX, BESIDE, cost=2.0)
    assert reason(line(text=text), chosen, paler) == LEFT_ONE_OUT
    assert reason(line(text=text), paler, chosen) == LEFT_ONE_OUT
    assert reason(line(text=text), choice(BOX, BESIDE), choice(BOX, cost=2.0)) == ""
    edge = choice(BOX, BESIDE, cost=2.0, digit=1)
    assert reason(line(text=text), chosen, edge) == ""
    for other in (Box(70, 34, 20, 20), Box(70, 52, 20, 40), Box(70, 34, 60, 36)):
        assert reason(line(text=text), chosen, choice(BOX, other, cost=2.0)) == ""
    page = Page(1, np.zeros((100, 100), np.uint8))
    (judged,) = doubted([line(text=text)], page, 1, [chosen, paler], told=True)
    assert not judged.reason


@pytest.mark.parametrize("text", ["7", "77"])
def test_one_mark_of_two_is_doubted_where_the_other_may_be_a_digit(text: str) -> None:
    def both(beside: float, *, cut: bool = False, digit: int = 3) -> Choice:
        marks = choice(BOX, BESIDE).layout.candidates
        marks = marks[0], replace(marks[1], cut=cut)
        rows = np.full((2, 11), 0.001, np.float32)
        rows[0, 7] = 0.99
        rows[1, digit] = beside
        rows[1, 10] = 1 - beside
        (found,) = weigh([Layout((marks,), cost=2.0)], rows)
        return found

    whole = choice(BOX)
    alone = replace(whole, layout=replace(whole.layout, partial=True))
    assert reason(line(text=text), alone, both(0.6)) == LEFT_ONE_OUT
    assert reason(line(text=text), whole, both(0.6)) == ""
    assert reason(line(text=text), alone, both(0.2)) == LEFT_ONE_OUT
    assert reason(line(text=text), alone, both(0.05)) == ""
    assert reason(line(text=text), alone, both(0.6, cut=True)) == ""
    assert reason(line(text=text), alone, both(0.6, digit=1)) == ""


def test_what_the_line_reader_reads_besides_is_not_left_out() -> None:
    page = Page(1, np.zeros((100, 100), np.uint8))
    read = line(), line(BESIDE, text="71")
    judged = doubted(read, page, 1, [choice(BOX), choice(BOX, BESIDE, cost=2.0)])
    assert [each.reason for each in judged] == ["", ""]


@pytest.mark.parametrize("text", ["7", "77"])
def test_digits_are_doubted_where_another_may_hang_on_their_ring(text: str) -> None:
    plain = choice(BOX)
    ringed = replace(plain, layout=replace(plain.layout, touched=True))
    assert reason(line(text=text), ringed) == LEFT_ONE_OUT
    page = Page(1, np.zeros((100, 100), np.uint8))
    (judged,) = doubted([line(text=text)], page, 1, [ringed], told=True)
    assert not judged.reason


ROW = Box(20, 80, 90, 46)  # a number and the bar that it hangs on, below what is read


def with_a_row(box: Box = ROW) -> Choice:
    """A digit, and one wide mark that is taken for none."""
    candidates = tuple(
        Candidate(each, 0.5, np.ones((each.height, each.width), np.float32)) for each in (BOX, box)
    )
    rows = np.full((2, 11), 0.001, np.float32)
    rows[0, 7] = rows[1, 10] = 0.99
    (chosen,) = weigh([Layout(((candidates[0],), (candidates[1],)))], rows)
    return chosen


@pytest.mark.parametrize("text", ["7", "77"])
def test_digits_are_doubted_where_a_mark_as_wide_as_several_is_read_as_none(text: str) -> None:
    parts = BOX, Box(25, 84, 20, 40), Box(60, 84, 20, 40)
    assert reason(line(text=text), with_a_row(), choice(*parts, cost=2.0)) == LEFT_ONE_OUT
    assert reason(line(text=text), with_a_row(), choice(BOX, cost=2.0)) == ""
    elsewhere = choice(BOX, Box(15, 84, 20, 40), cost=2.0)
    assert reason(line(text=text), with_a_row(), elsewhere) == ""
    narrow = with_a_row(Box(24, 80, 50, 46))
    assert reason(line(text=text), narrow, choice(*parts[:2], cost=2.0)) == ""
    stroke = choice(BOX, parts[1], cost=2.0, digit=1)
    assert reason(line(text=text), with_a_row(), stroke) == ""


def test_what_the_line_reader_reads_in_a_wide_mark_is_not_left_out() -> None:
    parts = choice(BOX, Box(25, 84, 20, 40), Box(60, 84, 20, 40), cost=2.0)
    page = Page(1, np.zeros((140, 140), np.uint8))
    read = (line(), line(Box(25, 84, 20, 40), text="71"))
    judged = doubted(read, page, 1, [with_a_row(), parts])
    assert [each.reason for each in judged] == ["", ""]


class Sure:
    """Holds every glyph for a 1."""

    name, review_below = "sure-1", 0.9

    def classify(self, glyphs: np.ndarray) -> np.ndarray:
        return np.tile(np.eye(11, dtype=np.float32)[1] * 0.999, (len(glyphs), 1))


@pytest.mark.parametrize(
    ("hints", "doubt"), [(Hints(), AT_THE_EDGE), (Hints(expect=Expect.DIGIT), "")]
)
def test_reading_doubts_a_shadow_at_the_border_unless_told_that_there_is_a_digit(
    hints: Hints, doubt: str
) -> None:
    picture = np.full((120, 80), 250, np.uint8)
    picture[10:110, :9] = 30
    data = cv2.imencode(".png", picture)[1].tobytes()
    scan = Scan("0" * 32, "a.png", hashlib.sha256(data).hexdigest(), data, hints)
    (outcome,) = read_batch([scan], Sure(), limits=Limits(), annotated="none")
    (only,) = outcome.pages[0].lines
    assert (only.text, only.reason) == ("1", doubt)


class Torn:
    """Holds a narrow glyph for a 1, and others for a 7, less surely."""

    name, review_below = "torn-1", 0.9

    def classify(self, glyphs: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(glyphs), 11), np.float32)
        for row, glyph in zip(rows, glyphs, strict=True):
            narrow = np.count_nonzero(glyph.any(axis=0)) < 8
            row[1 if narrow else 7] = 0.999 if narrow else 0.6
        return rows


@pytest.mark.parametrize("hints", [Hints(), Hints(expect=Expect.DIGIT)])
def test_reading_doubts_what_a_seven_leaves_whose_bar_came_off(hints: Hints) -> None:
    picture = np.full((130, 100), 250, np.uint8)
    picture[30:100, 60:68] = picture[20:28, 14:46] = 30
    data = cv2.imencode(".png", picture)[1].tobytes()
    scan = Scan("0" * 32, "a.png", hashlib.sha256(data).hexdigest(), data, hints)
    (outcome,) = read_batch([scan], Torn(), limits=Limits(), annotated="none")
    (only,) = outcome.pages[0].lines
    assert (only.text, only.status, only.reason) == ("1", Status.REVIEW, TWO_WAYS)


def ring(*pieces: tuple[int, int, int, int]) -> Choice:
    """A round mark, taken for a 0, with these boxes inside of it."""
    ink = np.zeros((80, 80), np.float32)
    cv2.ellipse(ink, (40, 40), (32, 37), 0, 0, 360, (1.0,), 4)
    for x, y, width, height in pieces:
        ink[y : y + height, x : x + width] = 1
    return zero(ink)


def zero(ink: np.ndarray) -> Choice:
    rows = np.full((1, 11), 0.001, np.float32)
    rows[0, 0] = 0.99
    (chosen,) = weigh([Layout(((Candidate(Box(10, 10, 80, 80), 1.0, ink),),))], rows)
    return chosen


LETTERS = (20, 34, 10, 14), (34, 34, 10, 14), (48, 34, 10, 14)


@pytest.mark.parametrize("text", ["0", "70"])
def test_a_zero_with_writing_inside_is_doubted(text: str) -> None:
    read = line(Box(10, 10, 80, 80), text)
    assert reason(read, ring(*LETTERS)) == RING
    assert reason(read, ring()) == ""
    assert reason(read, ring(LETTERS[1])) == ""  # as a zero of programmers has it
    assert reason(read, ring((26, 52, 28, 8))) == RING  # a face, its eyes being dots
    assert reason(read, ring(*((x, y, 5, 5) for x, y, _, _ in LETTERS))) == ""  # dirt
    assert reason(line(Box(0, 0, 9, 9), text), ring(*LETTERS)) == ""  # another mark's


def test_a_zero_in_a_ring_is_doubted_and_one_with_a_slash_is_not() -> None:
    read = line(Box(10, 10, 80, 80), "0")
    double, slashed = np.zeros((2, 80, 80), np.float32)
    for radius in (37, 26):
        cv2.circle(double, (40, 40), radius, (1.0,), 4)
    cv2.circle(slashed, (40, 40), 37, (1.0,), 4)
    cv2.line(slashed, (24, 60), (56, 20), (1.0,), 4)
    assert reason(read, zero(double)) == RING
    assert reason(read, zero(slashed)) == ""


def test_who_tells_that_there_is_a_digit_has_a_zero_with_writing_inside() -> None:
    page = Page(1, np.zeros((100, 100), np.uint8))
    (judged,) = doubted([line(Box(10, 10, 80, 80), "0")], page, 1, [ring(*LETTERS)], told=True)
    assert not judged.reason


@pytest.mark.parametrize(("widest", "told"), [(0.09, SHADOW), (WIDEST_STROKE, "")])
def test_strokes_among_shadows_are_doubted_beside_other_lines(widest: float, told: str) -> None:
    boxes = [Box(10, 10, 20, 30), Box(60, 60, 6, 30)]
    page = Page(1, np.zeros((100, 100), np.uint8))
    chosen = choice(*boxes)
    seen = replace(chosen, layout=replace(chosen.layout, widest=widest))
    lines = [line(box, text) for box, text in zip(boxes, ("7", "1"), strict=True)]
    assert [each.reason for each in doubted(lines, page, 1, [seen])] == ["", told]
    (alone, *_) = doubted(lines[1:], page, 1, [seen])
    assert alone.reason == ""
