"""What was measured, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from daemon.records import Status
from daemon.training.evaluate import Evaluation
from daemon.training.metrics import worst_confusions
from daemon.training.scans import ScanEvaluation
from daemon.training.scores import Scores, Share, joined

from .peers import Peer

Evaluated = Evaluation | ScanEvaluation

_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Results:
    """What a run measured: sets and variations by (name, version), and the peers. `versions` is
    the architecture of each version."""

    versions: Mapping[str, str]
    sets: Mapping[tuple[str, str], Evaluated]
    variations: Mapping[tuple[str, str], Evaluated]
    peers: Sequence[Peer]

    def of(self, version: str, *names: str) -> list[Evaluated]:
        """What a version made of sets; nothing if one of them was not measured."""
        found = [self.sets[name, version] for name in names if (name, version) in self.sets]
        return found if len(found) == len(names) else []

    def scores(self, version: str, *names: str) -> Scores | None:
        """The same as one set of readings."""
        found = self.of(version, *names)
        return joined([each.scores for each in found]) if found else None

    def names(self) -> list[str]:
        """The sets that were measured, in order."""
        return list(dict.fromkeys(name for name, _ in self.sets))


def ece_interval(scores: Scores) -> tuple[float, float]:
    """The 95 % bootstrap interval of the calibration error (Efron, 1979; percentiles, one seed).

    Resampling adds scatter to every bin, and so to the error: the interval lies a little high.
    """
    rng = np.random.default_rng(1)
    n = len(scores)
    errors = [scores.part(rng.integers(0, n, n)).ece for _ in range(_RESAMPLES)]
    low, high = np.percentile(errors, (2.5, 97.5))
    return float(low), float(high)


def percent(value: float, interval: tuple[float, float]) -> str:
    """A share and its interval, in percent."""
    low, high = (100 * bound for bound in interval)
    return f"{100 * value:.2f} ({low:.1f} to {high:.1f})"


def share_text(share: Share) -> str:
    """The same of a share; a dash of nothing."""
    return percent(share.value, share.interval) if share.n else "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def score_table(results: Results, *, halves: bool = False) -> str:
    """Every set with digits, whole or by halves: a row per version, then the peers'."""
    rows: list[tuple[str, ...]] = []
    for name in results.names():
        if name.startswith("nondigit") or (", " in name) is not halves:
            continue
        for version in results.versions:
            if scores := results.scores(version, name):
                rows.append(_score_row(name, version, scores))
        rows += [
            (name, f"{peer.exact.n:,}", peer.who, share_text(peer.exact), "-", "-", "-")
            for peer in results.peers
            if peer.name == name
        ]
    return table(("set", "n", "read by", "exact", "called read", "wrong among read", "ECE"), rows)


def nondigit_table(results: Results) -> str:
    """What is called what where there is no digit to read."""
    rows = []
    for (name, version), found in results.sets.items():
        if name.startswith("nondigit") and isinstance(found, ScanEvaluation):
            shares = (
                found.accepted,
                found.with_status(Status.READ),
                found.with_status(Status.REVIEW),
                found.with_status(Status.EMPTY, Status.REJECTED),
            )
            rows.append((name, f"{found.n}", version, *map(share_text, shares)))
    head = ("set", "n", "read by", "some line called read", "read", "review", "empty or rejected")
    return table(head, rows)


def page_table(results: Results) -> str:
    """Digits and lines of what has several lines: order does not count."""
    rows = []
    for (name, version), found in results.sets.items():
        if name in ("strings", "orand", "pages") and isinstance(found, ScanEvaluation):
            shares = (found.recall, found.precision, found.lines)
            rows.append((name, version, *map(share_text, shares)))
    head = ("set", "read by", "digits found", "digits right of those read", "whole lines")
    return table(head, rows)


def variation_table(results: Results) -> str:
    """A row per kind of the project's own variations, three columns per version."""
    head = ["kind", "n"]
    for version in results.versions:
        head += [f"{version}: exact", "called read", "wrong among read"]
    rows = []
    for kind in dict.fromkeys(kind for kind, _ in results.variations):
        row = [kind]
        for version in results.versions:
            scores = results.variations[kind, version].scores
            row += [f"{len(scores)}"] if len(row) == 1 else []
            shares = scores.coverage, scores.error_read
            row += [share_text(scores.exact), *(f"{100 * share.value:.1f}" for share in shares)]
        rows.append(row)
    return table(head, rows)


def confusion_text(results: Results, version: str, names: Sequence[str]) -> str:
    """The most frequent confusions of a version over sets, in words."""
    found = results.of(version, *names)
    if not found:
        return "not measured"
    counts = np.sum([np.pad(each.confusion, ((0, 0), (0, 1)))[:, :11] for each in found], axis=0)
    names_of = [*map(str, range(10)), "nothing"]
    worst = worst_confusions(counts, most=8)
    texts = (f"{names_of[each.true]} as {names_of[each.read]} ({each.count})" for each in worst)
    return ", ".join(texts) or "none"


def _score_row(name: str, version: str, scores: Scores) -> tuple[str, ...]:
    shares = scores.exact, scores.coverage, scores.error_read
    ece = percent(scores.ece, ece_interval(scores))
    return (name, f"{len(scores):,}", version, *map(share_text, shares), ece)
