"""A line as a camera sees it, with what is printed on its paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daemon.records import Ink
from daemon.training import line_light
from daemon.training.line_ink import Sheet
from daemon.training.line_light import photograph
from daemon.training.papers import PaperBank


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    """40 pixels a height, from row 20 to row 60."""
    found = Sheet.of([], 0.0, np.random.default_rng(0))
    return replace(found, shape=(80, 200), height=40.0, baseline=60.0, top=20.0)


def seen(sheet: Sheet, share: float, monkeypatch: pytest.MonkeyPatch) -> list[Ink]:
    """How dark each row is on average, of several empty papers."""
    monkeypatch.setattr(line_light, "THROUGH", share)
    rng = np.random.default_rng(1)
    papers = PaperBank(rng, 1)
    empty = np.zeros(sheet.shape, np.float32)
    return [photograph(empty, sheet, papers, rng).mean(axis=1) for _ in range(40)]


def test_some_printed_lines_run_through_the_digits_from_edge_to_edge(
    sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dips(rows: list[Ink]) -> float:
        """How often a row in the middle is much darker than the one that is there as a rule."""
        return float(np.mean([np.median(row) - row[24:56].min() > 10 for row in rows]))

    assert dips(seen(sheet, 1, monkeypatch)) > 0.75
    assert dips(seen(sheet, 0, monkeypatch)) < 0.35
