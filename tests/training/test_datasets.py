"""Arrays of digits in every usual form, brought to one."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.errors import NothingReadable, UsageError
from daemon.training.datasets import as_digit_set, concatenated

RNG = np.random.default_rng(7)
IMAGES = RNG.integers(0, 256, (20, 28, 28), dtype=np.uint8)
LABELS = (np.arange(20) % 10).astype(np.uint8)


@pytest.mark.parametrize(
    "images",
    [
        IMAGES[..., np.newaxis],
        IMAGES.reshape(20, -1),
        IMAGES.astype(np.float64),
        IMAGES.astype(np.float32) / 255,
        IMAGES.astype(np.int64),
    ],
)
def test_every_usual_form_of_arrays_gives_the_same_digits(images: np.ndarray) -> None:
    digits = as_digit_set("a", "a", images, LABELS)
    assert digits.images.dtype == np.uint8
    np.testing.assert_array_equal(digits.images, IMAGES)


def test_pictures_of_another_size_become_glyphs() -> None:
    small = np.zeros((2, 16, 16), np.uint8)
    small[:, 2:14, 7:9] = 255
    digits = as_digit_set("a", "a", small, [1, 1])
    assert digits.images.shape == (2, 28, 28)
    rows = np.flatnonzero(digits.images[0].any(axis=1))
    assert rows[-1] - rows[0] + 1 == 20


@pytest.mark.parametrize(
    ("images", "labels", "complaint"),
    [
        (IMAGES[:, :, 0], LABELS, "expected pictures"),
        (IMAGES, LABELS[:-1], "20 pictures need as many labels"),
        (IMAGES, LABELS + 1, "labels must be the digits 0 to 9"),
        (IMAGES, LABELS + 0.5, "labels must be the digits 0 to 9"),
        (IMAGES, LABELS.astype(str), "labels must be the digits 0 to 9"),
        (IMAGES - 300.0, LABELS, r"pixels must be in 0\.\.1"),
        (np.full((20, 28, 28), np.nan), LABELS, r"pixels must be in 0\.\.1"),
        (IMAGES[:0], LABELS[:0], "expected pictures"),
    ],
)
def test_arrays_that_are_no_labelled_digits_are_refused(
    images: np.ndarray, labels: np.ndarray, complaint: str
) -> None:
    with pytest.raises(NothingReadable, match=complaint):
        as_digit_set("a", "a", images, labels)


def test_one_digit_is_picked_by_number() -> None:
    digits = as_digit_set("a", "a", IMAGES, LABELS)
    one = digits.single(13)
    assert len(one) == 1
    np.testing.assert_array_equal(one.images[0], IMAGES[13])
    with pytest.raises(UsageError, match="has digits 0 to 19, but no 20"):
        digits.single(20)


def test_sets_are_joined_in_order() -> None:
    digits = as_digit_set("a", "a", IMAGES, LABELS)
    joined = concatenated([digits, digits.single(3)])
    assert joined.name == "a"
    assert joined.labels.tolist() == [*LABELS, 3]


def test_dark_digits_on_a_light_ground_are_refused() -> None:
    light = np.zeros((20, 28, 28), np.uint8)
    light[:, 6:22, 12:16] = 255
    light[:, 3, 0] = light[:, 25:, 27] = 255  # ink that touches the rim, as USPS has it
    assert as_digit_set("light", "", light, np.ones(20)).images.max() == 255
    with pytest.raises(NothingReadable, match="give 255 - x"):
        as_digit_set("dark", "", 255 - light, np.ones(20))


def test_pictures_of_ones_are_of_full_ink_and_of_sixteenths_are_refused() -> None:
    some = np.eye(28, dtype=np.uint8)[None]
    assert as_digit_set("ones", "", some, np.array([1])).images.max() == 255
    with pytest.raises(NothingReadable, match="the strongest ink of all is 16 of 255"):
        as_digit_set("sixteenths", "", some * 16, np.array([1]))
