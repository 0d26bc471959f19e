"""Pieces of an upright rule are no ones."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from daemon.records import Box, Digit, Expect, Hints, Line, PageReading, Status
from daemon.vision.stubs import FEW, LEAST, STUBS, stubs
from daemon.vision.two_ways import better


def row(y: int, *strokes: tuple[int, int], digit: int = 1) -> Line:
    """A line of a 5 and strokes, given by their first column and width."""
    boxes = [Box(20, y, 20, 30), *(Box(x, y, width, 30) for x, width in strokes)]
    digits = tuple(
        Digit(box, digit if at else 5, 0.99, (0.1,) * 10) for at, box in enumerate(boxes)
    )
    return Line(digits, "", 0.98, boxes[0].union(boxes[-1]), Status.READ)


@pytest.mark.parametrize("lean", [0, 0.04, -0.15])
def test_strokes_in_a_column_are_left_of_a_rule_however_the_page_lies(lean: float) -> None:
    lines = [row(60 * n, (round(300 + lean * 60 * n), 4)) for n in range(LEAST)]
    assert stubs(lines) == set(range(LEAST))
    other = [*lines, row(600, (150, 4)), row(660)]
    assert stubs(other) == set(range(LEAST))


def test_few_strokes_or_bold_or_leaning_or_scattered_ones_are_ones() -> None:
    others = row(600, *((60 * n, 9) for n in range(1, 6)))
    assert stubs([*(row(60 * n, (300, 4)) for n in range(LEAST - 1)), others]) == set()
    assert stubs([row(60 * n, (300, 9)) for n in range(LEAST)]) == set()
    assert stubs([row(60 * n, (300 + 5 * (n % 3), 4)) for n in range(LEAST)]) == set()
    assert stubs([row(60 * n, (300, 4), digit=7) for n in range(LEAST)]) == set()
    assert stubs([row(0, *((300 + 40 * n, 4) for n in range(LEAST)))]) == set()
    assert stubs([]) == set()


def test_where_little_is_read_three_strokes_exactly_below_each_other_are_left_of_a_rule() -> None:
    other = row(400, (150, 4))
    assert stubs([*(row(60 * n, (300, 4)) for n in range(FEW)), other]) == set(range(FEW))
    assert stubs([*(row(60 * n, (300, 4)) for n in range(FEW - 1)), other]) == set()
    assert stubs([*(row(60 * n, (300 + 3 * n, 4)) for n in range(FEW)), other]) == set()
    assert stubs([*(row(60 * n, (300, 9)) for n in range(FEW)), other]) == set()
    assert stubs([row(0, *((40 * n, 4) for n in range(FEW))), other]) == set()


@pytest.mark.parametrize("told", [False, True])
def test_a_picture_with_three_strokes_in_a_column_is_for_review_unless_told(told: bool) -> None:
    lines = [row(60 * n, (300, 4)) for n in range(FEW)]
    hints = Hints(expect=Expect.DIGIT if told else None)
    found = SimpleNamespace(
        look=None,
        view=SimpleNamespace(part=None),
        factor=1,
        draft=SimpleNamespace(scan=SimpleNamespace(hints=hints)),
    )
    first = SimpleNamespace(found=found, choices=[])
    _, reading = better((first, PageReading(1, 900, 700, tuple(lines))))
    assert [line.reason for line in reading.lines] == ["" if told else STUBS] * FEW


@pytest.mark.parametrize("otherwise", [False, True])
def test_a_page_with_strokes_in_a_column_is_for_review(otherwise: bool) -> None:
    view = SimpleNamespace(placed=lambda reading: reading)
    look = SimpleNamespace(
        marks=SimpleNamespace(all=[0] * 12),
        turns=0,
        writing=None,
        back=np.eye(3),
        may_lie_otherwise=False,
    )
    first = SimpleNamespace(found=SimpleNamespace(look=look, view=view))
    lines = [row(60 * n, (300, 4)) for n in range(LEAST)]
    page = first, PageReading(1, 900, 700, (*lines, row(660)))
    nothing = first, PageReading(1, 900, 700, ())
    _, reading = better(page, nothing if otherwise else None)
    assert [line.reason for line in reading.lines] == [STUBS] * LEAST + [""]
