import cv2
import numpy as np
import pytest

from daemon.vision import rules
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose


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


def digit(label: str = "5") -> np.ndarray:
    mask = sheet()
    if label == "5":
        cv2.polylines(mask, [np.array([(140, 30), (105, 30), (100, 65)])], False, 1, 6)
        cv2.ellipse(mask, (115, 85), (22, 22), 0, -140, 130, 1, 6)
    else:
        cv2.line(mask, (120, 30), (120, 110), 1, 6)
    return mask


@pytest.mark.parametrize(("ends", "sure"), [((40, 205), True), ((90, 146), False)])
@pytest.mark.parametrize("rise", [0, 3])
def test_a_line_under_a_digit_goes(ends, sure, rise):
    mask = digit()
    cv2.line(mask, (ends[0], 130 + rise), (ends[1], 130), 1, 4)
    found = rules.remove_underline(mask)
    assert found is not None
    assert np.array_equal(found.without, digit())
    assert found.sure == sure


def test_a_long_line_goes_where_the_digit_stands_on_it_but_it_may_be_a_foot():
    mask = digit("1")
    cv2.line(mask, (40, 108), (200, 108), 1, 4)
    found = rules.remove_underline(mask)
    assert found is not None
    assert not found.sure
    assert found.without[108, :110].sum() == 0
    assert found.without[30:105].sum() == digit("1")[30:105].sum()


def test_what_may_belong_to_a_digit_is_no_line_under_it():
    foot = digit("1")
    cv2.line(foot, (85, 110), (155, 110), 1, 6)  # of a 1
    bar = digit("1")
    cv2.line(bar, (60, 70), (180, 70), 1, 6)  # through the middle
    short = digit()
    cv2.line(short, (98, 130), (138, 130), 1, 4)
    thick = digit()
    cv2.line(thick, (70, 130), (170, 130), 1, 24)
    one_sided = digit()
    cv2.line(one_sided, (110, 130), (220, 130), 1, 4)
    curved = digit()
    cv2.ellipse(curved, (120, 100), (60, 40), 0, 30, 150, 1, 4)
    for mask in (foot, bar, short, thick, one_sided, curved, digit(), sheet()):
        assert rules.remove_underline(mask) is None


def test_a_line_with_nothing_above_it_is_no_line_under_a_digit():
    mask = sheet()
    mask[80:84, 40:200] = 1
    assert rules.remove_underline(mask) is None


def test_on_a_page_of_a_few_pixels_a_foot_cannot_be_told_from_a_line():
    mask = digit()
    mask[128:132, 40:205] = 1
    small = cv2.resize(mask, (36, 24), interpolation=cv2.INTER_AREA)
    assert rules.remove_underline(small) is None


def rows_of_digits(*, hangs: bool) -> np.ndarray:
    """Two rows of two strokes; the upper ones reach down to row 78, or stand free."""
    mask = sheet()
    for x in (100, 140):
        cv2.line(mask, (x, 20), (x, 76 if hangs else 62), 1, 6)
        cv2.line(mask, (x, 98), (x, 140), 1, 6)
    return mask


@pytest.mark.parametrize("hangs", [True, False])
def test_the_bar_between_two_rows_goes_but_a_line_may_be_more(hangs):
    mask = rows_of_digits(hangs=hangs)
    cv2.line(mask, (70, 80), (170, 80), 1, 4)
    found = rules.remove_underline(mask)
    assert found is not None
    assert found.is_bar
    assert not found.sure
    assert found.without[:75].sum() == mask[:75].sum()
    assert found.without[90:].sum() == mask[90:].sum()
    assert not found.without[80, 75:90].any()


def test_a_bar_is_longer_than_the_strokes_of_the_digits_around_it():
    mask = rows_of_digits(hangs=False)
    cv2.line(mask, (92, 80), (148, 80), 1, 4)
    assert rules.remove_underline(mask) is None


def test_what_a_side_of_the_page_cuts_is_no_row_that_a_bar_parts():
    mask = sheet()
    cv2.line(mask, (70, 80), (170, 80), 1, 4)
    cv2.line(mask, (160, 30), (75, 80), 1, 4)  # a 2 that stands on its foot
    cv2.line(mask, (60, 0), (60, 12), 1, 40)
    cv2.line(mask, (60, len(mask) - 1), (60, len(mask) - 13), 1, 40)
    found = rules.remove_underline(mask)
    assert found is None or not found.is_bar


def test_what_crosses_all_other_strokes_is_the_bar_of_a_four():
    mask = sheet()
    cv2.line(mask, (90, 30), (90, 80), 1, 6)
    cv2.line(mask, (150, 30), (150, 140), 1, 6)
    cv2.line(mask, (70, 80), (190, 80), 1, 6)
    assert rules.remove_underline(mask) is None


def fields(*lines: tuple[int, int, int], thickness: int = 2) -> np.ndarray:
    """A digit and some lines, given by first column, end and row; one on row 100 crosses it."""
    mask = digit("1")
    for left, right, row in lines:
        mask[row : row + thickness, left:right] = 1
    return mask


FIELDS = (70, 225, 100), (70, 225, 145)


def test_lines_to_write_on_go_that_reach_no_side_and_the_digit_on_one_stays_whole():
    mask = fields(*FIELDS)
    before = mask.copy()
    without = rules.remove_lines(mask, 84)
    assert without is not None
    assert np.array_equal(mask, before)
    assert np.array_equal(without, digit("1"))


def test_what_may_be_a_stroke_is_no_line_to_write_on():
    for mask in (
        sheet(),
        fields(),
        fields((70, 180, 100), (70, 180, 145)),  # hardly longer than the digit is high
        fields(*FIELDS, thickness=9),
    ):
        assert rules.remove_lines(mask, 84) is None
    small = cv2.resize(fields(*FIELDS), (58, 38), interpolation=cv2.INTER_AREA)
    assert rules.remove_lines(small, 20) is None
    without = rules.remove_lines(fields(*FIELDS, (20, 110, 20)), 84)
    assert without is not None
    assert np.array_equal(without, fields((20, 110, 20)))


def test_a_number_on_one_of_two_lines_beside_labels_is_proposed_without_them():
    picture = np.full((160, 240), 240, np.uint8)
    for x in (120, 160):
        cv2.line(picture, (x, 20), (x, 71), (40,), 5)
    for row in (70, 130):
        picture[row : row + 2, 90:230] = 40
        picture[row - 30 : row, 20:60:10] = picture[row - 3 : row, 20:60] = 40  # a label
    boxes = [[each.box.width for each in one.candidates] for one in propose(find_ink(picture)[0])]
    assert any(sum(width < 10 for width in widths) == 2 for widths in boxes)


@pytest.mark.parametrize(("gap", "ends"), [(12, (42, 200)), (8, (60, 190)), (4, (40, 205))])
def test_two_lines_under_a_digit_go_together(gap, ends):
    mask = digit()
    cv2.line(mask, (40, 125), (205, 125), 1, 4)
    cv2.line(mask, (ends[0], 125 + gap), (ends[1], 125 + gap), 1, 4)
    found = rules.remove_underline(mask)
    assert found is not None
    assert np.array_equal(found.without, digit())


def test_a_line_far_below_or_much_shorter_is_not_the_second_of_two():
    for gap, right in ((26, 205), (12, 100)):
        mask = digit()
        cv2.line(mask, (40, 125), (205, 125), 1, 4)
        cv2.line(mask, (40, 125 + gap), (right, 125 + gap), 1, 4)
        found = rules.remove_underline(mask)
        assert found is None or found.without[124 + gap :].any()


def test_a_line_may_be_as_thick_as_half_of_the_digits_above():
    for thickness, goes in ((16, True), (26, False)):
        mask = sheet()
        for x in (60, 100, 140, 180):
            cv2.line(mask, (x, 60), (x, 100), 1, 5)
        mask[110 : 110 + thickness, 20:225] = 1
        assert (rules.remove_underline(mask) is not None) == goes
