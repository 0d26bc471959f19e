"""What a version has to reach: the gates of the project's fourth issue, but for those on time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from daemon.training.scans import ScanEvaluation
from daemon.training.scores import Scores, Share, joined

from .results import Evaluated, Results, ece_interval, percent, table
from .sets import LOAD_DIGITS, MNIST, SEMEION, USPS

REAL = ("single", "cells")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval, all in 0..1."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gate:
    """What is asked of `figure` on the joined `sets`: at least or at most `limit`, in 0..1, of
    networks of one architecture or, without, of all."""

    name: str
    sets: tuple[str, ...]
    figure: Callable[[Sequence[Evaluated]], Figure]
    limit: float
    at_least: bool
    architecture: str = ""

    @property
    def wanted(self) -> str:
        """The limit as text, in percent."""
        return f"{'≥' if self.at_least else '≤'} {100 * self.limit:g}"

    def passed(self, figure: Figure) -> bool:
        """Whether the figure itself, not its interval, keeps the limit."""
        return figure.value >= self.limit if self.at_least else figure.value <= self.limit


def _figure(share: Share) -> Figure:
    return Figure(share.value, share.interval)


def _scores(found: Sequence[Evaluated]) -> Scores:
    return joined([each.scores for each in found])


def _exact(found: Sequence[Evaluated]) -> Figure:
    return _figure(_scores(found).exact)


def _coverage(found: Sequence[Evaluated]) -> Figure:
    return _figure(_scores(found).coverage)


def _error_read(found: Sequence[Evaluated]) -> Figure:
    return _figure(_scores(found).error_read)


def _ece(found: Sequence[Evaluated]) -> Figure:
    scores = _scores(found)
    return Figure(scores.ece, ece_interval(scores))


def _accepted(found: Sequence[Evaluated]) -> Figure:
    """Files of which some line is called read: stricter than the whole file."""
    (scans,) = (each for each in found if isinstance(each, ScanEvaluation))
    return _figure(scans.accepted)


GATES = (
    Gate("MNIST test, `mlp`", (MNIST,), _exact, 0.9945, True, "mlp"),
    Gate("MNIST test, `cnn`", (MNIST,), _exact, 0.997, True, "cnn"),
    Gate("`single`", ("single",), _exact, 0.99, True),
    Gate("`cells`", ("cells",), _exact, 0.98, True),
    Gate("USPS test", (USPS,), _exact, 0.97, True),
    Gate("Semeion", (SEMEION,), _exact, 0.94, True),
    Gate("load_digits", (LOAD_DIGITS,), _exact, 0.93, True),
    Gate("`nondigit`, some line called read", ("nondigit",), _accepted, 0.05, False),
    Gate("`single` called read", ("single",), _coverage, 0.95, True),
    Gate("`cells` called read", ("cells",), _coverage, 0.95, True),
    Gate("wrong among read, `single` and `cells`", REAL, _error_read, 0.005, False),
    Gate("ECE, `single` and `cells`", REAL, _ece, 0.02, False),
    Gate("ECE, MNIST test", (MNIST,), _ece, 0.005, False),
)


def gate_table(results: Results) -> str:
    """A row a gate, a column a version; a gate whose sets were not measured is left out."""
    rows = []
    for gate in GATES:
        cells = [_cell(gate, results, version) for version in results.versions]
        if any(cells):
            rows.append((gate.name, gate.wanted, *(cell or "-" for cell in cells)))
    return table(("gate", "wanted, %", *results.versions), rows)


def _cell(gate: Gate, results: Results, version: str) -> str:
    """The figure and the verdict; nothing where the gate does not apply."""
    found = results.of(version, *gate.sets)
    if not found or gate.architecture not in ("", results.versions[version]):
        return ""
    figure = gate.figure(found)
    verdict = "pass" if gate.passed(figure) else "**fail**"
    return f"{percent(figure.value, figure.interval)} {verdict}"
