"""Shares, coverage and calibration of readings, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training.scores import Scores, Share, joined

FOUR = Scores(
    correct=np.array([True, False, True, False]),
    confidence=np.array([0.9, 0.8, 0.6, 0.0]),
    read=np.array([True, True, False, False]),
)


def test_shares_are_counted_over_all_and_over_what_is_called_read() -> None:
    assert FOUR.exact == Share(2, 4)
    assert FOUR.coverage == Share(2, 4)
    assert FOUR.error_read == Share(1, 2)


def test_what_was_not_found_claims_nothing() -> None:
    assert FOUR.ece == pytest.approx((0.1 + 0.8 + 0.4) / 3)
    nothing = FOUR.part(np.array([False, False, False, True]))
    assert nothing.ece == 0
    assert nothing.error_read.value == 0


def test_coverage_at_a_risk_is_the_most_that_keeps_it() -> None:
    assert FOUR.coverage_at(0.0) == 0.25
    assert FOUR.coverage_at(1 / 3) == 0.75
    assert FOUR.coverage_at(0.5) == 1.0


def test_what_a_person_looks_at_is_accepted_last_whatever_its_confidence() -> None:
    partial = Scores(np.array([False, True]), np.array([0.99, 0.9]), np.array([False, True]))
    assert partial.coverage_at(0.0) == 0.5


def test_joined_sets_count_as_one() -> None:
    assert joined([FOUR, FOUR]).exact == Share(4, 8)


def test_the_summary_is_json_with_intervals() -> None:
    summary = FOUR.summary()
    assert summary["accuracy_interval"] == pytest.approx([0.1500, 0.8500], abs=5e-5)
    assert summary["coverage_at_risk"]["0.005"] == 0.25
    assert summary["error_read"] == 0.5
