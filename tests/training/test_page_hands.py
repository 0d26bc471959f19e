"""Hands that write pages."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training.handwriting import own_digit
from daemon.training.page_hands import BitmapHand, Hand, PenHand, draw_own_hand
from daemon.training.strokes import PenDigit, render_strokes


def bitmap_hand(slant: float = 0.1, weight: float = 0.5) -> BitmapHand:
    """The project's own digits as MNIST would have them: 28 x 28, 20 px high."""
    images = {}
    for label in range(10):
        ink = render_strokes(own_digit(label, np.random.default_rng(label)), height=20, pen_width=3)
        image = np.zeros((28, 28), np.uint8)
        image[3 : 3 + len(ink), 3 : 3 + ink.shape[1]] = np.rint(255 * ink)
        images[label] = image[None]
    return BitmapHand(images, slant, weight)


def pen_hand() -> PenHand:
    rng = np.random.default_rng(3)
    return PenHand({n: (PenDigit(n, 1, own_digit(n, rng)),) for n in range(10)}, 0.1)


HANDS = (draw_own_hand(np.random.default_rng(1)), pen_hand(), bitmap_hand())


@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: type(hand).__name__)
@pytest.mark.parametrize("height", [18, 60])
def test_digits_are_as_high_as_asked_for(hand: Hand, height: float) -> None:
    for label in range(10):
        ink = hand.write(label, height, np.random.default_rng(2))
        assert ink.dtype == np.float32
        assert ink.min() >= 0
        assert 0.9 < ink.max() <= 1
        rows, columns = np.nonzero(ink > 0.5)
        side = 1 + max(np.ptp(rows), np.ptp(columns))
        assert 0.8 * height - 2 <= side <= 1.3 * height + 2


def test_an_own_hand_keeps_to_its_styles() -> None:
    hand = draw_own_hand(np.random.default_rng(5))
    same = [hand.write(7, 40, np.random.default_rng(seed)) > 0.5 for seed in range(6)]
    other = [
        render_strokes(own_digit(7, np.random.default_rng(seed)), height=40, pen_width=4) > 0.5
        for seed in range(6)
    ]

    def spread(inks: list[np.ndarray]) -> float:
        centred = np.zeros((6, 60, 60))
        for each, ink in zip(centred, inks, strict=True):
            each[: len(ink), : ink.shape[1]] = ink
        return float(centred.var(axis=0).mean())

    assert spread(same) < spread(other)


@pytest.mark.parametrize("slant", [-0.3, 0.0, 0.4])
def test_bitmaps_are_slanted_alike(slant: float) -> None:
    hand = bitmap_hand(slant)
    ink = hand.write(1, 80, np.random.default_rng(1)) > 0.5
    rows, columns = np.nonzero(ink)
    top, foot = columns[rows < 20].mean(), columns[rows >= len(ink) - 20].mean()
    assert top - foot == pytest.approx(slant * 60, abs=14)


def test_weight_widens_the_pen() -> None:
    light, heavy = (
        bitmap_hand(weight=w).write(3, 60, np.random.default_rng(1)).mean() for w in (0.0, 1.0)
    )
    assert heavy > 1.2 * light
    assert bitmap_hand(weight=1.0).pen > bitmap_hand(weight=0.0).pen
