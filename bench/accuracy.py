"""How well digitd reads, on everything that is there: `make accuracy`, or
`python -m bench.accuracy [--model VERSION]... [--write]`.

One run measures every version in models/, and its peers, on the same files. With `--write` the
tables go to docs/accuracy.md and README.md; pictures of what was misread, which show other people's
files, go to bench/out/ only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.ann.registry import version_names
from daemon.training.evaluate import evaluate
from daemon.training.scans import evaluate_scans

from .gates import gate_table
from .results import Measured, score_table
from .sets import (
    HALVED,
    ArraySet,
    FileSet,
    array_sets,
    file_sets,
    mnist_files,
    seen_half,
    variation_sets,
)

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"


def measure(classifier: GlyphClassifier, group: ArraySet | FileSet) -> Iterator[Measured]:
    """What a version makes of a set, and of the halves of those that have some."""
    if isinstance(group, ArraySet):
        yield Measured(group.name, evaluate(classifier, group.digits))
        return
    whole = evaluate_scans(classifier, group.name, group.scans)
    yield Measured(group.name, whole)
    if group.name in HALVED:
        seen = [seen_half(scan) for scan in group.scans]
        for half, chosen in (("even", seen), ("odd", [not each for each in seen])):
            name = f"{group.name}, {half}"
            yield Measured(name, whole.part(chosen, name))


def main() -> int:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", help="a version; default: all in models/")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the measuring sets")
    parser.add_argument("--only", action="append", metavar="SET", help="sets by their names")
    parser.add_argument("--n", type=int, default=200, help="pictures per kind of variation")
    given = parser.parse_args()
    missing: list[str] = []
    found: list[Measured] = []
    classifiers = [
        load_classifier(given.models, name)
        for name in given.model or sorted(version_names(given.models))
    ]
    architectures = {each.name: each.version.architecture for each in classifiers}
    with tempfile.TemporaryDirectory(prefix="digitd-accuracy-") as scratch:
        for group in _sets(given, Path(scratch), missing):
            if given.only and group.name not in given.only:
                continue
            for classifier in classifiers:
                started = time.process_time()
                found += measure(classifier, group)
                seconds = time.process_time() - started
                print(f"{group.name}: {classifier.name}, {seconds:.1f} s", file=sys.stderr)
    print(score_table(found), gate_table(found, architectures), *missing, sep="\n")
    return 0


def _sets(
    given: argparse.Namespace, scratch: Path, missing: list[str]
) -> Iterator[ArraySet | FileSet]:
    for arrays in array_sets(given.shared, missing.append):
        yield arrays
        if arrays.name == "MNIST test" and (not given.only or "MNIST files" in given.only):
            yield mnist_files(arrays.digits, scratch / "mnist")
    yield from file_sets(given.shared, missing.append)
    yield from variation_sets(scratch, given.n, given.shared / "pendigits")


if __name__ == "__main__":
    sys.exit(main())
