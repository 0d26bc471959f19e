"""What speaks against a digit that stands alone, however sure the networks are of it.

Brought to 28x28 pixels, a scrap of a photograph, a shadow or the edge of a sheet may look like a
digit as clean as any. On its picture it does not: most of what there looks like ink is not writing,
or the mark is tiny, or it is a stroke that lies along the border or on its side. And of a 7 whose
bar came off, what is left is as clean a 1: all the pieces together are as likely something else.
What is doubted so is for review; so are any digits where the chosen layout leaves out another one,
as strong ink does whose pen is paler, or takes a row that hangs on a bar for one mark. A ring
round writing, as stamps have it, is as sure a 0 as any; and what reaches into a picture of a cell
from the next one may be as sure a digit as that which it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..records import Box, Digit, Grey, Ink, Line, Page, Status
from .assemble import enlarge
from .choice import STROKE, Choice, best, read_of
from .components import find_components
from .layout import FLUSH
from .left_out import leaves_one_out
from .neighbours import neighbours
from .paper import WIDEST_STROKE
from .parts import Candidate, are_one_mark
from .pens import other_pens
from .signs import signs

LEAST_READ = 0.3  # of the ink: where less was read, a lone digit may be a scrap of something else
LEFT_OVER = 0.97  # of the ink: where less was read, a stroke from side to side may be a rule
DASHES, MOSTLY = 4, 0.8  # strokes, each alone, and their share of all that is read
LEAST_HEIGHT = 8  # pixels: a lower digit has a few dozen, as any speck has
INK = 0.5  # of a candidate's ink, from which it is contact with the border
RIVAL = 0.5  # of a layout's score: one that has no less is as likely, or almost
HARDLY = 0.01  # of the ink: less is no difference
ZERO = 0  # the digit that is a ring
PIECE = 0.12  # of a 0's height: what is no larger inside of it is dirt
WRITING = 2  # such pieces: a dot or a slash is one, more are writing in a ring, as on a stamp
MOUTH = 0.3  # of its width: so wide at least is a line that lies in a ring
INNER = 0.5  # of its height: so high at least is a ring in a ring

MUCH_ELSE = "most of the ink here is no digit"
TINY = "too few pixels"
AT_THE_EDGE = "a stroke along the border may be an edge or a shadow"
SHADOW = "a stroke among shadows may be one of them"
LYING = "a stroke on its side may be no digit"
TWO_WAYS = "its pieces may be read in two ways"
RING = "a 0 with writing inside may be a ring"
CUT = "what the border cuts here may be a neighbour"
LEFT_ONE_OUT = "a digit beside what was read may be left out"


def doubted(
    lines: Sequence[Line],
    page: Page,
    factor: int,
    choices: Sequence[Choice],
    *,
    told: bool = False,
) -> tuple[Line, ...]:
    """The lines of a picture that is no whole page, read by the best of these `choices`, whose
    boxes are `factor` times smaller than the page's pixels; lone digits that are in doubt are for
    review, with the reason, and all where one may be left out. Where users `told` what stands
    there, only which digit it is can be in doubt."""
    chosen = best(choices)
    if chosen is None:
        return tuple(lines)
    others = [each for each in choices if each is not chosen]  # of most small pictures, none
    in_question = not told and (
        chosen.layout.touched or leaves_one_out(lines, page, factor, chosen, others)
    )
    rest = LEFT_ONE_OUT if in_question else ""
    rings = [] if told else _rings(page, factor, chosen)
    if rings:
        lines = [
            for_review(line, RING if any(digit.box in rings for digit in line.digits) else "")
            for line in lines
        ]
    cut = [] if told else neighbours(lines, page, factor, chosen)
    if cut:
        lines = [
            for_review(line, CUT if any(each in line.digits for each in cut) else "")
            for line in lines
        ]
    if not told and sum(len(line.digits) for line in lines) > 1:
        strange = other_pens(lines, page, factor, chosen)
        strange |= signs(lines, page, factor, [chosen, *others])
        lines = [for_review(line, strange.get(at, "")) for at, line in enumerate(lines)]
    if chosen.layout.widest < WIDEST_STROKE and len(lines) > 1 and not told:
        lines = [for_review(line, SHADOW if str(STROKE) in line.text else "") for line in lines]
    if any(len(line.digits) > 1 for line in lines):
        return tuple(for_review(line, rest) for line in lines)
    read = [candidate for candidate, _ in read_of(chosen)]
    own = sum(each.share for each in read) * chosen.layout.writing
    much_else = own < LEAST_READ and sum(_share(each, choices) for each in read) < LEAST_READ
    two_ways = bool(others) and _has_rival(chosen, others)

    def reason(digit: Digit) -> str:
        if two_ways:
            return TWO_WAYS
        if told:
            return ""
        if much_else:
            return MUCH_ELSE
        if digit.box.height < LEAST_HEIGHT:
            return TINY
        if digit.digit != STROKE:
            return rest
        if any(_is_flush(candidate, digit.box, page, factor) for candidate in read):
            return AT_THE_EDGE
        if own < LEFT_OVER and _goes_through(digit.box, page, factor):
            return AT_THE_EDGE
        if are_dashes(lines):
            return MUCH_ELSE
        return LYING if digit.box.width > digit.box.height else rest

    return tuple(for_review(line, reason(line.digits[0])) for line in lines)


def are_dashes(lines: Sequence[Line]) -> bool:
    """Whether hardly anything but lone strokes is read, and many of them: the pieces of dashed
    lines."""
    if any(len(line.digits) > 1 for line in lines):
        return False
    strokes = sum(line.digits[0].digit == STROKE for line in lines)
    return strokes >= max(DASHES, MOSTLY * len(lines))


def _rings(page: Page, factor: int, chosen: Choice) -> list[Box]:
    """Where on its page a layout has zeros with writing inside of them."""
    zeros = [mark for mark, digit in read_of(chosen) if digit == ZERO]
    return [enlarge(mark.box, page, factor) for mark in zeros if holds_writing(mark.ink)]


def holds_writing(zero: Ink) -> bool:
    """Whether a mark is a round line with several pieces inside, another round line, or one that
    lies there, as the mouth of a face."""
    found = find_components((zero > INK).view(np.uint8))
    if len(found.components) < 2:
        return False
    ring = max(found.components, key=lambda each: each.width * each.height)
    pieces = [
        each
        for each in found.components
        if max(each.height, each.width) >= PIECE * ring.height
        and ring.x < each.x
        and each.right < ring.right
        and ring.y < each.y
        and each.bottom < ring.bottom
    ]
    return len(pieces) >= WRITING or any(
        (each.height >= INNER * ring.height and _is_hollow(found.own(each)))
        or (each.width >= MOUTH * ring.width and each.width > each.height)
        for each in pieces
    )


def _is_hollow(own: Grey) -> bool:
    """Whether a mark, the pixels in its box, has no ink in the middle of it, as a slash has."""
    down, across = own.shape[0] // 3, own.shape[1] // 3
    return not own[down : -down or None, across : -across or None].any()


def _has_rival(chosen: Choice, others: Sequence[Choice]) -> bool:
    """Whether a layout that is almost as likely takes all of the ink that was read, and perhaps
    more, for one other digit."""
    own = read_of(chosen)
    digits, covered = [digit for _, digit in own], sum(mark.share for mark, _ in own)
    least = chosen.score.total - RIVAL
    near = (each for each in others if each.score.total >= least)
    return any(
        len(marks) == 1 and marks[0][1] not in digits and marks[0][0].share > covered - HARDLY
        for marks in map(read_of, near)
    )


def _share(candidate: Candidate, choices: Sequence[Choice]) -> float:
    """The share of the ink that a mark has on the mask, of those that the page leaves open, on
    which it has most: without the desk around a sheet, that is all of it."""
    return max(
        other.share * choice.layout.writing
        for choice in choices
        for other in choice.layout.candidates
        if are_one_mark(candidate.box, other.box)
    )


def _goes_through(box: Box, page: Page, factor: int) -> bool:
    """Whether a box goes from the top of its page to the bottom, or from side to side."""
    scale = factor * page.reduction
    down = box.y == 0 and box.bottom > page.height - scale
    return down or (box.x == 0 and box.right > page.width - scale)


def _is_flush(candidate: Candidate, box: Box, page: Page, factor: int) -> bool:
    """Whether a candidate, the one that stands in this `box` of its page, lies along a side of it
    and leaves room at the other side: what fills the picture was cut out so."""
    if enlarge(candidate.box, page, factor) != box:
        return False
    left, top = box.x == 0, box.y == 0
    scale = factor * page.reduction
    right, bottom = box.right > page.width - scale, box.bottom > page.height - scale
    ink = candidate.ink > INK
    contacts = (
        (left and not right, ink[:, 0]),
        (right and not left, ink[:, -1]),
        (top and not bottom, ink[0]),
        (bottom and not top, ink[-1]),
    )
    along = max((np.count_nonzero(side) for touches, side in contacts if touches), default=0)
    return bool(along >= FLUSH * max(candidate.box.width, candidate.box.height))


def for_review(line: Line, reason: str) -> Line:
    """The line, for review where there is a `reason`; one that it has already stays."""
    if not reason or line.reason:
        return line
    return replace(line, status=Status.REVIEW, reason=reason)
