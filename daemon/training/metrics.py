"""How good readings are, in numbers: pure numpy on labels and probabilities.

`probabilities` are (N, K) with K = 10, or 11 where the last column is "no digit at all"; `labels`
are (N,) in 0..K-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]
Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]

ECE_BINS = 15
_Z = 1.959964  # standard normal deviate of a 95 % interval
_Z_ONE_SIDED = 2.326348  # the same of 99 % on one side


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often the class `true` was taken for the class `read`."""

    true: int
    read: int
    count: int


def accuracy(labels: Labels, probabilities: Probabilities) -> float:
    """Share of glyphs whose most probable class is right."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def log_loss(labels: Labels, probabilities: Probabilities) -> float:
    """Mean negative log-likelihood of the right class, in nats."""
    right = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-12)).mean())


def confusion_matrix(labels: Labels, predicted: Labels, rows: int, columns: int) -> Counts:
    """Counts by (true class, predicted class), (rows, columns)."""
    counts = np.bincount(labels.astype(np.int64) * columns + predicted, minlength=rows * columns)
    return counts.reshape(rows, columns)


def precision(confusion: Counts) -> Shares:
    """Per class: of what was read as it, the share that was it. 0 where nothing was."""
    return _share(_diagonal(confusion), confusion.sum(axis=0)[: len(confusion)])


def recall(confusion: Counts) -> Shares:
    """Per class: of what was it, the share that was read as it. 0 where there was nothing."""
    return _share(_diagonal(confusion), confusion.sum(axis=1))


def f1(confusion: Counts) -> Shares:
    """Per class: the harmonic mean of precision and recall."""
    read_as, was = confusion.sum(axis=0)[: len(confusion)], confusion.sum(axis=1)
    return _share(2 * _diagonal(confusion), read_as + was)


def worst_confusions(confusion: Counts, most: int = 10) -> list[Confusion]:
    """The most frequent mistakes first."""
    mistakes = confusion.copy()
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:most]
    places = zip(*np.unravel_index(order, mistakes.shape), strict=True)
    found = (Confusion(int(row), int(column), int(mistakes[row, column])) for row, column in places)
    return [each for each in found if each.count]


def reliability(
    correct: npt.NDArray[np.bool_], confidence: Shares, bins: int = ECE_BINS
) -> tuple[Counts, Shares]:
    """Readings by confidence, in `bins` equal bins over 0..1: how many lie in each, and (2, bins)
    their mean accuracy and mean confidence (0 in an empty bin)."""
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights=values, minlength=bins) for values in (correct, confidence)]
    return counts, np.stack([_share(total, counts) for total in sums])


def expected_calibration_error(
    correct: npt.NDArray[np.bool_], confidence: Shares, bins: int = ECE_BINS
) -> float:
    """Mean distance of confidence from accuracy over the bins, weighted by what lies in them
    (Naeini, Cooper and Hauskrecht, 2015)."""
    counts, (hits, claims) = reliability(correct, confidence, bins)
    return float((counts * np.abs(hits - claims)).sum() / counts.sum())


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share seen as `hits` of `n` (Wilson, 1927); (0, 1) of nothing."""
    if n == 0:
        return 0.0, 1.0
    share, spread = hits / n, _Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * (share * (1 - share) / n + spread / (4 * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def upper_bound(hits: Counts, n: Counts) -> Shares:
    """Up to where shares seen as `hits` of `n`, (N,) each, may lie: one-sided, at 99 % (Wilson,
    1927)."""
    share, spread = hits / n, _Z_ONE_SIDED**2 / n
    half = _Z_ONE_SIDED * (share * (1 - share) / n + spread / (4 * n)) ** 0.5
    bound: Shares = (share + spread / 2 + half) / (1 + spread)
    return bound


def risk_coverage(correct: npt.NDArray[np.bool_], priority: Shares) -> tuple[Shares, Shares]:
    """Readings by falling priority, their confidence as a rule: the share that is accepted, and
    the share of it that is wrong (El-Yaniv and Wiener, 2010); (M,) each, one point per different
    priority."""
    order = np.argsort(-priority, kind="stable")
    accepted = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~correct[order])
    last = np.append(np.diff(priority[order]) != 0, True)  # equals are accepted together
    coverage: Shares = accepted[last] / max(1, len(order))
    risk: Shares = wrong[last] / accepted[last]
    return coverage, risk


def _diagonal(confusion: Counts) -> Counts:
    return np.diagonal(confusion).astype(np.int64)


def _share(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Shares:
    shares: Shares = np.zeros(len(part))
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
