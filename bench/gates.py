"""The gates that a version has to pass: those of the project's fourth issue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daemon.training.evaluate import Evaluation
from daemon.training.scans import ScanEvaluation
from daemon.training.scores import Scores, Share, joined

from .results import Measured, ece_interval, table

Evaluated = Evaluation | ScanEvaluation

REAL = ("single", "cells")


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with its 95 % interval, all in 0..1."""

    value: float
    interval: tuple[float, float]

    def __str__(self) -> str:
        low, high = (100 * bound for bound in self.interval)
        return f"{100 * self.value:.2f} ({low:.1f} to {high:.1f}) %"


@dataclass(frozen=True, slots=True)
class Gate:
    """What is asked of `figure` on the joined `sets`: at least or at most `limit`, in 0..1."""

    name: str
    sets: tuple[str, ...]
    figure: Callable[[Sequence[Evaluated]], Figure]
    limit: float
    at_least: bool
    architecture: str = ""  # of which it is asked; of all without

    @property
    def wanted(self) -> str:
        """The limit as text."""
        return f"{'≥' if self.at_least else '≤'} {100 * self.limit:g} %"

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
    """Files of which at least a line is called read: stricter than the whole file."""
    (scans,) = (each for each in found if isinstance(each, ScanEvaluation))
    return _figure(scans.accepted)


GATES = (
    Gate("MNIST test, a plain network", ("MNIST test",), _exact, 0.9945, True, "mlp"),
    Gate("MNIST test, with convolutions", ("MNIST test",), _exact, 0.997, True, "cnn"),
    Gate("`single`", ("single",), _exact, 0.99, True),
    Gate("`cells`", ("cells",), _exact, 0.98, True),
    Gate("USPS test", ("USPS test",), _exact, 0.97, True),
    Gate("Semeion", ("Semeion",), _exact, 0.94, True),
    Gate("load_digits", ("load_digits",), _exact, 0.93, True),
    Gate("`nondigit` called read", ("nondigit",), _accepted, 0.05, False),
    Gate("`single` called read", ("single",), _coverage, 0.95, True),
    Gate("`cells` called read", ("cells",), _coverage, 0.95, True),
    Gate("wrong among read, `single` and `cells`", REAL, _error_read, 0.005, False),
    Gate("ECE, `single` and `cells`", REAL, _ece, 0.02, False),
    Gate("ECE, MNIST test", ("MNIST test",), _ece, 0.005, False),
)


def gate_table(found: Sequence[Measured], architectures: Mapping[str, str]) -> str:
    """A row a gate, a column a version of `architectures` (version: architecture); a gate for
    which a set is missing is left out."""
    rows = []
    for gate in GATES:
        cells = [_cell(gate, found, model, kind) for model, kind in architectures.items()]
        if any(cells):
            rows.append((gate.name, gate.wanted, *(cell or "-" for cell in cells)))
    return table(("gate", "wanted", *architectures), rows)


def _cell(gate: Gate, found: Sequence[Measured], model: str, architecture: str) -> str:
    """The figure and what the gate says of it; nothing where it does not apply."""
    of_model = {each.name: each.evaluation for each in found if each.evaluation.model == model}
    if not set(gate.sets) <= set(of_model) or gate.architecture not in ("", architecture):
        return ""
    figure = gate.figure([of_model[name] for name in gate.sets])
    return f"{figure} {'pass' if gate.passed(figure) else '**fail**'}"
