"""What came of a number of readings: shares with their 95 % intervals, calibration, and what is
left to a person for how many errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from . import metrics

RISKS = (0.001, 0.005, 0.01)  # of errors among the readings that are accepted


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """0..1; 0 of nothing."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval after Wilson."""
        return metrics.wilson_interval(self.hits, self.n)

    def __str__(self) -> str:
        low, high = (100 * bound for bound in self.interval)
        return f"{100 * self.value:.2f} ({low:.1f} to {high:.1f}) %" if self.n else "-"


@dataclass(frozen=True, slots=True)
class Scores:
    """N readings: `correct` (N,); `confidence` (N,) in 0..1, 0 where nothing was found; `read`
    (N,), whether it is called read, not left to a person."""

    correct: npt.NDArray[np.bool_]
    confidence: npt.NDArray[np.float64]
    read: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.correct)

    def part(self, chosen: npt.NDArray[np.bool_ | np.integer[Any]]) -> Scores:
        """The readings at `chosen`, indices or (N,) truths."""
        return Scores(self.correct[chosen], self.confidence[chosen], self.read[chosen])

    @property
    def exact(self) -> Share:
        """What is right as a whole."""
        return Share(int(self.correct.sum()), len(self))

    @property
    def coverage(self) -> Share:
        """What is called read."""
        return Share(int(self.read.sum()), len(self))

    @property
    def error_read(self) -> Share:
        """What is wrong of what is called read."""
        return Share(int((self.read & ~self.correct).sum()), int(self.read.sum()))

    @property
    def found(self) -> Scores:
        """Without those in which nothing was found: they claim nothing."""
        return self.part(self.confidence > 0)

    @property
    def ece(self) -> float:
        """Expected calibration error of what was found."""
        found = self.found
        if not len(found):
            return 0.0
        return metrics.expected_calibration_error(found.correct, found.confidence)

    @property
    def priority(self) -> npt.NDArray[np.float64]:
        """(N,), higher for what is accepted sooner: what is called read first, for a line may be
        left to a person whatever its confidence; then by confidence."""
        return self.confidence + self.read

    def coverage_at(self, risk: float) -> float:
        """The largest share that can be accepted, in the order of `priority`, with no more than
        the share `risk` of it wrong."""
        coverage, risks = metrics.risk_coverage(self.correct, self.priority)
        within = coverage[risks <= risk]
        return float(within.max()) if len(within) else 0.0

    def summary(self) -> dict[str, Any]:
        """The figures as JSON takes them."""
        shares = {"coverage": self.coverage, "error_read": self.error_read}
        return {
            "accuracy_interval": _rounded(self.exact.interval),
            **{name: round(share.value, 6) for name, share in shares.items()},
            **{f"{name}_interval": _rounded(share.interval) for name, share in shares.items()},
            "coverage_at_risk": {f"{risk:g}": round(self.coverage_at(risk), 6) for risk in RISKS},
        }


class Evaluated(Protocol):
    """What one version made of one set, as tables and figures see it."""

    @property
    def model(self) -> str:
        """The version's name."""

    @property
    def data(self) -> str:
        """The set's name."""

    @property
    def n(self) -> int:
        """How many there are of what is counted."""

    @property
    def counted(self) -> str:
        """What `n` counts, in the plural."""

    @property
    def scores(self) -> Scores:
        """The readings as shares and curves take them."""

    @property
    def confusion(self) -> metrics.Counts:
        """(10, K) counts by true digit and reading; column 10: no digit."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else a person should know of the figures."""

    def summary(self) -> dict[str, Any]:
        """The figures as JSON takes them."""


def joined(scores: list[Scores]) -> Scores:
    """Several sets as one."""
    return Scores(
        np.concatenate([each.correct for each in scores]),
        np.concatenate([each.confidence for each in scores]),
        np.concatenate([each.read for each in scores]),
    )


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(bound, 6) for bound in interval]
