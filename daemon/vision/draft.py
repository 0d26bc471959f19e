"""A scan while its batch is read: what is known of its pages so far, and in the end its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..records import (
    Durations,
    Outcome,
    PageReading,
    Picture,
    Reading,
    RejectedPage,
    Rejection,
    Scan,
    Status,
)
from .annotate import annotate, encode_jpeg
from .assemble import status_of
from .choice import Choice
from .decode import rejection_of
from .explain import Explanation, explain, explain_rejection
from .page_sight import look_back_at_page
from .page_stage import PageLook
from .region import View
from .stages import Sight

Annotated = Literal["all", "review", "none"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted of a reading: the digit confidence under which a person should look, which
    pages get a picture, and whether each gets one of what every stage saw."""

    review_below: float
    annotated: Annotated
    explained: bool


@dataclass(frozen=True, slots=True)
class Traces:
    """What a page's explanation shows beside its reading: the `look` at a whole page, of others the
    `sights`; `glyphs` are (n, 28, 28) float32, those of the choices' candidates."""

    look: PageLook | None
    sights: tuple[Sight, ...]
    choices: Sequence[Choice]
    glyphs: npt.NDArray[np.float32]


@dataclass(slots=True)
class Draft:
    """What is known of a scan so far; `seen` pages were decoded or rejected."""

    scan: Scan
    wishes: Wishes
    pages: list[PageReading] = field(default_factory=list)
    rejected: list[RejectedPage] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    explanations: list[Picture] = field(default_factory=list)
    rejection: Rejection | None = None
    seen: int = 0
    decode_ms: float = 0
    find_ms: float = 0
    read_ms: float = 0

    def reject(self, page: RejectedPage) -> None:
        """Note that a page is not read."""
        self.rejected.append(page)
        if self.wishes.explained:
            title = f"{self.scan.file}, page {page.number}"
            why = Rejection(self.scan.id, title, self.scan.sha256, page.reason, page.message)
            self.explanations.append(Picture(page.number, explain_rejection(why)))

    def add(self, view: View, part: PageReading, traces: Traces | None) -> None:
        """Note how a page is read, `part` being in the pixels of the view's part, and draw it; its
        explanation too, where there are traces for one."""
        reading, wishes = view.placed(part), self.wishes
        self.pages.append(reading)
        status = status_of(reading.lines)
        if wishes.annotated == "all" or (wishes.annotated == "review" and status is Status.REVIEW):
            picture = annotate(
                view.shown,
                reading,
                title=self._title(reading.number),
                status=status,
                review_below=wishes.review_below,
            )
            self.pictures.append(Picture(reading.number, encode_jpeg(picture)))
        if traces is not None:
            self.explanations.append(self._explained(view, part, status, traces))

    def outcome(self, model: str) -> Outcome:
        """What became of the scan."""
        if self.rejection:
            return self.rejection
        if not self.pages:
            return rejection_of(self.scan, self.rejected)
        status = status_of([line for page in self.pages for line in page.lines])
        return Reading(
            scan_id=self.scan.id,
            file=self.scan.file,
            sha256=self.scan.sha256,
            pages=tuple(sorted(self.pages, key=lambda each: each.number)),
            status=Status.REVIEW if self.rejected else status,
            model=model,
            durations=Durations(self.decode_ms, self.find_ms, self.read_ms),
            pictures=tuple(sorted(self.pictures, key=lambda each: each.page)),
            explanations=tuple(sorted(self.explanations, key=lambda each: each.page)),
            rejected_pages=tuple(sorted(self.rejected, key=lambda each: each.number)),
        )

    def _title(self, number: int) -> str:
        """The file's name, with the page's number where there are several."""
        return f"{self.scan.file}, page {number}" if self.seen > 1 else self.scan.file

    def _explained(self, view: View, part: PageReading, status: Status, traces: Traces) -> Picture:
        sights = traces.sights
        if traces.look is not None:
            sights = (look_back_at_page(view.part, traces.look),)
        seen = Explanation(
            title=self._title(part.number),
            page=view.before.part,
            reading=part,
            status=status,
            sights=sights,
            choices=traces.choices,
            glyphs=traces.glyphs,
            review_below=self.wishes.review_below,
        )
        return Picture(part.number, explain(seen))
