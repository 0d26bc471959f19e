"""Scans -> readings: decode, find, one predict call per network for the whole batch, assemble.

`read_batch` is pure: bytes in, values out. One bad scan becomes a `Rejection` and never stops the
others, nor does one bad page. Pages are kept in memory until they are read; where a scan has more
of them than there is room for, its batch takes several rounds with a call of each network.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..records import (
    Expect,
    Limits,
    Line,
    Outcome,
    Page,
    PageReading,
    Reason,
    RejectedPage,
    Rejection,
    Scan,
)
from .assemble import assemble
from .choice import Probabilities, best, weigh
from .decode import decode
from .doubts import MUCH_ELSE, doubted, for_review
from .draft import Annotated, Draft, Traces, Wishes
from .fusion import LineNetwork
from .glyph import SIDE, normalise
from .hints import fitted, judged
from .ink import find_ink
from .layout import Layout, proposals, propose
from .page_lines import assemble_page, choose_marks
from .page_stage import TurnQuestion, look_at_page, turn_question, turned_look
from .region import View, view
from .second import First, Found, SecondOpinion, since
from .stages import look_back

ROUND_PIXELS = 20_000_000  # of pages: up to 16 bytes each, with what is seen on them
FEW_MARKS = 40  # on a page with hardly a digit: it may be no page

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
    line_network: LineNetwork | None = None,
) -> list[Outcome]:
    """Read a batch of scans with one predict call of the classifier, and one of the line network,
    where there is one; outcomes in the order of the scans. Pages that may lie turned share another
    call, and those that do a third.

    `review_below` overrides the networks' own thresholds on a digit's confidence. `annotated` says
    which pages get a picture. `explained` adds to each reading a picture per page of what every
    stage saw. `alive` is called after every page that was decoded or read.
    """
    threshold = classifier.review_below if review_below is None else review_below
    second = None
    if line_network is not None:
        line_threshold = line_network.review_below if review_below is None else review_below
        second = SecondOpinion(line_network, line_threshold)
    batch = _Batch(classifier, second, limits, Wishes(threshold, annotated, explained), alive)
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
class _Turning:
    """What is asked about which way up a page lies; `glyphs` (n,) says which of the round's."""

    question: TurnQuestion
    glyphs: npt.NDArray[np.intp]


class _Batch:
    """Scans on their way from bytes to drafts, a round of pages at a time."""

    def __init__(
        self,
        classifier: Classifier,
        second: SecondOpinion | None,
        limits: Limits,
        wishes: Wishes,
        alive: Callable[[], None],
    ) -> None:
        self.drafts: list[Draft] = []
        self._classifier = classifier
        self._second = second
        self._limits = limits
        self._wishes = wishes
        self._alive = alive
        self._found: list[Found] = []
        self._glyphs: list[npt.NDArray[np.float32]] = []
        self._pixels = 0
        self._rounds = 0

    def take(self, scan: Scan) -> None:
        """Decode a scan, find what stands on its pages, and read them when the round is full."""
        draft = Draft(scan, self._wishes)
        self.drafts.append(draft)
        for page in self._decoded(draft):
            if isinstance(page, RejectedPage):
                draft.reject(page)
            else:
                self._take_page(page, draft)
            self._alive()
            if self._pixels > ROUND_PIXELS:
                self._read()

    def finish(self) -> None:
        """Read what is left."""
        if self._found or not self._rounds:
            self._read()

    def _decoded(self, draft: Draft) -> Iterator[Page | RejectedPage]:
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
                draft.decode_ms += since(started)
                yield page
                started = time.perf_counter()
        except Exception:  # a scan must never take its batch along, whatever it found in us
            log.exception("could not read %s", scan.file)
            draft.rejection = Rejection(scan.id, scan.file, scan.sha256, Reason.UNREADABLE, _FAILED)

    def _take_page(self, page: Page, draft: Draft) -> None:
        already, started = len(self._glyphs), time.perf_counter()
        try:
            self._found.append(self._find(page, draft))
        except Exception:  # as above, and a page must not take its scan along
            log.exception("could not read page %d of %s", page.number, draft.scan.file)
            del self._glyphs[already:]
            failed = RejectedPage(page.number, Reason.UNREADABLE, _FAILED)
            draft.reject(failed)
            return
        draft.find_ms += since(started)
        self._pixels += page.pixels.size

    def _find(self, page: Page, draft: Draft) -> Found:
        hints = draft.scan.hints
        seen = view(page, hints)
        look = look_at_page(seen.part.pixels) if hints.expect in (None, Expect.PAGE) else None
        if look is not None:
            return Found(draft, seen, 1, (), self._taken(look.glyphs), look=look)
        return self._layouts_of(seen, draft)

    def _layouts_of(self, seen: View, draft: Draft, as_page: tuple[Line, ...] = ()) -> Found:
        inks = find_ink(seen.part.pixels)
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
        factor, shown = inks[0].factor, tuple(sights)
        return Found(draft, seen, factor, tuple(layouts), rows, shown, as_page=as_page)

    def _read(self) -> None:
        """Read all that was found in the round, and end it. What was taken for a page and holds
        little may be a digit of many pieces: that is looked at once more, as no page."""
        again = self._read_found()
        self._found, self._glyphs = [], []
        for found, lines in again:
            started = time.perf_counter()
            self._found.append(self._layouts_of(found.view, found.draft, lines))
            found.draft.find_ms += since(started)
        if again:
            self._read_found()
        self._found, self._glyphs, self._pixels = [], [], 0
        self._rounds += 1

    def _read_found(self) -> list[tuple[Found, tuple[Line, ...]]]:
        """Ask the networks about all that was found; pages that may be none are not drafted, but
        returned, with their lines."""
        started = time.perf_counter()
        asked = self._ask(self._glyphs)
        doubts = [self._doubt(found, asked) for found in self._found]
        asked = self._ask_more(asked)
        self._found = [
            self._upright(found, doubt, asked)
            for found, doubt in zip(self._found, doubts, strict=True)
        ]
        asked = self._ask_more(asked)
        read_ms = since(started) / max(1, len(asked))
        firsts = []
        for found in self._found:
            found.draft.read_ms += read_ms * len(set(found.glyphs.tolist()))
            firsts.append(self._first(found, asked[found.glyphs]))
        again = []
        for first, reading in zip(firsts, self._opinions(firsts), strict=True):
            self._alive()
            found = first.found
            if _may_be_no_page(found, reading.lines):
                again.append((found, reading.lines))
                continue
            lines = _judged(first, reading)
            part = reading if lines == reading.lines else replace(reading, lines=lines)
            found.draft.add(found.view, part, self._traces(first))
        return again

    def _opinions(self, firsts: Sequence[First]) -> list[PageReading]:
        """The round's readings, by both networks where there are two."""
        if self._second is None:
            return [first.reading for first in firsts]
        return self._second.on(firsts, self._alive)

    def _traces(self, first: First) -> Traces | None:
        """What an explanation of the page shows; None where none is asked for."""
        if not self._wishes.explained:
            return None
        found = first.found
        glyphs = _stacked([self._glyphs[n] for n in found.glyphs])
        return Traces(found.look, found.sights, first.choices, glyphs)

    def _ask(self, glyphs: Sequence[npt.NDArray[np.float32]]) -> Probabilities:
        return self._classifier.classify(_stacked(glyphs))

    def _ask_more(self, asked: Probabilities) -> Probabilities:
        """What was `asked` already, and what was taken since."""
        more = self._glyphs[len(asked) :]
        return np.concatenate([asked, self._ask(more)]) if more else asked

    def _doubt(self, found: Found, asked: Probabilities) -> _Turning | None:
        """What to ask about which way up a page lies, unless that is known."""
        if found.look is None or found.draft.scan.hints.rotate is not None:
            return None
        question = turn_question(found.look, asked[found.glyphs])
        return None if question is None else _Turning(question, self._taken(question.glyphs))

    def _upright(self, found: Found, doubt: _Turning | None, asked: Probabilities) -> Found:
        """The page as it is to be read, once the network was asked which way up it lies."""
        if found.look is None or doubt is None:
            return found
        rows, turned = asked[found.glyphs], asked[doubt.glyphs]
        look = turned_look(found.look, doubt.question, rows, turned)
        return found if look is None else replace(found, look=look, glyphs=self._taken(look.glyphs))

    def _taken(self, glyphs: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
        """Which of the round's glyphs these, (n, 28, 28), become."""
        first = len(self._glyphs)
        self._glyphs += list(glyphs)
        return np.arange(first, len(self._glyphs), dtype=np.intp)

    def _first(self, found: Found, rows: Probabilities) -> First:
        page, threshold = found.view.part, self._wishes.review_below
        if found.look is None:
            choices = fitted(weigh(found.layouts, rows), found.draft.scan.hints)
            reading = assemble(page, found.factor, best(choices), threshold)
        else:
            choices = [choose_marks(found.look, rows)]
            reading = assemble_page(page, found.look, choices[0], threshold)
        return First(found, choices, reading)


def _judged(first: First, reading: PageReading) -> tuple[Line, ...]:
    """The lines of a page; what is not as hints say is for review, and so is what is in doubt.
    What was taken for a page first is one, unless it is a single line of writing; where it is none
    at all, what was read then is better than nothing."""
    found, lines = first.found, reading.lines
    hints = found.draft.scan.hints
    if not lines:
        lines = tuple(for_review(line, MUCH_ELSE) for line in found.as_page)
    elif found.as_page and len(lines) > 1:
        lines = found.as_page
    elif found.look is None:
        told = hints.expect is not None
        lines = doubted(lines, found.view.part, found.factor, first.choices, told=told)
    return judged(lines, hints)


def _may_be_no_page(found: Found, lines: Sequence[Line]) -> bool:
    """Whether what looks like a page may be something else, because it has few marks, half of which
    at least are no digits, the others stand alone, and nobody said it is one."""
    look = found.look
    if look is None or found.draft.scan.hints.expect is Expect.PAGE:
        return False
    marks, alone = len(look.marks.all), all(len(line.digits) == 1 for line in lines)
    return marks <= FEW_MARKS and alone and 2 * len(lines) <= marks


def _stacked(glyphs: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    return np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.float32)
