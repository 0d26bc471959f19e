"""How far a reading of a whole line can be trusted: calibrated probabilities of the texts in
question.

A conditional logit (McFadden, 1974) over what both networks say of each text, and of something else
being written, fitted on lines of validation digits (`training.line_trust`); it is part of a
version's metadata.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelUnavailable
from ..records import AskedLine, Doubt, Evidence, SeenLine
from .classifier import MAX_ERROR_READ
from .line_reader import LineReader
from .registry import METADATA_FILE, ModelVersion, threshold_of

FEATURES = 10
FAINT = 1e-5  # probability: what is less likely is no surer a sign


@dataclass(frozen=True, slots=True)
class Trust:
    """`weights` of `features`; `thresholds` are pairs of a share of wrong digits and the confidence
    from which no more than that were wrong, the smallest share first: the confidence is that of a
    digit in the mean, the root of the line's."""

    weights: tuple[float, ...]
    thresholds: tuple[tuple[float, float], ...]

    def probabilities(self, texts: Sequence[Evidence], doubt: Doubt) -> list[float]:
        """The probability of each text that it is what is written."""
        scores = features(texts, doubt) @ np.array(self.weights)
        powers = np.exp(scores - scores.max())
        shares: list[float] = (powers / powers.sum()).tolist()
        return shares[:-1]

    def review_below(self, max_error_read: float) -> float:
        """The confidence under which a person should look; more than any where so small a share of
        wrong digits was too small to be measured."""
        return threshold_of(self.thresholds, max_error_read)


def features(texts: Sequence[Evidence], doubt: Doubt) -> npt.NDArray[np.float64]:
    """The evidence as numbers, (len(texts) + 1, 10): a row for each text, whose last five are 0,
    and one for something else, whose first five are."""
    rows = np.zeros((len(texts) + 1, FEATURES))
    for row, each in zip(rows, texts, strict=False):
        row[:5] = math.log(max(each.seen, FAINT)), each.glyphs, each.added, each.agreed, each.sure
    rest = math.log(max(doubt.unseen, FAINT))
    rows[-1, 5:] = 1, rest, doubt.left_out, doubt.differs, doubt.digits
    return rows


class TrustedReader:
    """A line reader with its calibration: what reading wants of it."""

    def __init__(self, reader: LineReader, trust: Trust, max_error_read: float) -> None:
        self._reader = reader
        self._trust = trust
        self.review_below = trust.review_below(max_error_read)

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        """What is written on each line."""
        return self._reader.read_lines(asked)

    def probabilities(self, texts: Sequence[Evidence], doubt: Doubt) -> list[float]:
        """The calibrated probability of each text that it is what is written."""
        return self._trust.probabilities(texts, doubt)


def load_trusted(
    version: ModelVersion, *, max_error_read: float = MAX_ERROR_READ
) -> TrustedReader | None:
    """The line reader of `version`; None where it has none, or one that was not calibrated beside
    its glyph network. Raises ModelUnavailable."""
    trust = version.metadata.get("trust")
    if version.reader is None or trust is None:
        return None
    where = str(version.path / METADATA_FILE)
    return TrustedReader(LineReader(version.reader), parse_trust(trust, where), max_error_read)


def parse_trust(values: Mapping[str, Any], where: str) -> Trust:
    """A trust as metadata have it; `where` they stand. Raises ModelUnavailable."""
    try:
        weights = tuple(float(weight) for weight in values["weights"])
        thresholds = sorted(
            (float(each["max_error_read"]), float(each["review_below"]))
            for each in values["thresholds"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(f"{where}: 'trust' is not what it should be ({error})") from None
    if len(weights) != FEATURES:
        raise ModelUnavailable(
            f"{where}: 'trust' has {len(weights)} weights, not {FEATURES}: train the line reader "
            "anew, or have it calibrated by `digitd train --architecture line --reader VERSION`"
        )
    return Trust(weights, tuple(thresholds))
