"""Rules are found and taken out of a page; what crosses them stays whole."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Box
from daemon.vision.components import find_components
from daemon.vision.page_rules import find_rules, without_rules

HEIGHT = 30.0  # px, of digits


def table(columns: list[int], rows: list[int], shape: tuple[int, int] = (400, 600)) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    for x in columns:
        mask[rows[0] : rows[-1] + 2, x : x + 2] = 1
    for y in rows:
        mask[y : y + 2, columns[0] : columns[-1] + 2] = 1
    return mask


def test_a_table_is_all_rules_and_leaves_nothing() -> None:
    mask = table([40, 200, 360, 520], [40, 100, 160, 220, 280, 340])
    rules = find_rules(mask, HEIGHT)
    assert not without_rules(mask, rules, HEIGHT).any()


def test_a_stroke_that_crosses_a_rule_stays_in_one_piece() -> None:
    mask = table([40, 520], [40, 160, 340])
    cv2.line(mask, (300, 140), (310, 180), (1,), 5)
    left = without_rules(mask, find_rules(mask, HEIGHT), HEIGHT)
    (stroke,) = find_components(left).components
    assert stroke.height >= 38


def test_strokes_as_high_as_digits_are_no_rules() -> None:
    mask = np.zeros((200, 300), np.uint8)
    for x in range(40, 280, 24):
        cv2.line(mask, (x, 60), (x + 2, 95), (1,), 4)
        cv2.line(mask, (x - 6, 120), (x + 10, 120), (1,), 4)
    rules = find_rules(mask, HEIGHT)
    assert not rules.lying.any()
    assert not rules.standing.any()


def test_a_rule_that_slopes_is_found_from_end_to_end() -> None:
    mask = np.zeros((200, 700), np.uint8)
    cv2.line(mask, (20, 90), (680, 105), (1,), 2)
    rules = find_rules(mask, HEIGHT)
    assert rules.lying.any(axis=0)[20:680].mean() > 0.95


@pytest.mark.parametrize("height", [20.0, 30.0, 44.0, 70.0])
@pytest.mark.parametrize("start", range(9))
def test_a_rule_just_long_enough_is_found_wherever_it_begins(height: float, start: int) -> None:
    for length, turned in ((round(2.6 * height), False), (round(1.75 * height), True)):
        mask = np.zeros((40, start + length), np.uint8)
        mask[20, start :: max(2, round(height / 12))] = 1  # it misses as much as it may
        mask[20, -1] = 1
        rules = find_rules(mask.T.copy() if turned else mask, height)
        assert (rules.standing.T if turned else rules.lying)[20, start:].all()


def test_a_rule_that_is_thick_in_places_goes_as_a_whole() -> None:
    height = 27.0  # px: a third of it is 9
    mask = np.zeros((200, 700), np.uint8)
    for x in range(20, 680):  # it slopes, and is 8 or 9 px thick
        mask[90 + x // 60 : 98 + (x + 30) // 60, x] = 1
    rules = find_rules(mask, height)
    assert not without_rules(mask, rules, height).any()


def test_what_is_much_thicker_than_its_rule_is_none_of_it() -> None:
    mask = np.zeros((200, 700), np.uint8)
    mask[90:98, 20:680] = 1
    mask[86:103, 300:390] = 1  # three digit heights long
    left = without_rules(mask, find_rules(mask, HEIGHT), HEIGHT)
    assert left[88, 305:385].all()


def test_the_cells_of_a_comb_are_rules_and_the_ones_in_them_are_not() -> None:
    cells = list(range(40, 400, 40))
    mask = table(cells, [100, 145], (240, 440))
    for x in cells[:3]:
        cv2.line(mask, (x + 20, 108), (x + 20, 138), (1,), 4)
    left = without_rules(mask, find_rules(mask, HEIGHT), HEIGHT)
    assert [part.height >= 28 for part in find_components(left).components] == [True] * 3


def test_borders_of_wide_cells_part_and_those_of_narrow_ones_do_not() -> None:
    left, right = Box(165, 110, 20, 30), Box(210, 110, 20, 30)
    wide = find_rules(table([40, 198, 360], [100, 160, 220]), HEIGHT)
    squares = find_rules(table(list(range(38, 400, 20)), list(range(40, 340, 20))), HEIGHT)
    assert wide.part(left, right, HEIGHT)
    assert not squares.part(left, right, HEIGHT)
    assert not wide.part(Box(100, 110, 20, 30), Box(140, 110, 20, 30), HEIGHT)
    assert not wide.part(left, Box(210, 170, 20, 30), HEIGHT)


def test_of_rules_that_are_paler_than_ink_nothing_is_taken_out() -> None:
    faint = table([40, 200, 360, 520], [40, 100, 160, 220])
    rules = find_rules(faint, HEIGHT)
    ink = np.zeros_like(faint)
    cv2.ellipse(ink, (280, 100), (9, 16), 0, 0, 360, (1,), 3)  # a 0 whose middle lies on one
    cv2.line(ink, (200, 110), (200, 150), (1,), 3)  # a 1 along one
    crossings = np.zeros_like(faint)
    crossings[100:102, 198:202] = crossings[160:162, 358:362] = 1
    written = ink | crossings
    np.testing.assert_array_equal(without_rules(written, rules, HEIGHT), written)
    dark = without_rules(faint | ink, rules, HEIGHT)
    assert dark.sum() < ink.sum()


def test_dark_rules_are_taken_out_beside_pale_ones() -> None:
    pale, dark = table([40, 520], [40, 160]), table([60, 500], [220, 340])
    rules = find_rules(pale | dark, HEIGHT)
    dot = np.zeros_like(pale)
    dot[158:163, 300:305] = 1
    left = without_rules(dark | dot, rules, HEIGHT)
    np.testing.assert_array_equal(left, dot)
