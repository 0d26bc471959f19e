"""Labels, units and crossed-out numbers: none of it is to be read."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training.datasets import DigitSet
from daemon.training.hands import FONTS, Copybook, Digits, print_line
from daemon.training.line_notes import LABELS, crossed_out, label, unit
from daemon.training.line_writing import Placed


@pytest.fixture(scope="module")
def book(train_digits: DigitSet) -> Copybook:
    return Copybook(Digits(train_digits.images, train_digits.labels, ()))


def test_labels_hold_no_digits_and_are_such_as_forms_have() -> None:
    assert not any(character.isdecimal() for text in LABELS for character in text)
    assert {"No.", "Nr:", "Total", "qty"} <= set(LABELS)


def test_a_label_is_print_on_the_line() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        (item,) = label(rng)
        assert item.glyph.label is None
        assert item.glyph.bitmap is not None
        assert item.glyph.bitmap.stroke == 0  # no pen's
        assert -0.25 < item.y < 0.6  # below the line are only what hangs down, and a little


@pytest.mark.parametrize("font", FONTS)
def test_print_stands_on_its_baseline(font: str) -> None:
    assert print_line("Hnm", font, 400).below == 0
    low = print_line("Hq", font, 400)
    assert 0.15 < low.below / low.capital < 0.5
    assert print_line("H", font, 400).ink.shape[0] == pytest.approx(low.capital, abs=2)


def test_units_are_written_and_printed(book: Copybook) -> None:
    rng = np.random.default_rng(1)
    items = [item for _ in range(60) for item in unit(book.hand(rng), rng)]
    printed = sum(item.glyph.bitmap is not None for item in items)
    assert all(item.glyph.label is None for item in items)
    assert 5 < printed < 40


def reach(item: Placed) -> tuple[float, float]:
    start, end = item.glyph.extent
    return item.x + start * item.size, item.x + end * item.size


def crossings(book: Copybook, count: int = 120) -> list[tuple[list[Placed], Placed]]:
    """What was written, and what crosses it out."""
    rng = np.random.default_rng(2)
    found = [crossed_out(book.hand(rng), rng) for _ in range(count)]
    return [(written, strike) for *written, strike in found]


def test_nothing_of_what_is_crossed_out_is_read(book: Copybook) -> None:
    lengths = set()
    for written, strike in crossings(book):
        assert all(item.glyph.label is None for item in (*written, strike))
        lengths.add(len(written))
        left = min(reach(item)[0] for item in written)
        right = max(reach(item)[1] for item in written)
        start, end = reach(strike)
        assert start < left + 0.1
        assert end > right - 0.1
        assert strike.glyph.extent[0] == pytest.approx(0, abs=1e-6)
    assert {1, 2, 3} <= lengths


def test_one_line_alone_runs_well_beyond_what_it_crosses_out(book: Copybook) -> None:
    alone = [
        (written, strike)
        for written, strike in crossings(book)
        if len(strike.glyph.strokes) == 1 and len(strike.glyph.strokes[0]) == 5
        if np.ptp(np.diff(strike.glyph.strokes[0][:, 0])) < 1e-3  # no zigzag
    ]
    assert len(alone) > 10
    for written, strike in alone:
        assert len(written) > 1  # through one digit it may be a bar
        left = min(reach(item)[0] for item in written)
        right = max(reach(item)[1] for item in written)
        start, end = reach(strike)
        assert left - start > 0.3
        assert end - right > 0.3


def test_there_are_several_ways_to_cross_out(book: Copybook) -> None:
    shapes = {
        (len(strike.glyph.strokes), len(strike.glyph.strokes[0]))
        for _, strike in crossings(book, 60)
    }
    assert {(1, 5), (2, 2), (2, 5)} <= shapes  # a line, a cross, two lines
    assert len(shapes) > 8  # and zigzags and coils of many lengths
