"""On squared paper, the pen is told from the rules by its darkness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.vision.page_ink import PageInk, find_page_ink
from daemon.vision.page_marks import find_marks, find_writing
from daemon.vision.page_pen import darker_than
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
