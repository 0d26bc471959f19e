"""The line network's opinion on pages that the glyph network has read."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..records import Expect, Expected, PageReading
from .choice import Choice, best
from .draft import Draft
from .fusion import fuse
from .hints import is_one_number
from .layout import Layout
from .page_questions import lost_questions, page_questions
from .page_stage import PageLook
from .questions import Question, questions
from .region import View
from .stages import Sight
from .verdict import LineNetwork


@dataclass(frozen=True, slots=True)
class Found:
    """A decoded page, as hints say it lies, with its layouts; `glyphs` (n,) says which of the
    round's glyphs each of their candidates is. A whole page has a `look` in place of layouts and,
    where it may be none, what was found `otherwise`. `sights` is kept only where an explanation is
    asked for."""

    draft: Draft
    view: View
    factor: int
    layouts: tuple[Layout, ...]
    glyphs: npt.NDArray[np.intp]
    sights: tuple[Sight, ...] = ()
    look: PageLook | None = None
    otherwise: Found | None = None

    @property
    def ways(self) -> tuple[Found, ...]:
        """The ways to read it: this one, and the other where there is one."""
        return (self,) if self.otherwise is None else (self, self.otherwise)


@dataclass(frozen=True, slots=True)
class First:
    """A page as the glyph network alone reads it."""

    found: Found
    choices: Sequence[Choice]
    reading: PageReading


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """Who gives a second opinion, and the confidence of a line under which a person should look."""

    network: LineNetwork
    review_below: float

    def on(self, firsts: Sequence[First], alive: Callable[[], None]) -> list[PageReading]:
        """The readings of a round's pages by both networks, all lines in one call; `alive` is
        called after each page whose lines were cut out."""
        asked = []
        for first in firsts:
            started = time.perf_counter()
            asked.append(_asked(first))
            first.found.draft.find_ms += since(started)
            alive()
        started = time.perf_counter()
        every = [question.asked for questions in asked for question in questions]
        answers = iter(self.network.read_lines(every) if every else ())
        read_ms = since(started) / max(1, len(every))
        readings = []
        for first, own in zip(firsts, asked, strict=True):
            first.found.draft.read_ms += read_ms * len(own)
            seen = [next(answers) for _ in own]
            readings.append(
                fuse(
                    first.reading,
                    own,
                    seen,
                    self.network,
                    self.review_below,
                    together=is_one_number(first.found.draft.scan.hints, first.reading.lines),
                )
            )
        return readings


def _asked(first: First) -> list[Question]:
    """What to ask the line network about a page."""
    found, hints = first.found, first.found.draft.scan.hints
    if found.look is not None:
        (marks,) = first.choices
        return page_questions(found.view.part, found.look, marks, first.reading, hints.line)
    chosen = best(first.choices)
    layout = Layout(()) if chosen is None else chosen.layout
    asked = questions(
        found.view.part,
        first.reading,
        Expected(1, 1) if hints.expect is Expect.DIGIT else hints.line,
        light_on_dark=layout.light_on_dark,
        boxes=layout.boxes,
        widest=layout.widest,
    )
    is_whole = any(question.place is None for question in asked)
    if chosen is None or is_whole or hints.expect is Expect.DIGIT or None not in chosen.digits:
        return asked  # the last says that nothing was left out
    return asked + lost_questions(found.view.part, found.factor, chosen)


def since(started: float) -> float:
    """Milliseconds since `started`, a time of `time.perf_counter`."""
    return (time.perf_counter() - started) * 1000
