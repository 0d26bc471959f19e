"""Dashed rules: lines to write on, to tear along, borders of cells.

A dash alone may be a minus or a 1, and turned by a quarter it is the other one. Many that are alike
and lie in a row, evenly far apart, are print.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .components import Components
from .page_rules import Rules

_LEAST = 6  # dashes side by side make a rule
_THICK = 1 / 200  # of the page's longer side: what is thicker is no dash
_SLIM = 1.5  # times its thickness: how long a dash is at least
_FULL = 0.75  # of its box, that its ink covers
_GAP = 2.0  # of its length, at most, to the next one
_LENGTH, _THICKNESS, _PITCH = 0.2, 0.4, 0.15  # by which those of a rule differ
_CROSSED = 3  # pitches: from one dash to the next where another rule hides what is between
_OFF = 0.3  # of its thickness, by which one lies off the line of its neighbour
_SLACK = 1.5  # px: what pixels make differ
_REACH = 24  # pitches: how much of a rule digits may hide
_MOST = 2000  # dashes: more is noise


class _Dash(NamedTuple):
    """A flat component: where it begins, its middle across, its length and thickness."""

    label: int
    start: int
    middle: float
    length: int
    thickness: int


def find_dashes(found: Components) -> tuple[Rules | None, Components]:
    """The dashed rules among the components of a page's ink, drawn through, where there are any;
    and the components without their dashes."""
    shape = found.mask.shape
    *_, width, height, area = found.boxes.T
    full = (area >= _FULL * width * height) & (np.minimum(width, height) <= max(shape) * _THICK)
    lying = _rules(_these(found, full & (width >= _SLIM * height)))
    standing = _rules(_these(found, full & (height >= _SLIM * width), upright=True))
    if not lying and not standing:
        return None, found
    labels = {dash.label for rule in (*lying, *standing) for dash in rule}
    upright = cv2.transpose(_drawn(standing, shape[::-1]))
    return Rules(_drawn(lying, shape), upright), found.without(labels)


def _these(found: Components, flat: npt.NDArray[np.bool_], *, upright: bool = False) -> list[_Dash]:
    """The flat ones of the components, (n,), which may lie or be `upright`, by their starts; none
    where these are too few for a rule or too many."""
    if not _LEAST <= np.count_nonzero(flat) <= _MOST:
        return []
    x, y, width, height, _ = found.boxes[flat].T
    if upright:
        x, y, width, height = y, x, height, width
    order = x.argsort(kind="stable")
    columns = found.listed[flat], x, y + height / 2, width, height
    return list(map(_Dash, *(each[order].tolist() for each in columns)))


def _rules(dashes: Sequence[_Dash]) -> list[list[_Dash]]:
    """The dashes of each rule, from its start on."""
    return [_whole(chain, dashes) for chain in _chains(dashes) if len(chain) >= _LEAST]


class _Chain:
    """Dashes that follow each other at even distances. Beyond its `reach` none that begins goes on
    with it."""

    __slots__ = ("dashes", "last", "pitch", "reach")

    def __init__(self, first: _Dash) -> None:
        self.dashes, self.last, self.pitch = [first], first, 0
        self.reach = first.start + (1 + _GAP) * first.length + 2 * _SLACK

    def add(self, dash: _Dash) -> None:
        """Let a dash follow."""
        self.pitch = self.pitch or dash.start - self.last.start
        self.dashes.append(dash)
        self.last = dash
        self.reach = dash.start + (_CROSSED + _PITCH) * self.pitch + 3 * _SLACK

    def goes_on(self, dash: _Dash) -> bool:
        """Whether a dash is the next one."""
        last, pitch = self.last, self.pitch
        step = dash.start - last.start
        if step <= last.length or not _alike(last, dash):
            return False
        if abs(dash.middle - last.middle) > max(1.0, _OFF * last.thickness):
            return False
        if not pitch:
            return step - last.length <= _GAP * last.length + _SLACK
        steps = min(_CROSSED, max(1, round(step / pitch)))
        return abs(step - steps * pitch) <= max(2 * _SLACK, _PITCH * pitch)


def _chains(dashes: Sequence[_Dash]) -> list[list[_Dash]]:
    """Dashes that follow each other at even distances, longest rows."""
    chains: list[_Chain] = []
    ends: dict[int, list[_Chain]] = {}  # by the row in which the last one lies
    for dash in dashes:
        row = int(dash.middle)
        chain = None
        for at in (row - 1, row, row + 1):
            if chain is None and ends.get(at):
                near = ends[at] = [each for each in ends[at] if each.reach >= dash.start]
                chain = next((each for each in near if each.goes_on(dash)), None)
                if chain is not None:
                    near.remove(chain)
        if chain is None:
            chain = _Chain(dash)
            chains.append(chain)
        else:
            chain.add(dash)
        ends.setdefault(row, []).append(chain)
    return [chain.dashes for chain in chains]


def _alike(one: _Dash, other: _Dash) -> bool:
    longer = abs(one.length - other.length) <= max(2 * _SLACK, _LENGTH * one.length)
    thicker = abs(one.thickness - other.thickness) <= max(_SLACK, _THICKNESS * one.thickness)
    return longer and thicker


def _whole(chain: list[_Dash], dashes: Sequence[_Dash]) -> list[_Dash]:
    """The rule with what goes on with it beyond the digits that hide a part of it."""
    starts = np.array([dash.start for dash in chain])
    pitch = float(np.median(np.diff(starts)))
    slope, at = np.polyfit(starts, [dash.middle for dash in chain], 1)
    model = chain[len(chain) // 2]
    off = _SLACK + _OFF * model.thickness
    others = [
        dash
        for dash in dashes
        if _alike(model, dash) and abs(at + slope * dash.start - dash.middle) <= off
    ]
    first = [dash for dash in reversed(others) if dash.start < chain[0].start]
    beyond = [dash for dash in others if dash.start > chain[-1].start]
    for dash in first:
        if chain[0].start - dash.start > _REACH * pitch:
            break
        chain.insert(0, dash)
    for dash in beyond:
        if dash.start - chain[-1].start > _REACH * pitch:
            break
        chain.append(dash)
    return chain


def _drawn(rules: Iterable[Sequence[_Dash]], shape: tuple[int, ...]) -> Grey:
    """A mask, (H, W) uint8 of 0 and 1, of lying rules, without their gaps."""
    mask = np.zeros(shape, np.uint8)
    for rule in rules:
        points = [(dash.start, dash.middle) for dash in rule]
        points.append((rule[-1].start + rule[-1].length, rule[-1].middle))
        line = np.rint(points).astype(np.int32)
        thickness = max(1, round(max(dash.thickness for dash in rule)))
        cv2.polylines(mask, [line], False, (1,), thickness)
    return mask
