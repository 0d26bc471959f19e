"""Whole pages: flat and straight, ruled or not, any way up, words among the digits.

A page is looked at, its marks are asked about, and rows of digits are kept. A picture that is no
page, but one digit or a line or two, is left to `layout`, which weighs what belongs to a digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .choice import Probabilities
from .glyph import SIDE, normalise
from .ink import polarities_of, reduce_by, reduction_of
from .page_ink import find_page_ink
from .page_marks import Marks, Writing, find_marks, find_writing
from .page_turn import TURNS, UPRIGHT, levelness, sample, score, turn_glyph
from .page_view import enlarging, view_of
from .parts import Candidate
from .rectify import Matrix

LEAST_SIDE = 250  # px: a smaller picture is no page
LEAST_MARKS = 8  # of digit size: fewer are no page, unless they stand on a sheet
LEAST_ON_SHEET = 4
_SKETCH = 500  # px, the longer side of what tells pages from other pictures
_LEAST_MARK = 4  # px, the height of a mark on it
_STRAIGHT = 16  # px, the shortest piece of a rule on it
_RULE, _RULED = 0.4, 3  # of its longer side, the shortest rule; so many make a ruled sheet

Glyphs = npt.NDArray[np.float32]  # (N, 28, 28)


@dataclass(frozen=True, slots=True)
class PageLook:
    """What was seen of a page. `back` brings the pixels of its writing to the page's own; it was
    turned by `turns` quarter turns to the left. `glyphs` are those of all marks in reading order,
    then, unless it is known which way up the page lies, those of the `sampled` ones in each of the
    three other turns."""

    writing: Writing
    marks: Marks
    back: Matrix
    turns: int
    sampled: tuple[int, ...]
    glyphs: Glyphs


def look_at_page(pixels: Grey) -> PageLook | None:
    """What is written on a page, (H, W) uint8; None where it is no page."""
    if min(pixels.shape) < LEAST_SIDE:
        return None
    factor = reduction_of(*pixels.shape)
    pixels = reduce_by(factor, pixels)
    if not _may_be_page(pixels):
        return None
    view = view_of(pixels)
    writing = find_writing(find_page_ink(view.pixels))
    if writing is None:
        return None
    marks = find_marks(writing)
    if len(marks.all) < (LEAST_ON_SHEET if view.is_sheet else LEAST_MARKS):
        return None
    back = enlarging(factor) @ np.linalg.inv(view.onto)
    sampled = sample([mark.box for mark in marks.all], writing.height)
    upright = _glyphs(marks.all)
    others = [turn_glyph(upright[n], turns) for turns in TURNS[1:] for n in sampled]
    glyphs = np.concatenate([upright, np.stack(others)])
    return PageLook(writing, marks, back, 0, tuple(sampled), glyphs)


def _may_be_page(pixels: Grey) -> bool:
    """Whether enough small marks show on a sketch, light or dark: most pictures of one digit are
    told from pages at little cost."""
    scale = min(1.0, _SKETCH / max(pixels.shape))
    size = [max(1, round(side * scale)) for side in pixels.shape[::-1]]
    sketch = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return any(
        _count_marks(cv2.bitwise_not(sketch) if light_on_dark else sketch) >= LEAST_ON_SHEET
        for light_on_dark in polarities_of(sketch)
    )


def _count_marks(sketch: Grey) -> int:
    mask = find_page_ink(sketch).mask
    count = _count_low(mask)
    if count >= LEAST_ON_SHEET:
        return count
    kernels = np.ones((1, _STRAIGHT), np.uint8), np.ones((_STRAIGHT, 1), np.uint8)
    rules = [cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel) for kernel in kernels]
    if max(map(_count_long, rules)) < _RULED:
        return count
    either = cv2.dilate(cv2.bitwise_or(*rules), np.ones((3, 3), np.uint8))
    return _count_low(cv2.subtract(mask, either))


def _count_low(mask: Grey) -> int:
    """How many marks have a digit's height."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    return int(np.count_nonzero((heights >= _LEAST_MARK) & (heights <= max(mask.shape) / 4)))


def _count_long(rules: Grey) -> int:
    """How many are as long as a sheet's rules."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(rules, connectivity=8)
    lengths = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1, initial=0)
    return int(np.count_nonzero(lengths >= _RULE * max(rules.shape)))


def turned_look(look: PageLook, rows: Probabilities) -> PageLook | None:
    """Another look at a page that lies turned; None where it is upright. `rows` are those of the
    look's glyphs."""
    count, boxes = len(look.marks.all), [mark.box for mark in look.marks.all]
    shape = look.writing.mask.shape
    asked = np.split(rows[count:], len(TURNS) - 1)
    levels = levelness(boxes, look.writing.height, shape)
    scores = [
        score(own, level)
        for level, own in zip(levels, (rows[list(look.sampled)], *asked), strict=True)
    ]
    scores[0] += UPRIGHT
    turns = int(np.argmax(scores))
    if not turns:
        return None
    writing = find_writing(look.writing.ink.turned(turns))
    if writing is None:
        return None
    marks = find_marks(writing)
    back = look.back @ _turning_back(turns, shape)
    return PageLook(writing, marks, back, turns, (), _glyphs(marks.all))


def _turning_back(turns: int, shape: tuple[int, ...]) -> Matrix:
    """What brings pixels of a picture turned to the left to those of the picture, of `shape`."""
    height, width = shape[:2]
    matrix = np.eye(3)
    for _ in range(turns):  # (x, y) of what was turned once lies at column width - 1 - y, row x
        matrix = matrix @ np.array([[0, -1, width - 1], [1, 0, 0], [0, 0, 1.0]])
        height, width = width, height
    return matrix


def _glyphs(marks: tuple[Candidate, ...]) -> Glyphs:
    glyphs = np.zeros((len(marks), SIDE, SIDE), np.float32)
    for glyph, mark in zip(glyphs, marks, strict=True):
        glyph[:] = normalise(mark.ink)
    return glyphs
