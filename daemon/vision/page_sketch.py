"""Whether a picture may be a whole page, told on sketches of it: most pictures of a digit or a line
are told from pages at little cost, before any of their ink is looked at closely.

What counts are marks as low as digits on a page. A desk has grain that looks like them, so on a
sheet those around it do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .components import find_components
from .crossing import is_crossed
from .flat import Flat
from .glyph import LARGE
from .page_ink import PageInk, find_page_ink
from .page_view import made_level
from .rectify import SheetSearch
from .sheet import is_a_neighbour
from .skew import find_skew

LEAST_SIDE = 250  # px: a smaller picture is no page
LEAST_MARKS = 8  # of digit size: fewer are no page, unless they stand on a sheet
LEAST_ON_SHEET = 4
_SKETCH = 500  # px, the longer side of what tells pages from other pictures
_LEAST_MARK = 4  # px, the height of a mark on it
_STRAIGHT = 16  # px, the shortest piece of a rule on it
_WEB = 0.6  # of its longer side: ink so long may be rules, with many marks on them
_RULE, _RULED = 0.4, 3  # of its longer side, the shortest rule; so many make a ruled sheet
_SMALL = 640  # px, the longer side of a picture that costs little to be looked at whole
_WEAKER = 0.75  # times strong ink: fine strokes have that on a sketch, and faint rules have less
_STRONG_MARK = 3  # px: of strong ink, what is smaller is a speck
_STROKE = 0.03  # of its longer side: the widest stroke of a page's writing, the shortest rule
_AS_LIGHT = 0.85  # times a sheet: what lies round a patch of light is, and no desk beside a sheet
_MIDDLE = 1 / 8  # of the sketch's height: rows that are looked at first
_FEW = 0.1  # of the marks, that may be specks
_APART = 8  # rows, of which one tells how many strokes there are
_LARGE = 1 / 16  # of the longer side: a mark so long is not small
_SPARSE = 150  # pixels for every run of ink, from which on marks are few
_JOINT = 0.25  # of the longer side: strong ink so long may be a rule, on which many marks hang

Boxes: TypeAlias = npt.NDArray[Any]  # (n, 4 or more): x, y, width and height first


@dataclass(frozen=True, slots=True)
class Prospect:
    """What may be a page: the sheet on it laid flat, None where it is all sheet, how many
    marks make it one, whether its ink may be light on dark, whether it is large and there may
    be fewer marks than seem to be, the others being pieces of faint rules, and how often it
    may be halved before its writing seems to be small."""

    sheet: Flat | None
    least_marks: int
    may_be_light: bool
    may_be_fewer: bool
    halvings: int


def prospect_of(search: SheetSearch) -> Prospect | None:
    """How the picture on which a sheet is searched may be a page; None where too few marks show on
    it."""
    pixels = search.pixels
    if min(pixels.shape) < LEAST_SIDE:
        return None
    sheet = _sheet_on(search)
    if sheet is not None:
        if _holds_few(search):
            return None
        least, may_be_light = LEAST_ON_SHEET, False
        inks = [find_page_ink(sheet.glance(_SKETCH))]
    else:
        least, may_be_light = LEAST_MARKS, True in search.shades.polarities
        sketch = search.halves.glance(_SKETCH)
        inks = [
            find_page_ink(cv2.bitwise_not(sketch) if light_on_dark else sketch)
            for light_on_dark in search.shades.polarities
        ]
    if _most_marks(inks, least) < least:
        return None
    fewer = max(pixels.shape) > _SMALL and not any(may_hold(ink, least) for ink in inks)
    if fewer and not any(may_hold(ink, least, _WEAKER) for ink in inks):
        return None
    longer = max(pixels.shape if sheet is None else sheet.size)
    return Prospect(sheet, least, may_be_light, fewer, min(_halvings(ink, longer) for ink in inks))


def _sheet_on(search: SheetSearch) -> Flat | None:
    """The sheet on a picture laid flat, where there is one: no lit patch of a page."""
    if not search.may_show:
        return None
    corners = search.clear
    if corners is None or is_crossed(search.halves, corners, widest=_STROKE, reach=_STROKE):
        return None
    return None if is_a_neighbour(search.halves, corners, as_light=_AS_LIGHT) else search.flat


def _holds_few(search: SheetSearch) -> bool:
    """Whether all that shows on a sheet are fewer marks than make it a page, none of them small,
    and no rules: that is told on the sketch on which it was found, at little cost."""
    marks = search.marks
    if marks is None or not _are_few(marks):
        return False
    lengths = _lengths(_few_boxes(marks)) / max(marks.shape)
    return bool(
        0 < len(lengths) < LEAST_ON_SHEET and lengths.min() >= _LARGE and lengths.max() < _JOINT
    )


def may_hold(ink: PageInk, least: int, share: float = 1.0) -> bool:
    """Whether there may be so many marks in a page's ink. Each has strong ink of its own, or ink
    that is strong by a `share`, unless what joins it to others is long."""
    strong = (ink.contrast >= max(1, round(share * ink.strong))).view(np.uint8)
    longest = 0
    for boxes in _boxes_of(strong):
        lengths = _lengths(boxes)
        if np.count_nonzero(lengths >= _STRONG_MARK) >= least:
            return True
        longest = lengths.max(initial=0)
    return bool(longest >= _JOINT * max(strong.shape))


def _halvings(ink: PageInk, longer: int) -> int:
    """How often a page with so many pixels on its longer side may be halved before it is no larger
    than its sketch, or any but a few of its marks, which have strong ink, are small."""
    most = (longer // _SKETCH).bit_length() - 1
    if most < 1:
        return 0
    strong = (ink.contrast >= max(1, ink.strong)).view(np.uint8)
    for boxes in _boxes_of(strong):
        lengths = _lengths(boxes)
        marks = np.sort(lengths[lengths >= _STRONG_MARK])
        if len(marks):
            least = float(marks[int(_FEW * len(marks))]) * longer / max(strong.shape)
            most = min(most, int(least / LARGE).bit_length() - 1)
        if most < 1:
            return 0
    return most


def _most_marks(inks: Sequence[PageInk], enough: int) -> int:
    """How many marks show in the one of some inks that has most; of very many, only some count."""
    return max(_count_marks(ink.mask, enough) for ink in inks)


def _count_marks(mask: Grey, enough: int) -> int:
    """How many marks show; where they are not `enough`, without the rules of a sheet, which may
    slope, if any of the ink is as long as those."""
    longer = max(mask.shape)
    boxes, count = np.zeros((0, 5)), 0
    for boxes in _boxes_of(mask):
        count = _count_low(boxes, longer)
        if count >= max(enough, LEAST_MARKS):
            return count
    if count >= enough or not _count_long(boxes, longer):
        return count
    count = _count_between_rules(mask) or count
    if count >= enough or _lengths(boxes).max() < _WEB * longer:
        return count
    angle = find_skew(mask)
    return _count_between_rules(made_level(mask, angle)) or count if angle else count


def _count_between_rules(mask: Grey) -> int:
    """How many marks show without the rules of a sheet, that lie or stand; 0 where there are no
    such rules."""
    kernels = np.ones((1, _STRAIGHT), np.uint8), np.ones((_STRAIGHT, 1), np.uint8)
    rules = [cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel) for kernel in kernels]
    if not any(map(_has_rules, rules)):
        return 0
    either = cv2.dilate(cv2.bitwise_or(*rules), np.ones((3, 3), np.uint8))
    return _count_low(find_components(cv2.subtract(mask, either)).boxes, max(mask.shape))


def _has_rules(straight: Grey) -> bool:
    """Whether enough of what is straight is as long as a sheet's rules, which takes many pixels."""
    if cv2.countNonZero(straight) < _RULED * _RULE * max(straight.shape):
        return False
    return _count_long(find_components(straight).boxes, max(straight.shape)) >= _RULED


def _count_low(boxes: Boxes, longer: int) -> int:
    """How many marks have a digit's height on a sketch with so many pixels on its longer side."""
    heights = boxes[:, 3]
    return int(np.count_nonzero((heights >= _LEAST_MARK) & (heights <= longer / 4)))


def _count_long(boxes: Boxes, longer: int) -> int:
    """How many are as long as a sheet's rules."""
    return int(np.count_nonzero(_lengths(boxes) >= _RULE * longer))


def _lengths(boxes: Boxes) -> npt.NDArray[Any]:
    """The longer sides, (n,)."""
    return np.asarray(boxes[:, 2:4].max(axis=1))


def _boxes_of(mask: Grey) -> Iterator[Boxes]:
    """The boxes of a mask's components. Of many, first those that lie wholly within some rows in
    the middle, from which their y counts: there are enough, found in a fraction of the time that
    all of them take."""
    if _are_few(mask):
        yield _few_boxes(mask)
        return
    middle, reach = len(mask) // 2, max(1, round(_MIDDLE / 2 * len(mask)))
    boxes = find_components(mask[middle - reach : middle + reach]).boxes
    yield boxes[(boxes[:, 1] > 0) & (boxes[:, 1] + boxes[:, 3] < 2 * reach)]
    yield find_components(mask).boxes


def _are_few(mask: Grey) -> bool:
    """Whether a mask has few strokes, told by some of its rows."""
    rows = mask[::_APART]
    runs = np.count_nonzero(rows[:, 1:] > rows[:, :-1])
    return bool(_APART * runs * _SPARSE < mask.size)


def _few_boxes(mask: Grey) -> Boxes:
    """The boxes of a few components by their outlines, in a third of the time that runs take."""
    outlines, family = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outer = np.flatnonzero(family[0, :, 3] < 0).tolist() if outlines else []  # not of holes
    return np.array([cv2.boundingRect(outlines[at]) for at in outer], np.int64).reshape(-1, 4)
