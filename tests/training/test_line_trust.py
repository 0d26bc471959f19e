"""Calibrating two networks together: the logistic model, its thresholds, and who is held back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daemon.ann.trust import FEATURES, Trust
from daemon.errors import NothingReadable
from daemon.records import Doubt, Evidence
from daemon.training.datasets import DigitSet
from daemon.training.line_trust import (
    Trial,
    calibrating_digits,
    fit_choices,
    fit_trust,
    held_digits,
)
from daemon.training.split import TrainingData, divide


def trial(seen: float, *, right: bool, agreed: bool = True, text: str = "128") -> Trial:
    """A line that the line reader reads as `text`; where the glyph network does not agree, it
    leaves a digit out."""
    others = () if agreed else (Evidence(text[:-1], 1e-5, -0.1, 0, True, False),)
    evidence = Evidence(text, seen, -0.1, 0, agreed, sure=False)
    doubt = Doubt(unseen=1 - seen, left_out=False, differs=not agreed, digits=len(text))
    return Trial(text if right else "", (evidence, *others), doubt)


def trials(count: int, seed: int = 1) -> list[Trial]:
    """Lines whose readings are right as often as the line reader's probability says."""
    rng = np.random.default_rng(seed)
    chances = rng.uniform(0.3, 0.999, count)
    return [
        trial(float(chance), right=bool(rng.random() < chance), agreed=bool(rng.random() < 0.7))
        for chance in chances
    ]


def test_the_weights_are_found_that_made_the_data() -> None:
    rng = np.random.default_rng(2)
    cases = [*rng.normal(size=(6000, 3, FEATURES))]
    weights = np.linspace(-1.5, 1.5, FEATURES)
    scores = np.array([case @ weights for case in cases]) + rng.gumbel(size=(6000, 3))
    assert fit_choices(cases, scores.argmax(axis=1).tolist()) == pytest.approx(weights, abs=0.12)


def test_data_of_one_kind_give_finite_weights() -> None:
    case = np.ones((2, FEATURES)) * [[0], [1]]
    assert np.isfinite(fit_choices([case] * 50, [1] * 50)).all()


def test_probabilities_are_right_as_often_as_they_say() -> None:
    trust = fit_trust(trials(4000))
    others = trials(4000, seed=3)
    said = np.array([trust.probabilities(each.texts, each.doubt)[0] for each in others])
    right = np.array([each.right == 0 for each in others])
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
        if trust.probabilities(each.texts, each.doubt)[0] ** (1 / 3) >= found[0.02]
    ]
    wrong = sum(each.right != 0 for each in kept)
    assert kept
    assert wrong / (3 * len(kept)) <= 0.02


def test_few_lines_promise_nothing() -> None:
    assert all(below == 1 for _, below in fit_trust([trial(0.9, right=True)] * 3).thresholds)
    assert isinstance(fit_trust([]), Trust)


def test_lines_on_which_the_networks_differ_do_not_lower_the_threshold() -> None:
    (given,) = trial(0.01, right=True).texts
    other = Evidence("126", 0.99, -0.1, 0, agreed=False, sure=False)
    differing = replace(trial(0.99, right=True), texts=(given, other))
    assert differing.is_for_review("128")
    assert all(below == 1 for _, below in fit_trust([differing] * 3000).thresholds)
    assert not trial(0.99, right=True).is_for_review("128")


def test_digits_are_held_back_that_neither_seed_learns(train_digits: DigitSet) -> None:
    data = TrainingData(train_digits, train_digits.part("test", np.arange(10)))
    held = {image.tobytes() for image in held_digits(data, 1, 2).images}
    assert held
    for seed in (1, 2):
        assert held.isdisjoint(image.tobytes() for image in divide(data, seed).learnt.images)
    assert len(held_digits(data, 1, 1).images) == len(divide(data, 1).held)


def test_digits_that_calibrate_are_all_ten(train_digits: DigitSet) -> None:
    data = TrainingData(train_digits, train_digits)
    assert calibrating_digits(data, 1, 1).lacking == ()
    others = train_digits.part("others", np.flatnonzero(train_digits.labels != 4))
    with pytest.raises(NothingReadable, match="of 108 held back none is a 4; give more digits"):
        calibrating_digits(replace(data, train=others), 1, 1)


def test_digits_may_be_too_few_only_as_both_networks_hold_them_back(
    train_digits: DigitSet,
) -> None:
    data = TrainingData(train_digits.part("few", np.arange(300)), train_digits)
    assert held_digits(data, 1).lacking == held_digits(data, 2).lacking == ()
    with pytest.raises(NothingReadable, match=r"held back by both seeds, 1 and 2, none .*; wait"):
        calibrating_digits(data, 1, 2, way_out="wait")
