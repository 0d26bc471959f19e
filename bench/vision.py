"""What finding digits costs: `make speed`, or `python -m bench.vision [--json FILE]`.

Finding the digits of a picture of a digit or a number is timed beside `cv2.imdecode` of the same
file: CPU time of one core, the median over passes that go through all files in turn, then the
median over files. Ratios to `cv2.imdecode` can be compared between machines, and on a busy one.
`all` is what digitd itself takes between decoding and the predict call: it looks first whether a
picture is a whole page, which it then reads as such, or shows a sheet on a desk or a canvas. Tiny
pictures it looks at together, a batch of them at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import cv2
import numpy as np

from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.records import Limits, Reading, Rejection, Scan
from daemon.training.camera import Ruling, Scene, compose
from daemon.training.sources import load
from daemon.vision.coarse import find_layouts
from daemon.vision.decode import first_page
from daemon.vision.glyph import normalise
from daemon.vision.reader import read_batch

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"

DIGITS = 200
PHOTO_SIDE = (900, 1100)  # pixels, the longer side of what counts as a photo of 1,000 pixels
GATES = {"28x28": 0.3, "photo": 8.0}  # ms for finding digits, by the first word of a set's name

_SIZE = {"width": 1000, "height": 750}
SCENES = {
    "plain": Scene(("52",), **_SIZE, digit_height=260, pen_width=22),
    "ruled": Scene(("5270",), **_SIZE, digit_height=120, pen_width=10, ruling=Ruling.RULED),
    "squared": Scene(
        ("318", "946"), **_SIZE, digit_height=150, pen_width=12, ruling=Ruling.SQUARED
    ),
    "desk": Scene(("407",), **_SIZE, digit_height=200, pen_width=16, desk=True),
    "shade": Scene(("63",), **_SIZE, digit_height=240, pen_width=18, shade=0.55),
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time in ms; `find` is the sum of `layout`, ink and what it is made of, and `glyph`,
    `whole` that of a page or a sheet looked for first."""

    imdecode: float
    decode: float
    layout: float
    glyph: float
    find: float
    whole: float


@cache
def _classifier() -> GlyphClassifier:
    """What digitd asks: what is no digit for it is looked at otherwise, too. Its own time is not
    counted."""
    return load_classifier(ROOT / "models")


@dataclass(frozen=True, slots=True)
class Row:
    """The costs of a set of files. `ratio` is `find` in terms of `imdecode`."""

    name: str
    files: int
    ratio: float
    cost: Cost
    worst: float  # find of the dearest file, ms


def digit_files(shared: Path) -> list[bytes]:
    """28x28 PNG files: MNIST's test digits, or the project's own handwriting."""
    folder = shared / "mnist"
    if folder.is_dir():
        images = load(str(folder)).test.images[:DIGITS]
    else:
        rng = np.random.default_rng(1)
        scenes = (
            Scene((str(at % 10),), 28, 28, 20, 2.4, grey=True, noise=0, light_on_dark=True)
            for at in range(DIGITS)
        )
        images = np.stack([compose(scene, rng).pixels for scene in scenes])
    return [cv2.imencode(".png", image)[1].tobytes() for image in images]


def scene_files(scene: Scene) -> list[bytes]:
    """Three photos of one scene."""
    pictures = (compose(scene, np.random.default_rng(seed)).pixels for seed in range(3))
    return [
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        for picture in pictures
    ]


def real_files(shared: Path) -> list[bytes]:
    """The photos of about 1,000 pixels in the measuring sets."""
    smallest, largest = PHOTO_SIDE
    found = []
    for path in sorted(
        path for folder in ("single", "strings", "pages") for path in (shared / folder).glob("*.*")
    ):
        data = path.read_bytes()
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is not None and smallest <= max(pixels.shape[:2]) <= largest:
            found.append(data)
    return found


def sets(shared: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Names and files of all sets; their files are left out where the measuring sets are not."""
    yield "28x28", digit_files(shared)
    for name, scene in SCENES.items():
        yield f"photo {name}", scene_files(scene)
    yield "photo real", real_files(shared)


def timed(step: Callable[[], T]) -> tuple[T, float]:
    """What a step gives, and the CPU time that it took, in ms."""
    started = time.process_time_ns()
    result = step()
    return result, (time.process_time_ns() - started) / 1e6


def cost_of(data: bytes) -> Cost:
    """Find the digits of a file once."""
    encoded = np.frombuffer(data, np.uint8)
    _, imdecode_ms = timed(lambda: cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED))
    page, decode_ms = timed(lambda: first_page(Scan("", "", "", data), Limits()))
    if isinstance(page, Rejection):
        raise SystemExit(page.message)
    (_, seen), layout_ms = timed(lambda: find_layouts(page.pixels))
    layouts = [layout for _, made in seen for proposal in made for layout in proposal.layouts]
    candidates = {id(each): each for layout in layouts for each in layout.candidates}
    _, glyph_ms = timed(lambda: [normalise(each.ink) for each in candidates.values()])
    (whole_ms,) = whole_costs([data])
    total = layout_ms + glyph_ms
    return Cost(imdecode_ms, decode_ms, layout_ms, glyph_ms, total, whole_ms)


def whole_costs(files: list[bytes]) -> list[float]:
    """What digitd takes before it asks about each file of a batch, in ms."""
    scans = [Scan(f"{at}", "", "", data) for at, data in enumerate(files)]
    outcomes = read_batch(scans, _classifier(), limits=Limits(), annotated="none")
    return [each.durations.find_ms if isinstance(each, Reading) else math.nan for each in outcomes]


def median(costs: list[Cost]) -> Cost:
    """The median of each figure by itself."""
    every = [dataclasses.astuple(cost) for cost in costs]
    return Cost(*(statistics.median(column) for column in zip(*every, strict=True)))


def measure(passes: int, shared: Path) -> list[Row]:
    """Time all sets, pass by pass."""
    files = {name: data for name, data in sets(shared) if data}
    costs = {name: [list[Cost]() for _ in data] for name, data in files.items()}
    for _ in range(passes):
        for name, data in files.items():
            for at, each in enumerate(data):
                costs[name][at].append(cost_of(each))
            if name == "28x28":
                for repeated, whole_ms in zip(costs[name], whole_costs(data), strict=True):
                    repeated[-1] = dataclasses.replace(repeated[-1], whole=whole_ms)
    rows = []
    for name, found in costs.items():
        each_file = [median(repeated) for repeated in found]
        ratio = statistics.median(cost.find / cost.imdecode for cost in each_file)
        worst = max(cost.find for cost in each_file)
        rows.append(Row(name, len(each_file), ratio, median(each_file), worst))
    return rows


def table(rows: list[Row]) -> str:
    """The rows for people, and as Markdown."""
    lines = [
        "| ms of CPU time | files | find : imdecode | imdecode | decode | layout | glyph "
        "| find | all | dearest | gate |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = " | ".join(f"{ms:.3f}" for ms in (*dataclasses.astuple(row.cost), row.worst))
        gate = GATES[row.name.split()[0]]
        held = "held" if max(row.cost.find, row.cost.whole) < gate else "NOT HELD"
        lines.append(
            f"| {row.name} | {row.files} | {row.ratio:.2f} | {figures} | < {gate:g}, {held} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and save what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=9, help="how often each file is looked at")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the measuring sets")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the figures")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    with patch.object(time, "perf_counter", time.process_time):  # by which readings tell durations
        rows = measure(given.passes, given.shared)
    print(table(rows))
    print(f"\n{platform.processor() or platform.machine()}, OpenCV {cv2.__version__}, one thread")
    if given.json:
        found = [dataclasses.asdict(row) for row in rows]
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
