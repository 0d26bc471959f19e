"""Writers: from bitmaps, from recorded strokes, in the project's styles, in print."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.errors import NothingReadable
from daemon.training.datasets import DigitSet
from daemon.training.hands import POINTS, Copybook, Digits, need_all_ten, printed
from daemon.training.strokes import PenDigit
from daemon.training.styles import STYLES

FLAGGED = PenDigit(1, 5, (np.array([[0, 0], [30, 0], [30, 40]], np.float32),))
PLAIN = PenDigit(1, 6, (np.array([[4, 0], [4, 40]], np.float32),))
LONG = PenDigit(8, 6, (np.cumsum(np.ones((200, 2), np.float32), axis=0),))


@pytest.fixture
def book(train_digits: DigitSet) -> Copybook:
    return Copybook(Digits(train_digits.images, train_digits.labels, (FLAGGED, PLAIN, LONG)))


@pytest.mark.parametrize(("width", "height"), [(3, 20), (20, 3)])
def test_a_stroke_that_fills_its_box_is_as_wide_as_it_is(width: int, height: int) -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4 : 4 + height, 4 : 4 + width] = 255
    book = Copybook(Digits(image[None].repeat(10, axis=0), np.arange(10, dtype=np.uint8), ()))
    one = book.bitmap(1, np.random.default_rng(0)).bitmap
    assert one is not None
    assert one.stroke == pytest.approx(3, rel=0.35)


def test_every_digit_has_many_styles() -> None:
    assert [len(styles) >= 8 for styles in STYLES] == [True] * 10


def test_a_recorded_one_with_a_flat_flag_is_left_out(book: Copybook) -> None:
    """It would be somebody else's 7."""
    rng = np.random.default_rng(0)
    ones = [book.recorded(1, 0, rng) for _ in range(5)]
    assert all(one is not None and np.ptp(one.extent) < 1e-6 for one in ones)


def test_a_writer_who_lacks_a_digit_has_none_of_it(book: Copybook) -> None:
    assert book.recorded(3, 0, np.random.default_rng(0)) is None


def test_strokes_stand_on_the_baseline_and_are_one_high(book: Copybook) -> None:
    eight = book.recorded(8, 0, np.random.default_rng(0))
    assert eight is not None
    points = np.concatenate(eight.strokes)
    assert points[:, 1].max() == 0
    assert points[:, 1].min() == pytest.approx(-1)
    assert eight.extent[0] == pytest.approx(0, abs=0.4)
    assert len(points) <= POINTS


def test_a_bitmap_is_cropped_to_its_digit(book: Copybook) -> None:
    bitmap = book.bitmap(7, np.random.default_rng(0)).bitmap
    assert bitmap is not None
    assert max(bitmap.ink.shape) < 28
    assert bitmap.ink[0].max() > 60
    assert 1 <= bitmap.stroke < 6
    assert bitmap.height == pytest.approx(bitmap.ink.shape[0] / 20)


def test_every_hand_writes_every_digit(book: Copybook) -> None:
    rng = np.random.default_rng(1)
    kinds = set()
    for _ in range(60):
        hand = book.hand(rng)
        for label in range(10):
            glyph = hand.write(label, rng)
            assert glyph.label == label
            assert glyph.extent[1] >= glyph.extent[0]
            kinds.add((hand.prints, glyph.bitmap is None))
    assert kinds == {(False, False), (False, True), (True, False)}


def test_without_pens_lines_are_written_all_the_same(train_digits: DigitSet) -> None:
    book = Copybook(Digits(train_digits.images, train_digits.labels, ()))
    rng = np.random.default_rng(2)
    for _ in range(30):
        assert book.hand(rng).write(4, rng).label == 4


def test_print_is_cropped() -> None:
    ink = printed("27", "sans", 400)
    assert ink.max(axis=1).all()
    assert ink.shape[1] > ink.shape[0]


def test_which_digits_are_too_few_is_said_by_name(train_digits: DigitSet) -> None:
    need_all_ten(Digits(train_digits.images, train_digits.labels, ()), "held back", "play", "stop")
    few = np.flatnonzero(~np.isin(train_digits.labels, (3, 4, 8)))[:200]
    digits = Digits(train_digits.images[few], train_digits.labels[few], ())
    assert digits.lacking == (3, 4, 8)
    with pytest.raises(NothingReadable) as raised:
        need_all_ten(digits, "held back", "play", "stop")
    assert str(raised.value) == (
        "too few digits to play: of 200 held back none is a 3, a 4 or an 8; stop"
    )
