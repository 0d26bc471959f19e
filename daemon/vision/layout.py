"""Ink -> candidate digits on lines, in reading order.

Components propose, the network disposes: where geometry leaves it open what belongs to a digit,
`propose` gives several layouts, and the reader keeps the one that the network believes most.
Lengths are measured against the page's own digit height, so that resolution does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import TypeAlias

import cv2
import numpy as np

from ..records import Box, Grey
from . import rules
from .components import Component, Components, find_components
from .frames import (
    HUNDREDS,
    Surroundings,
    frame_region,
    is_surrounded,
    surroundings,
    without_boxes,
    without_frames,
)
from .hanging import without_ring
from .ink import Ink, find_mask_outside
from .paper import WIDEST_STROKE
from .parts import (
    Candidate,
    Part,
    chain,
    cut_out,
    is_digit_sized,
    join,
    merge,
    part_of,
    reading_order,
    touches_side,
)

MAX_PARTS = 3999  # components: more is noise or texture, not writing
LARGE = 250  # pixels, the shorter side of a page from which
MARK = 3  # pixels: smaller specks are nothing
FEW = 3  # groups: so few may be the pieces of one digit, or one digit and dirt
MAX_CANDIDATES = 2000  # digits on one page
MIN_HEIGHT = 7  # pixels of the reduced page: smaller writing cannot be told from dirt
SPECK = 0.16  # of the digit height: smaller components are dirt
AMONG_DOTS = 0.15  # of the page's shorter side: so high is writing, though most ink is in specks
CUT_WIDTH = 0.6  # of the digit height: narrower and at a side of the page, it may be cut off
UNCLEANED_COST = 0.05  # of taking rules or a desk, once found, for ink: between equals only
FOOTLESS_COST = 0.05  # of taking what may be a digit's foot for a line under it
RINGED_COST = 0.4  # of taking what lies round a mark for a ring on which it hangs
UNLIKELY_COST = 0.4  # of the less likely polarity
FLUSH = 0.6  # of its longer side: a mark so far along the border may be an edge or a shadow
FLUSH_COST = 0.5  # of taking it for a digit
CUT_HEIGHT = 0.9  # of the tallest free digit: what is lower and touches the border may be cut
CUT_COST = 0.3  # of taking it for a digit
APART = 0.2  # of the longer side of all pieces: one digit has no wider gap between them
GRAFT_COST = 0.4  # of joining what touches the border to what stands free, across a gap
ALIKE = 0.06  # of a part's longer side: boxes that differ by less are of the same part
STANDS = 0.5  # of the page's height: a column in which a rule covers as much
MARGIN = 1  # pixels: what a box may differ by in any case


_Choices: TypeAlias = list[list[list[Part]]]  # ways to read a mask, each as lines of digits


@dataclass(frozen=True, slots=True)
class Layout:
    """Candidates on lines from top to bottom, left to right on each. `partial` says that it leaves
    out what may be a digit, such as a neighbour that the crop has cut: a person should look. `cost`
    is what speaks against it before it is read, as a negative log probability. `light_on_dark` is
    the polarity it was found in; `writing` the share of the ink outside of printed boxes that may
    be writing, neither desk nor dust: what the candidates' shares are of. `boxes`, (h, w) uint8, is
    1 where boxes lie that it leaves out; None without any. `rules` are columns in which upright
    rules stand, or sides of boxes, that are no ink of it or of another layout of the page;
    `touched` says that writing hangs on a ring that it leaves out; `widest` is that of its ink."""

    lines: tuple[tuple[Candidate, ...], ...]
    partial: bool = False
    cost: float = 0.0
    light_on_dark: bool = False
    writing: float = 1.0
    boxes: Grey | None = None
    rules: tuple[int, ...] = ()
    touched: bool = False
    widest: float = WIDEST_STROKE

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """All candidates in reading order."""
        return tuple(candidate for line in self.lines for candidate in line)


class Basis(StrEnum):
    """Which of the ink a layout is made of."""

    INNER = "ink without frame or desk"
    UNRULED = "ink without rules"
    ALL = "all ink"
    STRONG = "strong ink only"
    UNRINGED = "ink without the ring it hangs on"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The layouts of one mask, (h, w) uint8, 1 where it counts as ink."""

    basis: Basis
    mask: Grey
    layouts: tuple[Layout, ...]


def propose(ink: Ink) -> tuple[Layout, ...]:
    """The layouts that a page's ink allows, the likeliest first; none where there is no ink."""
    return tuple(layout for proposal in proposals(ink) for layout in proposal.layouts)


def proposals(ink: Ink) -> tuple[Proposal, ...]:
    """What counts as ink in the ways that the page leaves open, and the layouts of each."""
    least = MARK if min(ink.mask.shape) >= LARGE else 1
    found = find_components(ink.mask, MAX_PARTS, least)
    around = surroundings(found)
    # Boxes first: of a box that the border cuts, removing rules would leave a side, a fine 1.
    inner = _inner(ink, found, around)
    unboxed = without_boxes(ink.mask, found, around)
    bounds = cv2.boundingRect(unboxed)
    unruled = rules.remove(unboxed, bounds)
    underlined = rules.remove_underline(unboxed if unruled is None else unruled, bounds)
    cost = 0.0 if ink.likely else UNLIKELY_COST
    if underlined is not None and underlined.is_bar:
        unruled = underlined.without
    if unruled is not None:
        underlined = None  # a rule may be all that was under the digits
    whole_cost = cost if inner is None and unruled is None else cost + UNCLEANED_COST
    masks: tuple[tuple[Basis, Grey | None, float], ...] = (
        (Basis.INNER, inner, cost),
        (Basis.UNRULED, unruled, cost),
        (Basis.ALL, ink.mask, whole_cost),
        (Basis.STRONG, ink.strong, cost),
    )
    if underlined is not None and underlined.sure:
        masks = ((Basis.UNRULED, underlined.without, cost),)
    elif underlined is not None:  # it may be the long foot of a 2
        masks = (*masks, (Basis.UNRULED, underlined.without, cost + FOOTLESS_COST))
    elif unruled is None:
        tallest = max(found.boxes[:, 3].tolist(), default=0)
        unlined = rules.remove_lines(unboxed, tallest, bounds)
        masks = (*masks, (Basis.UNRULED, unlined, cost + FOOTLESS_COST))
    unringed = (
        None
        if around.boxes
        else without_ring(ink.mask, found, {each.label for each in around.frames})
    )
    masks = (*masks, (Basis.UNRINGED, unringed, cost + RINGED_COST))
    region = cv2.subtract(ink.mask, unboxed) if around.boxes else None
    columns = _ruled_columns(ink.mask, unboxed if unruled is None else unruled)
    known: list[_Choices] = []

    def layouts(mask: Grey, cost: float) -> tuple[Layout, ...]:
        if mask is ink.mask:
            own, own_around = found, around
        else:
            own = find_components(mask, MAX_PARTS, least)
            own_around = surroundings(own)
        made = _layouts(ink, own, own_around, cost, known)
        if mask is unringed:
            made = [replace(each, touched=True) for each in made]
        if columns:
            made = [replace(each, rules=columns) for each in made]
        if region is None:
            return tuple(made)
        boxes = [part_of(box).box for box in around.boxes]
        return tuple(each if _reads(each, boxes) else replace(each, boxes=region) for each in made)

    return tuple(
        Proposal(basis, mask, layouts(mask, cost))
        for basis, mask, cost in masks
        if mask is not None
    )


def _ruled_columns(mask: Grey, unruled: Grey) -> tuple[int, ...]:
    """In which columns of a mask, (H, W) uint8 of 0 and 1, rules stand that were taken out."""
    if unruled is mask:
        return ()
    removed = cv2.reduce(cv2.subtract(mask, unruled), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    return tuple(np.flatnonzero(removed >= STANDS * len(mask)).tolist())


def _reads(layout: Layout, boxes: Sequence[Box]) -> bool:
    """Whether one of the boxes is part of a candidate: nothing else may be writing."""
    return any(each.box.union(box) == each.box for each in layout.candidates for box in boxes)


def _are_alike(some: _Choices, others: _Choices) -> bool:
    """Whether two masks of one page leave the same digits open, but for the width of their
    strokes."""
    if [list(map(len, lines)) for lines in some] != [list(map(len, lines)) for lines in others]:
        return False
    return all(
        max(abs(a.x - b.x), abs(a.y - b.y), abs(a.right - b.right), abs(a.bottom - b.bottom))
        <= max(MARGIN, ALIKE * max(b.width, b.height))
        for a, b in zip(_boxes(some), _boxes(others), strict=True)
    )


def _boxes(choices: _Choices) -> Iterator[Box]:
    return (part.box for lines in choices for line in lines for part in line)


def _inner(ink: Ink, found: Components, around: Surroundings) -> Grey | None:
    """The mask without the desk around a sheet or a bold frame, whose contrast would set the
    threshold for the writing; None where there is none. `found` are the whole mask's components."""
    if not around.frames or not is_surrounded(ink.mask):
        return None
    return find_mask_outside(ink, frame_region(found, around.frames))


def _layouts(
    ink: Ink, found: Components, around: Surroundings, cost: float, known: list[_Choices]
) -> list[Layout]:
    """The layouts of a mask's components; none where they are those of a mask that is `known`."""
    if not len(found.listed):
        return []
    free = without_frames(found, around)
    height = _digit_height(free)
    least_height = min(MIN_HEIGHT, 0.3 * len(found.mask))
    if height < least_height:
        height = float(np.maximum(free.boxes[:, 3], 0.7 * free.boxes[:, 2]).max())
        if height < max(least_height, AMONG_DOTS * min(found.mask.shape)):
            return []
    total = sum(free.boxes[:, 4].tolist())
    beside = [each.area for each in around.frames] if free is not found else []
    inked = total + sum(beside) + found.dust
    unboxed = inked - sum([box.area for box in around.boxes])
    writing = min(1.0, total / max(1, unboxed))
    parts = [part_of(each) for each in _large(free, SPECK * height)]
    groups = [group for group in join(parts, height) if is_digit_sized(group, height)]
    if not groups or len(groups) > MAX_CANDIDATES:
        return []
    whole_groups = _uncut(groups, height, found.mask.shape[1])
    choices = [(reading_order(chain(whole_groups, height)), len(whole_groups) < len(groups))]
    costs = [cost + _border_cost(whole_groups, found)]
    if 1 < len(whole_groups) <= FEW:
        largest = max(whole_groups, key=lambda group: group.area)
        choices.append(([[largest]], True))
        costs.append(cost + _border_cost([largest], found))
    if len(whole_groups) == 1 and len(whole_groups[0].labels) >= FEW:  # scraps, or small print
        highest = max(parts, key=lambda part: part.box.height)
        choices.append(([[highest]], True))
        costs.append(cost + _border_cost([highest], found))
    if len(groups) <= FEW and len(parts) > 1:
        everything = merge(parts)
        more = len(everything.labels) > len(groups[0].labels)
        upright = everything.box.width <= 1.3 * everything.box.height
        if more and upright and not _are_apart(parts, everything.box):
            choices.append(([[everything]], False))
            cut = [touches_side(group.box, found.mask) for group in groups]
            costs.append(cost + (GRAFT_COST if any(cut) and not all(cut) else 0.0))

    own = [lines for lines, _ in choices]
    if any(_are_alike(own, others) for others in known):
        return []
    known.append(own)

    distinct = {part.labels: part for lines, _ in choices for line in lines for part in line}
    candidates = {
        own: cut_out(ink.contrast, ink.floor, found, part, total) for own, part in distinct.items()
    }
    return [
        Layout(
            tuple(tuple(candidates[part.labels] for part in line) for line in lines),
            partial,
            cost,
            ink.light_on_dark,
            writing,
            touched=around.touched and free is not found,
            widest=ink.widest,
        )
        for (lines, partial), cost in zip(choices, costs, strict=True)
    ]


def _large(found: Components, least: float) -> list[Component]:
    """The components that are so wide or high, of very many the only ones that are listed."""
    if len(found.listed) > HUNDREDS:
        found = found.chosen(found.boxes[:, 2:4].max(axis=1) >= least)
    return [each for each in found.components if each.width >= least or each.height >= least]


def _are_apart(parts: Sequence[Part], whole: Box) -> bool:
    """Whether a wide gap goes through the `whole` of these parts, upright or from side to side."""
    wide = APART * max(whole.width, whole.height)
    across = sorted((part.box.x, part.box.right) for part in parts)
    down = sorted((part.box.y, part.box.bottom) for part in parts)
    return max(_widest_gap(across), _widest_gap(down)) > wide


def _widest_gap(spans: Sequence[tuple[int, int]]) -> int:
    """Between spans in order of their starts."""
    ends = accumulate((end for _, end in spans), max)
    return max(start - end for (start, _), end in zip(spans[1:], ends, strict=False))


def _border_cost(parts: Sequence[Part], found: Components) -> float:
    """What speaks against taking for digits all that lies along the border or is cut by it."""
    touching = [part for part in parts if touches_side(part.box, found.mask)]
    if not touching:
        return 0.0
    tallest = max((part.box.height for part in parts if part not in touching), default=0)
    labels = found.labels
    sides = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    cost = 0.0
    for part in touching:
        contact = np.count_nonzero(np.isin(sides, part.labels))
        if contact >= FLUSH * max(part.box.width, part.box.height):
            cost = FLUSH_COST
        elif part.box.height < CUT_HEIGHT * tallest:
            cost = max(cost, CUT_COST)
    return cost


def _uncut(groups: list[Part], height: float, width: int) -> list[Part]:
    """In a loose crop of one digit, leave out the neighbour that the crop has cut: of two groups
    the one that touches a side of the page and is narrow, where the other stands free."""
    if len(groups) != 2:
        return groups

    def is_cut(group: Part) -> bool:
        box = group.box
        return (box.x == 0 or box.right == width) and box.width < CUT_WIDTH * height

    kept = [group for group in groups if not is_cut(group)]
    free = len(kept) == 1 and kept[0].box.x > 0 and kept[0].box.right < width
    return kept if free else groups


def _digit_height(found: Components) -> float:
    """The height of the page's digits: the median over all ink, not over components, so that
    specks do not count; 0 where more of it is dust."""
    if len(found.components) == 1 and not found.dust:
        (only,) = found.components
        return max(only.height, 0.7 * only.width)
    _, _, width, height, area = found.boxes.T
    sizes = np.maximum(height, 0.7 * width)
    order = sizes.argsort()
    passed = found.dust + area[order].cumsum()
    half = passed[-1] / 2
    return 0.0 if found.dust >= half else float(sizes[order[passed.searchsorted(half)]])
