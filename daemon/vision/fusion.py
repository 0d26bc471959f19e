"""Two networks, one reading: what the line reader's answers change.

The glyph network reads what components propose; the line reader sees the same place as a whole. Of
the texts that either holds for possible, the likeliest one by the calibrated probability is kept,
and with it what else was read. Where both see the same number of digits and differ in one, a person
should look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..records import (
    Box,
    Digit,
    Expected,
    Line,
    PageReading,
    SeenDigit,
    SeenLine,
    Status,
)
from .alignment import align
from .assemble import LEFT_OUT, box_of, text_of
from .choice import STROKE
from .doubts import for_review
from .evidence import Opinions
from .line_view import LineView
from .parts import SPLIT_GAP
from .questions import Question
from .slashes import SLASH, is_among, least_height, slashes_in
from .verdict import LineNetwork, Verdict, chances_of, judge, likeliest, others_of

LIKELY = 0.5  # probability of a lone digit, from which the line reader does not overrule it
NEW_DIGITS = 2  # where the glyph network reads nothing, a number has so many at least
SUSPECTED = 0.2  # its probability, from which a person should look
DATED = 0.9  # probability of a line without them there: 126 of 132 drawn ones are right
DATES = 3  # lines of a page that are known without a slash, from which on it is left out
COVERED = 0.8  # of the columns with ink: what digits leave more of is a word with letters like them
INK = 0.5  # of a view's pixels, from which they are ink
ONE_SIDED = "read as a whole line only"
NO_DIGIT = 0.5  # the line reader's probability of nothing, from which a sure digit is in doubt


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
            verdict = judge(held, question.expected, network, review_below)
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
    return replace(reading, lines=tuple(with_slashes_told(lines)))


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


def _line(line: Line, question: Question, held: Opinions, verdict: Verdict) -> Line:
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


def _whole(lines: list[Line], held: Opinions, verdict: Verdict, together: bool) -> list[Line]:
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
    chances = chances_of(held, network)
    numbers = {
        text: chance
        for text, chance in chances.items()
        if len(text) >= NEW_DIGITS and chance >= SUSPECTED
    }
    if max(held.texts, key=lambda text: chances[text] if text else 0.0) not in numbers:
        return None
    text = likeliest(numbers, question.expected)
    confidence = chances[text]
    digits = _digits(held, text)
    others = others_of(text, chances)
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


def with_slashes_told(lines: list[Line]) -> list[Line]:
    """A page's lines, those for review that may have a slash, if one of them is known without it:
    dates stand below each other. Where several are, what may be a slash is left out of all, and
    those among them with another stroke between digits are for review."""
    known = [line.digits for line in lines if _is_known_without_slashes(line)]
    if not known:
        return lines
    if len(known) < DATES:
        return [for_review(line, SLASH if slashes_in(line.digits) else "") for line in lines]
    least = least_height(known)
    lines = [_without(line, slashes_in(line.digits, least)) for line in lines]
    dates = [line.box for line in lines if line.reason == SLASH]
    return [
        for_review(line, SLASH if is_among(line.digits, line.box, dates) else "") for line in lines
    ]


def _is_known_without_slashes(line: Line) -> bool:
    """Whether what may be a slash is no digit in another reading of the line."""
    slashes = slashes_in(line.digits)
    return bool(slashes) and _without(line, slashes).text in dict(line.alternatives)


def _without(line: Line, slashes: Sequence[int]) -> Line:
    """A line without these of its digits, for review; itself where there are none."""
    if not slashes:
        return line
    digits = tuple(digit for at, digit in enumerate(line.digits) if at not in slashes)
    text = text_of(digits)
    others = ((line.text, line.confidence), *line.alternatives)
    left = 1 - DATED
    return replace(
        line,
        digits=digits,
        text=text,
        confidence=DATED,
        status=Status.REVIEW,
        reason=SLASH,
        alternatives=tuple((each, min(chance, left)) for each, chance in others if each != text),
    )


def _told(digits: Sequence[Digit], verdict: Verdict) -> Line:
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
