"""What is no digit on a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from daemon.training import words
from daemon.training.words import Strokes


@pytest.mark.parametrize("name", sorted({*words.BETWEEN, *words.BEFORE, *"".join(words.AFTER)}))
def test_every_mark_can_be_drawn(name: str) -> None:
    points = np.concatenate(words.mark(name, np.random.default_rng(0)))
    assert np.isfinite(points).all()
    assert np.abs(points).max() < 2.5


def test_points_stand_on_the_line_and_dashes_above_it() -> None:
    rng = np.random.default_rng(1)
    assert np.concatenate(words.mark(".", rng))[:, 1].mean() == pytest.approx(0, abs=0.2)
    assert -0.9 < np.concatenate(words.mark("-", rng))[:, 1].mean() < -0.2


@pytest.mark.parametrize("write", [words.cursive, words.capitals])
def test_longer_words_are_wider(write) -> None:  # type: ignore[no-untyped-def]
    def width(letters: int) -> float:
        rng = np.random.default_rng(2)
        return float(np.mean([np.ptp(np.concatenate(write(rng, letters))[:, 0]) for _ in range(9)]))

    assert width(8) > 2 * width(2)


def test_cursive_letters_are_joined() -> None:
    strokes = words.cursive(np.random.default_rng(3), 9)
    starts = [stroke[0] for stroke in strokes[1:]]
    ends = [end for stroke in strokes for end in stroke[-1:]]
    joined = sum(any(np.allclose(start, end) for end in ends) for start in starts)
    assert joined >= 5


def test_print_holds_no_digit() -> None:
    rng = np.random.default_rng(4)
    text = "".join(words.print_word(rng) for _ in range(50))
    assert text.isalpha()
    assert text.isascii()


def test_scribbles_differ() -> None:
    rng = np.random.default_rng(5)
    sizes = {len(words.scribble(rng)[0]) for _ in range(30)}
    assert len(sizes) > 5


def test_no_mark_before_or_after_a_number_stands_like_a_1() -> None:
    rng = np.random.default_rng(3)
    for name in sorted({*words.BEFORE, *"".join(words.AFTER)}):
        for stroke in words.mark(name, rng):
            width, height = np.ptp(stroke, axis=0)
            assert not (height > 0.65 and width < 0.5 * height) or name in "$#€£"


def test_letters_of_lines_are_none_that_a_hurried_digit_looks_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    drawn = words.draw_symbol

    def watched(rng: np.random.Generator, among: Sequence[str]) -> Strokes:
        asked.append(set(among))
        return drawn(rng, among)

    monkeypatch.setattr(words, "draw_symbol", watched)
    words.capitals(np.random.default_rng(0), 5)
    assert len(asked) == 5
    assert all(among.isdisjoint({"F", "T", "t", "f", "r", "tick", "R"}) for among in asked)
