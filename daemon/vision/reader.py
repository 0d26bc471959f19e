"""Scans -> readings: decode, find, one predict call for the whole batch, assemble.

`read_batch` is pure: bytes in, values out. One bad scan becomes a `Rejection` and never stops the
others.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from ..records import (
    Box,
    Digit,
    Durations,
    Limits,
    Line,
    Outcome,
    Page,
    PageReading,
    Reading,
    Reason,
    Rejection,
    Scan,
    Status,
)
from .annotate import annotate, encode_jpeg
from .decode import decode
from .glyph import SIDE, normalise
from .ink import find_ink
from .layout import Candidate, Layout, propose

Annotated = Literal["all", "review", "none"]
Probabilities = npt.NDArray[np.float32]

DIGITS = 10
NO_DIGIT = 0.5  # probability of "no digit" from which a candidate is left out
DIGIT_COST = 0.2  # log probability that a layout pays for every digit
SURELY_NO_DIGIT = 0.9  # the same where nothing else on the page is a digit

log = logging.getLogger(__name__)


class Classifier(Protocol):
    """The glyph network as reading sees it."""

    @property
    def name(self) -> str:
        """The model version."""

    @property
    def review_below(self) -> float:
        """The digit confidence under which a person should look."""

    def classify(self, glyphs: npt.NDArray[np.float32]) -> Probabilities:
        """(N, 28, 28) float32 with ink = 1 -> (N, 10 or 11) calibrated probabilities; the
        eleventh is that of no digit at all."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A decoded page with its layouts; `start` is where their glyphs begin in the batch."""

    page: Page
    factor: int
    layouts: tuple[Layout, ...]
    start: int


@dataclass(frozen=True, slots=True)
class _Work:
    scan: Scan
    pages: tuple[_Found, ...]
    decode_ms: float
    find_ms: float


def read_batch(
    scans: Sequence[Scan],
    classifier: Classifier,
    *,
    limits: Limits,
    review_below: float | None = None,
    annotated: Annotated = "all",
) -> list[Outcome]:
    """Read a batch of scans with one predict call; outcomes in the order of the scans.

    `review_below` overrides the classifier's own threshold on a digit's confidence.
    """
    glyphs: list[npt.NDArray[np.float32]] = []
    work = [_prepare(scan, limits, glyphs) for scan in scans]
    started = time.perf_counter()
    batch = np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.float32)
    probabilities = classifier.classify(batch)
    read_ms = _since(started) / max(1, len(glyphs))
    threshold = classifier.review_below if review_below is None else review_below
    return [
        item
        if isinstance(item, Rejection)
        else _assemble(item, probabilities, classifier.name, threshold, annotated, read_ms)
        for item in work
    ]


def single_glyph(page: Page) -> npt.NDArray[np.float32] | None:
    """The (28, 28) glyph of a page that holds one digit (training pictures); None without ink.

    Takes the first layout's largest candidate: what belongs to it is not in question here.
    """
    for layout in propose(find_ink(page.pixels)[0]):
        return normalise(max(layout.candidates, key=lambda c: c.share).ink)
    return None


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _prepare(
    scan: Scan, limits: Limits, glyphs: list[npt.NDArray[np.float32]]
) -> _Work | Rejection:
    """Decode a scan and append the glyphs of all its layouts to the batch's."""
    started = time.perf_counter()
    already = len(glyphs)
    try:
        decoded = decode(scan, limits)
        decode_ms = _since(started)
        if isinstance(decoded, Rejection):
            return decoded
        started = time.perf_counter()
        pages = tuple(_find(page, glyphs) for page in decoded)
        return _Work(scan, pages, decode_ms, _since(started))
    except Exception:  # a scan must never take its batch along, whatever it found in us
        log.exception("could not read %s", scan.file)
        del glyphs[already:]
        message = "digitd failed on this scan; the log says where: please report it"
        return Rejection(scan.id, scan.file, scan.sha256, Reason.UNREADABLE, message)


def _find(page: Page, glyphs: list[npt.NDArray[np.float32]]) -> _Found:
    inks = find_ink(page.pixels)
    layouts = tuple(layout for ink in inks for layout in propose(ink))
    start = len(glyphs)
    glyphs += [normalise(c.ink) for layout in layouts for c in layout.candidates]
    return _Found(page, inks[0].factor, layouts, start)


def _assemble(
    work: _Work,
    probabilities: Probabilities,
    model: str,
    threshold: float,
    annotated: Annotated,
    read_ms: float,
) -> Reading:
    pages = tuple(_read_page(found, probabilities, threshold) for found in work.pages)
    lines = [line for page in pages for line in page.lines]
    if not lines:
        status = Status.EMPTY
    elif any(line.status is Status.REVIEW for line in lines):
        status = Status.REVIEW
    else:
        status = Status.READ
    pictures: tuple[bytes, ...] = ()
    if annotated == "all" or (annotated == "review" and status is Status.REVIEW):
        pictures = tuple(
            encode_jpeg(
                annotate(
                    found.page,
                    page,
                    title=work.scan.file,
                    status=status,
                    review_below=threshold,
                )
            )
            for found, page in zip(work.pages, pages, strict=True)
        )
    glyphs = sum(len(layout.candidates) for found in work.pages for layout in found.layouts)
    return Reading(
        scan_id=work.scan.id,
        file=work.scan.file,
        sha256=work.scan.sha256,
        pages=pages,
        status=status,
        model=model,
        durations=Durations(work.decode_ms, work.find_ms, read_ms * glyphs),
        pictures=pictures,
    )


def _read_page(found: _Found, probabilities: Probabilities, threshold: float) -> PageReading:
    """Keep the layout that the network believes most, without what it holds for no digit."""
    height, width = found.page.pixels.shape
    choices = []
    at = found.start
    for layout in found.layouts:
        rows = probabilities[at : at + len(layout.candidates)]
        at += len(rows)
        choices.append((_score(layout, rows), layout, rows))
    if not choices:
        return PageReading(found.page.number, width, height, ())
    _, layout, rows = max(choices, key=lambda choice: choice[0])
    lines = _lines(layout, rows, found, threshold)
    return PageReading(found.page.number, width, height, lines)


def _score(layout: Layout, rows: Probabilities) -> float:
    """Log probability that every candidate is what it is taken for, and the ink thereby read.

    A product, so that two shaky halves do not beat one sure whole; between equals the layout of
    fewer digits wins (an open 4 in two strokes is no 11), and ink that a layout leaves out counts
    against it in proportion.
    """
    sure = np.maximum(rows.max(axis=1), 1e-6)
    shares = np.array([candidate.share for candidate in layout.candidates])
    read = float(shares[[not _is_no_digit(row) for row in rows]].sum())
    doubt = float(np.log(sure).sum()) - DIGIT_COST * len(rows)
    return doubt + math.log(max(read, 1e-3)) - layout.cost


def _is_no_digit(row: Probabilities, limit: float = NO_DIGIT) -> bool:
    return len(row) > DIGITS and bool(row[DIGITS] > limit)


def _lines(
    layout: Layout, rows: Probabilities, found: _Found, threshold: float
) -> tuple[Line, ...]:
    """The layout's lines of digits.

    A page's only mark is left out on better evidence than one among many: losing a digit is worse
    than showing a person a smudge. A line from which a mark was left out is for a person to look
    at: it may have been two digits that touch.
    """
    limit = NO_DIGIT if any(not _is_no_digit(row) for row in rows) else SURELY_NO_DIGIT
    every = iter(rows)
    lines = []
    for candidates in layout.lines:
        pairs = [(candidate, next(every)) for candidate in candidates]
        digits = tuple(
            _digit(candidate, row, found)
            for candidate, row in pairs
            if not _is_no_digit(row, limit)
        )
        if digits:
            whole = len(digits) == len(pairs) and not layout.partial
            lines.append(_line(digits, threshold, whole=whole))
    return tuple(lines)


def _digit(candidate: Candidate, row: Probabilities, found: _Found) -> Digit:
    digit = int(row[:DIGITS].argmax())
    box = _enlarge(candidate.box, found.factor, found.page.pixels.shape)
    return Digit(box, digit, float(row[digit]), tuple(float(p) for p in row[:DIGITS]))


def _enlarge(box: Box, factor: int, shape: tuple[int, ...]) -> Box:
    """A box of the reduced page in pixels of the page itself, which is of `shape`."""
    height, width = shape
    x, y = min(box.x * factor, width - 1), min(box.y * factor, height - 1)
    right, bottom = min(box.right * factor, width), min(box.bottom * factor, height)
    return Box(x, y, right - x, bottom - y)


def _line(digits: tuple[Digit, ...], threshold: float, *, whole: bool) -> Line:
    box = digits[0].box
    for digit in digits[1:]:
        box = box.union(digit.box)
    confidence = math.prod(digit.confidence for digit in digits)
    sure = whole and all(digit.confidence >= threshold for digit in digits)
    text = "".join(str(digit.digit) for digit in digits)
    return Line(digits, text, confidence, box, Status.READ if sure else Status.REVIEW)
