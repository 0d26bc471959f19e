"""What users know of their paper, used in reading: the best reading that fits, or why none does.

A reading that fits is preferred, unless it is a thousand times less probable than one that does
not: then the number is shown as it stands there, and the reason sends it to a person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ..checks import passes
from ..records import Check, Expect, Expected, Hints, Line, Status
from .choice import Choice, Fitted, best
from .layout import Layout
from .marks import MISFIT, Fit, Marks
from .parts import Candidate

_NAMES = {Check.LUHN: "Luhn", Check.MOD97: "mod-97", Check.EAN13: "EAN-13"}

_Lines = tuple[tuple[Candidate, ...], ...]


def fitted(choices: Sequence[Choice], hints: Hints) -> list[Choice]:
    """Every choice as it fits the hints best, what that costs in its score.

    Lines that stand side by side may become one; marks are taken for digits or left out, against
    what the network says of them, where the number of digits or of lines asks for it; and less
    likely digits are taken where the check asks for them.
    """
    plain = best(choices) if _says_something(hints) else None
    if plain is None:
        return list(choices)
    return [_fit(choice, hints, _text(plain.digits)) for choice in choices]


def is_one_number(hints: Hints, lines: Sequence[Line]) -> bool:
    """Whether digits far apart on one line belong together: the hints say so, or made one line of
    what fits."""
    return hints.line_count == 1 or (hints.line != Expected() and len(lines) == 1)


def judged(lines: Sequence[Line], hints: Hints) -> tuple[Line, ...]:
    """The lines of a page; those that are not as the hints say are for review, with the reason."""
    wanted = hints.line_count
    page = "" if wanted in (None, len(lines)) else misfit_of_page(wanted or 0, len(lines))
    return tuple(_judge(line, page or misfit(line.text, hints.line)) for line in lines)


def misfit(text: str, expected: Expected) -> str:
    """Why a line's digits are not as `expected`, in words; "" where they are."""
    least, most, count = expected.least, expected.most, len(text)
    if count < least or (most is not None and count > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}"
        wanted = str(least) if least == most else wanted
        return f"{wanted} {_plural('digit', most or 2)} expected, {count} found"
    if not passes(expected.check, [int(digit) for digit in text]):
        return f"fails the {_NAMES[expected.check]} check"
    return ""


def misfit_of_page(expected: int, found: int) -> str:
    """Why a page's number of lines is not as expected."""
    return f"{expected} {_plural('line', expected)} expected, {found} found"


def _says_something(hints: Hints) -> bool:
    return hints.line != Expected() or hints.line_count is not None


def _fit(choice: Choice, hints: Hints, plain: str) -> Choice:
    ways = _bracketings(choice.layout, hints)
    arranged = [(lines, _arrange(choice, lines, hints)) for lines in ways]
    lines, fits = min(arranged, key=lambda way: _cost(way[1], hints))
    dropped = choice.layout.partial or any(fit.cost for fit in fits if not fit.is_line)
    remark = _remark(fits, hints, plain)
    outcome = Fitted(
        digits=tuple(digit for fit in fits for digit in fit.digits),
        complete=tuple(fit.settled and not dropped for fit in fits),
        reasons=tuple(remark if fit.fits and (fit.cost or dropped) else "" for fit in fits),
    )
    return replace(
        choice,
        layout=replace(choice.layout, lines=lines),
        score=choice.score._replace(hints=_cost(fits, hints)),
        fitted=outcome,
    )


def _remark(fits: Sequence[Fit], hints: Hints, plain: str) -> str:
    """What a person should know of a reading that was changed to fit; `plain` is the one without
    hints."""
    if not plain or plain == _text([digit for fit in fits for digit in fit.digits]):
        return ""
    if hints.expect is Expect.DIGIT and len(plain) > 1:
        return misfit(plain, Expected(1, 1))
    several = sum(fit.is_line for fit in fits) > 1
    return "changed to fit the hints" if several else f"without the hints: {plain}"


def _cost(fits: Sequence[Fit], hints: Hints) -> float:
    wrong = hints.line_count not in (None, sum(fit.is_line for fit in fits))
    return sum(fit.cost for fit in fits) + MISFIT * wrong


def _bracketings(layout: Layout, hints: Hints) -> list[_Lines]:
    """The lines as they were found, and with those that stand side by side as one."""
    if hints.expect is Expect.DIGIT:
        return [(layout.candidates,)]
    merged: list[tuple[Candidate, ...]] = []
    for line in layout.lines:
        if merged and _side_by_side(merged[-1], line):
            merged[-1] += line
        else:
            merged.append(line)
    ways = [layout.lines]
    if len(merged) < len(layout.lines):
        ways.append(tuple(merged))
    return ways


def _side_by_side(left: Sequence[Candidate], right: Sequence[Candidate]) -> bool:
    """Whether a line goes on where another ends, at the same height."""
    a, b = _box(left), _box(right)
    middle = b[1] + (b[3] - b[1]) / 2
    return a[1] <= middle <= a[3] and b[0] >= a[2]


def _box(line: Sequence[Candidate]) -> tuple[int, int, int, int]:
    boxes = [candidate.box for candidate in line]
    return (
        min(box.x for box in boxes),
        min(box.y for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _arrange(choice: Choice, lines: _Lines, hints: Hints) -> list[Fit]:
    """What each line is read as: so many lines as are expected, if that is to be had."""
    found, at = [], 0
    digits = choice.digits
    for line in lines:
        part = slice(at, at + len(line))
        shares = [candidate.share for candidate in line]
        found.append(Marks(choice.rows[part], digits[part], shares))
        at += len(line)
    if hints.expect is Expect.DIGIT:
        return [marks.single() for marks in found]
    each = [marks.fit(hints.line) or marks.as_found() for marks in found]
    if hints.line_count is None:
        return each
    chosen = _select(found, hints.line, hints.line_count)
    return chosen if chosen and _cost(chosen, hints) < _cost(each, hints) else each


def _select(found: Sequence[Marks], expected: Expected, count: int) -> list[Fit] | None:
    """The `count` lines that are most probably what is expected, the others left out."""
    kept = [marks.fit(expected, forced=True) for marks in found]
    left_out = [marks.left_out() for marks in found]
    able = [number for number, fit in enumerate(kept) if fit]
    if len(able) < count:
        return None

    def gain(number: int) -> float:
        fit = kept[number]
        return fit.cost - left_out[number].cost if fit else math.inf

    chosen = set(sorted(able, key=gain)[:count])
    return [
        fit if fit and number in chosen else left_out[number] for number, fit in enumerate(kept)
    ]


def _judge(line: Line, reason: str) -> Line:
    if not reason:
        return line
    told = f"{reason}; {line.reason}" if line.reason else reason
    return replace(line, status=Status.REVIEW, reason=told)


def _text(digits: Sequence[int | None]) -> str:
    return "".join(str(digit) for digit in digits if digit is not None)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
