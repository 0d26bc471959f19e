"""How far the two networks of a version can be trusted together, found on lines composed of digits
that neither learnt from.

The lines go through `read_batch` as scans do, so that what is calibrated is what reads. Real lines
are never seen here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..ann.classifier import GlyphClassifier
from ..ann.line_reader import LineReader
from ..ann.trust import FEATURES, Trust, features
from ..records import AskedLine, Evidence, Limits, Reading, Scan, SeenLine
from ..vision.fusion import differ, torn
from ..vision.reader import read_batch
from .calibrate import EVEN, RISKS
from .hands import Copybook, Digits
from .lines import LineComposer
from .metrics import upper_bound
from .split import Parts, TrainingData, divide

LINES = 12_000  # composed for it: of half as many, thresholds differ by 0.01 from seed to seed
HARDER = 2.2  # times as often as real lines of the same confidence these are misread: see below
RIDGE = 1.0  # of the weights' squares, beside the sum of log losses
STEPS = 30  # of Newton's method, at most


@dataclass(frozen=True, slots=True)
class Trial:
    """What was said of one composed line: every text that was thought of, and the truth."""

    truth: str
    evidence: tuple[Evidence, ...]


def find_trust(
    classifier: GlyphClassifier, reader: LineReader, digits: Digits, seed: int, lines: int = LINES
) -> dict[str, Any]:
    """What the version's metadata say of lines: the weights of `ann.trust`, and thresholds for
    shares of wrong digits."""
    trials = observe(classifier, reader, digits, seed, lines)
    trust = fit_trust(trials)
    return {
        "weights": [round(weight, 6) for weight in trust.weights],
        "thresholds": [
            {"max_error_read": risk, "review_below": threshold}
            for risk, threshold in trust.thresholds
        ],
        "metrics": {"lines": len(trials), "exact": round(_exact(trust, trials), 6)},
        "seed": seed,
    }


def observe(
    classifier: GlyphClassifier, reader: LineReader, digits: Digits, seed: int, lines: int
) -> list[Trial]:
    """Read composed lines, and note the evidence for each text that came into question."""
    rng = np.random.default_rng(seed)
    composer = LineComposer(Copybook(digits), rng)
    listener = _Listener(reader)
    trials = []
    for _ in range(lines):
        line = composer.compose(rng)
        data = cv2.imencode(".png", line.pixels)[1].tobytes()
        scan = Scan("composed", "line.png", hashlib.sha256(data).hexdigest(), data)
        listener.heard.clear()
        (outcome,) = read_batch(
            [scan], classifier, limits=Limits(), annotated="none", line_network=listener
        )
        # Of several lines in one picture, nobody knows which digits belong to which.
        if isinstance(outcome, Reading) and listener.asked == 1 and listener.heard:
            trials.append(Trial(line.text, tuple(listener.heard)))
    return trials


def fit_trust(trials: Sequence[Trial]) -> Trust:
    """Weights with the least log loss, and the thresholds that follow."""
    rows = [features(each) for trial in trials for each in trial.evidence]
    right = [each.text == trial.truth for trial in trials for each in trial.evidence]
    weights = fit_logistic(np.array(rows).reshape(-1, FEATURES), np.array(right, bool))
    trust = Trust(tuple(weights.tolist()), ())
    return Trust(trust.weights, _thresholds(trust, trials))


def fit_logistic(
    rows: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Weights (K,) of the features `rows` (N, K), the first of them 1, by Newton's method on the
    log loss with a ridge on all weights but the first."""
    ridge = np.full(rows.shape[1], RIDGE)
    ridge[0] = 1e-3
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        chances = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (chances - right) + ridge * weights
        curvature = (rows.T * (chances * (1 - chances))) @ rows + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if float(np.abs(step).max()) < 1e-6:
            break
    return weights


def held_digits(data: TrainingData, *seeds: int) -> Digits:
    """Digits that no network learnt which was trained on `data` with one of these seeds."""
    parts = [divide(data, seed) for seed in dict.fromkeys(seeds)]
    first, *others = parts
    for other in others:
        first = _in_both(first, other)
    return Digits(first.held.images, first.held.labels, first.held_pens)


def _in_both(one: Parts, other: Parts) -> Parts:
    """The held digits and writers of `one` that `other` holds back, too."""
    known = {image.tobytes() for image in other.held.images}
    places = [n for n, image in enumerate(one.held.images) if image.tobytes() in known]
    writers = {pen.writer for pen in other.held_pens}
    return Parts(
        one.learnt,
        one.pens,
        one.held.part(one.held.name, np.array(places, np.intp)),
        tuple(pen for pen in one.held_pens if pen.writer in writers),
    )


def _thresholds(trust: Trust, trials: Sequence[Trial]) -> tuple[tuple[float, float], ...]:
    """Pairs of a risk and the confidence of a digit in the mean, from which on no larger share of
    the digits is wrong, by its upper bound at 99 %; a wrong line has one wrong digit. Lines on
    which the networks differ, or the line reader is torn, are for review anyway.

    Lines are composed to be harder to read than people write and scan them. On the even half of
    the cheques of ORAND-CAR-2014 this is the largest of 2.0, 2.2, 2.5 and 3.0 for which no more
    than the share that was asked for, 0.5 %, of the digits were wrong.
    """
    readings = [
        (trust.probability(best) ** (1 / len(best.text)), len(best.text), best.text != trial.truth)
        for trial in trials
        for best in [_best(trust, trial)]
        if best.text and not torn(best) and not differ([each.text for each in trial.evidence])
    ]
    if not readings:
        return tuple((risk, 1.0) for risk in RISKS)
    readings.sort(key=lambda reading: -reading[0])
    confidence, digits, wrong = (np.array(each) for each in zip(*readings, strict=True))
    risk = upper_bound(np.cumsum(wrong), np.cumsum(digits))
    found = []
    for most in RISKS:
        allowed = np.flatnonzero((risk <= HARDER * most) & (confidence >= EVEN))
        threshold = float(confidence[allowed[-1]]) if len(allowed) else 1.0
        found.append((most, min(1.0, float(np.ceil(threshold * 1e4) / 1e4))))
    return tuple(found)


def _best(trust: Trust, trial: Trial) -> Evidence:
    return max(trial.evidence, key=trust.probability)


def _exact(trust: Trust, trials: Sequence[Trial]) -> float:
    return float(np.mean([_best(trust, trial).text == trial.truth for trial in trials] or [False]))


class _Listener:
    """A line network that notes what it is asked to judge, and believes nothing."""

    review_below = 1.0

    def __init__(self, reader: LineReader) -> None:
        self._reader = reader
        self.heard: list[Evidence] = []
        self.asked = 0

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        self.asked = len(asked)
        return self._reader.read_lines(asked)

    def probability(self, evidence: Evidence) -> float:
        self.heard.append(evidence)
        return 0.5
