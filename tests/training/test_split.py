"""Learnt, validated and calibrated on: parts that never overlap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daemon.errors import NothingReadable
from daemon.training.datasets import DigitSet
from daemon.training.epochs import NONE
from daemon.training.extras import PenSet
from daemon.training.mixes import HARD, PLAIN
from daemon.training.split import NEGATIVE_SHARE, TrainingData, divide, split
from daemon.training.strokes import PenDigit

STROKE = np.array([[0, 0], [8, 0], [3, 12]], np.float32)
PENS = PenSet(
    "pens", "made up", "", tuple(PenDigit(n % 10, n // 10, (STROKE + n,)) for n in range(220))
)


def pictures(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_a_tenth_of_the_digits_is_held_out(train_digits: DigitSet, test_digits: DigitSet) -> None:
    parts = split(TrainingData(train_digits, test_digits), 1, augmented=False)
    assert len(parts.clean.labels) == 120
    assert len(parts.material.labels) == 1080
    held = pictures(np.rint(parts.clean.glyphs * 255).astype(np.uint8))
    learnt = pictures(parts.material.images)
    assert not held & learnt
    assert held | learnt == pictures(train_digits.images)


def test_test_digits_are_in_no_part(train_digits: DigitSet, test_digits: DigitSet) -> None:
    parts = split(TrainingData(train_digits, test_digits), 1, augmented=True)
    assert not pictures(test_digits.images) & pictures(parts.material.images)


def test_whole_writers_are_held_out(train_digits: DigitSet, test_digits: DigitSet) -> None:
    parts = split(TrainingData(train_digits, test_digits, (PENS,)), 1, augmented=True)
    writers = [digit.writer for digit in parts.material.pens]
    assert len(set(writers)) == 20
    assert len(writers) == 200
    assert len(parts.clean.labels) == 120 + 20


def test_calibration_sees_damaged_digits_and_negatives_too(
    train_digits: DigitSet, test_digits: DigitSet
) -> None:
    parts = split(TrainingData(train_digits, test_digits), 1, augmented=True)
    assert (parts.clean.labels < NONE).all()
    counts = np.bincount(parts.calibration.labels, minlength=11)
    assert counts[:NONE].sum() == 240
    assert counts[NONE] == round(120 * NEGATIVE_SHARE)
    assert len(parts.calibration.glyphs) == len(parts.calibration.labels)


def test_bitmaps_are_learnt_and_validated_on(train_digits: DigitSet, test_digits: DigitSet) -> None:
    bitmaps = replace(test_digits, name="bitmaps", images=255 - test_digits.images)
    parts = split(TrainingData(train_digits, test_digits, (bitmaps,)), 1, augmented=True)
    assert len(pictures(parts.material.images) & pictures(bitmaps.images)) == 180
    assert len(parts.clean.labels) == 120 + 20


def test_what_is_learnt_is_mixed_as_wanted_and_what_calibrates_is_not(
    train_digits: DigitSet, test_digits: DigitSet
) -> None:
    data = TrainingData(train_digits, test_digits)
    plain, hard = (split(data, 1, augmented=True, mix=mix) for mix in (PLAIN, HARD))
    assert (plain.material.mix, hard.material.mix) == (PLAIN, HARD)
    np.testing.assert_array_equal(plain.material.images, hard.material.images)
    np.testing.assert_array_equal(plain.calibration.glyphs, hard.calibration.glyphs)


def test_the_seed_decides_who_is_held_out(train_digits: DigitSet, test_digits: DigitSet) -> None:
    data = TrainingData(train_digits, test_digits)
    first, again, other = (split(data, seed, augmented=False) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.clean.glyphs, again.clean.glyphs)
    assert (first.clean.glyphs != other.clean.glyphs).any()


@pytest.mark.parametrize("augmented", [False, True])
def test_the_fewest_digits_give_every_part_some(train_digits: DigitSet, augmented: bool) -> None:
    few = TrainingData(train_digits.part("few", np.arange(20)), train_digits)
    parts = split(few, 1, augmented=augmented)
    assert len(parts.material.labels) == 18
    assert len(parts.clean.labels) == 2
    assert len(parts.calibration.labels) >= 2


def test_too_few_digits_are_refused(train_digits: DigitSet) -> None:
    """Of them none would be held out, and nothing could be said of what they teach."""
    few = TrainingData(train_digits.part("few", np.arange(19)), train_digits)
    for parted in (
        lambda: split(few, 1, augmented=False),
        lambda: split(few, 1, augmented=True),
        lambda: divide(few, 1),
    ):
        with pytest.raises(NothingReadable, match=r"few: 19 digits are too few .*: at least 20"):
            parted()
