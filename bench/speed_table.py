"""The table of `make bench`: ratios first, and the one in docs/speed.md to compare with."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .measure import Run

WORSE = 1.33  # a ratio that is worse by this factor is warned of
_HEAD = (
    "| | ratio | gate | ms a scan, first / second | CPU ms a scan | scans a second | peak, MB "
    "| first result, s |\n|---|---|---|---|---|---|---|---|"
)
_MARKS = {True: "bench-quick", False: "bench"}


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison: `ratio` is the time a scan of the first in terms of the second's. Pairs are of
    the first and the second: ms a scan, CPU ms a scan, scans a second, MB, seconds."""

    name: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None
    wall_ms: tuple[float, float] | None = None
    cpu_ms: tuple[float, float] | None = None
    per_s: tuple[float, float] | None = None
    peak_mb: tuple[float, float] | None = None
    first_s: tuple[float, float] | None = None

    @classmethod
    def of(
        cls,
        name: str,
        first: Sequence[Run],
        second: Sequence[Run],
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        cpu: bool = False,
    ) -> Row:
        """Compare runs that were made in turn: the median of their ratios, and their medians."""

        def cost(run: Run) -> float:
            return (run.cpu_s if cpu else run.wall_s) / run.scans

        def pair(values: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
            return statistics.median(values), statistics.median(others)

        return cls(
            name,
            statistics.median(cost(a) / cost(b) for a, b in zip(first, second, strict=True)),
            at_least,
            at_most,
            pair(*([1e3 * run.wall_s / run.scans for run in runs] for runs in (first, second))),
            pair(*([1e3 * run.cpu_s / run.scans for run in runs] for runs in (first, second))),
            pair(*([run.scans_per_s for run in runs] for runs in (first, second))),
            pair(*([run.peak_mb for run in runs] for runs in (first, second))),
            pair(*([run.first_s for run in runs] for runs in (first, second))),
        )

    @property
    def is_held(self) -> bool:
        """Whether the ratio is as good as its gate asks."""
        return (self.at_least or 0) <= self.ratio <= (self.at_most or float("inf"))

    @property
    def gate(self) -> str:
        """What is asked, and whether it is so."""
        if self.at_least is None and self.at_most is None:
            return ""
        wanted = f"≥ {self.at_least:g}" if self.at_least else f"≤ {self.at_most:g}"
        return f"{wanted}, {'held' if self.is_held else '**missed**'}"


def table(rows: Sequence[Row], title: str) -> str:
    """The rows as Markdown."""
    lines = [f"{title}.", "", *_HEAD.split("\n")]
    for row in rows:
        pairs = (row.wall_ms, row.cpu_ms, row.per_s, row.peak_mb, row.first_s)
        figures = " | ".join("" if pair is None else _both(pair) for pair in pairs)
        lines.append(f"| {row.name} | {row.ratio:.2f} | {row.gate} | {figures} |")
    return "\n".join(lines) + "\n"


def write_table(document: Path, text: str, *, quick: bool) -> None:
    """Put a table where the document has the last one."""
    begin, end = _marks(quick)
    whole = document.read_text(encoding="utf-8")
    found = re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}\n{text}{end}",
        whole,
        flags=re.DOTALL,
    )
    document.write_text(found, encoding="utf-8")


def read_ratios(document: Path, *, quick: bool) -> dict[str, float]:
    """The ratios of the document's table by what they compare."""
    begin, end = _marks(quick)
    _, _, after = document.read_text(encoding="utf-8").partition(begin)
    rows = re.findall(r"^\| ([^|]+) \| ([\d.]+) \|", after.partition(end)[0], re.MULTILINE)
    return {name: float(ratio) for name, ratio in rows}


def compare(rows: Sequence[Row], before: Mapping[str, float]) -> list[str]:
    """What got worse, in words. Only ratios with a gate have a good direction."""
    warnings = []
    for row in rows:
        if row.name not in before or (row.at_least is None and row.at_most is None):
            continue
        was = before[row.name]
        worse = row.ratio / was if row.at_most is not None else was / row.ratio
        if worse > WORSE:
            warnings.append(f"{row.name}: {row.ratio:.2f}, was {was:.2f}")
    return warnings


def _both(pair: tuple[float, float]) -> str:
    return " / ".join(f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in pair)


def _marks(quick: bool) -> tuple[str, str]:
    return f"<!-- {_MARKS[quick]} -->", "<!-- end -->"
