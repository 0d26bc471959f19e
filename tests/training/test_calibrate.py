"""Temperature and the threshold for review."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.ann.classifier import softmax
from daemon.training.calibrate import RISKS, find_temperature, find_threshold, find_thresholds


def honest(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of ten classes, and labels drawn by just the probabilities that they state."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (count, 10)).astype(np.float32)
    labels = [rng.choice(10, p=row / row.sum()) for row in softmax(logits).astype(np.float64)]
    return logits, np.array(labels)


def confident(*rows: tuple[int, float]) -> np.ndarray:
    """Rows of probabilities: a digit with a confidence, the rest spread over the other nine."""
    table = np.array([[(1 - c) / 9] * 10 for _, c in rows], np.float32)
    for row, (digit, c) in zip(table, rows, strict=True):
        row[digit] = c
    return table


def test_the_temperature_of_honest_logits_is_one() -> None:
    assert find_temperature(*honest(5000)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("factor", [0.5, 2.5])
def test_the_temperature_undoes_a_scaling(factor: float) -> None:
    logits, labels = honest(5000)
    assert find_temperature(logits * np.float32(factor), labels) == pytest.approx(factor, rel=0.05)


def test_the_threshold_lets_as_many_wrong_ones_pass_as_allowed() -> None:
    steps = (0.9, 0.8, 0.7, 0.6, 0.5)  # 2,000 readings each, of which 0, 0, 40, 0 and 500 are wrong
    probabilities = confident(*[(1, step) for step in steps for _ in range(2000)])
    labels = np.ones(10_000, np.int64)
    labels[4000:4040] = labels[8000:8500] = 2
    assert find_threshold(labels, probabilities, 0.002) == pytest.approx(0.8)
    assert find_threshold(labels, probabilities, 0.008) == pytest.approx(0.6)
    assert find_threshold(labels, probabilities, 0.06) == pytest.approx(0.5)


def test_what_is_more_likely_wrong_than_right_is_for_review_at_any_risk() -> None:
    probabilities = confident(*[(1, 0.8)] * 1000, *[(1, 0.4)] * 1000)
    assert find_threshold(np.ones(2000), probabilities, 0.5) == pytest.approx(0.8)


def test_what_was_found_on_few_readings_promises_less() -> None:
    few, many = (confident(*[(1, 0.9)] * count) for count in (100, 10_000))
    assert find_threshold(np.ones(100), few, 0.005) == 1.0
    assert find_threshold(np.ones(10_000), many, 0.005) == pytest.approx(0.9)


def test_every_risk_has_its_threshold_and_more_risk_never_a_higher_one() -> None:
    logits, labels = honest(4000)
    thresholds = find_thresholds(labels, softmax(logits * 3))
    assert tuple(risk for risk, _ in thresholds) == RISKS
    confidences = [confidence for _, confidence in thresholds]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[-1] < confidences[0]


def test_no_confidence_suffices_where_the_most_confident_is_wrong() -> None:
    assert find_threshold(np.array([2, 1]), confident((1, 0.9), (1, 0.8)), 0.1) == 1.0


def test_equal_confidences_pass_together_or_not_at_all() -> None:
    labels = np.array([1, 2])
    assert find_threshold(labels, confident((1, 0.9), (1, 0.9)), 0.9) == 1.0


def test_what_the_reader_leaves_out_as_no_digit_does_not_count() -> None:
    rows = [[0.95, *[0.0] * 9, 0.05], [0.3, *[0.0] * 9, 0.7]] * 1000
    labels = np.array([0, 1] * 1000)  # every second one would be wrong
    assert find_threshold(labels, np.array(rows, np.float32), 0.01) == pytest.approx(0.95)


def test_a_sign_read_as_a_digit_counts_as_wrong() -> None:
    rows = [[0.95, *[0.0] * 9, 0.05]] * 1000 + [[0.9, *[0.0] * 9, 0.1]] * 1000
    labels = np.array([0] * 1000 + [10] * 1000)
    assert find_threshold(labels, np.array(rows, np.float32), 0.01) == pytest.approx(0.95)


def test_without_readings_everything_goes_to_review() -> None:
    assert find_threshold(np.array([], np.uint8), np.zeros((0, 11), np.float32), 0.005) == 1.0


@given(
    readings=st.lists(st.tuples(st.floats(0.25, 1.0), st.booleans()), min_size=1),
    max_error=st.floats(0, 1),
)
def test_never_more_than_the_allowed_share_is_wrong_above_the_threshold(
    readings: list[tuple[float, bool]], max_error: float
) -> None:
    probabilities = confident(*[(3, confidence) for confidence, _ in readings])
    labels = np.array([3 if right else 4 for _, right in readings])
    threshold = find_threshold(labels, probabilities, max_error)
    passing = probabilities.max(axis=1) >= threshold
    if threshold < 1 and passing.any():
        assert np.mean(labels[passing] != 3) <= max_error
