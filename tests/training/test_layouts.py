"""Layouts: every kind of page is filled, inside its margins, its groups told apart by distance."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from daemon.training.layouts import LAYOUTS, WORDS
from daemon.training.page_hands import draw_own_hand
from daemon.training.page_sheet import Sheet

FREE = 0.03  # of the sheet's sides: what photos may cut off
PRINTED = ("scores", "form", "puzzle")  # there, lines part the groups


def fill(name: str, seed: int) -> Sheet:
    rng = np.random.default_rng(seed)
    layout = LAYOUTS[name]
    width, height = layout.papers[seed % len(layout.papers)]
    sheet = Sheet(width, height, 3, float(rng.uniform(*layout.digit)), draw_own_hand(rng), rng)
    layout.fill(sheet)
    return sheet


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_writes_rows_of_digits_inside_its_margins(name: str, seed: int) -> None:
    sheet = fill(name, seed)
    marks = [mark for row in sheet.rows for group in row for mark in group.marks]
    assert len(marks) >= 4
    assert all(sheet.rows)
    for mark in marks:
        x, y = mark.outline[:, 0], mark.outline[:, 1]
        assert x.min() > FREE * sheet.width * 3
        assert x.max() < (1 - FREE) * sheet.width * 3
        assert y.min() > FREE * sheet.height * 3
        assert y.max() < (1 - FREE) * sheet.height * 3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", [name for name in LAYOUTS if name not in PRINTED])
def test_groups_of_a_row_stand_apart(name: str, seed: int) -> None:
    """By more than 1.35 heights, up to which digits are taken for one number."""
    sheet = fill(name, seed)
    for row in sheet.rows:
        groups = [np.concatenate([m.outline for m in g.marks]) for g in row if g.marks]
        for left, right in pairwise(groups):
            assert right[:, 0].min() - left[:, 0].max() > 1.35 * 3 * sheet.digit


@pytest.mark.parametrize("name", LAYOUTS)
def test_ordered_rows_run_down_the_page(name: str) -> None:
    sheet = fill(name, 2)
    tops = [
        min(mark.outline[:, 1].min() for group in row for mark in group.marks)
        for row in sheet.rows
        if any(group.marks for group in row)
    ]
    steps = np.diff(tops)
    assert (steps < -sheet.digit * 3 / 2).sum() <= (1 if name == "lists" else 0)


def test_words_hold_no_digits() -> None:
    assert not any(character.isdecimal() for word in WORDS for character in word)
