"""Two networks, one reading: what the line reader's answers change.

The glyph network reads what components propose; the line reader sees the same place as a whole. Of
the texts that either holds for possible, the likeliest one by the calibrated probability is kept,
and with it what else was read. Where both see the same number of digits and differ in one, a person
should look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from ..checks import fits
from ..records import (
    AskedLine,
    Box,
    Digit,
    Doubt,
    Evidence,
    Expected,
    Line,
    PageReading,
    SeenDigit,
    SeenLine,
    Status,
)
from .alignment import align
from .assemble import LEFT_OUT, box_of, text_of
from .choice import EVEN, STROKE
from .evidence import Opinions
from .line_view import LineView
from .marks import MISFIT
from .parts import SPLIT_GAP
from .questions import Question

TORN = 0.3  # of a reading's probability: a rival with as much leaves the line reader in doubt
ALTERNATIVES = 4
LEAST = 0.001  # probability of an alternative
LIKELY = 0.5  # probability of a lone digit, from which the line reader does not overrule it
NEW_DIGITS = 2  # where the glyph network reads nothing, a number has so many at least
SUSPECTED = 0.2  # its probability, from which a person should look
COVERED = 0.8  # of the columns with ink: what digits leave more of is a word with letters like them
INK = 0.5  # of a view's pixels, from which they are ink
ONE_SIDED = "read as a whole line only"
AMBIGUOUS = "may be read in two ways"
NO_DIGIT = 0.5  # the line reader's probability of nothing, from which a sure digit is in doubt


class LineNetwork(Protocol):
    """The line reader as reading sees it."""

    @property
    def review_below(self) -> float:
        """The confidence under which a person should look, of a line as the mean of its digits:
        the root of its probability."""

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        """What is written on each line."""

    def probabilities(self, texts: Sequence[Evidence], doubt: Doubt) -> list[float]:
        """The calibrated probability of each text that it is what is written; what is missing to 1
        is that of something else."""


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
    if not asked:
        return reading
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
            held = opinions(about, question, seen)
            verdict = _judge(held, question.expected, network, review_below)
            if question.place is None:
                settled = _whole(about, held, verdict, together)
            else:
                settled = [_line(about[0], question, held, verdict)]
            settled = [_reminded(line, about) for line in settled]
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


def torn(text: str, known: dict[str, float]) -> bool:
    """Whether the line reader, whose readings are `known`, hesitates between this text and another:
    both networks may well agree on what is the wrong one."""
    rival = max((chance for other, chance in known.items() if other != text), default=0.0)
    return rival > TORN * known.get(text, 0.0)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Which text holds, and how sure that is."""

    text: str
    confidence: float
    status: Status
    reason: str
    alternatives: tuple[tuple[str, float], ...]


def opinions(lines: Sequence[Line], question: Question, seen: SeenLine) -> Opinions:
    """Both networks on what `lines` are about."""
    sure = all(line.status is Status.READ for line in lines)
    return Opinions(
        given=tuple(digit for line in lines for digit in line.digits),
        status=Status.READ if sure else Status.REVIEW,
        left_out=any(line.reason for line in lines),
        seen=seen,
        boxes=tuple(_place(digit, question) for digit in seen.digits),
    )


def _judge(
    held: Opinions, expected: Expected, network: LineNetwork, review_below: float
) -> _Verdict:
    """Decide between the texts that come into question. What the glyph network is sure of and the
    line reader confirms is read."""
    chances = _chances(held, network)
    text = _likeliest(chances, expected)
    is_lost = _loses(text, held, expected)
    if is_lost:  # beside a desk the line reader often sees no digit
        text = held.text
    confidence = chances[text]
    reason = ""
    if is_lost or differ((held.text, held.seen.text)):
        reason = f"read as {held.text} and as {held.seen.text}"
    elif held.given and not held.seen.text:
        reason = "may be no digit"
    elif torn(text, held.known):
        reason = AMBIGUOUS
    elif (other := max(chances, key=lambda each: chances[each])) != text:
        reason = f"without the hints: {other}"
    agreed = held.text == held.seen.text == text
    sure = agreed and held.status is Status.READ
    sure = sure or confidence ** (1 / max(1, len(text))) >= review_below
    status = Status.READ if sure and not reason else Status.REVIEW
    if not reason and held.left_out and agreed and status is Status.REVIEW:
        reason = LEFT_OUT
    return _Verdict(text, confidence, status, reason, _others(text, chances))


def _loses(text: str, held: Opinions, expected: Expected) -> bool:
    """Whether a digit is missing that the glyph network is sure of, is as high as the others and
    not unexpected."""
    if held.status is not Status.READ or not 0 < len(text) < len(held.given):
        return False
    heights = [digit.box.height for digit in held.given]
    return min(heights) >= EVEN * max(heights) and fits(expected, [*map(int, held.text)])


def _chances(held: Opinions, network: LineNetwork) -> dict[str, float]:
    """The texts that come into question, with their probabilities: a hint makes none likelier."""
    said = network.probabilities(held.evidence(held.texts), held.doubt)
    return dict(zip(held.texts, said, strict=True))


def _likeliest(chances: dict[str, float], expected: Expected) -> str:
    """The likeliest text as `expected`, unless another one is a thousand times as likely."""
    least = math.exp(-MISFIT) * max(chances.values())
    fitting = [
        text
        for text, chance in chances.items()
        if chance >= least and fits(expected, [*map(int, text)])
    ]
    return max(fitting or chances, key=lambda text: chances[text])


def _others(text: str, chances: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Other readings and their probabilities."""
    others = [(other, chance) for other, chance in chances.items() if other != text]
    ranked = sorted(others, key=lambda pair: -pair[1])
    return tuple(pair for pair in ranked if pair[1] >= LEAST)[:ALTERNATIVES]


def _settled(lines: list[Line], question: Question, seen: SeenLine) -> list[Line] | None:
    """A lone digit, for which the glyph network is the better judge. What it holds for likely
    stays, for review, where the line reader sees another one; what it is sure of stays anyway, for
    review where the line reader sees nothing there (a stroke alone fills its view whatever it is,
    so that of a 1 it cannot know). None where there is more to judge, such as several digits on
    the whole picture; beside a digit on a page they may be its neighbours."""
    if question.expected != Expected() or len(lines) != 1 or len(lines[0].text) > 1:
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


def _line(line: Line, question: Question, held: Opinions, verdict: _Verdict) -> Line:
    """One of the page's lines after the verdict."""
    if not verdict.text:
        return replace(line, status=Status.REVIEW, reason=verdict.reason)
    doubted = verdict.confidence < LIKELY or _covered(question.view, held.seen) < COVERED
    if question.is_row and verdict.text != line.text and doubted:
        others = ((verdict.text, verdict.confidence), *verdict.alternatives)
        ranked = sorted(others, key=lambda other: -other[1])
        others = tuple(other for other in ranked if other[0] != line.text)
        reason = verdict.reason or f"read as {line.text} and as {verdict.text}"
        return replace(line, status=Status.REVIEW, reason=reason, alternatives=others)
    return _told(_digits(held, verdict.text), verdict)


def _whole(lines: list[Line], held: Opinions, verdict: _Verdict, together: bool) -> list[Line]:
    """The lines of a picture that is one line of writing, perhaps in groups far apart."""
    if not verdict.text:
        return [replace(line, status=Status.REVIEW, reason=verdict.reason) for line in lines]
    digits = _digits(held, verdict.text)
    groups: Sequence[Sequence[Digit]]
    if together:
        groups = [digits]
    elif verdict.text == held.text:
        rest = iter(digits)
        groups = [[next(rest) for _ in line.digits] for line in lines]
    else:
        groups = _groups(digits)
    return [_told(group, verdict) for group in groups]


def _new_line(question: Question, seen: SeenLine, network: LineNetwork) -> Line | None:
    """What only the line reader sees, for review, likely or not: a number must not be lost without
    a word. None where it is hardly one."""
    if not seen.text or _covered(question.view, seen) < COVERED:
        return None
    held = opinions((), question, seen)
    chances = _chances(held, network)
    numbers = {
        text: chance
        for text, chance in chances.items()
        if len(text) >= NEW_DIGITS and chance >= SUSPECTED
    }
    if max(held.texts, key=lambda text: chances[text] if text else 0.0) not in numbers:
        return None
    text = _likeliest(numbers, question.expected)
    confidence = chances[text]
    digits = _digits(held, text)
    others = _others(text, chances)
    return Line(digits, text, confidence, box_of(digits), Status.REVIEW, ONE_SIDED, others)


def _covered(view: LineView, seen: SeenLine) -> float:
    """The share of the view's columns with ink that lie within its digits."""
    inked = view.pixels.max(axis=0) > INK
    within = np.zeros(len(inked), np.bool_)
    for digit in seen.digits:
        within[max(0, math.floor(digit.left) - 1) : math.ceil(digit.right) + 1] = True
    return int((inked & within).sum()) / max(1, int(inked.sum()))


def _reminded(line: Line, before: Sequence[Line]) -> Line:
    """A line for review with what a person should know of the reading `before`, such as that it was
    changed to fit."""
    if line.status is Status.READ:
        return line
    told = [each.reason for each in before if each.reason not in ("", LEFT_OUT)]
    own = "" if told and line.reason == LEFT_OUT else line.reason
    reasons = dict.fromkeys(reason for reason in (*told, own) if reason)
    return replace(line, reason="; ".join(reasons))


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


def _digits(held: Opinions, text: str) -> tuple[Digit, ...]:
    """The digits of `text` where they stand: in the glyph network's boxes where it sees them, with
    the mean of both networks' probabilities where both do."""
    twins = held.twins()
    if text == held.text:
        seen = {id(twin): n for n, twin in enumerate(twins) if twin is not None}
        return tuple(
            _mean(digit, held.seen.digits[seen[id(digit)]], digit.digit)
            if id(digit) in seen
            else digit
            for digit in held.given
        )
    found: list[Digit] = []
    places = iter(zip(held.seen.digits, held.boxes, twins, strict=True))
    for before, after in align(held.seen.text, text):
        other, box, twin = next(places) if before is not None else (None, None, None)
        if after is None:
            continue
        if other is None or box is None:
            found.append(_between(found, held, int(after)))
        elif twin is not None:
            found.append(_mean(twin, other, int(after)))
        else:
            sure = other.probabilities[int(after)]
            found.append(Digit(box, int(after), sure, other.probabilities))
    return tuple(found)


def _between(before: Sequence[Digit], held: Opinions, label: int) -> Digit:
    """A digit of which nobody says where it stands: where those `before` end, or the line
    begins."""
    box = before[-1].box if before else held.boxes[0]
    x = box.right - 1 if before else box.x
    return Digit(Box(x, box.y, 1, box.height), label, 0.0, (0.0,) * 10)


def _place(digit: SeenDigit, question: Question) -> Box:
    """Where the line reader sees a digit, in the page's own pixels."""
    view = question.view
    return question.to_page(view.box_in_picture(digit.left, digit.top, digit.right, digit.bottom))


def _mean(digit: Digit, other: SeenDigit, label: int) -> Digit:
    pairs = zip(digit.probabilities, other.probabilities, strict=True)
    means = tuple((one + two) / 2 for one, two in pairs)
    return Digit(digit.box, label, means[label], means)


def _groups(digits: Sequence[Digit]) -> list[list[Digit]]:
    """Digits from left to right, parted where the gap is wide."""
    apart = SPLIT_GAP * float(np.median([digit.box.height for digit in digits]))
    groups = [[digits[0]]]
    for before, digit in pairwise(digits):
        if digit.box.x - before.box.right > apart:
            groups.append([])
        groups[-1].append(digit)
    return groups
