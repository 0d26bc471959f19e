"""How fast digitd gets through piles of scans: `make bench`, `make bench-quick`.

Everything is measured side by side in one run, each contestant as a command of its own, start
included, in turn, several times; medians. Ratios compare between machines, seconds do not.

`--write` puts the table into docs/speed.md. Without it, `--quick` compares its ratios with the ones
that stand there, and warns where one is worse by more than a third.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from daemon.ann.classifier import load_classifier
from daemon.ann.trust import load_trusted
from daemon.records import Limits, Scan
from daemon.service.workers import cores
from daemon.vision.reader import read_batch

from .corpora import FIELD, PAGES, PHONE, TINY, Corpus
from .document import processor
from .machines import killing, local_cluster
from .measure import Run, run
from .rivals import NETWORK, SHOWN
from .speed_table import Row, compare, read_ratios, table, write_table

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench" / "out"
DOCUMENT = ROOT / "docs" / "speed.md"

Command = tuple[str | Path, ...]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who runs over a corpus, told where it lies and where to write."""

    name: str
    command: Callable[[Path, Path], Command]


def digitd(name: str, *flags: str | Path) -> Contestant:
    """digitd itself."""

    def command(folder: Path, out: Path) -> Command:
        return ("daemon", "batch", folder, "--out", out, "--quiet", *flags)

    return Contestant(name, command)


def rival(who: str, *flags: str) -> Contestant:
    """Somebody else."""
    return Contestant(who, lambda folder, out: ("bench.rivals", who, folder, out, *flags))


@dataclass(slots=True)
class Bench:
    """The runs that are measured, and where their files lie."""

    scratch: Path
    corpora: Path
    runs: int
    kept: int = 0

    def fresh(self) -> Path:
        """A folder for the results of one run. None is removed before the end: for a while after
        many files were, ext4 may take ten times as long to make one, and who runs next pays.
        """
        self.kept += 1
        return self.scratch / f"run-{self.kept}"

    def clear(self) -> None:
        """Remove the results and logs of all runs, those of an interrupted bench included."""
        for each in self.scratch.glob("run-*"):
            if each.is_dir():
                shutil.rmtree(each)
            else:
                each.unlink()

    def measure(
        self, corpus: Corpus, contestants: Sequence[Contestant], counts: Sequence[int]
    ) -> list[list[Run]]:
        """The runs of each contestant over as many files as its count says, one after the other,
        several times."""
        folders = [drawn(corpus, self.corpora, count) for count in counts]
        found: list[list[Run]] = [[] for _ in contestants]
        for _ in range(self.runs):
            for runs, contestant, folder, count in zip(
                found, contestants, folders, counts, strict=True
            ):
                out = self.fresh()
                runs.append(run(contestant.command(folder, out), out, count))
                print(f"{contestant.name}, {corpus.name}: {runs[-1]}", file=sys.stderr)
        return found


def tiny(bench: Bench, *, quick: bool) -> Iterable[Row]:
    """10,000 digits of 28x28 pixels, and what others make of some of them."""
    many, some, few = (TINY.quick, 200, 10) if quick else (TINY.count, 1_000, 200)
    workers = ("--workers", str(cores()))
    bare = ("--annotated", "none", "--json", "none")
    floor, shown, decode, all_of_it, csv_only = bench.measure(
        TINY,
        [
            rival("floor", *workers),
            rival("shown", *workers),
            rival("decode", *workers),
            digitd("digitd", *workers),
            digitd("digitd, CSV only", *workers, *bare),
        ],
        [many] * 5,
    )
    yield Row.of(
        f"{many:,} 28x28 PNGs: digitd / floor, whose pictures are of 28x28, grey",
        all_of_it,
        floor,
        at_most=3.5,
    )
    yield Row.of(
        f"{many:,}: digitd / floor, whose pictures are as digitd's, {SHOWN[0]}x{SHOWN[1]}, colour",
        all_of_it,
        shown,
    )
    yield Row.of(f"{many:,}, CSV only: digitd / decoding", csv_only, decode, at_most=10)
    if _have("keras"):
        yield from _keras(bench, many, some, few)
    if shutil.which("tesseract"):
        theirs, digits = bench.measure(TINY, [rival("tesseract"), digitd("digitd")], [some, some])
        yield Row.of(f"{some:,}: Tesseract, one call / digitd", theirs, digits)


def _keras(bench: Bench, many: int, some: int, few: int) -> Iterable[Row]:
    if not (bench.scratch / NETWORK).exists():
        run(("bench.rivals", "network", bench.scratch, bench.scratch), bench.fresh(), 1)
    if _have("matplotlib"):
        loop, digits = bench.measure(TINY, [rival("ancestors"), digitd("digitd")], [few, many])
        yield Row.of(f"the ancestors' loop ({few}) / digitd, a scan", loop, digits, at_least=100)
    batch, digits = bench.measure(TINY, [rival("keras"), digitd("digitd")], [some, some])
    yield Row.of(f"{some:,}: well-written Keras / digitd", batch, digits, at_least=2)
    batch, digits = bench.measure(TINY, [rival("keras"), digitd("digitd")], [many, many])
    yield Row.of(f"{many:,}: well-written Keras / digitd", batch, digits)
    batch, digits = bench.measure(TINY, [rival("keras"), digitd("digitd")], [1, 1])
    yield Row.of("one image, cold start: Keras / digitd", batch, digits, at_least=5)


def phone(bench: Bench, *, quick: bool) -> Iterable[Row]:
    """Phone photos with one worker and with two."""
    count = PHONE.quick if quick else PHONE.count
    one, two, floor = bench.measure(
        PHONE,
        [digitd("one worker", "--workers", "1"), digitd("two", "--workers", "2"), rival("floor")],
        [count] * 3,
    )
    yield Row.of(f"{count} phone photos: 1 worker / 2 workers", one, two, at_least=1.7)
    yield Row.of(f"{count}, one process: digitd / floor", one, floor)


def page(bench: Bench, *, quick: bool) -> Iterable[Row]:
    """A4 pages of either kind: CPU time in this process, beside `cv2.imdecode` of the same
    files."""
    cv2.setNumThreads(1)
    classifier = load_classifier(ROOT / "models")
    line_network = load_trusted(classifier.version)
    for corpus in PAGES:
        count = corpus.quick if quick else corpus.count
        reading: list[Run] = []
        decoding: list[Run] = []
        for path in sorted(drawn(corpus, bench.corpora, count).iterdir()):
            data = path.read_bytes()
            decoding.append(_clocked(partial(cv2.imdecode, np.frombuffer(data, np.uint8), -1)))
            scan = Scan("0" * 32, path.name, "", data)
            limits = Limits()
            read = partial(read_batch, [scan], classifier, limits=limits, line_network=line_network)
            reading.append(_clocked(read))
        name = f"{count} A4 pages, {corpus.extension}: digitd / imdecode, CPU"
        yield Row.of(name, reading, decoding, at_most=4, cpu=True)


def clusters(bench: Bench, *, quick: bool) -> Iterable[Row]:
    """Two Dask workers beside two processes; and workers that are killed."""
    if not _have("distributed"):
        return
    count = PHONE.quick if quick else PHONE.count
    with local_cluster(2) as (address, _):
        pool, far = bench.measure(
            PHONE,
            [digitd("processes", "--workers", "2"), digitd("Dask", "--cluster", address)],
            [count] * 2,
        )
        yield Row.of(
            f"{count} phone photos: 2 processes / 2 Dask workers", pool, far, at_least=0.85
        )
    if quick:
        return
    count = FIELD.count
    folder = drawn(FIELD, bench.corpora, count)
    out = bench.fresh()
    with local_cluster(2) as (address, pids), killing(pids, every_s=5) as killed:
        run(("daemon", "batch", folder, "--out", out, "--quiet", "--cluster", address), out, count)
    with (out / "readings.csv").open(newline="", encoding="utf-8") as file:
        read = {  # a scan may have several lines, each with a row
            (row["file"], row["scan_id"])
            for row in csv.DictReader(file)
            if row["status"] != "rejected"
        }
    once = list(Counter(name for name, _ in read).values()).count(1)
    yield Row(
        f"{count:,} fields of forms, {killed()} Dask workers killed: read once",
        once / count,
        at_least=1,
    )


def growth(bench: Bench, *, quick: bool) -> Iterable[Row]:
    """Ten or a hundred times the scans: memory of the process that keeps the books, time a scan."""
    few, some, many = (100, 300, 1_000) if quick else (1_000, 10_000, 100_000)
    small, middle, large = bench.measure(TINY, [digitd("digitd")] * 3, [few, some, many])
    memory = statistics.median(r.main_mb for r in large) / statistics.median(
        r.main_mb for r in small
    )
    yield Row(f"{many:,} scans / {few:,}: memory", memory, at_most=1.3)
    yield Row.of(f"{many:,} scans / {few:,}: time a scan", large, small, at_most=1.1)
    yield Row.of(f"{many:,} scans / {some:,}: time a scan, the start hardly counts", large, middle)


PARTS = {"tiny": tiny, "phone": phone, "page": page, "clusters": clusters, "growth": growth}


def main() -> int:
    """Measure, print, save, compare."""
    parser = argparse.ArgumentParser(prog="python -m bench.throughput", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few files, one run")
    parser.add_argument("--runs", type=int, help="of which the median counts (3; quick: 1)")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part of the table")
    parser.add_argument("--write", action="store_true", help="write docs/speed.md")
    given = parser.parse_args()
    runs = given.runs or (1 if given.quick else 3)
    scratch = OUT / "throughput"
    scratch.mkdir(parents=True, exist_ok=True)
    bench = Bench(scratch, OUT / "corpora", runs)
    rows: list[Row] = []
    bench.clear()
    for name in given.only or PARTS:
        rows += PARTS[name](bench, quick=given.quick)
    bench.clear()
    title = f"{datetime.now(UTC):%Y-%m-%d}, {cores()} cores of {processor()}, {runs} runs"
    text = table(rows, title)
    print(text)
    saved = OUT / ("speed-quick.json" if given.quick else "speed.json")
    saved.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    if given.write:
        write_table(DOCUMENT, text, quick=given.quick)
        return 0
    warnings = compare(rows, read_ratios(DOCUMENT, quick=given.quick))
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 0


def drawn(corpus: Corpus, folder: Path, count: int) -> Path:
    """Its files, drawn by a process of its own: the memory that drawing takes would count for all
    that are started later, for Linux tells the peak of before `exec` as well."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(corpus.write, folder, count).result()


def _have(package: str) -> bool:
    """Whether a package that a part needs is installed; says so where it is not."""
    if find_spec(package):
        return True
    print(f"{package} is not installed: what needs it is left out", file=sys.stderr)
    return False


def _clocked(work: Callable[[], object]) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Run(1, time.perf_counter() - wall, time.process_time() - cpu, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
