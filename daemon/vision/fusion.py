"""Two networks, one reading: what the line reader is asked, and what its answers change.

The glyph network reads what components propose; the line reader sees the same place as a whole. Of
the texts that they give, the likelier one by the calibrated probability is kept, and with it what
else was read. Where both see the same number of digits and differ in one, a person should look.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Protocol

import numpy as np

from ..records import (
    AskedLine,
    Box,
    Digit,
    Evidence,
    Expected,
    Grey,
    Line,
    Page,
    PageReading,
    SeenLine,
    Status,
)
from .assemble import LEFT_OUT, box_of, text_of
from .choice import STROKE
from .line_view import InkBand, LineView, find_band, looks
from .parts import SPLIT_GAP

ONE_LINE = 1.15  # of its height: a picture as wide as that, as two digits are, may be one line
LARGE = 0.25  # of the picture's height: writing as high as that may be its only line
SHADOWED = 2.5  # heights of what was read for sure: a band as high as that is none of writing
SMALL_PAGE = 32  # pixels: about a sure digit on a page not as wide and high, nothing is asked
BESIDE, ABOVE = 0.5, 0.2  # of a line's height: what is cut out around it
TALL = 0.5  # of a line's tallest digit: lower ones do not make its band
UNSEEN = 1e-5  # probability of what is not among the line reader's readings
TORN = 0.3  # of a reading's probability: a rival with as much leaves the line reader in doubt
ALTERNATIVES = 4
LEAST = 0.001  # probability of an alternative
LONGEST = 40  # heights: what is longer is no line of writing
LIKELY = 0.5  # probability of a lone digit, from which the line reader does not overrule it
NEW_DIGITS = 2  # where the glyph network reads nothing, a number has so many at least
SUSPECTED = 0.2  # its probability, from which a person should look
COVERED = 0.8  # of the columns with ink: what digits leave more of is a word with letters like them
INK = 0.5  # of a view's pixels, from which they are ink
ONE_SIDED = "read as a whole line only"
NO_DIGIT = 0.5  # the line reader's probability of nothing, from which a sure digit is in doubt


class LineNetwork(Protocol):
    """The line reader as reading sees it."""

    @property
    def review_below(self) -> float:
        """The confidence under which a person should look, of a line as the mean of its digits:
        the root of its probability."""

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        """What is written on each line."""

    def probability(self, evidence: Evidence) -> float:
        """The calibrated probability that this is what is written."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a page: its line number `place`, from 0, or where that is None the whole
    picture as one line; `is_row`, a row of a whole page; `is_new`, one that stands before that
    line, where nothing was read. `to_page` brings a box in the picture that `view`, the usual look,
    was made of to the page's own pixels."""

    place: int | None
    view: LineView
    asked: AskedLine
    to_page: Callable[[Box], Box]
    is_row: bool = False
    is_new: bool = False


def questions(
    page: Page, reading: PageReading, expected: Expected, *, light_on_dark: bool
) -> list[Question]:
    """What to ask the line reader about a page that the glyph network has read.

    About a lone 1 that is sure, nothing: a stroke fills its view whatever it is.
    """
    grey = 255 - page.pixels if light_on_dark else page.pixels
    lines = reading.lines
    digits = [digit for line in lines for digit in line.digits]
    band = _only_band(grey, lines, page.reduction)
    if band is not None:
        return [_question(None, looks(grey, band), page, (0, 0), expected)]
    if len(digits) == 1 and lines[0].status is Status.READ:
        (only,) = digits
        if expected == Expected() and (min(grey.shape) < SMALL_PAGE or only.digit == STROKE):
            return []
    return [
        _about_line(number, line, grey, page, expected)
        for number, line in enumerate(lines)
        if line.box.width <= LONGEST * line.box.height
    ]


def fuse(
    reading: PageReading,
    asked: Sequence[Question],
    answers: Sequence[SeenLine],
    network: LineNetwork,
    review_below: float,
    *,
    together: bool = False,
) -> PageReading:
    """The page's reading by both networks; lines whose digits are less sure than `review_below`, in
    the mean, are for review. `together` says that digits far apart on one line are one number."""
    lines = list(reading.lines)
    new: list[tuple[int, Line]] = []
    for question, seen in zip(asked, answers, strict=True):
        if question.is_new and question.place is not None:
            line = _new_line(question, seen, network)
            new += [(question.place, line)] if line else []
            continue
        about = lines if question.place is None else [lines[question.place]]
        settled = _settled(about, question, seen)
        if settled is None:
            verdict = _judge(about, question, seen, network, review_below)
            if question.place is None:
                settled = _whole(about, question, seen, verdict, together)
            else:
                settled = [_line(about[0], question, seen, verdict)]
        if question.place is None:
            lines = settled
        else:
            (lines[question.place],) = settled
    for place, line in reversed(new):
        lines.insert(place, line)
    return replace(reading, lines=tuple(lines))


def differ(texts: Sequence[str]) -> bool:
    """Whether these are readings of the same digits that differ: as many of them, but others."""
    return len(set(texts)) > 1 and len({len(text) for text in texts}) == 1


def torn(evidence: Evidence) -> bool:
    """Whether the line reader hesitates between this text and another: both networks may well
    agree on what is the wrong one."""
    return evidence.rival > TORN * evidence.seen


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Which text holds, and how sure that is."""

    text: str
    confidence: float
    status: Status
    reason: str
    alternatives: tuple[tuple[str, float], ...]


def _only_band(grey: Grey, lines: Sequence[Line], reduction: int) -> InkBand | None:
    """Where the ink lies of a picture that may be one line of writing; None of others."""
    height, width = grey.shape
    if width < ONE_LINE * height:
        return None
    # On patterned paper what is not sure may be anywhere, and of any size.
    sure = [line.box for line in lines if line.status is Status.READ]
    rows = [box for box in sure if box.height >= LARGE * height * reduction]
    if rows and max(box.y for box in rows) >= min(box.bottom for box in rows):
        return None
    band = find_band(grey)
    all_sure = len(sure) == len(lines) > 0
    shadowed = all_sure and band.height > SHADOWED * max(box.height for box in sure) / reduction
    long = band.right - band.left > LONGEST * band.height
    return None if shadowed or long or band.usual < LARGE * height else band


def _about_line(number: int, line: Line, grey: Grey, page: Page, expected: Expected) -> Question:
    """A question about what stands where the glyph network read a line."""
    tallest = max(digit.box.height for digit in line.digits)
    box = box_of([digit for digit in line.digits if digit.box.height >= TALL * tallest])
    edges = np.array([line.box.x, box.y, line.box.right, box.bottom]) / page.reduction
    left, top, right, bottom = edges.tolist()
    height = bottom - top
    x, y = max(0, int(left - BESIDE * height)), max(0, int(top - ABOVE * height))
    beyond, below = math.ceil(right + BESIDE * height), math.ceil(bottom + ABOVE * height)
    part = grey[y:below, x:beyond]
    band = InkBand(left - x, top - y, right - x, bottom - y, find_band(part).stroke)
    return _question(number, looks(part, band), page, (x, y), expected)


def _question(
    place: int | None,
    views: Sequence[LineView],
    page: Page,
    corner: tuple[int, int],
    expected: Expected,
) -> Question:
    asked = AskedLine(tuple(view.pixels for view in views), expected)
    return Question(place, views[0], asked, partial(_in_page, corner=corner, page=page))


def _judge(
    lines: Sequence[Line],
    question: Question,
    seen: SeenLine,
    network: LineNetwork,
    review_below: float,
) -> _Verdict:
    """Decide between what the glyph network gives, `lines`, and what the line reader sees. What
    the first is sure of and the second confirms is read."""
    given = [digit for line in lines for digit in line.digits]
    left_out = any(line.reason for line in lines)
    known_sure = all(line.status is Status.READ for line in lines)
    expected = question.asked.expected
    texts = dict.fromkeys((text_of(given), seen.text))
    if expected != Expected() and seen.fits:
        texts = dict.fromkeys((seen.text,))
    agreed = text_of(given) == seen.text
    known = {seen.text: seen.probability, **dict(seen.alternatives)}
    evidence = {text: _evidence(text, given, known, agreed, left_out) for text in texts}
    chances = {text: network.probability(each) for text, each in evidence.items()}
    text = max(chances, key=lambda each: chances[each])
    confidence = chances[text]
    reason = ""
    if differ((text_of(given), seen.text)):
        reason = f"read as {text_of(given)} and as {seen.text}"
    elif given and not seen.text:
        reason = "may be no digit"
    elif torn(evidence[text]):
        reason = "may be read in two ways"
    sure = (agreed and known_sure) or confidence ** (1 / max(1, len(text))) >= review_below
    status = Status.READ if sure and not reason else Status.REVIEW
    if not reason and left_out and agreed and status is Status.REVIEW:
        reason = LEFT_OUT
    return _Verdict(text, confidence, status, reason, _others(text, chances, known))


def _evidence(
    text: str,
    given: Sequence[Digit],
    known: dict[str, float],
    agreed: bool,
    left_out: bool,
) -> Evidence:
    rival = max((chance for other, chance in known.items() if other != text), default=0.0)
    glyphs = None
    if given and len(given) == len(text):
        glyphs = math.prod(
            digit.probabilities[int(own)] for digit, own in zip(given, text, strict=True)
        )
    return Evidence(text, known.get(text, UNSEEN), rival, glyphs, agreed, left_out)


def _others(
    text: str, chances: dict[str, float], known: dict[str, float]
) -> tuple[tuple[str, float], ...]:
    """Other readings and their probabilities, which share what `text` leaves."""
    left = 1 - chances[text]
    others = {other: chance for other, chance in (known | chances).items() if other != text}
    share = left / max(left, sum(others.values()), UNSEEN)
    ranked = sorted(others.items(), key=lambda pair: -pair[1])
    kept = [(other, chance * share) for other, chance in ranked if chance * share >= LEAST]
    return tuple(kept[:ALTERNATIVES])


def _settled(lines: list[Line], question: Question, seen: SeenLine) -> list[Line] | None:
    """A lone digit, for which the glyph network is the better judge. What it holds for likely
    stays, for review, where the line reader sees another one; what it is sure of stays anyway, for
    review where the line reader sees nothing there (a stroke alone fills its view whatever it is,
    so that of a 1 it cannot know). None where there is more to judge, such as several digits on
    the whole picture; beside a digit on a page they may be its neighbours."""
    if question.asked.expected != Expected() or len(lines) != 1 or len(lines[0].text) > 1:
        return None
    (line,) = lines
    if line.status is not Status.READ and (
        line.confidence < LIKELY or len(seen.text) != 1 or seen.text == line.text
    ):
        return None
    if len(seen.text) > 1:
        return None if question.place is None else lines
    if seen.text == line.text:
        return lines
    if not seen.text:
        if seen.probability < NO_DIGIT or line.digits[0].digit == STROKE:
            return lines
        return [replace(line, status=Status.REVIEW, reason="may be no digit")]
    reason = f"read as {line.text} and as {seen.text}"
    others = ((seen.text, min(seen.probability, 1 - line.confidence)),)
    return [replace(line, status=Status.REVIEW, reason=reason, alternatives=others)]


def _line(line: Line, question: Question, seen: SeenLine, verdict: _Verdict) -> Line:
    """One of the page's lines after the verdict."""
    if not verdict.text:
        return replace(line, status=Status.REVIEW, reason=verdict.reason)
    doubted = verdict.confidence < LIKELY or _covered(question.view, seen) < COVERED
    if question.is_row and verdict.text != line.text and doubted:
        others = ((verdict.text, verdict.confidence), *verdict.alternatives)
        others = tuple(other for other in others if other[0] != line.text)
        reason = verdict.reason or f"read as {line.text} and as {verdict.text}"
        return replace(line, status=Status.REVIEW, reason=reason, alternatives=others)
    digits = _digits(line.digits, question, seen, verdict.text)
    return _told(digits, verdict)


def _whole(
    lines: list[Line],
    question: Question,
    seen: SeenLine,
    verdict: _Verdict,
    together: bool,
) -> list[Line]:
    """The lines of a picture that is one line of writing, perhaps in groups far apart."""
    if not verdict.text:
        return [replace(line, status=Status.REVIEW, reason=verdict.reason) for line in lines]
    given = [digit for line in lines for digit in line.digits]
    digits = _digits(given, question, seen, verdict.text)
    if together:
        groups = [digits]
    elif verdict.text == text_of(given):
        rest = iter(digits)
        groups = [[next(rest) for _ in line.digits] for line in lines]
    else:
        groups = _groups(digits)
    return [_told(group, verdict) for group in groups]


def _new_line(question: Question, seen: SeenLine, network: LineNetwork) -> Line | None:
    """What only the line reader sees, for review, likely or not: a number must not be lost without
    a word. None where it is hardly one."""
    if len(seen.text) < NEW_DIGITS or _covered(question.view, seen) < COVERED:
        return None
    known = {seen.text: seen.probability, **dict(seen.alternatives)}
    confidence = network.probability(_evidence(seen.text, (), known, False, True))
    if confidence < SUSPECTED:
        return None
    digits = tuple(_seen_digits(question, seen))
    others = _others(seen.text, {seen.text: confidence}, known)
    return Line(digits, seen.text, confidence, box_of(digits), Status.REVIEW, ONE_SIDED, others)


def _covered(view: LineView, seen: SeenLine) -> float:
    """The share of the view's columns with ink that lie within its digits."""
    inked = view.pixels.max(axis=0) > INK
    within = np.zeros(len(inked), np.bool_)
    for digit in seen.digits:
        within[max(0, math.floor(digit.left) - 1) : math.ceil(digit.right) + 1] = True
    return int((inked & within).sum()) / max(1, int(inked.sum()))


def _told(digits: Sequence[Digit], verdict: _Verdict) -> Line:
    text = text_of(digits)
    whole = text == verdict.text
    return Line(
        tuple(digits),
        text,
        verdict.confidence,
        box_of(digits),
        verdict.status,
        verdict.reason,
        verdict.alternatives if whole else (),
    )


def _digits(given: Sequence[Digit], question: Question, seen: SeenLine, text: str) -> list[Digit]:
    """The digits of `text`: where both networks see as many, in the glyph network's boxes, with the
    mean of their probabilities."""
    if len(given) == len(seen.digits):
        return [
            _mean(digit, other.probabilities, int(own))
            for digit, other, own in zip(given, seen.digits, text, strict=True)
        ]
    if text != seen.text:
        return list(given)
    return _seen_digits(question, seen)


def _seen_digits(question: Question, seen: SeenLine) -> list[Digit]:
    """The digits that the line reader sees, where it sees them."""
    found = []
    for other in seen.digits:
        place = question.view.box_in_picture(other.left, other.top, other.right, other.bottom)
        confidence = other.probabilities[other.digit]
        found.append(Digit(question.to_page(place), other.digit, confidence, other.probabilities))
    return found


def _mean(digit: Digit, others: Sequence[float], own: int) -> Digit:
    means = tuple((one + other) / 2 for one, other in zip(digit.probabilities, others, strict=True))
    return Digit(digit.box, own, means[own], means)


def _in_page(box: Box, *, corner: tuple[int, int], page: Page) -> Box:
    """A box of the cut-out in the page's own pixels, within the page."""
    left, top = (box.x + corner[0]) * page.reduction, (box.y + corner[1]) * page.reduction
    right = left + box.width * page.reduction
    bottom = top + box.height * page.reduction
    x, y = min(max(0, left), page.width - 1), min(max(0, top), page.height - 1)
    return Box(x, y, max(1, min(right, page.width) - x), max(1, min(bottom, page.height) - y))


def _groups(digits: Sequence[Digit]) -> list[list[Digit]]:
    """Digits from left to right, parted where the gap is wide."""
    apart = SPLIT_GAP * float(np.median([digit.box.height for digit in digits]))
    groups = [[digits[0]]]
    for before, digit in pairwise(digits):
        if digit.box.x - before.box.right > apart:
            groups.append([])
        groups[-1].append(digit)
    return groups
