"""Examples of what is no digit: seeded, and nothing that is one."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.records import Grey, Ink
from daemon.training import negatives as negatives_module
from daemon.training.augment import FIELD
from daemon.training.datasets import DigitSet, Labels
from daemon.training.negatives import (
    APART,
    CROSSED_SHARE,
    PIECE_INK,
    SCRIBBLE_POINTS,
    _piece,
    _scribble,
    _uprights,
    _word,
    harder_negatives,
    negatives,
)
from daemon.training.symbols import draw_symbol


def test_pieces_of_digits_are_more_than_one_stroke(train_digits: DigitSet) -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        piece = _piece(train_digits.images, rng) > 0.5
        rim = np.concatenate([piece[0], piece[1:, -1], piece[-1, -2::-1], piece[-2:0:-1, 0]])
        assert np.count_nonzero(rim & ~np.roll(rim, 1)) >= 3


def test_pieces_of_digits_are_no_whole_digits(
    train_digits: DigitSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[Ink] = []
    warp = negatives_module.warp

    def warped(image: Ink, rng: np.random.Generator) -> Ink:
        whole.append(warp(image, rng))
        return whole[-1]

    monkeypatch.setattr(negatives_module, "warp", warped)
    rng = np.random.default_rng(2)
    for _ in range(50):
        piece = _piece(train_digits.images, rng)
        assert piece.sum() <= PIECE_INK * whole[-1].sum()


def test_scribbles_have_more_turns_than_a_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    monkeypatch.setattr(
        negatives_module, "render_strokes", lambda strokes, **_: turns.append(len(*strokes))
    )
    rng = np.random.default_rng(3)
    for _ in range(100):
        _scribble(np.zeros((0, 28, 28), np.uint8), rng)
    straight = [each for each in turns if each < SCRIBBLE_POINTS[1]]
    assert 30 < len(straight) < 70
    assert min(turns) >= SCRIBBLE_POINTS[0]


def test_upright_rules_stand_apart() -> None:
    rng = np.random.default_rng(4)
    drawn = [_uprights(rng) for _ in range(100)]
    assert {len(columns) for columns in drawn} == {2, 3}
    assert min(np.diff(sorted(columns)).min() for columns in drawn) >= APART


def test_symbols_are_strokes_in_a_box_of_a_digits_size() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        points = np.concatenate(draw_symbol(rng))
        assert points.dtype == np.float32
        assert np.abs(points - 10).max() < 14


def test_pictures_without_a_piece_hold_nobody_up() -> None:
    blank = np.zeros((3, 28, 28), np.uint8)
    zeros = np.zeros(3, np.uint8)
    assert negatives(blank, 12, np.random.default_rng(0)).shape == (12, 28, 28)
    assert harder_negatives(blank, zeros, 12, np.random.default_rng(0)).shape == (12, 28, 28)


def test_some_harder_negatives_are_digits_that_are_crossed_out(
    train_digits: DigitSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    crossed_out = negatives_module.crossed_out

    def told(images: Grey, labels: Labels, n: int, rng: np.random.Generator) -> Ink:
        asked.append(n)
        return crossed_out(images, labels, n, rng)

    monkeypatch.setattr(negatives_module, "crossed_out", told)
    rng = np.random.default_rng(0)
    drawn = harder_negatives(train_digits.images, train_digits.labels, 40, rng)
    assert asked == [round(40 * CROSSED_SHARE)]
    assert len(drawn) == 40


def test_words_are_among_harder_negatives_alone(
    train_digits: DigitSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    write = negatives_module.writing.cursive
    monkeypatch.setattr(
        negatives_module.writing, "cursive", lambda *given: (seen.append(True), write(*given))[1]
    )
    images, labels = train_digits.images[:50], train_digits.labels[:50]
    negatives(images, 60, np.random.default_rng(0))
    assert not seen
    harder_negatives(images, labels, 60, np.random.default_rng(0))
    assert seen


def test_words_are_as_wide_as_a_digit_is_high(train_digits: DigitSet) -> None:
    rng = np.random.default_rng(5)
    for _ in range(40):
        ink = _word(train_digits.images, rng)
        assert ink.shape == (FIELD, FIELD)
        assert ink.sum() > 10
        columns = np.flatnonzero((ink > 0.3).any(axis=0))
        assert np.ptp(columns) < FIELD - 6
