"""How well lines are read: `python -m bench.lines READER [--half even|odd|both]`.

READER is a line network, `reader.tflite`: real lines of `../shared/data` and rows of MNIST's test
digits, each whole picture taken for one line; greedy, by beam search, and told how many digits
there are. Or it is the folder of a version with both networks: the same files the whole way, as
`digitd batch` reads them. Prints Markdown; learns and chooses nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.ann.line_reader import LineReader, read_frames, read_greedily
from daemon.ann.trust import TrustedReader, load_trusted
from daemon.records import Expected, Grey, Hints, Ink, Limits, Reading, Scan, Status
from daemon.training.labels import read_labels
from daemon.vision.ink import find_ink
from daemon.vision.line_view import FURTHER, find_band, further_looks, padded, view_of
from daemon.vision.reader import read_batch

from .rows import mnist_rows
from .sets import even_half

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
SETS = ("orand", "single", "cells", "nondigit")
COVERAGES = (0.3, 0.5, 0.55, 0.7, 0.8, 0.9, 1.0)
BATCH = 64


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its digits, as they are written, and its views, the usual one first."""

    name: str
    label: str
    views: tuple[Ink, ...]

    @property
    def width(self) -> int:
        """Pixels of the usual view."""
        return int(self.views[0].shape[1])


@dataclass(frozen=True, slots=True)
class Result:
    """One line read in three ways, and the probability of the second."""

    row: Row
    greedy: str
    best: str
    hinted: str
    probability: float


def read_rows(reader: LineReader, rows: Sequence[Row]) -> list[Result]:
    """Read lines, narrow ones first, many at once."""
    order = sorted(range(len(rows)), key=lambda n: rows[n].width)
    results: dict[int, Result] = {}
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        seen = [
            reader.frames(padded(list(views)))
            for views in zip(*(rows[n].views for n in places), strict=True)
        ]
        for at, n in enumerate(places):
            row = rows[n]
            posteriors, *others = (frames.posteriors[at] for frames in seen)
            boxes = seen[0].boxes[at]
            best = read_frames(posteriors, boxes, others=others)
            expected = Expected(len(row.label), len(row.label)) if row.label else None
            hinted = read_frames(posteriors, boxes, expected, others)
            results[n] = Result(
                row,
                read_greedily(posteriors, boxes).text,
                best.text,
                hinted.text,
                best.probability,
            )
    return [results[n] for n in range(len(rows))]


def file_rows(folder: Path, half: str, count: int) -> Iterator[Row]:
    """The pictures of one set, or of half of it, each as one line, ink dark, in `count` views."""
    for scan in read_labels(folder):
        if half != "both" and even_half(scan) != (half == "even"):
            continue
        grey = cv2.imread(str(folder / scan.file), cv2.IMREAD_GRAYSCALE)
        yield Row(scan.file, scan.text, _views(_dark_on_light(grey), count))


def _views(grey: Grey, count: int) -> tuple[Ink, ...]:
    band = find_band(grey)
    return (view_of(grey, band).pixels, *further_looks(grey, band))[:count]


def _dark_on_light(grey: Grey) -> Grey:
    return 255 - grey if find_ink(grey)[0].light_on_dark else grey


def table(name: str, results: Sequence[Result]) -> str:
    """One line of Markdown: exact matches in per cent, and errors by coverage."""
    right = np.array([result.best == result.row.label for result in results])
    greedy = np.mean([result.greedy == result.row.label for result in results])
    hinted = np.mean([result.hinted == result.row.label for result in results])
    order = np.argsort([-result.probability for result in results], kind="stable")
    errors = []
    for coverage in COVERAGES:
        kept = order[: max(1, round(coverage * len(order)))]
        errors.append(f"{100 * (1 - right[kept].mean()):.1f}")
    figures = (f"{100 * value:.2f}" for value in (greedy, right.mean(), hinted))
    return f"| {name} | {len(results)} | {' | '.join(figures)} | {' | '.join(errors)} |"


def measure_version(given: argparse.Namespace) -> int:
    """Read the files with both networks of a version, and print what became of them."""
    cv2.setNumThreads(1)
    folder = given.reader.resolve()
    classifier = load_classifier(folder.parent, folder.name)
    line_network = load_trusted(classifier.version)
    groups: dict[str, list[tuple[bytes, str]]] = {}
    for name in (*SETS, "strings"):
        if (given.shared / name).is_dir():
            groups[name] = [
                ((given.shared / name / scan.file).read_bytes(), scan.text)
                for scan in read_labels(given.shared / name)
                if given.half == "both" or even_half(scan) == (given.half == "even")
            ]
    rows = mnist_rows(given.shared / "mnist", given.rows) if given.rows else []
    groups["rows of MNIST's test digits"] = [
        (cv2.imencode(".png", picture)[1].tobytes(), label) for picture, label in rows
    ]
    print("| set | n | exact | number of digits known | read | wrong among read | CPU ms a file |")
    print("| --- |" + " --- |" * 6)
    for name, group in groups.items():
        if not group:
            continue
        started = time.process_time()
        free = read_files(group, classifier, line_network, counted=False)
        cost_ms = 1000 * (time.process_time() - started) / len(group) - decode_ms(group)
        counted = read_files(group, classifier, line_network, counted=True)
        labels = [label for _, label in group]
        exact, known = (
            np.mean([text == label for (text, _), label in zip(read, labels, strict=True)])
            for read in (free, counted)
        )
        wrong = [
            text != label
            for (text, status), label in zip(free, labels, strict=True)
            if status is Status.READ
        ]
        share = f"{100 * np.mean(wrong):.1f}" if wrong else "-"
        print(
            f"| {name} | {len(group)} | {100 * exact:.1f} | {100 * known:.1f} "
            f"| {100 * len(wrong) / len(group):.1f} | {share} | {cost_ms:.1f} |",
            flush=True,
        )
    return 0


def read_files(
    group: Sequence[tuple[bytes, str]],
    classifier: GlyphClassifier,
    line_network: TrustedReader | None,
    *,
    counted: bool,
) -> list[tuple[str, Status]]:
    """Text, lines separated by `|`, and status of each file; `counted`, told the label's length."""
    found = []
    for start in range(0, len(group), BATCH):
        scans = [
            Scan(f"{n}", f"{n}", "", data, Hints(line=_length(label)) if counted else Hints())
            for n, (data, label) in enumerate(group[start : start + BATCH])
        ]
        for outcome in read_batch(
            scans, classifier, limits=Limits(), annotated="none", line_network=line_network
        ):
            pages = outcome.pages if isinstance(outcome, Reading) else ()
            status = outcome.status if isinstance(outcome, Reading) else Status.REJECTED
            found.append(("|".join(line.text for page in pages for line in page.lines), status))
    return found


def decode_ms(group: Sequence[tuple[bytes, str]]) -> float:
    """CPU time of OpenCV's decoding, a file."""
    started = time.process_time()
    for data, _ in group:
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    return 1000 * (time.process_time() - started) / len(group)


def _length(label: str) -> Expected:
    """What a label of one line tells of its length."""
    return Expected(len(label), len(label)) if label.isdigit() else Expected()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.lines", description=__doc__)
    parser.add_argument("reader", type=Path, help="a line network, or a version's folder")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the measuring sets")
    parser.add_argument("--half", choices=("even", "odd", "both"), default="both")
    parser.add_argument("--views", type=int, choices=range(1, len(FURTHER) + 2), default=1)
    parser.add_argument("--rows", type=int, default=2000, help="rows of MNIST's test digits")
    parser.add_argument("--wrong", action="store_true", help="list what was misread")
    given = parser.parse_args()
    if given.reader.is_dir():
        return measure_version(given)
    reader = LineReader(given.reader)
    errors = " | ".join(f"error at {coverage:.0%}" for coverage in COVERAGES)
    print(f"| set | n | greedy | beam | number of digits known | {errors} |")
    print("| --- |" + " --- |" * (4 + len(COVERAGES)))
    groups: dict[str, list[Row]] = {}
    for name in SETS:
        if (given.shared / name).is_dir():
            groups[name] = list(file_rows(given.shared / name, given.half, given.views))
        else:
            print(f"{name}: there is no {given.shared / name}", file=sys.stderr)
    if given.rows:
        rows = mnist_rows(given.shared / "mnist", given.rows)
        groups["rows of MNIST's test digits"] = [
            Row(str(n), label, _views(picture, given.views))
            for n, (picture, label) in enumerate(rows)
        ]
    for name, group in groups.items():
        results = read_rows(reader, group)
        print(table(name, results))
        if given.wrong:
            for result in results:
                if result.best != result.row.label:
                    said = f"{result.best} ({result.probability:.2f})"
                    print(f"{name} {result.row.name}: {result.row.label} -> {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
