"""Variations of digits: seeded, in MNIST's geometry, and still the digit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from daemon.records import Ink
from daemon.training import augment as augment_module
from daemon.training.augment import (
    FIELD,
    STRETCH,
    augment_digits,
    render_pen_digits,
    write_own_digits,
)
from daemon.training.datasets import DigitSet
from daemon.training.handwriting import own_digit
from daemon.training.negatives import negatives
from daemon.training.strokes import PenDigit, Stroke
from daemon.training.styles import hurried_digit
from daemon.vision.glyph import DIGIT_SIDE, SIDE, normalise_images

Make = Callable[[np.random.Generator], Ink]


@pytest.fixture(params=["pictures", "pens", "negatives"])
def make(request: pytest.FixtureRequest, train_digits: DigitSet) -> Make:
    """Each of the three kinds of glyphs, 30 of them."""
    images = train_digits.images[:30]
    pens = [PenDigit(n % 10, 0, own_digit(n % 10, np.random.default_rng(n))) for n in range(30)]
    makers: dict[str, Make] = {
        "pictures": lambda rng: augment_digits(images, rng),
        "pens": lambda rng: render_pen_digits(pens, rng),
        "negatives": lambda rng: negatives(images, 30, rng),
    }
    return makers[request.param]


def test_glyphs_are_ink_in_0_to_1(make: Make) -> None:
    glyphs = make(np.random.default_rng(1))
    assert glyphs.shape == (30, SIDE, SIDE)
    assert glyphs.dtype == np.float32
    assert glyphs.min() >= 0
    assert glyphs.max() <= 1
    assert (glyphs.max(axis=(1, 2)) > 0.5).all()


def test_the_same_seed_gives_the_same_glyphs_and_another_others(make: Make) -> None:
    glyphs = make(np.random.default_rng(1))
    np.testing.assert_array_equal(glyphs, make(np.random.default_rng(1)))
    assert (glyphs != make(np.random.default_rng(2))).any(axis=(1, 2)).all()


def test_no_two_variations_of_a_digit_are_the_same(train_digits: DigitSet) -> None:
    glyphs = augment_digits(
        np.repeat(train_digits.images[:1], 50, axis=0), np.random.default_rng(1)
    )
    assert len(np.unique(glyphs.reshape(50, -1), axis=0)) == 50


def test_variations_stay_closer_to_their_digit_than_to_chance(train_digits: DigitSet) -> None:
    images = train_digits.images[:100]
    plain = normalise_images(images).reshape(100, -1)
    varied = augment_digits(images, np.random.default_rng(1)).reshape(100, -1)
    own = np.abs(plain - varied).mean()
    others = np.abs(plain - np.roll(varied, 1, axis=0)).mean()
    assert own < 0.8 * others


def test_own_digits_have_all_labels_and_are_seeded() -> None:
    digits = write_own_digits(200, np.random.default_rng(1))
    assert {digit.label for digit in digits} == set(range(10))
    again = write_own_digits(200, np.random.default_rng(1))
    assert [digit.label for digit in digits] == [digit.label for digit in again]
    np.testing.assert_array_equal(digits[7].strokes[0], again[7].strokes[0])


def test_some_own_digits_are_written_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def told(label: int, rng: np.random.Generator) -> tuple[Stroke, ...]:
        written.append(label)
        return hurried_digit(label, rng)

    monkeypatch.setattr(augment_module, "hurried_digit", told)
    write_own_digits(500, np.random.default_rng(2))
    assert not written
    write_own_digits(500, np.random.default_rng(2), hurried=0.43)
    assert 0.36 < len(written) / 500 < 0.5
    assert set(written) == set(range(10))


def test_some_pictures_are_stretched(
    train_digits: DigitSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def widths(share: float) -> list[int]:
        monkeypatch.setattr(augment_module, "vary", lambda ink, _: (seen.append(ink), ink)[1])
        monkeypatch.setattr(augment_module, "stacked", list)
        seen: list[Ink] = []
        augment_digits(train_digits.images[:100], np.random.default_rng(6), stretched=share)
        return [ink.shape[1] for ink in seen]

    assert set(widths(0.0)) == {FIELD}
    stretched = widths(1.0)
    low, high = FIELD * np.exp(STRETCH)
    assert low - 1 <= min(stretched) < 0.8 * FIELD
    assert 1.7 * FIELD < max(stretched) <= high + 1


def test_glyphs_fill_mnists_box(make: Make) -> None:
    for glyph in make(np.random.default_rng(3)):
        rows = np.nonzero((glyph > 0.05).any(axis=1))[0]
        columns = np.nonzero((glyph > 0.05).any(axis=0))[0]
        longer = max(np.ptp(rows), np.ptp(columns)) + 1
        assert DIGIT_SIDE - 3 <= longer <= SIDE


def test_nothing_in_gives_nothing_out() -> None:
    rng = np.random.default_rng(1)
    assert augment_digits(np.zeros((0, 28, 28), np.uint8), rng).shape == (0, SIDE, SIDE)
    assert render_pen_digits([], rng).shape == (0, SIDE, SIDE)
    assert negatives(np.zeros((1, 28, 28), np.uint8), 0, rng).shape == (0, SIDE, SIDE)


def test_some_digits_are_as_blurred_as_a_tiny_scan_leaves_them(train_digits: DigitSet) -> None:
    glyphs = augment_digits(
        np.repeat(train_digits.images[:40], 10, axis=0), np.random.default_rng(3)
    )
    steps = [max(np.abs(np.diff(glyph, axis=axis)).max() for axis in (0, 1)) for glyph in glyphs]
    assert 0.02 < np.mean(np.array(steps) < 0.4) < 0.15
