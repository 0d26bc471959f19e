import cv2
import numpy as np

from daemon.vision import rules


def sheet():
    return np.zeros((160, 240), np.uint8)


def test_a_page_without_rules_is_left_alone():
    mask = sheet()
    cv2.ellipse(mask, (120, 80), (40, 55), 0, 0, 360, 1, 6)
    assert rules.remove(mask) is None


def test_a_rule_goes_and_the_stroke_that_crosses_it_stays_whole():
    mask = sheet()
    cv2.line(mask, (120, 30), (120, 130), 1, 7)
    stroke = mask.copy()
    mask[90:93] = 1
    cleaned = rules.remove(mask)
    assert cleaned is not None
    assert cleaned[91, :100].sum() == 0
    assert (cleaned & stroke).sum() >= 0.97 * stroke.sum()
    assert cv2.connectedComponents(cleaned)[0] - 1 == 1


def test_standing_rules_go_as_well():
    mask = sheet()
    mask[:, 60:62] = 1
    cleaned = rules.remove(mask)
    assert cleaned is not None
    assert not cleaned.any()


def test_the_long_foot_of_a_two_in_a_loose_crop_is_no_rule():
    mask = sheet()
    cv2.line(mask, (40, 130), (200, 130), 1, 6)
    cv2.line(mask, (40, 130), (180, 30), 1, 6)
    assert rules.remove(mask) is None


def test_a_page_narrower_than_any_rule_is_left_alone():
    assert rules.remove(np.ones((8, 8), np.uint8)) is None


def test_a_rule_that_leaves_the_page_on_a_gentle_slope_is_found_to_its_end():
    mask = sheet()
    cv2.line(mask, (0, 70), (239, 74), 1, 2)
    cleaned = rules.remove(mask)
    assert cleaned is not None
    assert not cleaned.any()


def test_rules_side_by_side_go_together_and_the_writing_between_them_stays():
    mask = sheet()
    cv2.ellipse(mask, (120, 60), (20, 16), 0, 0, 360, 1, 3)
    writing = mask.copy()
    mask[20:22] = mask[40:42] = mask[90:92] = 1
    cleaned = rules.remove(mask)
    assert cleaned is not None
    assert (cleaned & writing).sum() >= 0.9 * writing.sum()
    assert cleaned[:, :90].sum() == 0


def test_a_stroke_that_lies_on_a_rule_stays():
    mask = sheet()
    cv2.line(mask, (100, 90), (150, 90), 1, 8)  # the bar of a 4
    stroke = mask.copy()
    mask[89:91] = 1
    cleaned = rules.remove(mask)
    assert cleaned is not None
    assert (cleaned & stroke).sum() >= 0.95 * stroke.sum()
    assert not cleaned[:, :90].any()
    assert not cleaned[:, 160:].any()


def test_a_rule_with_a_gap_goes_and_two_apart_do_not():
    mask = sheet()
    mask[90:92] = 1
    mask[:, 100:110] = 0
    cleaned = rules.remove(mask)
    assert cleaned is not None
    assert not cleaned.any()
    mask[:, 90:120] = 0
    assert rules.remove(mask) is None
