"""How far a reading of a whole line can be trusted: one calibrated probability of all its digits.

A logistic model of what both networks say of a text, fitted on lines that were composed of
validation digits (`training.line_trust`); it is part of a version's metadata.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelUnavailable
from ..records import AskedLine, Evidence, SeenLine
from .classifier import MAX_ERROR_READ
from .line_reader import LineReader
from .registry import METADATA_FILE, ModelVersion

FEATURES = 8
SPAN = 8.0  # log odds beyond which nothing is more certain


@dataclass(frozen=True, slots=True)
class Trust:
    """`weights` of `features`; `thresholds` are pairs of a share of wrong digits and the confidence
    from which no more than that were wrong, the smallest share first: the confidence is that of a
    digit in the mean, the root of the line's."""

    weights: tuple[float, ...]
    thresholds: tuple[tuple[float, float], ...]

    def probability(self, evidence: Evidence) -> float:
        """The probability that the text is what is written."""
        odds = float(features(evidence) @ np.array(self.weights))
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, odds))))

    def review_below(self, max_error_read: float) -> float:
        """The confidence under which a person should look; 1 where so small a share of wrong
        digits was too small to be measured."""
        kept = [threshold for risk, threshold in self.thresholds if risk <= max_error_read]
        return kept[-1] if kept else 1.0


def features(evidence: Evidence) -> npt.NDArray[np.float64]:
    """The evidence as (8,) numbers, the first one 1."""
    glyphs = evidence.glyphs
    return np.array(
        [
            1.0,
            _log_odds(evidence.seen),
            math.log(max(evidence.seen, 1e-5) / max(evidence.rival, 1e-5)),
            0.0 if glyphs is None else _log_odds(glyphs),
            float(glyphs is None),
            float(evidence.agreed),
            float(len(evidence.text)),
            float(evidence.left_out),
        ]
    )


class TrustedReader:
    """A line reader with its calibration: what reading wants of it."""

    def __init__(self, reader: LineReader, trust: Trust, max_error_read: float) -> None:
        self._reader = reader
        self._trust = trust
        self.review_below = trust.review_below(max_error_read)

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        """What is written on each line."""
        return self._reader.read_lines(asked)

    def probability(self, evidence: Evidence) -> float:
        """The calibrated probability that this is what is written."""
        return self._trust.probability(evidence)


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
        raise ModelUnavailable(f"{where}: 'trust' has {len(weights)} weights, not {FEATURES}")
    return Trust(weights, tuple(thresholds))


def _log_odds(probability: float) -> float:
    least = 1 / (1 + math.exp(SPAN))
    kept = min(max(probability, least), 1 - least)
    return math.log(kept / (1 - kept))
