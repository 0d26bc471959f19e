"""How far the two networks of a version can be trusted together, found on lines of digits that
neither learnt from.

Half of the lines are composed; but the line reader learnt to read what is composed so, and the
glyph network did not. So that it is not believed too much, the others are rows of digits as they
are. All go through `read_batch` as scans do, so that what is calibrated is what reads. Real lines
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
from ..records import AskedLine, Doubt, Evidence, Limits, Reading, Scan, SeenLine
from ..vision.reader import read_batch
from ..vision.verdict import differ, torn
from .calibrate import EVEN, RISKS
from .hands import Copybook, Digits, need_all_ten
from .lines import LineComposer
from .metrics import upper_bound
from .rows import draw_row
from .split import Parts, TrainingData, divide

LINES = 12_000  # drawn for it: of half as many, thresholds differ by 0.01 from seed to seed
ROWS = 0.5  # of them are rows, beside a tenth of the composed ones
RIDGE = 1.0  # of the weights' squares, beside the sum of log losses
STEPS = 30  # of Newton's method, at most


@dataclass(frozen=True, slots=True)
class Trial:
    """What was said of one line: every text that was thought of, what spoke against all
    of them, and the truth."""

    truth: str
    texts: tuple[Evidence, ...]
    doubt: Doubt

    @property
    def right(self) -> int:
        """Which of the texts is the truth; their number, where none is."""
        return next((n for n, e in enumerate(self.texts) if e.text == self.truth), len(self.texts))

    def is_for_review(self, text: str) -> bool:
        """Whether a person looks whatever the confidence: the networks differ, or the line reader
        is torn."""
        known = {each.text: each.seen for each in self.texts}
        given = next(each.text for each in self.texts if each.agreed)
        return torn(text, known) or differ((given, max(known, key=lambda each: known[each])))


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
    """Read lines and rows, and note the evidence for each text that came into question."""
    rng = np.random.default_rng(seed)
    composer = LineComposer(Copybook(digits), rng)
    listener = _Listener(reader)
    trials = []
    for _ in range(lines):
        if rng.random() < ROWS:
            line = draw_row(digits.images, digits.labels, rng)
        else:
            line = composer.compose(rng)
        data = cv2.imencode(".png", line.pixels)[1].tobytes()
        scan = Scan("drawn", "line.png", hashlib.sha256(data).hexdigest(), data)
        listener.heard.clear()
        (outcome,) = read_batch(
            [scan], classifier, limits=Limits(), annotated="none", line_network=listener
        )
        # Of several lines in one picture, nobody knows which digits belong to which.
        if isinstance(outcome, Reading) and listener.asked == len(listener.heard) == 1:
            trials.append(Trial(line.text, *listener.heard[0]))
    return trials


def fit_trust(trials: Sequence[Trial]) -> Trust:
    """Weights with the least log loss, and the thresholds that follow."""
    cases = [features(trial.texts, trial.doubt) for trial in trials]
    weights = fit_choices(cases, [trial.right for trial in trials])
    trust = Trust(tuple(weights.tolist()), ())
    return Trust(trust.weights, _thresholds(trust, trials))


def fit_choices(
    cases: Sequence[npt.NDArray[np.float64]], chosen: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Weights (K,) with which the row `chosen` of each case (n, K) is the likeliest: a conditional
    logit, by Newton's method on the log loss with a ridge."""
    ridge = RIDGE * np.eye(FEATURES)
    weights = np.zeros(FEATURES)
    if not cases:
        return weights
    rows = np.concatenate(cases)
    ends = np.cumsum([len(case) for case in cases])
    starts = ends - [len(case) for case in cases]
    own = np.repeat(np.arange(len(cases)), ends - starts)
    wanted = rows[starts + np.array(chosen)].sum(axis=0)
    for _ in range(STEPS):
        scores = rows @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[own])
        shares = powers / np.add.reduceat(powers, starts)[own]
        means = np.add.reduceat(rows * shares[:, None], starts)  # of each case, (N, K)
        gradient = means.sum(axis=0) - wanted + ridge @ weights
        curvature = (rows.T * shares) @ rows - means.T @ means + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if float(np.abs(step).max()) < 1e-6:
            break
    return weights


def calibrating_digits(
    data: TrainingData, *seeds: int, way_out: str = "give more digits"
) -> Digits:
    """The `held_digits`, checked before hours are spent. Raises NothingReadable, which names the
    `way_out`, where they are not enough to write lines with."""
    digits = held_digits(data, *seeds)
    both = " and ".join(str(seed) for seed in dict.fromkeys(seeds))
    part = f"held back by both seeds, {both}," if len(set(seeds)) > 1 else "held back"
    need_all_ten(digits, part, "calibrate the line reader beside it", way_out)
    return digits


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
    which the networks differ, or the line reader is torn, are for review anyway."""
    readings = [
        (chance ** (1 / len(text)), len(text), text != trial.truth)
        for trial in trials
        for text, chance in [_best(trust, trial)]
        if text and not trial.is_for_review(text)
    ]
    if not readings:
        return tuple((risk, 1.0) for risk in RISKS)
    readings.sort(key=lambda reading: -reading[0])
    confidence, digits, wrong = (np.array(each) for each in zip(*readings, strict=True))
    risk = upper_bound(np.cumsum(wrong), np.cumsum(digits))
    found = []
    for most in RISKS:
        allowed = np.flatnonzero((risk <= most) & (confidence >= EVEN))
        threshold = float(confidence[allowed[-1]]) if len(allowed) else 1.0
        found.append((most, min(1.0, float(np.ceil(threshold * 1e4) / 1e4))))
    return tuple(found)


def _best(trust: Trust, trial: Trial) -> tuple[str, float]:
    """The likeliest text and its probability."""
    chances = trust.probabilities(trial.texts, trial.doubt)
    best = int(np.argmax(chances))
    return trial.texts[best].text, chances[best]


def _exact(trust: Trust, trials: Sequence[Trial]) -> float:
    return float(np.mean([_best(trust, trial)[0] == trial.truth for trial in trials] or [False]))


class _Listener:
    """A line network that notes what it is asked to judge, and believes nothing."""

    review_below = 1.0

    def __init__(self, reader: LineReader) -> None:
        self._reader = reader
        self.heard: list[tuple[tuple[Evidence, ...], Doubt]] = []
        self.asked = 0

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        self.asked = len(asked)
        return self._reader.read_lines(asked)

    def probabilities(self, texts: Sequence[Evidence], doubt: Doubt) -> list[float]:
        self.heard.append((tuple(texts), doubt))
        return [0.5] * len(texts)
