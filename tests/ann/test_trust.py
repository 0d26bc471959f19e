"""The calibrated probability of a whole line, and where it comes from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from daemon.ann.registry import NEVER, ModelVersion
from daemon.ann.trust import FEATURES, Trust, features, load_trusted, parse_trust
from daemon.errors import ModelUnavailable
from daemon.records import Doubt, Evidence

PLAIN = Evidence("128", 0.7, glyphs=-0.2, added=0, agreed=True, sure=True)
RIVAL = Evidence("126", 0.2, glyphs=-2.0, added=0, agreed=False, sure=False)
DOUBT = Doubt(unseen=0.1, left_out=False, differs=False, digits=3)
TRUST = Trust((1.0, 0.2, -0.5, 0.3, 1.0, -0.5, 0.6, 0.4, 0.3, 0.1), ((0.001, 0.99), (0.01, 0.9)))


def probability(plain: Evidence = PLAIN, rival: Evidence = RIVAL, doubt: Doubt = DOUBT) -> float:
    return TRUST.probabilities([plain, rival], doubt)[0]


def test_every_text_is_as_many_numbers_as_there_are_weights_and_so_is_something_else() -> None:
    rows = features([PLAIN, RIVAL], DOUBT)
    assert rows.shape == (3, FEATURES)
    assert rows[0].tolist() == [pytest.approx(math.log(0.7)), -0.2, 0, 1, 1, 0, 0, 0, 0, 0]
    assert rows[2].tolist() == [0, 0, 0, 0, 0, 1, pytest.approx(math.log(0.1)), 0, 0, 3]


def test_probabilities_leave_room_for_something_else() -> None:
    assert 0.5 < sum(TRUST.probabilities([PLAIN, RIVAL], DOUBT)) < 1


@pytest.mark.parametrize(
    "worse",
    [
        {"plain": replace(PLAIN, seen=0.5)},
        {"plain": replace(PLAIN, glyphs=-3.0)},
        {"plain": replace(PLAIN, added=1)},
        {"plain": replace(PLAIN, agreed=False)},
        {"plain": replace(PLAIN, sure=False)},
        {"rival": replace(RIVAL, seen=0.4)},
        {"rival": replace(RIVAL, glyphs=-0.1)},
        {"doubt": replace(DOUBT, unseen=0.3)},
        {"doubt": replace(DOUBT, left_out=True)},
        {"doubt": replace(DOUBT, differs=True)},
        {"doubt": replace(DOUBT, digits=9)},
    ],
)
def test_weaker_evidence_stronger_rivals_and_doubts_are_trusted_less(worse: dict[str, Any]) -> None:
    assert probability(**worse) < probability()


@pytest.mark.parametrize("seen", [0.0, 1.0])
def test_certainty_has_a_finite_score(seen: float) -> None:
    doubt = replace(DOUBT, unseen=1 - seen)
    assert 0 < probability(replace(PLAIN, seen=seen), replace(RIVAL, seen=1 - seen), doubt) < 1


@pytest.mark.parametrize(
    ("risk", "below"), [(0.0001, NEVER), (0.001, 0.99), (0.005, 0.99), (1, 0.9)]
)
def test_the_threshold_is_that_of_the_largest_risk_allowed(risk: float, below: float) -> None:
    assert TRUST.review_below(risk) == below


def test_metadata_are_parsed_and_mistakes_named() -> None:
    values = {
        "weights": list(TRUST.weights),
        "thresholds": [{"max_error_read": risk, "review_below": b} for risk, b in TRUST.thresholds],
    }
    assert parse_trust(values, "here") == TRUST
    with pytest.raises(ModelUnavailable, match="here: 'trust' has 2 weights, not 10"):
        parse_trust(values | {"weights": [1, 2]}, "here")
    with pytest.raises(ModelUnavailable, match="here: 'trust' is not what it should be"):
        parse_trust({"weights": [1]}, "here")


def test_a_version_without_a_line_reader_has_none(trained_version: ModelVersion) -> None:
    assert load_trusted(trained_version) is None
