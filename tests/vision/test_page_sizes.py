"""Digits much taller than the print around them are looked at anew; print is left as it is."""

from __future__ import annotations

import cv2
import numpy as np

from daemon.records import Expected, Page
from daemon.vision.page_lines import assemble_page, choose_marks
from daemon.vision.page_questions import page_questions
from daemon.vision.page_sizes import taller_height
from daemon.vision.page_stage import PageLook, look_at_page, taller_look
from daemon.vision.rectify import SheetSearch

TALL = 30  # px: digits are 41 to 49 px high, print 12 to 17


def form(digits: str = "2151") -> np.ndarray:
    """A page of print, on which digits are written large."""
    page = np.full((1000, 800), 250, np.uint8)
    for y in range(60, 960, 100):
        cv2.putText(page, "nouns are words we see", (40, y), 0, 0.8, 60, 2, cv2.LINE_AA)
        cv2.putText(page, "we can measure some now", (40, y + 40), 0, 0.8, 60, 2, cv2.LINE_AA)
        for number, digit in enumerate(digits if y % 300 == 60 else ""):
            x = 420 + 60 * number
            if digit == "1":
                cv2.line(page, (x + 16, y - 14), (x + 16, y + 30), 30, 4)
            else:
                cv2.putText(page, digit, (x, y + 30), 0, 2, 30, 4, cv2.LINE_AA)
    return page


def look(page: np.ndarray) -> PageLook:
    found = look_at_page(SheetSearch(page))
    assert found is not None
    return found


def answers(found: PageLook, *, tall: int = 3, small: int = 10) -> np.ndarray:
    """What a network says that knows no more than sizes."""
    rows = np.full((len(found.glyphs), 11), 0.001, np.float32)
    for row, mark in zip(rows, found.marks.all, strict=True):
        row[tall if mark.box.height >= TALL else small] = 0.99
    return rows


def test_tall_digits_are_looked_at_among_their_own_kind() -> None:
    first = look(form())
    again = taller_look(first, answers(first))
    assert again is not None
    tall = [row for row in again.marks.rows if row[0].box.height >= TALL]
    assert [len(row) for row in tall] == [4] * 3
    reading = assemble_page(Page(1, form()), again, choose_marks(again, answers(again)), 0.9)
    assert [line.text for line in reading.lines] == ["3333"] * 3


def test_print_is_found_as_before() -> None:
    first = look(form())
    again = taller_look(first, answers(first))
    assert again is not None
    before, now = (
        {mark.box for mark in each.marks.all if mark.box.height < TALL} for each in (first, again)
    )
    assert now == {box for box in before if box.x < 400}


def test_small_digits_beside_tall_ones_are_read_as_well() -> None:
    first = look(form())
    again = taller_look(first, answers(first, small=7))
    assert again is not None
    chosen = choose_marks(again, answers(again, small=7))
    assert {digit for digit in chosen.digits if digit is not None} == {3, 7}


def test_nothing_is_asked_about_print_beside_tall_digits() -> None:
    page = Page(1, form())
    again = taller_look(look(form()), answers(look(form())))
    assert again is not None
    chosen = choose_marks(again, answers(again))
    reading = assemble_page(page, again, chosen, 0.9)
    assert page_questions(page, again, chosen, reading, Expected()) == []


def test_two_large_strokes_do_not_tell_the_height_of_writing() -> None:
    page = form(digits="")
    plain = look(page).writing.height
    for y in (300, 600):
        cv2.line(page, (560, y), (710, y + 150), 40, 9, cv2.LINE_AA)
    assert look(page).writing.height == plain


def test_a_heading_or_a_few_tall_marks_are_no_reason() -> None:
    first = look(form())
    letters = answers(first, tall=10)
    assert taller_height(first.marks, letters, first.writing.height) == 0
    tall = [n for n, mark in enumerate(first.marks.all) if mark.box.height >= TALL]
    letters[tall[:2]] = 0.001
    letters[tall[:2], 3] = 0.99
    assert taller_height(first.marks, letters, first.writing.height) == 0
    assert taller_look(first, letters) is None


def test_digits_of_one_size_are_looked_at_once() -> None:
    page = np.full((1000, 800), 250, np.uint8)
    for y in range(80, 960, 100):
        cv2.putText(page, "2 3 5 6 8", (60, y), 0, 2, 30, 4, cv2.LINE_AA)
    found = look(page)
    assert taller_look(found, answers(found)) is None
