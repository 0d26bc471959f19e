"""Two digitds side by side: `python -m bench.compare OTHER FOLDER...`, where OTHER is another
checkout, `git worktree add /tmp/before HEAD` for instance.

Both read the files of each folder in turn, one at a time, without pictures: the ratio of their CPU
times (this tree's to the other's, the least of some rounds of each file) can be believed to a
percent where wall times cannot. Files that are read otherwise are listed; where a folder has a
labels.csv, it is told how many rows either finds, and how many lines it calls read that are none.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from daemon.training.labels import LABELS_FILE, read_labels

from .page_scores import score, written_rows

ROOT = Path(__file__).parents[1]
_READS = Path(__file__).with_name("compared.py")

PICTURES = {".bmp", ".jpg", ".jpeg", ".png", ".pgm", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one digitd makes of a file: `lines` as (text, status), `exact` all of it, with boxes and
    probabilities, as text; CPU times in ms, `find_ms` without decoding and networks."""

    lines: tuple[tuple[str, str], ...]
    exact: str
    cpu_ms: float
    find_ms: float


class Digitd:
    """The digitd of a checkout, in a process of its own, which reads what it is told to."""

    def __init__(self, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(_READS), str(tree)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._process.communicate()  # its input ends, and so does it

    def read(self, file: Path) -> Seen:
        """Read a file; raises SystemExit where that digitd has ended."""
        asked, told = self._process.stdin, self._process.stdout
        if asked is None or told is None:
            raise SystemExit("no pipes to the digitds that are compared")
        with suppress(BrokenPipeError):
            asked.write(f"{file}\n")
            asked.flush()
        answer = told.readline()
        if not answer:
            raise SystemExit("a digitd that is compared has ended: see above")
        seen = json.loads(answer)
        return Seen(**{**seen, "lines": tuple(map(tuple, seen["lines"]))})


def files_of(folder: Path) -> list[Path]:
    """The pictures right in a folder, by name."""
    return sorted(each.resolve() for each in folder.iterdir() if each.suffix.lower() in PICTURES)


def compare(
    digitds: Sequence[Digitd], files: Sequence[Path], rounds: int
) -> Iterator[tuple[Path, list[Seen]]]:
    """What each makes of each file, with the least times of its rounds."""
    for file in files:
        every: list[list[Seen]] = [[] for _ in digitds]
        for _ in range(rounds):
            for seen, digitd in zip(every, digitds, strict=True):
                seen.append(digitd.read(file))
        yield file, [least(seen) for seen in every]


def least(seen: Sequence[Seen]) -> Seen:
    """What was seen, with the least times."""
    first = seen[0]
    cpu_ms, find_ms = min(s.cpu_ms for s in seen), min(s.find_ms for s in seen)
    return Seen(first.lines, first.exact, cpu_ms, find_ms)


def _counts(rows: Sequence[str], groups: Sequence[str], seen: Seen) -> tuple[int, int, int]:
    """Rows that were found, lines wrong though called read, and right ones that are for review."""
    written = Counter(rows) | Counter(groups)
    found = sum((Counter(rows) & Counter(text for text, _ in seen.lines)).values())
    silent = Counter(text for text, status in seen.lines if status == "read") - written
    told = Counter(text for text, status in seen.lines if status != "read") & written
    return found, silent.total(), told.total()


def report(folder: Path, pairs: Sequence[tuple[Path, list[Seen]]], listed: int) -> str:
    """What to print of a folder."""
    others, ours = ([seen[at] for _, seen in pairs] for at in (0, 1))
    ratios = [
        sum(getattr(o, which) for o in ours) / (sum(getattr(o, which) for o in others) or 1)
        for which in ("cpu_ms", "find_ms")
    ]
    mean = [sum(o.cpu_ms for o in each) / len(pairs) for each in (others, ours)]
    changed = [(file, a, b) for file, (a, b) in pairs if a.lines != b.lines]
    exact = sum(a.exact != b.exact for _, (a, b) in pairs)
    text = [
        f"{folder}: {len(pairs)} files, CPU {ratios[0]:.3f} ({mean[0]:.2f} then {mean[1]:.2f} ms),"
        f" finding {ratios[1]:.3f}; {exact} not the same, {len(changed)} in text or status"
    ]
    if (folder / LABELS_FILE).is_file():
        text += _against_labels(folder, pairs)
    for file, a, b in changed[:listed]:
        gone, new = [line for line in a.lines if line not in b.lines], set(b.lines) - set(a.lines)
        text.append(f"  {file.name}: {gone} -> {sorted(new)}")
    return "\n".join(text)


def _against_labels(folder: Path, pairs: Sequence[tuple[Path, list[Seen]]]) -> Iterator[str]:
    labels = {scan.file: scan.label for scan in read_labels(folder)}
    known = [(labels[file.name], seen) for file, seen in pairs if file.name in labels]
    for at, whose in enumerate(("other", "this ")):
        scores = [score(label, [text for text, _ in seen[at].lines]) for label, seen in known]
        counts = []
        for label, seen in known:
            rows = written_rows(label)
            whole, groups = ["".join(row) for row in rows], [g for row in rows for g in row]
            counts.append(_counts(whole, groups, seen[at]))
        _, silent, told = map(sum, zip(*counts, strict=True))
        right, read = sum(s.right for s in scores), sum(s.read for s in scores)
        yield (
            f"  {whose} rows {sum(s.found for s in scores)} of {sum(s.rows for s in scores)}, "
            f"digits {right} of {sum(s.written for s in scores)}, precision "
            f"{100 * right / max(1, read):.2f}, silent {silent}, right for review {told}"
        )


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="a checkout of digitd")
    parser.add_argument("folders", type=Path, nargs="+", help="of pictures")
    parser.add_argument("--rounds", type=int, default=1, help="how often each file is read")
    parser.add_argument("--listed", type=int, default=20, help="files that are read otherwise")
    given = parser.parse_args()
    with Digitd(given.other.resolve()) as other, Digitd(ROOT) as ours:
        for folder in given.folders:
            pairs = list(compare((other, ours), files_of(folder), given.rounds))
            print(report(folder, pairs, given.listed), flush=True)


if __name__ == "__main__":
    main()
