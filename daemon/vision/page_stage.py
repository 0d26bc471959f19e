"""Whole pages: flat and straight, ruled or not, any way up, words among the digits.

A page is looked at, its marks are asked about, and rows of digits are kept. A picture that is no
page, but one digit or a line or two, is left to `layout`, which weighs what belongs to a digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .choice import Probabilities
from .coarse import are_large
from .flat import Matrix, enlarging
from .glyph import normalise_all
from .page_marks import Marks, Writing, find_marks, find_taller, find_writing
from .page_sizes import taller_height
from .page_sketch import Prospect, may_hold, prospect_of
from .page_turn import CLOSE, TURNS, UPRIGHT, is_upright, levelness, sample, score, turn_glyphs
from .page_view import flat_view, levelled
from .rectify import SheetSearch

Glyphs = npt.NDArray[np.float32]  # (N, 28, 28)

_AS_GRAIN = 0.5  # of the writing's height where grain is smoothed: what is lower is that grain
_LEGIBLE = 12  # px: lower writing is lost among grain


@dataclass(frozen=True, slots=True)
class PageLook:
    """What was seen of a page. `back` brings the pixels of its writing to the page's own; it was
    turned by `turns` quarter turns to the left, and `may_lie_otherwise` where another turn is as
    likely, or almost. `glyphs` are those of all marks in reading order. Large writing was found
    after so many `halvings` of the page."""

    writing: Writing
    marks: Marks
    back: Matrix
    turns: int
    glyphs: Glyphs
    may_lie_otherwise: bool = False
    halvings: int = 0

    @property
    def longer(self) -> int:
        """The longer side of what was looked at, flat and straight, in pixels of the page as it is
        reduced for reading."""
        return int(max(self.writing.mask.shape)) << self.halvings


@dataclass(frozen=True, slots=True)
class TurnQuestion:
    """What tells which way up a page lies: which of its marks are `sampled`, their `glyphs` in each
    of the three other turns, and how level rows are in all of them."""

    sampled: tuple[int, ...]
    glyphs: Glyphs
    levels: tuple[float, ...]


def look_at_page(search: SheetSearch) -> PageLook | None:
    """What is written on the page on which a sheet is searched; None where it is no page."""
    prospect = prospect_of(search)
    if prospect is None:
        return None
    for halvings in range(prospect.halvings, 0, -1):
        look = _look_at(search, prospect, halvings, may_be_small=False)
        if look is not None and are_large(look.marks.all):
            return look
    return _look_at(search, prospect, 0, may_be_small=True)


def _look_at(
    search: SheetSearch, prospect: Prospect, halvings: int, *, may_be_small: bool
) -> PageLook | None:
    """The look at what may be a page, halved so many times. Its writing `may_be_small`, unless it
    is much larger where grain is smoothed."""
    halves = search.halves.halved(halvings)
    sheet = prospect.sheet and prospect.sheet.halved(halvings)
    flat, pixels = flat_view(
        halves.pixels,
        sheet,
        may_be_light=prospect.may_be_light,
        halves=halves,
        is_large=not may_be_small,
    )
    if prospect.may_be_fewer and not may_hold(flat.ink, prospect.least_marks):
        return None
    view = levelled(flat, pixels)
    writing = find_writing(view.ink)
    if may_be_small and view.ink.is_grainy:
        smooth = _look_at(search, prospect, halvings, may_be_small=False)
        least = _LEGIBLE if smooth is None else _AS_GRAIN * smooth.writing.height
        if writing is None or writing.height < least:
            return smooth
    if writing is None:
        return None
    marks = find_marks(writing)
    if len(marks.all) < prospect.least_marks:
        return None
    smaller = 1 if sheet is not None else 1 << halvings  # a sheet's matrix knows it already
    back = enlarging(search.factor * smaller) @ np.linalg.inv(view.onto)
    return PageLook(writing, marks, back, 0, _glyphs(marks), halvings=halvings)


def turn_question(look: PageLook, rows: Probabilities) -> TurnQuestion | None:
    """What to ask about a page that may lie turned; None where it is surely upright. `rows` are
    those of the look's glyphs."""
    boxes = [mark.box for mark in look.marks.all]
    sampled = sample(boxes, look.writing.height)
    levels = levelness(boxes, look.writing.height, look.writing.mask.shape)
    if is_upright(rows[sampled], levels):
        return None
    turned = [turn_glyphs(look.glyphs[sampled], turns) for turns in TURNS[1:]]
    return TurnQuestion(tuple(sampled), np.concatenate(turned), levels)


def turned_look(
    look: PageLook, question: TurnQuestion, rows: Probabilities, turned: Probabilities
) -> PageLook:
    """The look at a page, another one with other glyphs where it lies turned. `rows` are those of
    the look's glyphs, `turned` those of the question's."""
    asked = (rows[list(question.sampled)], *np.split(turned, len(TURNS) - 1))
    scores = [score(own, level) for level, own in zip(question.levels, asked, strict=True)]
    scores[0] += UPRIGHT
    turns = int(np.argmax(scores))
    second, first = sorted(scores)[-2:]
    in_doubt = first - second < CLOSE
    writing = find_writing(look.writing.ink.turned(turns)) if turns else None
    if writing is None:
        return replace(look, may_lie_otherwise=in_doubt)
    marks = find_marks(writing)
    back = look.back @ _turning_back(turns, look.writing.mask.shape)
    return PageLook(writing, marks, back, turns, _glyphs(marks), in_doubt, look.halvings)


def taller_look(look: PageLook, rows: Probabilities) -> PageLook | None:
    """Another look at a page on which some digits are much taller than most marks, which are print;
    None at others. `rows` are those of the look's glyphs."""
    height = taller_height(look.marks, rows, look.writing.height)
    if not height:
        return None
    marks = find_marks(look.writing, find_taller(look.writing, height))
    return replace(look, marks=marks, glyphs=_glyphs(marks)) if marks.all else None


def _turning_back(turns: int, shape: tuple[int, ...]) -> Matrix:
    """What brings pixels of a picture turned to the left to those of the picture, of `shape`."""
    height, width = shape[:2]
    matrix = np.eye(3)
    for _ in range(turns):  # (x, y) of what was turned once lies at column width - 1 - y, row x
        matrix = matrix @ np.array([[0, -1, width - 1], [1, 0, 0], [0, 0, 1.0]])
        height, width = width, height
    return matrix


def _glyphs(marks: Marks) -> Glyphs:
    return normalise_all([mark.ink for mark in marks.all])
