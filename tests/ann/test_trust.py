"""The calibrated probability of a whole line, and where it comes from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.ann.registry import ModelVersion
from daemon.ann.trust import FEATURES, Trust, features, load_trusted, parse_trust
from daemon.errors import ModelUnavailable
from daemon.records import Evidence

PLAIN = Evidence("128", 0.9, 0.05, 0.8, agreed=True, left_out=False)
TRUST = Trust((0.0, 1.0, 0.2, 0.5, -1.0, 1.0, -0.1, -1.0), ((0.001, 0.99), (0.01, 0.9)))


def test_evidence_is_as_many_numbers_as_there_are_weights() -> None:
    assert features(PLAIN).shape == (FEATURES,)
    assert features(PLAIN)[0] == 1
    unknown = features(replace(PLAIN, glyphs=None))
    assert (unknown[3], unknown[4]) == (0, 1)


@pytest.mark.parametrize(
    "worse",
    [
        replace(PLAIN, seen=0.5),
        replace(PLAIN, rival=0.4),
        replace(PLAIN, glyphs=0.1),
        replace(PLAIN, agreed=False),
        replace(PLAIN, left_out=True),
    ],
)
def test_weaker_evidence_is_trusted_less(worse: Evidence) -> None:
    assert TRUST.probability(worse) < TRUST.probability(PLAIN)


@pytest.mark.parametrize("seen", [0.0, 1.0])
def test_certainty_has_finite_odds(seen: float) -> None:
    evidence = replace(PLAIN, seen=seen, rival=1 - seen, glyphs=seen)
    assert 0 < TRUST.probability(evidence) < 1


@pytest.mark.parametrize(("risk", "below"), [(0.0001, 1.0), (0.001, 0.99), (0.005, 0.99), (1, 0.9)])
def test_the_threshold_is_that_of_the_largest_risk_allowed(risk: float, below: float) -> None:
    assert TRUST.review_below(risk) == below


def test_metadata_are_parsed_and_mistakes_named() -> None:
    values = {
        "weights": list(TRUST.weights),
        "thresholds": [{"max_error_read": risk, "review_below": b} for risk, b in TRUST.thresholds],
    }
    assert parse_trust(values, "here") == TRUST
    with pytest.raises(ModelUnavailable, match="here: 'trust' has 2 weights, not 8"):
        parse_trust(values | {"weights": [1, 2]}, "here")
    with pytest.raises(ModelUnavailable, match="here: 'trust' is not what it should be"):
        parse_trust({"weights": [1]}, "here")


def test_a_version_without_a_line_reader_has_none(trained_version: ModelVersion) -> None:
    assert load_trusted(trained_version) is None
