"""The digitd of a checkout at work for `bench.compare`: reads each file that standard input names,
and answers with a line of JSON. Run as a script, with that checkout as PYTHONPATH."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import cv2

import daemon
from daemon.ann.classifier import load_classifier
from daemon.ann.trust import load_trusted
from daemon.records import Limits, Outcome, Rejection, Scan
from daemon.vision.reader import read_batch


def told(outcome: Outcome) -> dict[str, object]:
    """What an outcome says, the fields of `bench.compare.Seen` without CPU time."""
    if isinstance(outcome, Rejection):
        return {"lines": [("", str(outcome.reason))], "exact": outcome.message, "find_ms": 0.0}
    lines = [(line.text, str(line.status)) for page in outcome.pages for line in page.lines]
    return {"lines": lines, "exact": repr(outcome.pages), "find_ms": outcome.durations.find_ms}


def main(tree: Path) -> None:
    """Answer until standard input ends."""
    if not Path(daemon.__file__).is_relative_to(tree):
        raise SystemExit(f"{daemon.__file__} is not of {tree}")
    cv2.setNumThreads(1)
    classifier = load_classifier(tree / "models")
    line_network = load_trusted(classifier.version)
    for line in sys.stdin:
        scan = Scan("0" * 32, "scan", "", Path(line.rstrip("\n")).read_bytes())
        started = time.process_time_ns()
        (outcome,) = read_batch(
            [scan], classifier, limits=Limits(), annotated="none", line_network=line_network
        )
        cpu_ms = (time.process_time_ns() - started) / 1e6
        print(json.dumps({**told(outcome), "cpu_ms": cpu_ms}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
