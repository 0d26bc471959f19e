"""What reading costs, networks and all: `make speed`, or `python -m bench.reading`.

CPU time of one core beside `cv2.imdecode` of the same files, the median over passes: of a cheque's
line what is left when decoding is taken off, read in batches of 64 as `digitd batch` does, without
pictures; of a photo of 12 megapixels everything, its annotated picture included.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.ann.trust import TrustedReader, load_trusted
from daemon.records import Limits, Scan
from daemon.vision.decode import first_page
from daemon.vision.draft import Annotated
from daemon.vision.reader import read_batch

from .corpora import FIELD, PHONE, Corpus
from .vision import ROOT, SHARED, timed

LINES = 128
PHOTOS = 6
BATCH = 64  # lines read at once
LINE_MS = 10.0  # of a line, after decoding
PHOTO_RATIO = 4.0  # of a photo, to its decoding


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time of a scan in ms; `read` includes `decode`."""

    imdecode: float
    decode: float
    read: float


class Reading:
    """The version in use, at work."""

    def __init__(self, models: Path) -> None:
        self._classifier: GlyphClassifier = load_classifier(models)
        self._lines: TrustedReader | None = load_trusted(self._classifier.version)

    def cost(self, scans: Sequence[Scan], annotated: Annotated) -> Cost:
        """That of these scans, together, each in the mean."""
        _, imdecode_ms = timed(lambda: [_imdecode(scan) for scan in scans])
        _, decode_ms = timed(lambda: [first_page(scan, Limits()) for scan in scans])
        _, read_ms = timed(lambda: self._read(scans, annotated))
        return Cost(*(each / len(scans) for each in (imdecode_ms, decode_ms, read_ms)))

    def _read(self, scans: Sequence[Scan], annotated: Annotated) -> None:
        read_batch(
            scans,
            self._classifier,
            limits=Limits(),
            annotated=annotated,
            line_network=self._lines,
        )


def _imdecode(scan: Scan) -> None:
    cv2.imdecode(np.frombuffer(scan.data, np.uint8), cv2.IMREAD_UNCHANGED)


def line_files(shared: Path, folder: Path) -> list[Path]:
    """Real cheque amounts, or the project's own fields of forms."""
    found = sorted((shared / "orand").glob("*.jpg"))[:LINES]
    return found or _drawn(FIELD, folder, LINES)


def _drawn(corpus: Corpus, folder: Path, count: int) -> list[Path]:
    return sorted(corpus.write(folder, count).iterdir())


def _scans(files: Sequence[Path]) -> list[Scan]:
    return [Scan("0" * 32, file.name, "", file.read_bytes()) for file in files]


def measure_lines(reading: Reading, scans: Sequence[Scan], passes: int) -> list[Cost]:
    """A line's costs, pass by pass; the first one, which warms up, is left out."""
    batches = [scans[start : start + BATCH] for start in range(0, len(scans), BATCH)]
    found = [[reading.cost(batch, "none") for batch in batches] for _ in range(passes + 1)]
    return [Cost(*np.mean([astuple(cost) for cost in costs], axis=0)) for costs in found[1:]]


def measure_photos(reading: Reading, scans: Sequence[Scan], passes: int) -> list[float]:
    """By photo, the median ratio of reading it to `cv2.imdecode`."""
    ratios = [[reading.cost([scan], "all") for scan in scans] for _ in range(passes)]
    by_photo = zip(*ratios, strict=True)
    return [statistics.median(cost.read / cost.imdecode for cost in costs) for costs in by_photo]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=5, help="how often each file is read")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the measuring sets")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    reading = Reading(given.models)
    with TemporaryDirectory() as folder:
        lines = _scans(line_files(given.shared, Path(folder)))
        photos = _scans(_drawn(PHONE, Path(folder), PHOTOS))
    costs = measure_lines(reading, lines, given.passes)
    after = sorted(cost.read - cost.decode for cost in costs)
    line = statistics.median(after)
    imdecode = statistics.median(cost.imdecode for cost in costs)
    held = "held" if line < LINE_MS else "NOT HELD"
    print(
        f"{len(lines)} lines, each after decoding: {line:.1f} ms ({after[0]:.1f} to {after[-1]:.1f}"
        f" by pass; imdecode {imdecode:.2f} ms); < {LINE_MS:g}, {held}"
    )
    ratios = sorted(measure_photos(reading, photos, given.passes))
    usual = statistics.median(ratios)
    held = "held" if usual <= PHOTO_RATIO else "NOT HELD"
    print(
        f"{len(photos)} photos of 12 megapixels : imdecode: {usual:.2f} (worst {ratios[-1]:.2f});"
        f" <= {PHOTO_RATIO:g}, {held}"
    )


if __name__ == "__main__":
    main()
