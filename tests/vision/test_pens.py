"""Digits of another pen than those beside them."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.records import Box, Digit, Line, Page, Status
from daemon.vision.choice import Choice, weigh
from daemon.vision.doubts import doubted
from daemon.vision.ink import find_ink
from daemon.vision.layout import Layout, propose
from daemon.vision.parts import Candidate
from daemon.vision.pens import OTHER_PEN, other_pens

PAGE = Page(1, np.zeros((200, 600), np.uint8))


def stroke(x: int, width: int, pen: float, height: int = 80) -> Candidate:
    """An upright stroke so wide and dark."""
    ink = np.zeros((height + 2, width + 2), np.float32)
    ink[1:-1, 1:-1] = 1
    return Candidate(Box(x, 60, width, height), 0.3, ink, pen=pen)


def seen(*marks: Candidate, parted: bool = False) -> tuple[list[Line], Choice]:
    """These marks read as one line of sevens, or the last as a line of its own."""
    rows = np.full((len(marks), 11), 0.001, np.float32)
    rows[:, 7] = 0.99
    (choice,) = weigh([Layout((marks,))], rows)
    digits = [Digit(mark.box, 7, 0.99, (0.1,) * 10) for mark in marks]
    groups = [digits[:-1], digits[-1:]] if parted else [digits]
    lines = []
    for group in groups:
        box = group[0].box.union(group[-1].box)
        lines.append(Line(tuple(group), "7" * len(group), 0.9, box, Status.READ, ""))
    return lines, choice


@pytest.mark.parametrize(
    ("width", "pen", "other"),
    [
        (8, 120, False),
        (11, 120, False),
        (17, 120, True),
        (4, 120, True),
        (8, 80, True),
        (8, 150, False),
        (8, 180, True),
        (13, 160, True),
        (11, 130, False),
    ],
)
def test_a_stroke_is_of_another_pen_that_is_much_wider_or_paler(
    width: int, pen: float, other: bool
) -> None:
    marks = stroke(10, 8, 118), stroke(60, 9, 122), stroke(110, width, pen)
    lines, choice = seen(*marks, parted=True)
    assert other_pens(lines, PAGE, 1, choice) == ({1: OTHER_PEN} if other else {})
    lines, choice = seen(*marks)
    judged = doubted(lines, PAGE, 1, [choice])
    assert [line.reason for line in judged] == [OTHER_PEN if other else ""]
    (told,) = doubted(lines, PAGE, 1, [choice], told=True)
    assert told.status is Status.READ


def test_a_large_mark_has_its_strokes_width_too() -> None:
    large = stroke(10, 40, 120, 900)
    assert other_pens(*_with_page(large, stroke(60, 38, 120, 90))) == {}
    assert other_pens(*_with_page(large, stroke(60, 20, 120, 90))) == {0: OTHER_PEN}


def _with_page(*marks: Candidate) -> tuple[list[Line], Page, int, Choice]:
    lines, choice = seen(*marks)
    return lines, Page(1, np.zeros((1000, 1000), np.uint8)), 1, choice


def test_a_lone_digit_has_its_own_pen() -> None:
    lines, choice = seen(stroke(10, 8, 120))
    assert other_pens(lines, PAGE, 1, choice) == {}
    lines, choice = seen(stroke(10, 8, 120), stroke(60, 30, 120))
    assert other_pens(lines, PAGE, 2, choice) == {}  # read elsewhere: no mark is known


def test_a_mark_knows_the_contrast_of_its_pen_in_light_and_shade() -> None:
    page = np.full((200, 300), 220, np.uint8)
    page[:, 150:] = 110
    page[60:140, 60:68] = 110
    page[60:140, 220:228] = 55
    (first, *_) = propose(find_ink(page)[0])
    assert [mark.pen for mark in first.candidates] == pytest.approx([127, 127], abs=4)
