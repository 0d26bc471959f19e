"""Dashed rules are told from what people write, and drawn through."""

from __future__ import annotations

import cv2
import numpy as np

from daemon.vision.components import Components, find_components
from daemon.vision.page_dashes import find_dashes
from daemon.vision.page_ink import find_page_ink
from daemon.vision.page_marks import find_writing


def dashed(count: int = 20, *, without: tuple[int, ...] = ()) -> np.ndarray:
    mask = np.zeros((200, 700), np.uint8)
    for number in range(count):
        if number not in without:
            mask[150:153, 40 + 20 * number : 52 + 20 * number] = 1
    return mask


def components(mask: np.ndarray) -> Components:
    return find_components(mask)


def test_dashes_in_a_row_are_one_rule_and_no_marks() -> None:
    rules, rest = find_dashes(components(dashed()))
    assert rules is not None
    assert not rest.components
    assert rules.lying[151, 40:430].all()
    assert not rules.standing.any()


def test_standing_dashes_are_a_standing_rule() -> None:
    rules, rest = find_dashes(components(cv2.transpose(dashed())))
    assert rules is not None
    assert not rest.components
    assert rules.standing[40:430, 151].all()


def test_a_rule_goes_on_below_the_digits_that_hide_its_dashes() -> None:
    mask = dashed(without=(1, 2, 3, 4, 5))
    cv2.line(mask, (80, 120), (150, 152), (1,), 4)
    rules, rest = find_dashes(components(mask))
    assert rules is not None
    assert len(rest.components) == 1
    assert rules.lying[151, 40:430].all()


def test_strokes_in_a_column_are_no_dashes() -> None:
    rng = np.random.default_rng(3)
    mask = np.zeros((700, 200), np.uint8)
    for y in range(30, 660, 40):
        x, lean = 100 + int(rng.integers(-4, 5)), int(rng.integers(0, 6))
        cv2.line(mask, (x + lean, y), (x, y + 26 + int(rng.integers(-3, 4))), (1,), 4)
    found = components(mask)
    assert find_dashes(found) == (None, found)


def test_few_dashes_are_signs() -> None:
    assert find_dashes(components(dashed(5)))[0] is None


def test_the_writing_of_a_page_holds_no_dashes() -> None:
    page = np.full((900, 700), 250, np.uint8)
    for y in (200, 400, 600):
        for x in range(40, 640, 20):
            page[y : y + 3, x : x + 12] = 60
        for number, x in enumerate(range(60, 300, 45)):
            cv2.putText(page, str(2 + number), (x, y - 12), 0, 1.3, 40, 4, cv2.LINE_AA)
    writing = find_writing(find_page_ink(page))
    assert writing is not None
    assert len(writing.found.components) == 18
