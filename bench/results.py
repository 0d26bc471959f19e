"""What was measured, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from daemon.records import Status
from daemon.training.evaluate import Evaluation
from daemon.training.scans import ScanEvaluation
from daemon.training.scores import Scores

_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Measured:
    """What one version made of the set `name`."""

    name: str
    evaluation: Evaluation | ScanEvaluation


def ece_interval(scores: Scores) -> tuple[float, float]:
    """The 95 % bootstrap interval of the calibration error (Efron, 1979; percentiles, one seed).

    Resampling adds scatter to every bin, and so to the error: the interval lies a little high.
    """
    rng = np.random.default_rng(1)
    n = len(scores)
    errors = [scores.part(rng.integers(0, n, n)).ece for _ in range(_RESAMPLES)]
    low, high = np.percentile(errors, (2.5, 97.5))
    return float(low), float(high)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def score_table(found: Sequence[Measured]) -> str:
    """Every set with digits, a row per version."""
    rows = []
    for each in found:
        if each.name.startswith("nondigit"):
            continue
        scores = each.evaluation.scores
        rows.append(
            (
                each.name,
                f"{len(scores):,}",
                each.evaluation.model,
                str(scores.exact),
                str(scores.coverage),
                str(scores.error_read),
                f"{100 * scores.ece:.2f} %",
            )
        )
    text = table(("set", "n", "network", "exact", "called read", "wrong among these", "ECE"), rows)
    return text + "\n" + nondigit_table(found)


def nondigit_table(found: Sequence[Measured]) -> str:
    """What is called what where there is no digit."""
    rows = []
    for each in found:
        evaluation = each.evaluation
        if each.name.startswith("nondigit") and isinstance(evaluation, ScanEvaluation):
            shares = (
                evaluation.accepted,
                evaluation.with_status(Status.READ),
                evaluation.with_status(Status.REVIEW),
                evaluation.with_status(Status.EMPTY, Status.REJECTED),
            )
            rows.append((each.name, f"{evaluation.n}", evaluation.model, *map(str, shares)))
    return table(("set", "n", "network", "some line read", "read", "review", "empty"), rows)
