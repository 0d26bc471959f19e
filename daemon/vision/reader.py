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
from .choice import DIGITS, Choice, Probabilities, are_digits, best, weigh
from .decode import decode
from .explain import Explanation, explain
from .glyph import SIDE, normalise
from .ink import find_ink
from .layout import Candidate, Layout, proposals, propose
from .stages import Sight, look_back

Annotated = Literal["all", "review", "none"]

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
    """A decoded page with its layouts; `glyphs` (n,) says which of the batch's glyphs each of their
    candidates is. `sights` is kept only where an explanation is asked for."""

    page: Page
    factor: int
    layouts: tuple[Layout, ...]
    glyphs: npt.NDArray[np.intp]
    sights: tuple[Sight, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    scan: Scan
    pages: tuple[_Found, ...]
    decode_ms: float
    find_ms: float


@dataclass(frozen=True, slots=True)
class _Read:
    """What the network says of the batch's glyphs, `read_ms` each, and how to take it."""

    glyphs: npt.NDArray[np.float32]  # (N, 28, 28)
    probabilities: Probabilities
    read_ms: float
    model: str
    threshold: float


def read_batch(
    scans: Sequence[Scan],
    classifier: Classifier,
    *,
    limits: Limits,
    review_below: float | None = None,
    annotated: Annotated = "all",
    explained: bool = False,
) -> list[Outcome]:
    """Read a batch of scans with one predict call; outcomes in the order of the scans.

    `review_below` overrides the classifier's own threshold on a digit's confidence. `explained`
    adds to each reading a picture per page of what every stage saw.
    """
    glyphs: list[npt.NDArray[np.float32]] = []
    work = [_prepare(scan, limits, glyphs, explained=explained) for scan in scans]
    started = time.perf_counter()
    batch = np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.float32)
    probabilities = classifier.classify(batch)
    read_ms = _since(started) / max(1, len(glyphs))
    threshold = classifier.review_below if review_below is None else review_below
    read = _Read(batch, probabilities, read_ms, classifier.name, threshold)
    return [
        item
        if isinstance(item, Rejection)
        else _assemble(item, read, annotated, explained=explained)
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
    scan: Scan, limits: Limits, glyphs: list[npt.NDArray[np.float32]], *, explained: bool
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
        pages = tuple(_find(page, glyphs, explained=explained) for page in decoded)
        return _Work(scan, pages, decode_ms, _since(started))
    except Exception:  # a scan must never take its batch along, whatever it found in us
        log.exception("could not read %s", scan.file)
        del glyphs[already:]
        message = "digitd failed on this scan; the log says where: please report it"
        return Rejection(scan.id, scan.file, scan.sha256, Reason.UNREADABLE, message)


def _find(page: Page, glyphs: list[npt.NDArray[np.float32]], *, explained: bool) -> _Found:
    inks = find_ink(page.pixels)
    layouts: list[Layout] = []
    sights = []
    for ink in inks:
        proposed = proposals(ink)
        layouts += (layout for proposal in proposed for layout in proposal.layouts)
        if explained:
            sights.append(look_back(ink, proposed))
    candidates = [candidate for layout in layouts for candidate in layout.candidates]
    distinct = {id(candidate): candidate for candidate in candidates}  # layouts share them
    at = {each: len(glyphs) + number for number, each in enumerate(distinct)}
    glyphs += [normalise(candidate.ink) for candidate in distinct.values()]
    rows = np.array([at[id(candidate)] for candidate in candidates], np.intp)
    return _Found(page, inks[0].factor, tuple(layouts), rows, tuple(sights))


def _assemble(work: _Work, read: _Read, annotated: Annotated, *, explained: bool) -> Reading:
    choices = [weigh(found.layouts, read.probabilities[found.glyphs]) for found in work.pages]
    pages = tuple(
        _read_page(found, best(weighed), read.threshold)
        for found, weighed in zip(work.pages, choices, strict=True)
    )
    status = _status([line for page in pages for line in page.lines])
    wants_pictures = annotated == "all" or (annotated == "review" and status is Status.REVIEW)
    glyphs = sum(len(np.unique(found.glyphs)) for found in work.pages)
    return Reading(
        scan_id=work.scan.id,
        file=work.scan.file,
        sha256=work.scan.sha256,
        pages=pages,
        status=status,
        model=read.model,
        durations=Durations(work.decode_ms, work.find_ms, read.read_ms * glyphs),
        pictures=_pictures(work, pages, status, read.threshold) if wants_pictures else (),
        explanations=_explanations(work, pages, choices, read) if explained else (),
    )


def _pictures(
    work: _Work, pages: Sequence[PageReading], status: Status, threshold: float
) -> tuple[bytes, ...]:
    title = work.scan.file
    return tuple(
        encode_jpeg(annotate(found.page, page, title=title, status=status, review_below=threshold))
        for found, page in zip(work.pages, pages, strict=True)
    )


def _explanations(
    work: _Work, pages: Sequence[PageReading], choices: Sequence[Sequence[Choice]], read: _Read
) -> tuple[bytes, ...]:
    return tuple(
        explain(
            Explanation(
                title=_title(work, page),
                page=found.page,
                reading=page,
                status=_status(page.lines),
                sights=found.sights,
                choices=weighed,
                glyphs=read.glyphs[found.glyphs],
                review_below=read.threshold,
            )
        )
        for found, page, weighed in zip(work.pages, pages, choices, strict=True)
    )


def _status(lines: Sequence[Line]) -> Status:
    if not lines:
        return Status.EMPTY
    return Status.REVIEW if any(line.status is Status.REVIEW for line in lines) else Status.READ


def _title(work: _Work, page: PageReading) -> str:
    pages = len(work.pages)
    return work.scan.file if pages == 1 else f"{work.scan.file}, page {page.number} of {pages}"


def _read_page(found: _Found, chosen: Choice | None, threshold: float) -> PageReading:
    """The layout that was chosen, without what the network holds for no digit."""
    height, width = found.page.pixels.shape
    lines = _lines(chosen, found, threshold) if chosen else ()
    return PageReading(found.page.number, width, height, lines)


def _lines(chosen: Choice, found: _Found, threshold: float) -> tuple[Line, ...]:
    """The layout's lines of digits.

    A line from which a mark was left out is for a person to look at: it may have been two digits
    that touch.
    """
    every = iter(zip(chosen.rows, are_digits(chosen.rows), strict=True))
    lines = []
    for candidates in chosen.layout.lines:
        marks = [(candidate, *next(every)) for candidate in candidates]
        digits = tuple(
            _digit(candidate, row, found) for candidate, row, is_digit in marks if is_digit
        )
        if digits:
            whole = len(digits) == len(marks) and not chosen.layout.partial
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
