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
from daemon.vision.signs import BRACKET, CIRCLE, LEAST
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
