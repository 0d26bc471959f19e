"""Figures against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training import metrics

LABELS = np.array([0, 0, 1, 2])
PROBABILITIES = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.1, 0.5, 0.4], [0.2, 0.2, 0.6]])
# read as 0, 1, 1, 2
CONFUSION = metrics.confusion_matrix(LABELS, PROBABILITIES.argmax(axis=1), 3, 3)


def test_accuracy_is_the_share_of_right_ones() -> None:
    assert metrics.accuracy(LABELS, PROBABILITIES) == 0.75


def test_log_loss_is_the_mean_over_the_right_class() -> None:
    expected = -(np.log(0.8) + np.log(0.3) + np.log(0.5) + np.log(0.6)) / 4
    assert metrics.log_loss(LABELS, PROBABILITIES) == pytest.approx(expected)


def test_log_loss_of_a_certain_mistake_is_large_but_finite() -> None:
    assert 20 < metrics.log_loss(np.array([1]), np.array([[1.0, 0.0]])) < 100


def test_confusion_counts_truth_by_reading() -> None:
    assert CONFUSION.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_confusion_may_have_a_column_more_for_no_digit() -> None:
    counts = metrics.confusion_matrix(np.array([0, 1]), np.array([2, 1]), 2, 3)
    assert counts.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert metrics.recall(counts).tolist() == [0, 1]
    assert metrics.precision(counts).tolist() == [0, 1]


def test_precision_recall_and_f1_by_hand() -> None:
    assert metrics.precision(CONFUSION).tolist() == [1, 0.5, 1]
    assert metrics.recall(CONFUSION).tolist() == [0.5, 1, 1]
    assert metrics.f1(CONFUSION) == pytest.approx([2 / 3, 2 / 3, 1])


def test_a_class_that_never_occurs_scores_zero() -> None:
    counts = metrics.confusion_matrix(np.array([0]), np.array([0]), 2, 2)
    assert metrics.f1(counts).tolist() == [1, 0]


def test_bins_of_confidence_include_their_upper_end() -> None:
    correct = np.array([True, False, True, True])
    counts, (hits, claims) = metrics.reliability(correct, np.array([0.5, 0.4, 0.9, 1.0]), bins=2)
    assert counts.tolist() == [2, 2]
    assert hits.tolist() == [0.5, 1.0]
    assert claims == pytest.approx([0.45, 0.95])


def test_calibration_error_by_hand() -> None:
    correct = np.array([True, False, True, True])
    error = metrics.expected_calibration_error(correct, np.array([0.5, 0.4, 0.9, 1.0]), bins=2)
    assert error == pytest.approx(0.5 * abs(0.5 - 0.45) + 0.5 * abs(1.0 - 0.95))


def test_calibration_error_of_honest_confidence_is_zero() -> None:
    correct = np.arange(100) < 80
    assert metrics.expected_calibration_error(correct, np.full(100, 0.8)) == pytest.approx(0)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # Wilson's score interval, without continuity correction, as textbooks tabulate it
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
    ],
)
def test_wilson_intervals_are_those_of_the_tables(hits, n, low, high) -> None:
    assert metrics.wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_every_share_is_possible() -> None:
    assert metrics.wilson_interval(0, 0) == (0, 1)


def test_risk_by_coverage_by_hand() -> None:
    correct = np.array([True, False, True, True])
    coverage, risk = metrics.risk_coverage(correct, np.array([0.9, 0.5, 0.8, 0.6]))
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert risk.tolist() == [0, 0, 0, 0.25]


def test_equal_confidences_are_accepted_together() -> None:
    correct = np.array([True, False, True, True])
    coverage, risk = metrics.risk_coverage(correct, np.array([0.5, 0.9, 0.9, 0.5]))
    assert coverage.tolist() == [0.5, 1]
    assert risk.tolist() == [0.5, 0.25]


def test_the_worst_confusions_come_first_and_the_diagonal_never() -> None:
    counts = np.array([[90, 2, 0], [5, 80, 1]])
    worst = metrics.worst_confusions(counts)
    assert [(each.true, each.read, each.count) for each in worst] == [
        (1, 0, 5),
        (0, 1, 2),
        (1, 2, 1),
    ]
    assert metrics.worst_confusions(counts, most=1) == worst[:1]
    assert counts[0, 0] == 90
