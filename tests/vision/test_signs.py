"""Brackets, slashes and circles beside digits are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Box, Digit, Ink, Line, Page, Status
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.choice import Choice, weigh
from daemon.vision.doubts import doubted
from daemon.vision.layout import Layout
from daemon.vision.parts import Candidate
from daemon.vision.signs import BRACKET, CIRCLE, CROSSED_OUT, LEAST, PATTERN, TALL
from daemon.vision.slashes import SLASH

PAGE = Page(1, np.zeros((240, 480), np.uint8))


def arc(bend: float, height: int = 90) -> Ink:
    """A stroke that bends to the right by so much of its height, or to the left."""
    along = np.linspace(-1, 1, 40)
    x = 40 + bend * height * (1 - along**2)
    points = np.stack([x, 5 + (along + 1) / 2 * height], axis=1)
    ink = np.zeros((height + 10, 80), np.float32)
    cv2.polylines(ink, [np.rint(points).astype(np.int32)], False, (1.0,), 6)
    return cropped(ink)


def circle(radius: int = 24, wide: int = 24) -> Ink:
    ink = np.zeros((100, 100), np.float32)
    cv2.ellipse(ink, (50, 50), (wide, radius), 0, 0, 360, (1.0,), 4, cv2.LINE_AA)
    return cropped(ink)


def hand(label: int, seed: int = 4) -> Ink:
    return cropped(
        render_strokes(own_digit(label, np.random.default_rng(seed)), height=70, pen_width=6)
    )


def cropped(ink: Ink) -> Ink:
    x, y, width, height = cv2.boundingRect((ink > 0.5).astype(np.uint8))
    return ink[y : y + height, x : x + width]


def reasons(*rows: list[tuple[int, Ink]], told: bool = False) -> list[str]:
    """Of lines of these digits, one below the other."""
    lines, candidates, labels = [], [], []
    for number, row in enumerate(rows):
        digits, x = [], 10
        for label, ink in row:
            box = Box(x, 60 + 110 * number - len(ink) // 2, ink.shape[1], len(ink))
            digits.append(Digit(box, label, 0.99, (0.1,) * 10))
            candidates.append(Candidate(box, 0.5, ink))
            labels.append(label)
            x = box.right + 12
        text = "".join(str(label) for label, _ in row)
        lines.append(Line(tuple(digits), text, 0.99, digits[0].box, Status.READ))
    table = np.full((len(labels), 11), 0.001, np.float32)
    table[np.arange(len(labels)), labels] = 0.99
    chosen: Choice
    (chosen,) = weigh([Layout((tuple(candidates),))], table)
    return [line.reason for line in doubted(lines, PAGE, 1, [chosen], told=told)]


def test_a_bracket_that_closes_a_number_is_no_sure_one() -> None:
    number = [(5, hand(5)), (8, hand(8))]
    assert reasons([*number, (1, arc(0.15))]) == [BRACKET]
    assert reasons([(1, arc(-0.15)), *number, (1, arc(0.15))]) == [BRACKET]
    assert reasons([(1, arc(-0.15)), (1, hand(1)), (1, arc(0.15))]) == [BRACKET]
    assert reasons([*number, (1, arc(0.15))], told=True) == [""]


@pytest.mark.parametrize(("bend", "height"), [(0.1, 90), (-0.15, 90), (0.15, 60)])
def test_a_straight_one_or_one_that_bends_away_or_is_as_high_is_no_bracket(
    bend: float, height: int
) -> None:
    assert reasons([(5, hand(5)), (8, hand(8)), (1, arc(bend, height))]) == [""]


def test_what_bends_elsewhere_than_in_its_middle_is_no_bracket() -> None:
    hooked = arc(0.0)
    hooked = np.pad(hooked, ((0, 0), (30, 0)))
    cv2.line(hooked, (0, 26), (33, 3), (1.0,), 6)
    assert reasons([(5, hand(5)), (1, hooked[:, ::-1].copy())]) == [""]


def slash(width: int, height: int) -> Ink:
    ink = np.zeros((height + 10, width + 10), np.float32)
    cv2.line(ink, (5, height + 4), (width + 4, 5), (1.0,), 6)
    return cropped(ink)


def test_a_slash_between_digits_is_no_sure_one() -> None:
    before, after = [(1, hand(1)), (8, hand(8))], [(0, hand(0)), (5, hand(5))]
    assert reasons([*before, (1, slash(35, 90)), *after]) == [SLASH]
    assert reasons([*before, (1, slash(35, 72)), *after]) == [""]  # as high as the others
    assert reasons([*before, (1, slash(5, 90)), *after]) == [""]  # upright
    assert reasons([*before, (7, slash(35, 90)), *after]) == [""]
    assert reasons([*before, *after, (1, slash(35, 90))]) == [""]
    assert reasons([*before, (1, slash(35, 90)), *after], told=True) == [""]


def test_a_circle_beside_digits_is_no_sure_zero() -> None:
    assert reasons([(7, hand(7)), (0, circle())]) == [CIRCLE]
    assert reasons([(7, hand(7))], [(0, circle())]) == ["", CIRCLE]
    assert reasons([(0, circle())]) == [""]
    assert reasons([(7, hand(7)), (0, circle(26, 22))]) == [""]
    small = cropped(cv2.resize(circle(), (LEAST - 1, LEAST - 1), interpolation=cv2.INTER_AREA))
    assert reasons([(7, hand(7)), (0, small)]) == [""]


@pytest.mark.parametrize("seed", range(12))
def test_a_zero_that_someone_wrote_is_no_circle(seed: int) -> None:
    assert reasons([(7, hand(7)), (0, hand(0, seed))]) == [""]


@pytest.mark.parametrize(("height", "doubt"), [(100, ""), (140, TALL)])
def test_a_stroke_much_higher_than_all_other_digits_is_no_sure_one(height: int, doubt: str) -> None:
    pen = (1, slash(5, height))
    assert reasons([(5, hand(5)), (0, circle(20, 16)), pen]) == [doubt]
    assert reasons([(5, hand(5)), (8, hand(8))], [pen]) == ["", doubt]
    assert reasons([(5, hand(5)), (7, slash(5, height))]) == [""]
    assert reasons([pen]) == [""]
    assert reasons([(5, hand(5)), pen], told=True) == [""]


def judge_scribble(width: int, none: float, *boxes: Box) -> str:
    """Of a 7 beside a mark so wide, which is none with such a probability, in which the line reader
    reads ones in these boxes."""
    marks = [Box(20, 40, width, 70), Box(300, 40, 40, 70)]
    ink = [np.ones((box.height, box.width), np.float32) for box in marks]
    rows = np.full((2, 11), 0.0005, np.float32)
    rows[1, 7] = 0.995
    rows[0, [3, 10]] = 1 - none, none
    candidates = tuple(Candidate(*pair) for pair in zip(marks, (0.6, 0.4), ink, strict=True))
    (chosen,) = weigh([Layout((candidates,))], rows)
    digits = [Digit(box, 1, 0.99, (0.1,) * 10) for box in boxes]
    digits.append(Digit(marks[1], 7, 0.99, (0.1,) * 10))
    text = "".join(str(digit.digit) for digit in digits)
    read = Line(tuple(digits), text, 0.99, marks[0].union(marks[1]), Status.READ)
    (line,) = doubted([read], PAGE, 1, [chosen])
    return line.reason


def test_one_digit_that_the_line_reader_reads_in_a_scribble_is_no_sure_one() -> None:
    one, two = Box(60, 45, 20, 60), Box(90, 45, 20, 60)
    assert judge_scribble(100, 0.999, one) == CROSSED_OUT
    assert judge_scribble(100, 0.95, one) == ""
    assert judge_scribble(45, 0.999, Box(30, 45, 20, 60)) == ""  # hardly wider
    assert judge_scribble(100, 0.999, one, two) == ""  # digits that touch
    assert judge_scribble(100, 0.999) == ""
    assert judge_scribble(100, 0.999, Box(150, 45, 20, 60)) == ""  # beside it


def judge_row(*sizes: tuple[int, int], digit: int = 9, pitch: int = 60) -> str:
    """Of digits of these widths and heights that begin at even distances."""
    boxes = [Box(10 + pitch * at, 40, *size) for at, size in enumerate(sizes)]
    inks = [np.ones((box.height, box.width), np.float32) for box in boxes]
    rows = np.full((len(boxes), 11), 0.0005, np.float32)
    rows[:, digit] = 0.995
    candidates = tuple(Candidate(box, 0.2, ink) for box, ink in zip(boxes, inks, strict=True))
    (chosen,) = weigh([Layout((candidates,))], rows)
    digits = tuple(Digit(box, digit, 0.99, (0.1,) * 10) for box in boxes)
    whole = Line(digits, str(digit) * len(digits), 0.99, boxes[0], Status.READ)
    (line,) = doubted([whole], PAGE, 1, [chosen])
    return line.reason


def test_a_digit_again_and_again_as_no_hand_writes_it_may_be_a_pattern() -> None:
    assert judge_row((37, 90), (37, 90), (38, 91), (37, 90)) == PATTERN
    assert judge_row((37, 90), (37, 90), (37, 90)) == ""
    assert judge_row((37, 90), (37, 90), (43, 90), (37, 90)) == ""
    assert judge_row((37, 90), (37, 90), (37, 97), (37, 90)) == ""
    assert judge_row(*[(7, 16)] * 4, pitch=12) == ""
