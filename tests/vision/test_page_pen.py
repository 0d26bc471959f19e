"""On squared paper, the pen is told from the rules by its darkness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.vision.page_ink import PageInk, find_page_ink
from daemon.vision.page_marks import find_marks, find_writing
from daemon.vision.page_pen import darker_than, thicker_than
from daemon.vision.page_rules import find_rules

PAPER = 235
HEIGHT = 30.0  # px, of digits


def squared(
    rule: int, pen: int, *, pitch: int = 22, digits: int = 18, rows: int = 90
) -> np.ndarray:
    """Squared paper of rules so light, and on it zeros in `rows` of six, which cross them."""
    page = np.full((700, 600), PAPER, np.uint8)
    page[::pitch] = page[1::pitch] = rule
    page[:, ::pitch] = page[:, 1::pitch] = rule
    for number in range(digits):
        middle = 90 + 70 * (number % 6), 120 + rows * (number // 6)
        cv2.ellipse(page, middle, (10, 15), 0, 0, 360, (pen,), 3)
    return page


def told(page: np.ndarray) -> tuple[PageInk, PageInk]:
    """All ink, and that which is darker than its rules."""
    ink = find_page_ink(page)
    return ink, darker_than(find_rules(ink.faint, HEIGHT), ink)


def test_a_pen_that_is_darker_than_most_ink_is_told_from_the_rules() -> None:
    page = squared(170, 40)
    ink, pen = told(page)
    assert ink.mask.sum() > 5 * pen.mask.sum()
    expected = page < 100
    assert np.count_nonzero((pen.mask > 0) != expected) < 0.1 * np.count_nonzero(expected)
    assert pen.faint is ink.faint  # rules part cells whether they are ink or not


def test_what_the_pen_crosses_does_not_darken_the_rules() -> None:
    page = squared(170, 40, pitch=13, digits=78, rows=42)
    ink, pen = told(page)
    rules = ink.contrast[page == 170].max()
    crossed = ink.contrast[(ink.mask > 0) & (find_rules(ink.faint, HEIGHT).lying > 0)]
    assert np.mean(crossed > 1.5 * rules) > 0.1
    assert ink.floor < pen.floor <= rules


@pytest.mark.parametrize(
    "page",
    [squared(120, 80), squared(170, 40, pitch=340), squared(170, 40, digits=0)],
    ids=["as pale", "few rules", "no pen"],
)
def test_else_all_ink_stays(page: np.ndarray) -> None:
    ink, pen = told(page)
    assert pen is ink


def test_each_digit_on_squared_paper_is_a_mark() -> None:
    writing = find_writing(find_page_ink(squared(170, 40)))
    assert writing is not None
    marks = find_marks(writing)
    assert [len(row) for row in marks.rows] == [6, 6, 6]
    assert all(abs(mark.box.height - 34) <= 4 for mark in marks.all)


def ruled(thickness: int, pen: int, *, bold: int = 0) -> np.ndarray:
    """Squared paper of black rules so thick, one of them `bold`, and a 7 on each of some squares,
    whose bars lie on rules."""
    page = np.full((700, 600), PAPER, np.uint8)
    for at in range(20, 700, 22):
        page[at : at + thickness] = 30
        page[:, at : at + thickness] = 30
    page[:, 86 : 86 + bold] = 30
    for number in range(18):
        x, y = 130 + 66 * (number % 6), 130 + 88 * (number // 6)
        cv2.polylines(page, [np.array([[x, y], [x + 16, y], [x + 6, y + 32]])], False, (30,), pen)
    return page


def test_what_is_thicker_than_rules_is_the_pens() -> None:
    page = ruled(1, 4, bold=4)
    ink = find_page_ink(page)
    thick = thicker_than(find_rules(ink.faint, HEIGHT), ink.mask)
    assert thick is not None
    assert thick[129:132, 132:140].all()
    assert not thick[:, 80:95].any()  # the bold rule
    assert not thick[450:].any()


@pytest.mark.parametrize("page", [ruled(6, 4), ruled(1, 1), squared(120, 80, pitch=340)])
def test_no_pen_is_told_where_it_is_no_thicker_or_rules_are_few(page: np.ndarray) -> None:
    ink = find_page_ink(page)
    assert thicker_than(find_rules(ink.faint, HEIGHT), ink.mask) is None


def test_digits_whose_bars_lie_on_rules_keep_them() -> None:
    writing = find_writing(find_page_ink(ruled(1, 4, bold=4)))
    assert writing is not None
    marks = find_marks(writing)
    assert [len(row) for row in marks.rows] == [6, 6, 6]
    assert all(mark.box.width >= 16 for mark in marks.all)
