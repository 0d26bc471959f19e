"""A picture read as the page that it looks like, and as none: which reading holds, and what of it
is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from ..records import Line, PageReading
from .doubts import LEFT_ONE_OUT, MUCH_ELSE, are_dashes, doubted, for_review
from .no_page import (
    adds_a_stroke,
    contradicts,
    holds_little,
    is_better,
    leaves_out,
    may_lie_upright,
)
from .second import First
from .stubs import STUBS, stubs
from .verdict import AMBIGUOUS

TURNED = "the page may lie another way up"

Read: TypeAlias = tuple[First, PageReading]


def better(read: Read, otherwise: Read | None = None) -> Read:
    """How a picture is read better: as the page that it looks like, or `otherwise`. What is in
    doubt is for review."""
    first, reading = read
    look = first.found.look
    if look is None:
        return first, _doubted(first, reading)
    turn = TURNED if look.may_lie_otherwise else ""
    if otherwise is None:
        return first, _with_stubs(reading, [for_review(line, turn) for line in reading.lines])
    longer = max(reading.width, reading.height)
    if is_better(_placed(otherwise), _placed(read), look, longer):
        return better(otherwise)
    others = _placed(otherwise)
    little = are_dashes(reading.lines) or (not others and holds_little(look, reading.lines))
    reason = MUCH_ELSE if little else turn
    if leaves_out(others, _placed(read), look):
        reason = LEFT_ONE_OUT
    if may_lie_upright(others, look, longer):
        reason = AMBIGUOUS
    lines = []
    for line, placed in zip(reading.lines, _placed(read), strict=True):
        in_doubt = contradicts(others, placed, look) or adds_a_stroke(others, placed, longer)
        lines.append(for_review(line, AMBIGUOUS if in_doubt else reason))
    return first, _with_stubs(reading, lines)


def _with_stubs(reading: PageReading, lines: Sequence[Line]) -> PageReading:
    """The reading of a page with these lines; those with what may be left of a rule are for
    review."""
    columns = stubs(lines)
    told = [
        for_review(line, STUBS if number in columns else "") for number, line in enumerate(lines)
    ]
    return _with(reading, told)


def _placed(read: Read) -> tuple[Line, ...]:
    """The lines in the page's own pixels."""
    first, reading = read
    return first.found.view.placed(reading).lines


def _doubted(first: First, reading: PageReading) -> PageReading:
    """The reading of what is no page; lone digits that are in doubt are for review."""
    found = first.found
    told = found.draft.scan.hints.expect is not None
    lines = doubted(reading.lines, found.view.part, found.factor, first.choices, told=told)
    return _with(reading, lines) if told else _with_stubs(reading, lines)


def _with(reading: PageReading, lines: Sequence[Line]) -> PageReading:
    """The reading with these lines."""
    return replace(reading, lines=tuple(lines))
