"""The layout that was chosen -> the lines of a page, in the page's own pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..records import DIGITS, Box, Digit, Line, Page, PageReading, Status
from .choice import Choice, Probabilities

LEFT_OUT = "a mark here was taken for no digit"


def assemble(page: Page, factor: int, chosen: Choice | None, threshold: float) -> PageReading:
    """A page's reading by the layout that was `chosen`, whose boxes are `factor` times smaller than
    the page's pixels; lines with a digit below the confidence `threshold` are for review."""
    lines = _lines(page, factor, chosen, threshold) if chosen else ()
    return PageReading(page.number, page.width, page.height, lines)


def text_of(digits: Sequence[Digit]) -> str:
    """The digits as they are written."""
    return "".join(str(digit.digit) for digit in digits)


def box_of(digits: Sequence[Digit]) -> Box:
    """The box around all digits of a line, one at least."""
    box = digits[0].box
    for digit in digits[1:]:
        box = box.union(digit.box)
    return box


def status_of(lines: Sequence[Line]) -> Status:
    """That of a page or a scan with these lines."""
    if not lines:
        return Status.EMPTY
    return Status.REVIEW if any(line.status is Status.REVIEW for line in lines) else Status.READ


def _lines(page: Page, factor: int, chosen: Choice, threshold: float) -> tuple[Line, ...]:
    """The layout's lines of digits, without what the network holds for none.

    A line from which a mark was left out is for a person to look at: it may have been two digits
    that touch.
    """
    every = iter(zip(chosen.rows, chosen.digits, strict=True))
    lines = []
    for number, candidates in enumerate(chosen.layout.lines):
        marks = [(candidate, *next(every)) for candidate in candidates]
        digits = tuple(
            digit_of(enlarge(candidate.box, page, factor), row, digit)
            for candidate, row, digit in marks
            if digit is not None
        )
        if digits:
            whole = len(digits) == len(marks) and not chosen.layout.partial
            reason = ""
            if chosen.fitted:
                whole, reason = chosen.fitted.complete[number], chosen.fitted.reasons[number]
            lines.append(line_of(digits, threshold, whole=whole, reason=reason))
    return tuple(lines)


def digit_of(box: Box, row: Probabilities, digit: int) -> Digit:
    """A digit where it stands, and what the network says of it: `row` (10 or 11,)."""
    probabilities = tuple(row[:DIGITS].tolist())
    return Digit(box, digit, probabilities[digit], probabilities)


def enlarge(box: Box, page: Page, factor: int) -> Box:
    """A box of the reduced page in pixels of the page itself."""
    scale = factor * page.reduction
    x, y = min(box.x * scale, page.width - 1), min(box.y * scale, page.height - 1)
    right, bottom = min(box.right * scale, page.width), min(box.bottom * scale, page.height)
    return Box(x, y, right - x, bottom - y)


def line_of(digits: tuple[Digit, ...], threshold: float, *, whole: bool, reason: str = "") -> Line:
    """A line of digits; for review where one is below the confidence `threshold`, it is not
    `whole`, or there is a `reason`."""
    confidences = [digit.confidence for digit in digits]
    reason = reason or ("" if whole else LEFT_OUT)
    sure = not reason and min(confidences) >= threshold
    status = Status.READ if sure else Status.REVIEW
    return Line(digits, text_of(digits), math.prod(confidences), box_of(digits), status, reason)
