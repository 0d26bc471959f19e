"""Boxes are told from digits; what touches a box is kept."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.vision.components import find_components
from daemon.vision.page_boxes import find_boxes
from daemon.vision.page_ink import find_page_ink
from daemon.vision.page_marks import find_marks, find_writing
from daemon.vision.page_rules import without_rules

HEIGHT = 40.0  # px, of digits


def boxes(count: int, *, apart: int = 0, thickness: int = 2) -> np.ndarray:
    """Boxes in a row, 50 px wide and 64 px high."""
    mask = np.zeros((160, 500), np.uint8)
    for number in range(count):
        x = 30 + (50 + apart) * number
        cv2.rectangle(mask, (x, 40), (x + 50, 104), (1,), thickness)
    return mask


@pytest.mark.parametrize("apart", [0, 10])
@pytest.mark.parametrize("thickness", [1, 2, 5])
def test_nothing_is_left_of_boxes_side_by_side(apart: int, thickness: int) -> None:
    mask = boxes(5, apart=apart, thickness=thickness)
    sides, rest = find_boxes(find_components(mask))
    assert sides is not None
    assert not rest.components
    assert not without_rules(mask, sides, HEIGHT).any()


def test_a_box_with_round_corners_is_one() -> None:
    mask = np.zeros((160, 200), np.uint8)
    cv2.rectangle(mask, (40, 30), (120, 110), (1,), -1)
    mask = cv2.morphologyEx(
        mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (21, 21))
    )
    mask -= cv2.erode(mask, np.ones((5, 5), np.uint8))
    sides, rest = find_boxes(find_components(mask))
    assert sides is not None
    assert not rest.components
    assert not without_rules(mask, sides, HEIGHT).any()


def test_the_net_of_a_squared_sheet_is_no_box() -> None:
    mask = np.zeros((320, 240), np.uint8)
    mask[::16] = mask[:, ::16] = mask[-1] = mask[:, -1] = 1
    found = find_components(mask)
    sides, rest = find_boxes(found)
    assert sides is None
    assert rest is found


def test_a_digit_that_touches_its_box_stays_whole() -> None:
    mask = boxes(1)
    cv2.line(mask, (50, 46), (74, 104), (1,), 5)
    assert len(find_components(mask).components) == 1
    sides, _ = find_boxes(find_components(mask))
    assert sides is not None
    (left,) = find_components(without_rules(mask, sides, HEIGHT)).components
    assert left.height >= 50


@pytest.mark.parametrize("digit", "0689")
@pytest.mark.parametrize("font", [0, 1, 2, 3])
@pytest.mark.parametrize("scale", [0.7, 2.0])
def test_digits_are_no_boxes(digit: str, font: int, scale: float) -> None:
    mask = np.zeros((160, 200), np.uint8)
    cv2.putText(mask, digit, (60, 100), font, scale, (1,), max(1, round(2 * scale)))
    assert find_boxes(find_components(mask))[0] is None


def test_empty_boxes_of_a_form_are_no_marks() -> None:
    page = np.full((900, 700), 250, np.uint8)
    for y in range(60, 800, 120):
        for number in range(6):
            x = 60 + 62 * number
            cv2.rectangle(page, (x, y), (x + 50, y + 70), 90, 2)
            if number < 3:
                cv2.putText(page, str(number + 3), (x + 10, y + 55), 0, 1.6, 40, 4, cv2.LINE_AA)
    writing = find_writing(find_page_ink(page))
    assert writing is not None
    assert [len(row) for row in find_marks(writing).rows] == [3] * 7


def test_what_lies_in_a_gap_of_its_sides_closes_no_box() -> None:
    mask = boxes(1)
    mask[37:47, 45:65] = 0
    mask[41, 48:62] = 1  # a speck there, that touches neither end
    sides, rest = find_boxes(find_components(mask))
    assert sides is None
    assert len(rest.components) == 2
    mask[41, 45:65] = 1  # one that does
    assert find_boxes(find_components(mask))[0] is not None
