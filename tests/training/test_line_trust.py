"""Calibrating two networks together: the logistic model, its thresholds, and who is held back."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.ann.trust import Trust, features
from daemon.records import Evidence
from daemon.training.datasets import DigitSet
from daemon.training.line_trust import HARDER, Trial, fit_logistic, fit_trust, held_digits
from daemon.training.split import TrainingData, divide


def trial(seen: float, *, right: bool, agreed: bool = True, text: str = "128") -> Trial:
    evidence = Evidence(
        text, seen, (1 - seen) / 10, seen if agreed else None, agreed, left_out=False
    )
    return Trial(text if right else "", (evidence,))


def trials(count: int, seed: int = 1) -> list[Trial]:
    """Lines whose readings are right as often as the line reader's probability says."""
    rng = np.random.default_rng(seed)
    chances = rng.uniform(0.3, 0.999, count)
    return [
        trial(float(chance), right=bool(rng.random() < chance), agreed=bool(rng.random() < 0.7))
        for chance in chances
    ]


def test_the_logistic_model_finds_the_weights_that_made_the_data() -> None:
    rng = np.random.default_rng(2)
    rows = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 2))])
    weights = np.array([-0.5, 1.5, -1.0])
    right = rng.random(20_000) < 1 / (1 + np.exp(-rows @ weights))
    assert fit_logistic(rows, right) == pytest.approx(weights, abs=0.08)


@pytest.mark.parametrize("right", [True, False])
def test_data_of_one_kind_give_finite_weights(right: bool) -> None:
    rows = np.column_stack([np.ones(50), np.linspace(0, 1, 50)])
    assert np.isfinite(fit_logistic(rows, np.full(50, right))).all()


def test_probabilities_are_right_as_often_as_they_say() -> None:
    trust = fit_trust(trials(4000))
    others = trials(4000, seed=3)
    said = np.array([trust.probability(each.evidence[0]) for each in others])
    right = np.array([each.evidence[0].text == each.truth for each in others])
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        among = (said >= low) & (said < high)
        assert right[among].mean() == pytest.approx(said[among].mean(), abs=0.05)


def test_thresholds_keep_their_risk_and_fall_with_it() -> None:
    sure = [trial(0.99, right=True) for _ in range(2000)]
    trust = fit_trust(sure + trials(1000))
    found = dict(trust.thresholds)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    kept = [
        each
        for each in sure + trials(1000)
        if trust.probability(each.evidence[0]) ** (1 / 3) >= found[0.02]
    ]
    wrong = sum(each.evidence[0].text != each.truth for each in kept)
    assert kept
    assert wrong / (3 * len(kept)) <= HARDER * 0.02


def test_few_lines_promise_nothing() -> None:
    assert all(below == 1 for _, below in fit_trust([trial(0.9, right=True)] * 3).thresholds)
    assert isinstance(fit_trust([]), Trust)


def test_lines_on_which_the_networks_differ_do_not_lower_the_threshold() -> None:
    evidence = trial(0.99, right=True).evidence[0]
    differing = Trial("128", (evidence, Evidence("126", 0.01, 0.99, None, False, False)))
    assert all(below == 1 for _, below in fit_trust([differing] * 3000).thresholds)
    assert features(evidence)[5] == 1


def test_digits_are_held_back_that_neither_seed_learns(train_digits: DigitSet) -> None:
    data = TrainingData(train_digits, train_digits.part("test", np.arange(10)))
    held = {image.tobytes() for image in held_digits(data, 1, 2).images}
    assert held
    for seed in (1, 2):
        assert held.isdisjoint(image.tobytes() for image in divide(data, seed).learnt.images)
    assert len(held_digits(data, 1, 1).images) == len(divide(data, 1).held)
