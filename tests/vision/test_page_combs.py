"""Posts that stand on a rule, evenly far apart, are part of it; strokes that touch it are not."""

from __future__ import annotations

import cv2
import numpy as np

from daemon.vision.components import find_components
from daemon.vision.page_rules import find_rules, without_rules

HEIGHT = 30.0  # px, of digits


def comb(cells: int = 5, top: int = 80, *, post: int = 18) -> np.ndarray:
    """A comb of cells 36 px wide, below another one."""
    mask = np.zeros((260, 400), np.uint8)
    for foot in (top + 40, top + 130):
        cv2.line(mask, (40, foot), (40 + 36 * cells, foot), (1,), 2)
        for number in range(cells + 1):
            x = 40 + 36 * number
            cv2.line(mask, (x, foot - post), (x, foot), (1,), 2)
    return mask


def left(mask: np.ndarray, height: float = HEIGHT) -> list[int]:
    """How high the marks are that are no rules."""
    rest = without_rules(mask, find_rules(mask, height), height)
    return [part.height for part in find_components(rest).components if part.height > 4]


def test_nothing_is_left_of_open_combs() -> None:
    assert left(comb()) == []
    assert left(comb(post=36)) == []
    assert left(comb(), height=13) == []  # where most marks are small print


def test_digits_in_the_cells_stay_whole() -> None:
    mask = comb()
    for number in range(5):
        cv2.line(mask, (58 + 36 * number, 84), (58 + 36 * number, 113), (1,), 4)
    assert [height >= 28 for height in left(mask)] == [True] * 5


def test_a_post_that_a_digit_hides_is_taken_out_of_it() -> None:
    mask = comb()
    cv2.line(mask, (106, 84), (114, 114), (1,), 4)  # across the third post
    (height,) = left(mask)
    assert height <= 34


def test_strokes_that_stand_on_a_rule_are_no_posts() -> None:
    rng = np.random.default_rng(8)
    mask = np.zeros((260, 500), np.uint8)
    cv2.line(mask, (30, 140), (470, 140), (1,), 2)
    for number in range(10):
        x = 50 + 40 * number + int(rng.integers(-4, 5))
        cv2.line(mask, (x, 110 + int(rng.integers(-4, 5))), (x, 140), (1,), 4)
    assert len(left(mask)) >= 8


def test_pieces_of_squared_paper_are_no_combs() -> None:
    mask = np.zeros((200, 500), np.uint8)
    cv2.line(mask, (0, 140), (499, 140), (1,), 2)
    for x in range(20, 490, 36):
        cv2.line(mask, (x, 126), (x, 140), (1,), 2)
    assert not find_rules(mask, HEIGHT).standing.any()
