"""Scans -> readings: decode, find, one predict call for the whole batch, assemble.

`read_batch` is pure: bytes in, values out. One bad scan becomes a `Rejection` and never stops the
others, nor does one bad page. Pages are kept in memory until their glyphs are read; where a scan
has more of them than there is room for, its batch takes several rounds with a predict call each.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from ..records import (
    Durations,
    Limits,
    Outcome,
    Page,
    PageReading,
    Picture,
    Reading,
    Reason,
    RejectedPage,
    Rejection,
    Scan,
    Status,
)
from .annotate import annotate, encode_jpeg
from .assemble import assemble, status_of
from .choice import Probabilities, best, weigh
from .decode import decode, rejection_of
from .explain import Explanation, explain, explain_rejection
from .glyph import SIDE, normalise
from .ink import find_ink
from .layout import Layout, proposals, propose
from .page_lines import assemble_page, choose_marks
from .page_sight import look_back_at_page
from .page_stage import PageLook, look_at_page, turned_look
from .stages import Sight, look_back

Annotated = Literal["all", "review", "none"]

ROUND_PIXELS = 64_000_000  # of pages, up to 4 bytes each

_FAILED = "digitd failed on this scan; the log says where: please report it"

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


def read_batch(
    scans: Sequence[Scan],
    classifier: Classifier,
    *,
    limits: Limits,
    review_below: float | None = None,
    annotated: Annotated = "all",
    explained: bool = False,
    alive: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """Read a batch of scans with one predict call; outcomes in the order of the scans.

    `review_below` overrides the classifier's own threshold on a digit's confidence. `annotated`
    says which pages get a picture. `explained` adds to each reading a picture per page of what
    every stage saw. `alive` is called after every page that was decoded or read.
    """
    threshold = classifier.review_below if review_below is None else review_below
    batch = _Batch(classifier, limits, _Wishes(threshold, annotated, explained), alive)
    for scan in scans:
        batch.take(scan)
    batch.finish()
    return [draft.outcome(classifier.name) for draft in batch.drafts]


def single_glyph(page: Page) -> npt.NDArray[np.float32] | None:
    """The (28, 28) glyph of a page that holds one digit (training pictures); None without ink.

    Takes the first layout's largest candidate: what belongs to it is not in question here.
    """
    for layout in propose(find_ink(page.pixels)[0]):
        return normalise(max(layout.candidates, key=lambda c: c.share).ink)
    return None


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What is wanted of a reading."""

    review_below: float
    annotated: Annotated
    explained: bool


@dataclass(slots=True)
class _Draft:
    """What is known of a scan so far."""

    scan: Scan
    pages: list[PageReading] = field(default_factory=list)
    rejected: list[RejectedPage] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    explanations: list[Picture] = field(default_factory=list)
    rejection: Rejection | None = None
    seen: int = 0  # pages that were decoded or rejected
    decode_ms: float = 0
    find_ms: float = 0
    read_ms: float = 0

    def title(self, number: int) -> str:
        """The file's name, with the page's number where there are several."""
        return f"{self.scan.file}, page {number}" if self.seen > 1 else self.scan.file

    def reject(self, page: RejectedPage, *, explained: bool) -> None:
        """Note that a page is not read."""
        self.rejected.append(page)
        if explained:
            title = f"{self.scan.file}, page {page.number}"
            why = Rejection(self.scan.id, title, self.scan.sha256, page.reason, page.message)
            self.explanations.append(Picture(page.number, explain_rejection(why)))

    def outcome(self, model: str) -> Outcome:
        """What became of it."""
        if self.rejection:
            return self.rejection
        if not self.pages:
            return rejection_of(self.scan, self.rejected)
        status = status_of([line for page in self.pages for line in page.lines])
        return Reading(
            scan_id=self.scan.id,
            file=self.scan.file,
            sha256=self.scan.sha256,
            pages=tuple(self.pages),
            status=Status.REVIEW if self.rejected else status,
            model=model,
            durations=Durations(self.decode_ms, self.find_ms, self.read_ms),
            pictures=tuple(self.pictures),
            explanations=tuple(sorted(self.explanations, key=lambda each: each.page)),
            rejected_pages=tuple(self.rejected),
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """A decoded page with its layouts; `glyphs` (n,) says which of the round's glyphs each of their
    candidates is. A whole page has a `look` in place of layouts. `sights` is kept only where an
    explanation is asked for."""

    draft: _Draft
    page: Page
    factor: int
    layouts: tuple[Layout, ...]
    glyphs: npt.NDArray[np.intp]
    sights: tuple[Sight, ...] = ()
    look: PageLook | None = None


class _Batch:
    """Scans on their way from bytes to drafts, a round of pages at a time."""

    def __init__(
        self, classifier: Classifier, limits: Limits, wishes: _Wishes, alive: Callable[[], None]
    ) -> None:
        self.drafts: list[_Draft] = []
        self._classifier = classifier
        self._limits = limits
        self._wishes = wishes
        self._alive = alive
        self._found: list[_Found] = []
        self._glyphs: list[npt.NDArray[np.float32]] = []
        self._pixels = 0
        self._rounds = 0

    def take(self, scan: Scan) -> None:
        """Decode a scan, find what stands on its pages, and read them when the round is full."""
        draft = _Draft(scan)
        self.drafts.append(draft)
        for page in self._decoded(draft):
            if isinstance(page, RejectedPage):
                draft.reject(page, explained=self._wishes.explained)
            else:
                self._take_page(page, draft)
            self._alive()
            if self._pixels > ROUND_PIXELS:
                self._read()

    def finish(self) -> None:
        """Read what is left."""
        if self._found or not self._rounds:
            self._read()

    def _decoded(self, draft: _Draft) -> Iterator[Page | RejectedPage]:
        """The pages of a scan, one at a time."""
        scan = draft.scan
        try:
            started = time.perf_counter()
            pages = decode(scan, self._limits)
            if isinstance(pages, Rejection):
                draft.rejection = pages
                return
            while (page := next(pages, None)) is not None:
                draft.seen += 1
                draft.decode_ms += _since(started)
                yield page
                started = time.perf_counter()
        except Exception:  # a scan must never take its batch along, whatever it found in us
            log.exception("could not read %s", scan.file)
            draft.rejection = Rejection(scan.id, scan.file, scan.sha256, Reason.UNREADABLE, _FAILED)

    def _take_page(self, page: Page, draft: _Draft) -> None:
        already, started = len(self._glyphs), time.perf_counter()
        try:
            self._found.append(self._find(page, draft))
        except Exception:  # as above, and a page must not take its scan along
            log.exception("could not read page %d of %s", page.number, draft.scan.file)
            del self._glyphs[already:]
            failed = RejectedPage(page.number, Reason.UNREADABLE, _FAILED)
            draft.reject(failed, explained=self._wishes.explained)
            return
        draft.find_ms += _since(started)
        self._pixels += page.pixels.size

    def _find(self, page: Page, draft: _Draft) -> _Found:
        look = look_at_page(page.pixels)
        if look is not None:
            return _Found(draft, page, 1, (), self._taken(look), look=look)
        inks = find_ink(page.pixels)
        layouts: list[Layout] = []
        sights = []
        for ink in inks:
            proposed = proposals(ink)
            layouts += (layout for proposal in proposed for layout in proposal.layouts)
            if self._wishes.explained:
                sights.append(look_back(ink, proposed))
        candidates = [candidate for layout in layouts for candidate in layout.candidates]
        distinct = {id(candidate): candidate for candidate in candidates}  # layouts share them
        at = {each: len(self._glyphs) + number for number, each in enumerate(distinct)}
        self._glyphs += [normalise(candidate.ink) for candidate in distinct.values()]
        rows = np.array([at[id(candidate)] for candidate in candidates], np.intp)
        return _Found(draft, page, inks[0].factor, tuple(layouts), rows, tuple(sights))

    def _read(self) -> None:
        """Ask the network about all glyphs of the round, and end it."""
        started = time.perf_counter()
        asked, known = self._ask(self._glyphs), len(self._glyphs)
        self._found = [self._upright(found, asked) for found in self._found]
        if len(self._glyphs) > known:
            asked = np.concatenate([asked, self._ask(self._glyphs[known:])])
        read_ms = _since(started) / max(1, len(asked))
        for found in self._found:
            self._alive()
            rows = found.glyphs
            found.draft.read_ms += read_ms * len(np.unique(rows))
            self._finish_page(found, asked[rows])
        self._found, self._glyphs, self._pixels = [], [], 0
        self._rounds += 1

    def _ask(self, glyphs: Sequence[npt.NDArray[np.float32]]) -> Probabilities:
        stacked = np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.float32)
        return self._classifier.classify(stacked)

    def _upright(self, found: _Found, asked: Probabilities) -> _Found:
        """The page as it is to be read, once the network was asked which way up it lies."""
        if found.look is None:
            return found
        look = turned_look(found.look, asked[found.glyphs])
        if look is None:
            return replace(found, glyphs=found.glyphs[: len(found.look.marks.all)])
        return replace(found, look=look, glyphs=self._taken(look))

    def _taken(self, look: PageLook) -> npt.NDArray[np.intp]:
        """Which of the round's glyphs those of a look become."""
        first = len(self._glyphs)
        self._glyphs += list(look.glyphs)
        return np.arange(first, len(self._glyphs), dtype=np.intp)

    def _finish_page(self, found: _Found, rows: Probabilities) -> None:
        draft, page, wishes = found.draft, found.page, self._wishes
        if found.look is None:
            choices, sights = weigh(found.layouts, rows), found.sights
            reading = assemble(page, found.factor, best(choices), wishes.review_below)
        else:
            choices, sights = [choose_marks(found.look, rows)], ()
            if wishes.explained:
                sights = (look_back_at_page(page, found.look),)
            reading = assemble_page(page, found.look, choices[0], wishes.review_below)
        status = status_of(reading.lines)
        draft.pages.append(reading)
        title = draft.title(page.number)
        if wishes.annotated == "all" or (wishes.annotated == "review" and status is Status.REVIEW):
            picture = annotate(
                page, reading, title=title, status=status, review_below=wishes.review_below
            )
            draft.pictures.append(Picture(page.number, encode_jpeg(picture)))
        if wishes.explained:
            seen = Explanation(
                title=title,
                page=page,
                reading=reading,
                status=status,
                sights=sights,
                choices=choices,
                glyphs=np.stack([self._glyphs[n] for n in found.glyphs]),
                review_below=wishes.review_below,
            )
            draft.explanations.append(Picture(page.number, explain(seen)))


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
