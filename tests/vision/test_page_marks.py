"""Marks of a page in the order in which they are read."""

from __future__ import annotations

import cv2
import numpy as np

from daemon.records import Box
from daemon.vision.page_ink import find_page_ink
from daemon.vision.page_marks import find_marks, find_writing


def test_numbers_side_by_side_stay_so_beside_stubs_of_rules() -> None:
    page = np.full((900, 700), 250, np.uint8)
    for y in range(100, 800, 100):
        cv2.putText(page, "26", (250, y), 0, 1.5, 40, 4, cv2.LINE_AA)
        cv2.putText(page, "28", (450, y - 8), 0, 1.5, 40, 4, cv2.LINE_AA)  # slopes a little
        page[y - 39 : y - 36, 30:66] = 40  # at the height of the number on the right alone
    writing = find_writing(find_page_ink(page))
    assert writing is not None
    lefts = [row[0].box.x for row in find_marks(writing).rows]
    assert [left // 100 for left in lefts] == [0, 2, 4] * 7


def rows_of_fives(*feet: tuple[int, int]) -> list[list[Box]]:
    """The rows of a page with a 5 at each of these places, by their boxes."""
    page = np.full((900, 1000), 250, np.uint8)
    for x, y in feet:
        cv2.putText(page, "5", (x, y), 0, 3, 40, 8, cv2.LINE_AA)
    writing = find_writing(find_page_ink(page))
    assert writing is not None
    return [[mark.box for mark in row] for row in find_marks(writing).rows]


def test_what_two_rows_end_beside_alike_goes_on_with_the_nearer() -> None:
    rows = rows_of_fives((100, 390), (300, 450), (700, 420), (100, 700))
    left, near, right = (row[0] for row in rows[:3])
    assert left.bottom - right.y == right.bottom - near.y
    assert [row[0].x // 100 for row in rows] == [1, 3, 7, 1]


def test_what_hardly_lies_beside_a_row_does_not_go_on_with_it() -> None:
    rows = rows_of_fives((100, 300), (300, 380), (700, 340), (100, 700))
    assert [row[0].x // 100 for row in rows] == [1, 7, 3, 1]
