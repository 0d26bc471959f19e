"""Make a network's confidence mean something: temperature, and the thresholds for review.

Both are found on validation digits that the network did not learn from, among them damaged ones
and what is no digit, never on the test digits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..ann.classifier import softmax
from ..records import DIGITS
from ..vision.choice import NO_DIGIT
from .metrics import Labels, log_loss, upper_bound

TEMPERATURES = (0.2, 5.0)  # the range searched
EVEN = 0.5  # what is more likely wrong than right is for review at any risk
RISKS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)  # shares of wrong readings


def find_thresholds(
    labels: Labels, probabilities: npt.NDArray[np.float32]
) -> tuple[tuple[float, float], ...]:
    """Pairs of a risk and the threshold that keeps it, the smallest risk first: `max_error_read`
    is chosen while reading, long after the validation digits are gone."""
    return tuple((risk, find_threshold(labels, probabilities, risk)) for risk in RISKS)


def find_temperature(logits: npt.NDArray[np.float32], labels: Labels) -> float:
    """The temperature with the least log loss (Guo et al., On Calibration of Modern Neural
    Networks, 2017), by golden section: the loss has a single minimum in 1 / temperature."""
    ratio = (5**0.5 - 1) / 2
    low, high = 1 / TEMPERATURES[1], 1 / TEMPERATURES[0]
    while high - low > 1e-3:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _loss(logits, labels, left) < _loss(logits, labels, right):
            high = right
        else:
            low = left
    return round(2 / (low + high), 4)


def find_threshold(
    labels: Labels, probabilities: npt.NDArray[np.float32], max_error: float
) -> float:
    """The smallest confidence such that, of the digits read with at least that, no more than
    `max_error` are wrong; 1 where no confidence achieves it.

    What the reader would leave out as no digit does not count. Few glyphs promise little: what is
    compared with `max_error` is the upper bound of the share of wrong ones, at 99 %.
    """
    if probabilities.shape[1] > DIGITS:
        read = probabilities[:, DIGITS] <= NO_DIGIT
        labels, probabilities = labels[read], probabilities[read]
    digits = probabilities[:, :DIGITS]
    confidence, wrong = digits.max(axis=1), digits.argmax(axis=1) != labels
    order = np.argsort(-confidence, kind="stable")
    risk = upper_bound(np.cumsum(wrong[order]), np.arange(1, len(order) + 1))
    # Where confidences are equal, the threshold takes all of them or none.
    last_of_equals = np.append(np.diff(confidence[order]) != 0, True) if len(order) else risk > 1
    likely = confidence[order] >= EVEN
    allowed = np.flatnonzero((risk <= max_error) & last_of_equals & likely)
    if not len(allowed):
        return 1.0
    return float(confidence[order[allowed[-1]]])


def _loss(logits: npt.NDArray[np.float32], labels: Labels, inverse: float) -> float:
    return log_loss(labels, softmax(logits * np.float32(inverse)))
