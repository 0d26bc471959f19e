"""How well notes are read: `python -m bench.notes [--first N] [--count N] [--keep DIR]`.

Notes of one to three lines, of one to four digits each, drawn in the project's own hand on plain,
ruled and squared paper, on a desk or not, in all pens, lights and sizes. Note N is always the same
one. What counts are the digits in their order: where a line ends may be seen in two ways.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from daemon.ann.classifier import load_classifier
from daemon.ann.trust import load_trusted
from daemon.records import Limits, Reading, Scan, Status
from daemon.training.camera import Pen, Ruling, Scene, compose
from daemon.vision.reader import read_batch

MODELS = Path(__file__).parents[1] / "models"
SEED = 7


def note(number: int) -> tuple[Scene, np.random.Generator]:
    """What note `number` is, and the generator to draw it with."""
    rng = np.random.default_rng([SEED, number])
    lines = tuple(
        "".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(1, 5))))
        for _ in range(int(rng.integers(1, 4)))
    )
    height = int(rng.integers(30, 160))
    longest = max(map(len, lines))
    width = int(longest * height * rng.uniform(0.9, 1.2) + height * rng.uniform(0.2, 1))
    light_on_dark = bool(rng.random() < 0.15)
    scene = Scene(
        lines,
        width,
        int(len(lines) * height * rng.uniform(1.3, 1.7) + height * 0.3),
        height,
        max(1.5, height / float(rng.uniform(6, 16))),
        pen=list(Pen)[rng.integers(len(Pen))],
        ruling=list(Ruling)[rng.integers(len(Ruling))],
        shade=float(rng.choice([0, 0.3, 0.5])),
        desk=bool(rng.random() < 0.25) and not light_on_dark,
        light_on_dark=light_on_dark,
        blur=float(rng.uniform(0, 1.5)),
        noise=float(rng.uniform(0, 4)),
    )
    return scene, rng


def main() -> None:
    """Draw, read, and print what is read wrongly, and how many by the kind of paper."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="number of the first note")
    parser.add_argument("--count", type=int, default=300, help="how many")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep pictures of those read wrongly"
    )
    given = parser.parse_args()
    cv2.setNumThreads(1)
    classifier = load_classifier(MODELS)
    network = load_trusted(classifier.version)
    drawn, wrong, silent = Counter[str](), Counter[str](), Counter[str]()
    for number in range(given.first, given.first + given.count):
        scene, rng = note(number)
        data = cv2.imencode(".png", compose(scene, rng).pixels)[1].tobytes()
        scan = Scan("", f"{number}.png", "", data)
        (read,) = read_batch(
            [scan], classifier, limits=Limits(), annotated="none", line_network=network
        )
        assert isinstance(read, Reading)
        text = "|".join(line.text for page in read.pages for line in page.lines)
        paper = f"{scene.ruling.value}{', desk' if scene.desk else ''}"
        drawn[paper] += 1
        if text.replace("|", "") != "".join(scene.lines):
            wrong[paper] += 1
            silent[paper] += read.status is Status.READ
            print(f"{number}: {'|'.join(scene.lines)} read as {text}, {read.status}, {paper}")
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                (given.keep / f"{number}.png").write_bytes(data)
    print("\n| paper | notes | wrong | of these called read |\n|---|---|---|---|")
    for paper in sorted(drawn):
        print(f"| {paper} | {drawn[paper]} | {wrong[paper]} | {silent[paper]} |")
    print(f"| **all** | {drawn.total()} | {wrong.total()} | {silent.total()} |")


if __name__ == "__main__":
    main()
