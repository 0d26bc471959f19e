"""Components -> digits on lines: the pieces of a digit joined, digits chained, their ink cut out.

Lengths are measured against the page's own digit height, so that resolution does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Box, Grey
from .components import Component, Components
from .levels import Levels

PART = 0.62  # of the digit height: smaller components may be part of a neighbour
JOIN_GAP = 0.14  # of the digit height, between a part and its digit
SPLIT_GAP = 1.35  # of the digit height: a wider gap begins a new group of digits
SAME = 0.5  # of the box around both: boxes that share as much are of one mark
FEW = 4000  # pixels: of more, a histogram tells a quantile sooner than sorting
LEVEL = 0.6  # quantile of a digit's contrast that becomes ink = 1
_FEW = 500  # boxes: so many are held against each other at once

Edges: TypeAlias = npt.NDArray[np.int32]  # (4, n): left, top, -right, -bottom

_LEVELS = np.arange(256, dtype=np.float32)
_NEAR = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be one digit. `box` is in pixels of the reduced page; `ink` (h, w) float32 in 0..1
    holds its own components and nothing else; `share` is its part of all the page's ink. Of a
    picture that is no whole page, `cut` says that it touches a side, which may cut it, and `pen` is
    its contrast, 0..255."""

    box: Box
    share: float
    ink: npt.NDArray[np.float32]
    cut: bool = False
    pen: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One or more components: `labels` are theirs, `area` is how many pixels they have."""

    box: Box
    labels: tuple[int, ...]
    area: int


def part_of(component: Component) -> Part:
    """A component as a part."""
    label, x, y, width, height, area = component
    return Part(Box(x, y, width, height), (label,), area)


def is_digit_sized(part: Part, height: float) -> bool:
    """Whether a part is as large as a digit may be on a page of digits so high."""
    return part.box.height >= 0.35 * height or part.box.width >= 0.5 * height


def merge(parts: Iterable[Part]) -> Part:
    """Parts taken together."""
    first, *rest = parts
    box, labels, area = first.box, first.labels, first.area
    for part in rest:
        box, labels, area = box.union(part.box), labels + part.labels, area + part.area
    return Part(box, labels, area)


def belongs(a: Box, b: Box, height: float) -> bool:
    """Whether box `a`, of the smaller piece and close to `b`, is part of the same digit."""
    gap_x = max(a.x, b.x) - min(a.right, b.right)
    gap_y = max(a.y, b.y) - min(a.bottom, b.bottom)
    both = a.union(b)
    if gap_x < 0 and gap_y < 0:
        overlap = gap_x * gap_y / (a.width * a.height)
        return overlap > 0.5 or max(a.width, a.height) < PART * height
    if max(a.width, a.height) < PART * height or a.height < 0.35 * height:
        return both.height <= 1.5 * height
    return -gap_x >= 0.5 * min(a.width, b.width) and both.height <= 1.3 * height


def are_one_mark(a: Box, b: Box) -> bool:
    """Whether two boxes are of one mark, as far as boxes tell."""
    width = min(a.right, b.right) - max(a.x, b.x)
    height = min(a.bottom, b.bottom) - max(a.y, b.y)
    whole = a.union(b)
    return min(width, height) > 0 and width * height >= SAME * whole.width * whole.height


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share a pixel."""
    across = min(a.right, b.right) > max(a.x, b.x)
    return across and min(a.bottom, b.bottom) > max(a.y, b.y)


def join(
    parts: Sequence[Part], height: float, belongs: Callable[[Box, Box, float], bool] = belongs
) -> list[Part]:
    """Put the pieces of a digit together: broken strokes, the bar of a 5, the body of a 4.

    From the smallest on, every piece goes to the nearest larger one that it `belongs` to.
    """
    groups = sorted(parts, key=lambda part: part.area)
    if len(groups) == 1:
        return groups
    edges = np.array([_edges(group.box) for group in groups], np.int32).T.copy()
    reach = JOIN_GAP * height
    alone = _are_alone(edges, reach)
    joined: list[Part] = []
    for at, small in enumerate(groups):
        if alone[at]:
            joined.append(small)
            continue
        distances = _gaps(edges[:, at + 1 :], edges[:, at, None])
        near = at + 1 + np.flatnonzero(distances <= reach)
        hosts = [int(host) for host in near if belongs(small.box, groups[host].box, height)]
        if hosts:
            host = min(hosts, key=lambda host: distances[host - at - 1])
            groups[host] = merge((groups[host], small))
            edges[:, host] = _edges(groups[host].box)
            alone &= _gaps(edges, edges[:, host, None]) > reach  # it has grown
        else:
            joined.append(small)
    return joined


def _edges(box: Box) -> tuple[int, int, int, int]:
    return box.x, box.y, -box.right, -box.bottom


def _gaps(edges: Edges, others: Edges) -> npt.NDArray[np.int32]:
    """The larger of the gaps in x and y from boxes to others, (4, ...) each; negative where they
    overlap."""
    left, top, right, bottom = np.maximum(edges, others)
    return np.asarray(np.maximum(left + right, top + bottom), np.int32)


def _are_alone(edges: Edges, reach: float) -> npt.NDArray[np.bool_]:
    """Which boxes, (n,), have no other within `reach`: most characters, which need no look at all
    others one by one then. Where there are many boxes, that would cost more than it saves."""
    count = edges.shape[1]
    if count > _FEW:
        return np.zeros(count, np.bool_)
    near = _gaps(edges[:, :, None], edges[:, None]) <= reach
    return np.asarray(near.sum(axis=1) == 1, np.bool_)


def chain(
    groups: Sequence[Part],
    height: float,
    parted: Callable[[Box, Box], bool] = lambda _left, _right: False,
) -> list[list[Part]]:
    """Chain right neighbours to lines, in any order; a wide gap begins a new line of its own, and
    so does what is `parted` from its left neighbour."""
    if len(groups) == 1:
        return [list(groups)]
    edges = [(box.x, box.y, box.right, box.bottom) for box in (group.box for group in groups)]
    rows = chain_edges(
        edges, height, lambda left, right: parted(groups[left].box, groups[right].box)
    )
    return [[groups[at] for at in row] for row in rows]


def chain_edges(
    edges: Sequence[tuple[float, float, float, float]],
    height: float,
    parted: Callable[[int, int], bool] = lambda _left, _right: False,
) -> list[list[int]]:
    """The same of boxes by their edges, left, top, right, bottom, told apart by their numbers."""
    rows: list[list[int]] = []
    ends: list[_End] = []  # of rows that end near enough to go on
    for at in sorted(range(len(edges)), key=lambda at: edges[at][0]):
        left, top, right, bottom = edges[at]
        nearest = left - SPLIT_GAP * height
        best, best_share, gone = None, 0.4, False
        for each in ends:
            if each.right < nearest:
                gone = True
            elif each.top < bottom and each.bottom > top:
                lower = min(each.bottom - each.top, bottom - top)
                both = min(each.bottom, bottom) - max(each.top, top)
                if both > best_share * lower and not parted(each.row[-1], at):
                    best, best_share = each, both / lower
        if gone:
            ends = [each for each in ends if each.right >= nearest]
        if best is None:
            best = _End()
            ends.append(best)
            rows.append(best.row)
        best.row.append(at)
        best.top, best.right, best.bottom = top, right, bottom
    return rows


class _End:
    """A row, by the numbers of its boxes, and, at hand, the edges of its last one."""

    __slots__ = ("bottom", "right", "row", "top")

    def __init__(self) -> None:
        self.row: list[int] = []
        self.top = self.right = self.bottom = 0.0


def reading_order(rows: list[list[Part]]) -> list[list[Part]]:
    """Top to bottom; rows whose middles lie within each other's height stand side by side."""
    if len(rows) == 1:
        return rows
    bands: list[list[list[Part]]] = []
    for row in sorted(rows, key=lambda r: merge(r).box.y + merge(r).box.height / 2):
        box = merge(row).box
        middle = box.y + box.height / 2
        if bands:
            first = merge(bands[-1][0]).box
            if first.y <= middle <= first.bottom:
                bands[-1].append(row)
                continue
        bands.append([row])
    return [row for band in bands for row in sorted(band, key=lambda r: r[0].box.x)]


def cut_out(contrast: Grey, floor: int, found: Components, part: Part, total: int) -> Candidate:
    """Cut out the own ink of a part of what was `found`, its grey edges included, scaled so that
    its pen is 1; `contrast` and `floor` are those of Ink, `total` is all its pixels."""
    box = part.box
    window = np.s_[max(0, box.y - 1) : box.bottom + 1, max(0, box.x - 1) : box.right + 1]
    near, inked = contrast[window], found.mask[window]
    if cv2.countNonZero(inked) == part.area:  # nothing else is there
        own, fringe = inked, cv2.dilate(inked, _NEAR)
    else:
        own = found.labelled.own(window, part.labels, inked)
        fringe = cv2.subtract(cv2.dilate(own, _NEAR), cv2.subtract(inked, own))
    pen = _quantile(near, own, LEVEL)
    ink = cv2.LUT(cv2.multiply(near, fringe), _strengths(floor, pen))
    cut = touches_side(box, found.mask)
    return Candidate(box, part.area / total, np.asarray(ink, np.float32), cut, pen)


def touches_side(box: Box, mask: Grey) -> bool:
    """Whether a box reaches a side of its mask, (H, W)."""
    height, width = mask.shape
    return box.x == 0 or box.y == 0 or box.right == width or box.bottom == height


class Cutter:
    """Cuts many parts out of what was `found` on one page, as `cut_out` does; `levels` are those of
    its contrast. Round most parts lies nothing but paper: then what is theirs need not be told from
    the rest by its labels."""

    def __init__(
        self, contrast: Grey, floor: int, found: Components, total: int, levels: Levels
    ) -> None:
        self._contrast, self._floor, self._mask = contrast, floor, found.mask
        self._found, self._total = found, total
        self._pens = levels.quantiles(LEVEL).tolist()
        self._near = cv2.dilate(found.mask, _NEAR)

    def cut_out(self, part: Part) -> Candidate:
        """What may be one digit."""
        box = part.box
        top, bottom, left, right = box.y - 1, box.bottom + 1, box.x - 1, box.right + 1
        around = self._mask[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1]
        if cv2.countNonZero(around) > part.area:
            return cut_out(self._contrast, self._floor, self._found, part, self._total)
        window = np.s_[max(0, top) : bottom, max(0, left) : right]
        near = cv2.multiply(self._contrast[window], self._near[window])
        if len(part.labels) == 1:
            pen = self._pens[part.labels[0] - 1]
        else:
            pen = _quantile(near, self._mask[window], LEVEL)
        ink = cv2.LUT(near, _strengths(self._floor, pen))
        return Candidate(box, part.area / self._total, np.asarray(ink, np.float32))


@lru_cache(maxsize=4096)
def _strengths(floor: int, pen: float) -> npt.NDArray[np.float32]:
    """How much ink each contrast is, (256,): 0 below the noise, where a stroke's edge still is, 1
    from the contrast of the `pen` on. A pile of scans has few floors and pens."""
    ground = floor / 2
    span = max(1.0, pen - ground)
    strengths = (_LEVELS - np.float32(ground)) * np.float32(1 / span)
    return np.asarray(np.minimum(np.maximum(strengths, 0), 1), np.float32)  # of no contrast, none


def _quantile(image: Grey, mask: Grey, quantile: float) -> float:
    """The lower neighbour of numpy's quantile of the pixels where `mask`, of 0 and 1, is 1."""
    if image.size > FEW:
        passed = cv2.calcHist([image], [0], mask, [256], [0, 256]).ravel().cumsum()
        return float(passed.searchsorted(math.floor(quantile * (passed[-1] - 1)), "right"))
    values = image[mask.view(np.bool_)]
    at = math.floor(quantile * (len(values) - 1))
    values.partition(at)
    return float(values[at])
