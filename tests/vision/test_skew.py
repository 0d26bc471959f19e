"""How askew pages lie."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.training.page_hands import draw_own_hand
from daemon.training.page_sheet import Sheet
from daemon.vision.skew import find_skew


def page(*, ruled: bool, height: float = 5) -> np.ndarray:
    """A mask, (H, W) uint8 of 0 and 1, of rows of digits so high, 5 px the mm, with or without
    rules."""
    rng = np.random.default_rng(2)
    sheet = Sheet(120, 120, 5, height, draw_own_hand(rng), rng)
    for y in np.arange(25, 95, 1.8 * height):
        sheet.write("4071853962"[: round(50 / height)], 22, float(y))
        if ruled:
            sheet.rule(10, y + 4, 110, y + 4, 0.3)
    return (sheet.pixels.min(axis=2) < 160).astype(np.uint8)


def turned(mask: np.ndarray, angle: float) -> np.ndarray:
    """Clockwise by `angle` degrees."""
    middle = (mask.shape[1] / 2, mask.shape[0] / 2)
    onto = cv2.getRotationMatrix2D(middle, -angle, 1)
    return cv2.warpAffine(mask, onto, mask.shape[::-1], flags=cv2.INTER_NEAREST)


@pytest.mark.parametrize("angle", [-31, -8.5, -2, 0, 0.8, 4, 22])
@pytest.mark.parametrize("ruled", [True, False])
def test_rows_and_rules_tell_the_angle(angle: float, ruled: bool) -> None:
    slack = 0.4 if ruled else 1.0  # no hand keeps its rows as straight as a ruler
    assert find_skew(turned(page(ruled=ruled), angle)) == pytest.approx(angle, abs=slack)


@pytest.mark.parametrize("seed", [4, 5])
def test_scattered_digits_do_not_turn_a_page_that_is_straight_by_its_edges(seed: int) -> None:
    rng = np.random.default_rng(seed)
    digits = np.zeros((500, 700), np.uint8)
    for _ in range(9):
        at = int(rng.integers(60, 600)), int(rng.integers(60, 420))
        cv2.putText(digits, str(rng.integers(0, 10)), at, cv2.FONT_HERSHEY_SIMPLEX, 2.2, (1,), 6)
    assert find_skew(digits) != 0
    assert find_skew(digits, is_straight=True) == 0
    sloping = turned(page(ruled=False), 4)
    assert find_skew(sloping, is_straight=True) == find_skew(sloping)


def test_a_quarter_turn_makes_no_difference() -> None:
    lying = turned(page(ruled=True), 6)
    assert find_skew(np.rot90(lying).copy()) == pytest.approx(find_skew(lying), abs=0.3)


def test_few_or_scattered_marks_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    specks = (rng.random((400, 300)) < 0.01).astype(np.uint8)
    one = np.zeros((300, 300), np.uint8)
    cv2.circle(one, (150, 150), 60, (1,), 12)
    for mask in (specks, one, np.zeros((50, 50), np.uint8)):
        assert find_skew(mask) == 0


def test_rows_that_slope_more_than_they_may_tell_nothing() -> None:
    sloping = turned(page(ruled=False), 22)
    assert find_skew(sloping) == pytest.approx(22, abs=1.0)
    assert abs(find_skew(sloping, 10)) <= 10
