"""How well digitd reads, on everything that is there: `make accuracy`, or
`python -m bench.accuracy [--model VERSION]... [--write]`.

One run measures every version in models/, and its peers, on the same files, and prints Markdown.
With `--write` it goes to docs/accuracy.md, and its first table to README.md. Pictures of what was
misread, which show other people's files, go to bench/out/ only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.ann.registry import current_name, version_names
from daemon.ann.trust import load_trusted
from daemon.training.evaluate import evaluate
from daemon.training.scans import evaluate_scans

from .document import Run, document, write_document
from .peers import Peer, find_peers
from .pictures import figures, misread_figures, write
from .results import Evaluated, Results
from .sets import (
    HALVED,
    MNIST,
    MNIST_FILES,
    ArraySet,
    FileSet,
    array_sets,
    even_half,
    file_sets,
    mnist_files,
    variation_sets,
)
from .variations import KINDS

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
OUT = ROOT / "bench" / "out"


def measure(
    classifier: GlyphClassifier, group: ArraySet | FileSet
) -> Iterator[tuple[str, Evaluated]]:
    """What a version makes of a set, and of the halves of those that have some."""
    if isinstance(group, ArraySet):
        yield group.name, evaluate(classifier, group.digits)
        return
    line_network = load_trusted(classifier.version)
    whole = evaluate_scans(classifier, group.name, group.scans, line_network=line_network)
    yield group.name, whole
    if group.name in HALVED:
        even = [even_half(scan) for scan in group.scans]
        for half, chosen in (("even", even), ("odd", [not each for each in even])):
            name = f"{group.name}, {half}"
            yield name, whole.part(chosen, name)


def main() -> int:
    """Measure, print, and write what was asked for."""
    given = _arguments()
    names = given.model or sorted(version_names(given.models))
    classifiers = [load_classifier(given.models, name) for name in names]
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="digitd-accuracy-") as scratch:
        results = _measure_all(given, classifiers, Path(scratch), missing)
        for name in names:
            write(figures(results, name) | misread_figures(results, name), OUT / name)
    found = {**results.sets, **results.variations}
    summaries = [{"model": model, **each.summary()} for (_, model), each in found.items()]
    (OUT / "accuracy.json").write_text(json.dumps(summaries, indent=1) + "\n", encoding="utf-8")
    current = current_name(given.models)
    shown = current if current in names else names[0]
    run = Run(results, datetime.now(UTC).date(), shown, missing)
    print(document(run))
    print(f"pictures and accuracy.json are in {OUT}", file=sys.stderr)
    if given.write:
        write_document(run, ROOT / "docs", ROOT / "README.md")
        write(figures(results, shown), ROOT / "docs")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--model", action="append", help="a version; default: all in models/")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the measuring sets")
    parser.add_argument("--only", action="append", metavar="SET", help="a set or kind by its name")
    parser.add_argument("--n", type=int, default=200, help="pictures per kind of variation")
    parser.add_argument("--no-peers", action="store_true", help="measure digitd only")
    parser.add_argument("--write", action="store_true", help="write docs/accuracy.md and README.md")
    given = parser.parse_args()
    if given.write and given.only:
        parser.error("--write needs all sets: leave --only out")
    return given


def _measure_all(
    given: argparse.Namespace,
    classifiers: list[GlyphClassifier],
    scratch: Path,
    missing: list[str],
) -> Results:
    sets: dict[tuple[str, str], Evaluated] = {}
    variations: dict[tuple[str, str], Evaluated] = {}
    peers: list[Peer] = []
    others = [] if given.no_peers else find_peers(OUT / "ancestors", given.shared, missing.append)
    for group in _groups(given, scratch, missing):
        started = time.monotonic()
        into = variations if group.name in KINDS else sets
        for classifier in classifiers:
            for name, evaluation in measure(classifier, group):
                into[name, classifier.name] = evaluation
        for read, peer in others:
            if group.name in read:
                peers += peer(group)
        print(f"{group.name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    versions = {each.name: each.version.architecture for each in classifiers}
    return Results(versions, sets, variations, peers)


def _groups(
    given: argparse.Namespace, scratch: Path, missing: list[str]
) -> Iterator[ArraySet | FileSet]:
    def is_wanted(name: str) -> bool:
        return not given.only or name in given.only

    for arrays in array_sets(given.shared, missing.append):
        if is_wanted(arrays.name):
            yield arrays
        if arrays.name == MNIST and is_wanted(MNIST_FILES):
            yield mnist_files(arrays, scratch / "mnist")
    for files in file_sets(given.shared, missing.append):
        if is_wanted(files.name):
            yield files
    kinds = [kind for kind in KINDS if is_wanted(kind)]
    yield from variation_sets(kinds, scratch, given.n, given.shared / "pendigits")


if __name__ == "__main__":
    sys.exit(main())
