"""How well labelled files are read, the whole way: what `digitd batch` would make of them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import InputMissing
from ..records import DIGITS, Hints, Limits, Outcome, Reading, Scan, Status
from ..vision.alignment import Pair, align, edits
from ..vision.counting import count_pixels
from ..vision.reader import Classifier, read_batch
from ..vision.verdict import LineNetwork
from . import metrics
from .labels import LabelledScan
from .scores import Scores, Share

_BATCH_SCANS, _BATCH_PIXELS = 64, 24_000_000  # a page takes some bytes a pixel until it is read


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What was read from one file: `lines` are its digits, line by line; `confidence` is the
    probability that all of them are right, 0 where there are none; `accepted` says that some line
    is called read."""

    scan: LabelledScan
    lines: tuple[str, ...]
    status: Status
    confidence: float
    accepted: bool = False

    @property
    def text(self) -> str:
        """All digits in reading order."""
        return "".join(self.lines)

    @property
    def read(self) -> bool:
        """Whether digits were found and the whole file is called read."""
        return self.status is Status.READ

    @property
    def correct(self) -> bool:
        """All digits right, in order, none extra; without a digit to read: not called read."""
        return self.text == self.scan.text if self.scan.text else not self.read


@dataclass(frozen=True, slots=True)
class ScanEvaluation:
    """What one version made of labelled files."""

    model: str
    data: str
    results: tuple[ScanResult, ...]

    @property
    def counted(self) -> str:
        """What `n` counts."""
        return "files"

    @property
    def n(self) -> int:
        """Files."""
        return len(self.results)

    @property
    def scores(self) -> Scores:
        """The results as shares and curves take them."""
        return Scores(
            np.array([result.correct for result in self.results], np.bool_),
            np.array([result.confidence for result in self.results], np.float64),
            np.array([result.read for result in self.results], np.bool_),
        )

    @property
    def pairs(self) -> list[Pair]:
        """Every digit that is written or was read, as (written, read)."""
        return [pair for r in self.results for pair in align(r.scan.text, r.text)]

    @property
    def confusion(self) -> metrics.Counts:
        """(10, 11) counts by true digit and reading; the last column: not found."""
        counts = np.zeros((DIGITS, DIGITS + 1), np.int64)
        for written, read in self.pairs:
            if written is not None:
                counts[int(written), DIGITS if read is None else int(read)] += 1
        return counts

    @property
    def lines(self) -> Share:
        """Labelled lines that stand as a line of their own in what was read."""
        hits = n = 0
        for result in self.results:
            wanted, found = Counter(result.scan.lines), Counter(result.lines)
            hits += (wanted & found).total()
            n += wanted.total()
        return Share(hits, n)

    @property
    def recall(self) -> Share:
        """Digits written that were read, wherever they stand."""
        return Share(self._in_common(), sum(len(result.scan.text) for result in self.results))

    @property
    def precision(self) -> Share:
        """Digits read that are written, wherever they stand."""
        return Share(self._in_common(), sum(len(result.text) for result in self.results))

    @property
    def accepted(self) -> Share:
        """Files of which some line is called read."""
        return Share(sum(result.accepted for result in self.results), self.n)

    def with_status(self, *wanted: Status) -> Share:
        """Files of one of the statuses."""
        return Share(sum(result.status in wanted for result in self.results), self.n)

    def part(self, chosen: Sequence[bool], name: str) -> ScanEvaluation:
        """The results where `chosen` is true."""
        kept = tuple(r for r, keep in zip(self.results, chosen, strict=True) if keep)
        return ScanEvaluation(self.model, name, kept)

    @property
    def unfound(self) -> int:
        """Files in which no digit was found, rejected ones included."""
        return self.with_status(Status.EMPTY, Status.REJECTED).hits

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else a person should know of the figures."""
        remarks = []
        if missing := int(self.confusion[:, DIGITS].sum()):
            remarks.append(f"{missing:,} digits that are written were not found")
        if extra := sum(written is None for written, _ in self.pairs):
            remarks.append(f"{extra:,} digits were read where none is written")
        if unfound := self.unfound:
            remarks.append(f"in {unfound:,} files no digit was found")
        return tuple(remarks)

    def summary(self) -> dict[str, Any]:
        """The figures as JSON takes them; `loss` is unknown, for lines have no classes."""
        confusion, scores, pairs = self.confusion, self.scores, self.pairs
        written = int(confusion.sum())
        per_class = (metrics.precision, metrics.recall, metrics.f1)
        return {
            "data": self.data,
            "n": self.n,
            "unfound": self.unfound,
            "accuracy": round(scores.exact.value, 6),
            "loss": None,
            "ece": round(scores.ece, 6),
            "wrong": self.n - scores.exact.hits,
            "refused": int(confusion[:, DIGITS].sum()),
            **scores.summary(),
            "extra": sum(digit is None for digit, _ in pairs),
            "digit_error": round(edits(pairs) / written, 6) if written else None,
            "lines": round(self.lines.value, 6),
            **{of.__name__: [round(float(v), 6) for v in of(confusion)] for of in per_class},
            "confusion": confusion.tolist(),
            "worst_confusions": [asdict(each) for each in metrics.worst_confusions(confusion)],
        }

    def _in_common(self) -> int:
        return sum((Counter(r.scan.text) & Counter(r.text)).total() for r in self.results)


def evaluate_scans(
    classifier: Classifier,
    data: str,
    labelled: Sequence[LabelledScan],
    *,
    limits: Limits | None = None,
    review_below: float | None = None,
    hints_of: Callable[[LabelledScan], Hints] = lambda _: Hints(),
    line_network: LineNetwork | None = None,
) -> ScanEvaluation:
    """Read the files with the network of `classifier`, and `line_network` if given, and with what
    is known of each. Raises InputMissing, and what `hints_of` raises, before anything is read."""
    if missing := [label for label in labelled if not label.path.exists()]:
        others = f", nor {len(missing) - 1} others" if len(missing) > 1 else ""
        raise InputMissing(f"{missing[0].path} cannot be read: it is not there{others}")
    hinted = [(label, hints_of(label)) for label in labelled]
    results: list[ScanResult] = []
    for batch in _batches(hinted):
        outcomes = read_batch(
            [scan for _, scan in batch],
            classifier,
            limits=limits or Limits(),
            review_below=review_below,
            annotated="none",
            line_network=line_network,
        )
        pairs = zip((label for label, _ in batch), outcomes, strict=True)
        results += [_result(label, outcome) for label, outcome in pairs]
    return ScanEvaluation(classifier.name, data, tuple(results))


def _batches(
    hinted: Iterable[tuple[LabelledScan, Hints]],
) -> Iterator[list[tuple[LabelledScan, Scan]]]:
    """Files in batches that fit into memory whatever their size."""
    batch: list[tuple[LabelledScan, Scan]] = []
    pixels = 0
    for label, hints in hinted:
        scan = _scan(label, hints)
        pixels += count_pixels(scan.data)
        batch.append((label, scan))
        if len(batch) >= _BATCH_SCANS or pixels >= _BATCH_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _scan(label: LabelledScan, hints: Hints) -> Scan:
    try:
        data = label.path.read_bytes()
    except OSError as error:
        raise InputMissing(f"{label.path} cannot be read: {error.strerror}") from None
    return Scan(label.file, label.file, hashlib.sha256(data).hexdigest(), data, hints)


def _result(label: LabelledScan, outcome: Outcome) -> ScanResult:
    if not isinstance(outcome, Reading):
        return ScanResult(label, (), Status.REJECTED, 0.0)
    lines = [line for page in outcome.pages for line in page.lines]
    return ScanResult(
        scan=label,
        lines=tuple(line.text for line in lines),
        status=outcome.status,
        confidence=math.prod(line.confidence for line in lines) if lines else 0.0,
        accepted=any(line.status is Status.READ for line in lines),
    )
