"""How well pages are read: digits as a multiset, lines, numbers, each with a 95 % interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daemon.training.labels import NO_DIGITS
from daemon.training.scans import ScanResult

from .results import percent, table

_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class PageScore:
    """Counts of one page. `right` digits are right as a multiset, of `written` and `read` ones.
    A row is `found` where its digits stand, in order, in one line or in lines that follow each
    other, and `joined` where they stand in one; `numbers` count the groups that stand as a line of
    their own."""

    right: int
    written: int
    read: int
    rows: int
    found: int
    joined: int
    groups: int
    numbers: int


def written_rows(label: str) -> tuple[tuple[str, ...], ...]:
    """The digits of each group of each row, as `ROW|ROW` of `GROUP GROUP` has them."""
    if label == NO_DIGITS:
        return ()
    rows = (
        tuple(digits for group in row.split() if (digits := _digits(group)))
        for row in label.split("|")
    )
    return tuple(row for row in rows if row)


def score(label: str, lines: Sequence[str]) -> PageScore:
    """Hold the lines that were read of a page against its label."""
    rows = written_rows(label)
    groups = [group for row in rows for group in row]
    written, read = Counter("".join(groups)), Counter("".join(lines))
    whole = ["".join(row) for row in rows]
    return PageScore(
        right=(written & read).total(),
        written=written.total(),
        read=read.total(),
        rows=len(rows),
        found=_found(whole, lines),
        joined=(Counter(whole) & Counter(lines)).total(),
        groups=len(groups),
        numbers=(Counter(groups) & Counter(lines)).total(),
    )


def score_table(results: Sequence[ScanResult], aspects: Sequence[Mapping[str, str]] = ()) -> str:
    """All pages, then those of each value of each aspect."""
    scores = [score(result.scan.label, result.lines) for result in results]
    rows = [_row("**all**", scores)]
    for aspect in aspects[0] if aspects else ():
        for value in sorted({each[aspect] for each in aspects}):
            chosen = [s for s, each in zip(scores, aspects, strict=True) if each[aspect] == value]
            rows.append(_row(f"{aspect}: {value}", chosen))
    head = ("", "pages", "digits", "recall", "precision", "lines", "numbers", "joined lines")
    return table(head, rows)


def interval(hits: Sequence[int], counts: Sequence[int]) -> tuple[float, float]:
    """The 95 % bootstrap interval of sum(hits) / sum(counts), by pages: what goes wrong on a page
    goes wrong many times (Efron, 1979; percentiles, one seed)."""
    pages = np.random.default_rng(1).integers(0, len(hits), (_RESAMPLES, len(hits)))
    shares = _sums(hits, pages) / np.maximum(_sums(counts, pages), 1)
    low, high = np.percentile(shares, (2.5, 97.5))
    return float(low), float(high)


def _sums(counts: Sequence[int], pages: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.asarray(np.asarray(counts)[pages].sum(axis=1))


def _row(name: str, scores: Sequence[PageScore]) -> tuple[str, ...]:
    shares = (
        _share((s.right for s in scores), (s.written for s in scores)),
        _share((s.right for s in scores), (s.read for s in scores)),
        _share((s.found for s in scores), (s.rows for s in scores)),
        _share((s.numbers for s in scores), (s.groups for s in scores)),
        _share((s.joined for s in scores), (s.rows for s in scores)),
    )
    return (name, f"{len(scores)}", f"{sum(s.written for s in scores):,}", *shares)


def _share(hits: Iterable[int], counts: Iterable[int]) -> str:
    hits, counts = list(hits), list(counts)
    if not sum(counts):
        return "-"
    return percent(sum(hits) / sum(counts), interval(hits, counts))


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())


def _found(rows: Sequence[str], lines: Sequence[str]) -> int:
    """How many rows stand in lines of their own; no line serves two rows. The longest come first,
    each where it stands in one line if there is one: a 20 must not take half of 20 20."""
    free = [True] * len(lines)
    found = 0
    for row in sorted(rows, key=len, reverse=True):
        places = [(start, _stop(row, lines, start)) for start in range(len(lines))]
        for start, stop in sorted(places, key=lambda place: place[1] - place[0]):
            if stop and all(free[start:stop]):
                free[start:stop] = [False] * (stop - start)
                found += 1
                break
    return found


def _stop(row: str, lines: Sequence[str], start: int) -> int:
    """Behind which line the row ends that begins with line `start`; 0 where it does not."""
    text = ""
    for stop in range(start, len(lines)):
        text += lines[stop]
        if text == row:
            return stop + 1
        if not row.startswith(text):
            break
    return 0
