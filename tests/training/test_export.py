"""The exported network must read as the trained one does."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training.export import ExportFailed, check_agreement

LABELS = np.arange(10_000, dtype=np.int64).astype(np.uint8) % 10
TRAINED = np.eye(10, dtype=np.float32)[LABELS]


def with_changed(count: int) -> np.ndarray:
    """The same outputs, but `count` digits read as their neighbour."""
    outputs = TRAINED.copy()
    outputs[:count] = np.roll(outputs[:count], 1, axis=1)
    return outputs


def test_a_few_digits_may_be_read_otherwise() -> None:
    assert check_agreement(TRAINED, TRAINED, LABELS) == 1
    assert check_agreement(TRAINED, with_changed(4), LABELS) == pytest.approx(0.9996)


def test_too_different_an_accuracy_is_refused() -> None:
    with pytest.raises(ExportFailed, match=r"accuracy 0\.06% apart"):
        check_agreement(TRAINED, with_changed(6), LABELS)


def test_too_many_different_digits_are_refused_even_at_the_same_accuracy() -> None:
    truth = LABELS.copy()
    truth[:11] = 255  # wrong either way
    with pytest.raises(ExportFailed, match=r"only 99\.89% of the test digits"):
        check_agreement(TRAINED, with_changed(11), truth)
