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
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ..records import (
    Expect,
    Hints,
    Limits,
    Outcome,
    Page,
    PageReading,
    Reason,
    RejectedPage,
    Rejection,
    Scan,
)
from .assemble import assemble
from .canvas import canvas_in
from .choice import Probabilities, best, weigh
from .coarse import are_large, candidates_of, find_layouts
from .decode import decode
from .draft import Annotated, Draft, Traces, Wishes
from .glyph import SIDE, normalise, normalise_all
from .hints import fitted, judged
from .ink import find_ink
from .layout import Layout, propose
from .no_page import are_digits, may_be_no_page, stands_clear
from .page_lines import assemble_page, choose_marks, part_at_signs
from .page_stage import (
    PageLook,
    TurnQuestion,
    look_at_page,
    taller_look,
    turn_question,
    turned_look,
)
from .plate import plate_in
from .rectify import SheetSearch
from .region import View, view
from .second import First, Found, SecondOpinion, since
from .sheet import may_be_a_stroke, sheets_in
from .stages import look_back, with_sheet
from .tiny import Clear, find_clear, is_tiny
from .two_ways import better
from .verdict import LineNetwork

TOGETHER = 4  # tiny pages: of fewer, each is looked at sooner by itself
ROUND_PIXELS = 20_000_000  # of pages: up to 16 bytes each, with what is seen on them

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
    call, those that do a third, and those with digits much taller than their print a fourth.

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


class _Sighted(NamedTuple):
    """What stands clear on a tiny page, and which of the round's glyphs it is."""

    clear: Clear
    glyph: int
    page: Page
    draft: Draft


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
        self._tiny: list[tuple[Page, Draft]] = []
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
        if self._found or self._tiny or not self._rounds:
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
        """Find what stands on a page, or put it aside where it is one of many tiny ones."""
        self._pixels += page.pixels.size
        if is_tiny(page.pixels) and draft.scan.hints == Hints() and not self._wishes.explained:
            self._tiny.append((page, draft))
        else:
            self._find_on(page, draft)

    def _find_on(self, page: Page, draft: Draft) -> None:
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

    def _find_clear(self) -> list[_Sighted]:
        """What stands clear on the round's tiny pages; what does not is found as usual."""
        started = time.perf_counter()
        found: list[Clear | None] = [None] * len(self._tiny)
        if len(found) >= TOGETHER:
            try:
                found = find_clear([page.pixels for page, _ in self._tiny])
            except Exception:  # as above
                log.exception("could not find digits on %d tiny pages at once", len(found))
        find_ms = since(started) / max(1, len(found))
        sighted = []
        for clear, (page, draft) in zip(found, self._tiny, strict=True):
            draft.find_ms += find_ms
            if clear is None:
                self._find_on(page, draft)
            else:
                sighted.append(_Sighted(clear, len(self._glyphs), page, draft))
                self._glyphs.append(clear.glyph)
        self._tiny = []
        return sighted

    def _read_clear(self, sighted: Sequence[_Sighted], asked: Probabilities) -> None:
        """Read what stands clear on tiny pages; what is in any doubt is read as usual."""
        for clear, glyph, page, draft in sighted:
            seen = View(page, page)
            reading = clear.read(page, asked[glyph], self._wishes.review_below)
            if reading is None:
                rows = np.array([glyph], np.intp)
                self._found.append(Found(draft, seen, 1, (clear.layout,), rows))
            else:
                draft.add(seen, reading, None)
                self._alive()

    def _find(self, page: Page, draft: Draft) -> Found:
        hints = draft.scan.hints
        seen = view(page, hints)
        search = SheetSearch(seen.part.pixels)
        look = look_at_page(search) if hints.expect in (None, Expect.PAGE) else None
        if look is None:
            return self._find_number(seen, search, draft)
        glyphs = self._taken(look.glyphs)
        is_open = _may_be_none(look, draft) and not stands_clear(look)
        otherwise = self._find_number(seen, search, draft) if is_open else None
        return Found(draft, seen, 1, (), glyphs, look=look, otherwise=otherwise)

    def _find_number(self, seen: View, search: SheetSearch, draft: Draft) -> Found:
        """What stands on a picture that is no page: on the sheet, canvas or plate alone where one
        shows, else on all of it. In a region none is looked for: that was cut out by whoever gave
        the hint."""
        if draft.scan.hints.region is not None:
            return self._layouts_of(seen, search, draft)
        for number, (sheet, is_whole) in enumerate(sheets_in(seen, search)):
            already = len(self._glyphs)
            found = self._layouts_of(sheet, search, draft, halve=number == 0)
            will_do = is_whole or found.factor > 1 or are_large(candidates_of(found.layouts))
            if will_do and not may_be_a_stroke(sheet.part.pixels, found.factor, found.layouts):
                return found
            del self._glyphs[already:]
        return self._layouts_of(canvas_in(seen) or plate_in(seen) or seen, search, draft)

    def _layouts_of(
        self, seen: View, search: SheetSearch, draft: Draft, *, halve: bool = True
    ) -> Found:
        shades = search.shades if seen.part.pixels is search.page else None
        pixels, found = find_layouts(seen.part.pixels, shades, halve=halve)
        if pixels is not seen.part.pixels:
            seen = replace(seen, part=replace(seen.part, pixels=pixels))
        layouts: list[Layout] = []
        sights = []
        for ink, proposed in found:
            layouts += (layout for proposal in proposed for layout in proposal.layouts)
            if self._wishes.explained:
                sights.append(look_back(ink, proposed))
        distinct = candidates_of(layouts)
        at = {id(each): len(self._glyphs) + number for number, each in enumerate(distinct)}
        self._glyphs += list(normalise_all([candidate.ink for candidate in distinct]))
        rows = np.array([at[id(each)] for layout in layouts for each in layout.candidates], np.intp)
        if sights and seen.back is not None:
            reduction = seen.part.reduction // seen.page.reduction
            sights[0] = with_sheet(sights[0], seen.part.pixels, reduction)
        factor, shown = found[0][0].factor, tuple(sights)
        return Found(draft, seen, factor, tuple(layouts), rows, shown)

    def _read(self) -> None:
        """Read all that was found in the round, and end it."""
        sighted = self._find_clear()
        started = time.perf_counter()
        asked = self._ask(self._glyphs)
        for each in sighted:
            each.draft.read_ms += since(started) / len(asked)
        self._read_clear(sighted, asked)
        doubts = [self._doubt(found, asked) for found in self._found]
        asked = self._ask_more(asked)
        self._found = [
            self._upright(found, doubt, asked)
            for found, doubt in zip(self._found, doubts, strict=True)
        ]
        asked = self._ask_more(asked)
        self._found = [self._taller(found, asked) for found in self._found]
        self._found = [self._otherwise(found, asked) for found in self._found]
        asked = self._ask_more(asked)
        read_ms = since(started) / max(1, len(asked))
        firsts = []
        for found in self._found:
            for way in found.ways:
                found.draft.read_ms += read_ms * len(set(way.glyphs.tolist()))
                firsts.append(self._first(way, asked[way.glyphs]))
        read = zip(firsts, self._opinions(firsts), strict=True)
        for found in self._found:
            self._alive()
            ways = [next(read) for _ in found.ways]
            self._add(*better(*ways))
        self._found, self._glyphs, self._pixels = [], [], 0
        self._rounds += 1

    def _add(self, first: First, reading: PageReading) -> None:
        """Draft how a page is read; what is not as hints say is for review."""
        lines = judged(reading.lines, first.found.draft.scan.hints)
        part = reading if lines == reading.lines else replace(reading, lines=lines)
        first.found.draft.add(first.found.view, part, self._traces(first))

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
        is_new = look.glyphs is not found.look.glyphs
        return replace(
            found, look=look, glyphs=self._taken(look.glyphs) if is_new else found.glyphs
        )

    def _taller(self, found: Found, asked: Probabilities) -> Found:
        """The page with another look at digits that are much taller than its many other marks; few
        may be pieces of what is no page."""
        if found.look is None or may_be_no_page(found.look):
            return found
        look = taller_look(found.look, asked[found.glyphs])
        return found if look is None else replace(found, look=look, glyphs=self._taken(look.glyphs))

    def _otherwise(self, found: Found, asked: Probabilities) -> Found:
        """A page that stood clear, found as none as well where not all on it are digits."""
        look, draft = found.look, found.draft
        if look is None or found.otherwise is not None or not _may_be_none(look, draft):
            return found
        if are_digits(look, asked[found.glyphs]):
            return found
        started = time.perf_counter()
        try:
            search = SheetSearch(found.view.part.pixels)
            found = replace(found, otherwise=self._find_number(found.view, search, draft))
        except Exception:  # as above; it is read as a page
            log.exception("could not read a page of %s as none", draft.scan.file)
        draft.find_ms += since(started)
        return found

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
            look = part_at_signs(found.look, rows)
            found = replace(found, look=look)
            choices = [choose_marks(look, rows)]
            reading = assemble_page(page, look, choices[0], threshold)
        return First(found, choices, reading)


def _may_be_none(look: PageLook, draft: Draft) -> bool:
    """Whether what looks like a page is to be read as none, too: no hint says that it is one."""
    return draft.scan.hints.expect is None and may_be_no_page(look)


def _stacked(glyphs: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    return np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.float32)
