"""Filling sheets: what is written is where the truth says, and nothing else is digits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from daemon.training.page_hands import draw_own_hand
from daemon.training.page_sheet import Group, Sheet


def sheet(**changes: object) -> Sheet:
    rng = np.random.default_rng(4)
    how = {"width": 100, "height": 60, "scale": 6, "digit": 6, "hand": draw_own_hand(rng)}
    return Sheet(**{**how, **changes}, rng=rng)  # type: ignore[arg-type]


def dark(page: Sheet) -> np.ndarray:
    return np.argwhere(page.pixels.min(axis=2) < 150)[:, ::-1]  # (n, 2): x, y


def extent(group: Group) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([mark.outline for mark in group.marks])
    return points.min(axis=0), points.max(axis=0)


def test_outlines_hold_the_ink_of_their_digits() -> None:
    page = sheet()
    group = page.write("407", 20, 30)
    low, high = extent(group)
    ink = dark(page)
    np.testing.assert_allclose(ink.min(axis=0), low, atol=2)
    np.testing.assert_allclose(ink.max(axis=0), high, atol=2)
    assert [mark.label for mark in group.marks] == [4, 0, 7]
    assert low[0] == pytest.approx(20 * 6, abs=4)
    assert (low[1] + high[1]) / 2 == pytest.approx(30 * 6, abs=6)


def test_signs_are_ink_but_no_digits() -> None:
    page = sheet()
    group = page.write("3,5", 20, 30)
    assert group.text == "3,5"
    assert [mark.label for mark in group.marks] == [3, 5]
    assert page.write("-", 60, 30).marks == ()
    assert (dark(page)[:, 0] > 60 * 6).any()


@pytest.mark.parametrize(("align", "at"), [("left", 0.0), ("centre", 0.5), ("right", 1.0)])
def test_writing_is_aligned(align: str, at: float) -> None:
    low, high = extent(sheet().write("888", 50, 30, align=align))
    assert low[0] + at * (high[0] - low[0]) == pytest.approx(50 * 6, abs=4)


def test_neighbours_keep_their_gaps() -> None:
    group = sheet(gaps=(0.3, 0.3)).write("8080", 10, 30)
    ends = [(mark.outline[:, 0].min(), mark.outline[:, 0].max()) for mark in group.marks]
    for (_, right), (left, _) in pairwise(ends):
        assert left - right == pytest.approx(0.3 * 36, abs=5)


def test_printed_numbers_count_and_words_do_not() -> None:
    page = sheet()
    page.print_words("Total", 20, 15, 6)
    assert page.rows == []
    before = len(dark(page))
    group = page.print_number("42", 50, 40, 5)
    assert [mark.label for mark in group.marks] == [4, 2]
    low, high = extent(group)
    assert (low[0] + high[0]) / 2 == pytest.approx(50 * 6, abs=5)
    assert high[1] - low[1] == pytest.approx(5 * 6, abs=4)
    assert len(dark(page)) > before > 0


def test_boxes_of_a_form_get_a_digit_each() -> None:
    columns = [20, 30, 40, 50]
    group = sheet().write_spread("1357", columns, 30)
    middles = [(m.outline[:, 0].min() + m.outline[:, 0].max()) / 12 for m in group.marks]
    np.testing.assert_allclose(middles, columns, atol=1)
    assert group.text == "1357"


def test_thin_rules_are_faint_not_thick() -> None:
    page = sheet()
    page.rule(10, 20, 90, 20, 0.05)
    page.rule(10, 40, 90, 40, 0.5)
    thin, bold = (page.pixels[rows * 6 - 9 : rows * 6 + 9, 300, 0] for rows in (20, 40))
    assert bold.min() < 60 < thin.min() < 240
    assert (thin < 240).sum() <= 3


def test_writing_at_a_sheets_edge_is_cut() -> None:
    page = sheet()
    page.write("8", 0, 0, align="centre")
    assert len(dark(page)) > 0
