"""Crossed-out digits, which are none, and zeros with a slash, which are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from daemon.records import Grey, Ink
from daemon.training import crossed as module
from daemon.training.crossed import BARRED, NARROW, crossed_out, slashed_zeros
from daemon.training.datasets import DigitSet, Labels
from daemon.training.strikes import slant
from daemon.training.strokes import Stroke
from daemon.vision.glyph import SIDE

Make = Callable[[Grey, Labels, int, np.random.Generator], Ink]
Struck = list[tuple[int, float, Sequence[Stroke]]]


@pytest.fixture
def struck(train_digits: DigitSet, monkeypatch: pytest.MonkeyPatch) -> Struck:
    """Of 400 crossed-out digits the label, the width in heights, and what crosses it out."""
    found: Struck = []
    strokes = module._strokes

    def told(label: int, wide: float, rng: np.random.Generator) -> Sequence[Stroke]:
        found.append((label, wide, strokes(label, wide, rng)))
        return found[-1][2]

    monkeypatch.setattr(module, "_strokes", told)
    crossed_out(train_digits.images, train_digits.labels, 400, np.random.default_rng(1))
    return found


def is_line(strokes: Sequence[Stroke]) -> bool:
    """Whether it is one straight line."""
    if len(strokes) != 1 or len(strokes[0]) != 5:
        return False
    return float(np.ptp(np.diff(strokes[0][:, 0]))) < 1e-3


def is_cross(strokes: Sequence[Stroke]) -> bool:
    return len(strokes) == 2 and len(strokes[0]) == 2


@pytest.mark.parametrize("make", [crossed_out, slashed_zeros])
def test_glyphs_are_seeded_ink_in_0_to_1(make: Make, train_digits: DigitSet) -> None:
    glyphs = make(train_digits.images, train_digits.labels, 40, np.random.default_rng(1))
    assert glyphs.shape == (40, SIDE, SIDE)
    assert glyphs.dtype == np.float32
    assert 0 <= glyphs.min() < glyphs.max() <= 1
    again = make(train_digits.images, train_digits.labels, 40, np.random.default_rng(1))
    np.testing.assert_array_equal(glyphs, again)


def test_what_crosses_out_reaches_over_all_of_the_digit(struck: Struck) -> None:
    for _, wide, strokes in struck:
        points = np.concatenate(strokes)
        assert points[:, 0].min() < 0.1
        assert points[:, 0].max() > max(wide, NARROW) - 0.1 - max(0.0, NARROW - wide) / 2


def test_one_line_goes_through_no_digit_that_may_have_it(struck: Struck) -> None:
    lined = {label for label, _, strokes in struck if is_line(strokes)}
    assert lined
    assert not lined & set(BARRED)


def test_a_line_alone_slants_and_runs_beyond_the_digit() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        line = slant(0.0, 0.7, rng)
        assert line[0, 0] < -0.1
        assert line[-1, 0] > 0.8
        assert abs(line[0, 1] - line[-1, 1]) > 0.55


def test_a_zero_is_crossed_out_by_a_cross_alone(struck: Struck) -> None:
    zeros = [strokes for label, _, strokes in struck if label == 0]
    assert len(zeros) > 20
    assert all(map(is_cross, zeros))
    assert not all(is_cross(strokes) for label, _, strokes in struck if label == 8)


def test_slashed_zeros_are_zeros_with_one_stroke_more(
    train_digits: DigitSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[tuple[Ink, Ink]] = []
    laid = module._with

    def told(ink: Ink, strokes: Sequence[Stroke], rng: np.random.Generator) -> Ink:
        (slash,) = strokes
        assert slash[0, 0] < slash[1, 0]  # rises to the right
        assert slash[0, 1] > slash[1, 1]
        added.append((ink, laid(ink, strokes, rng)))
        return added[-1][1]

    monkeypatch.setattr(module, "_with", told)
    slashed_zeros(train_digits.images, train_digits.labels, 30, np.random.default_rng(3))
    assert len(added) == 30
    more = [float(struck.sum() - ink.sum()) for ink, struck in added]
    assert min(more) >= -0.1
    assert np.median(more) > 5  # the slash of a thin 0 lies on its sides


def test_without_zeros_there_are_none_with_a_slash(train_digits: DigitSet) -> None:
    others = train_digits.labels != 0
    images, labels = train_digits.images[others], train_digits.labels[others]
    assert slashed_zeros(images, labels, 5, np.random.default_rng(0)).shape == (0, SIDE, SIDE)
