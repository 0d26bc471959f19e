"""The layout that the network believes most, and which of its candidates are digits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ..records import DIGITS, Box
from .layout import Layout
from .parts import Candidate, are_one_mark, overlap

NO_DIGIT = 0.9  # probability of "no digit" from which a candidate is left out
STROKE = 1  # a digit that is a single stroke, as much that is none
DIGIT_COST = 0.2  # log probability that a layout pays for every digit
MIN_DIGITS = 2  # of a layout, that another may have strokes besides: of one they may be pieces
IN_A_ROW = 0.5  # of the lower of two marks: what they share of their height
ALIKE = 0.7  # of the height of these
EVEN = 0.6  # of the highest: what the lowest measures where nothing but digits is read
SURE = 0.9  # probability of one more
WHOLE = 0.95  # of what may be writing: what reads as much reads all of it
LEFT = 0.9  # of the ink that another layout reads: what reads less leaves some
SURELY_NO_DIGIT = 0.995  # the same where nothing else on the page is a digit: 1 - max_error_read

Probabilities: TypeAlias = npt.NDArray[np.float32]  # (N, 10 or 11); the eleventh: no digit at all


class Score(NamedTuple):
    """Log probability that every candidate is what it is taken for, and the ink thereby read.

    A product, so that two shaky halves do not beat one sure whole; between equals the layout of
    fewer digits wins (an open 4 in two strokes is no 11), and ink that a layout leaves out counts
    against it in proportion.
    """

    sure: float  # log probability of the candidates' likeliest classes
    digits: float  # what their number costs
    read: float  # logarithm of the share of the ink that is read
    cost: float  # what spoke against the layout before it was read
    hints: float = 0.0  # what it costs to read it as users say that their paper is

    @property
    def total(self) -> float:
        """The larger, the better; at most 0."""
        return self.sure - self.digits + self.read - self.cost - self.hints


@dataclass(frozen=True, slots=True)
class Fitted:
    """A layout read as hints ask for: a digit for each candidate, None where it is left out; and
    for each line whether it is `complete`, or something that was left out needs a person, and why
    a person should look, "" for no such reason."""

    digits: tuple[int | None, ...]
    complete: tuple[bool, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A layout and what the network says of it: `rows` (n, 10 or 11), one a candidate, and which of
    these `are_digits`, that is are read. `digits` are what each is read as; None: as no digit."""

    layout: Layout
    rows: Probabilities
    score: Score
    are_digits: tuple[bool, ...]
    fitted: Fitted | None = None
    digits: tuple[int | None, ...] = field(init=False)  # made once: they are asked for often

    def __post_init__(self) -> None:
        digits = self.fitted.digits if self.fitted else self._likeliest()
        object.__setattr__(self, "digits", digits)

    def _likeliest(self) -> tuple[int | None, ...]:
        likeliest = self.rows[:, :DIGITS].argmax(axis=1).tolist()
        return tuple(
            digit if is_digit else None
            for digit, is_digit in zip(likeliest, self.are_digits, strict=True)
        )


def weigh(layouts: Sequence[Layout], rows: Probabilities) -> list[Choice]:
    """Every layout with its score; `rows` are those of all their candidates, one after the
    other."""
    choices, at = [], 0
    for layout in layouts:
        own = rows[at : at + len(layout.candidates)]
        at += len(own)
        choices.append(Choice(layout, own, _score(layout, own), tuple(are_digits(own))))
    return choices


def best(choices: Sequence[Choice]) -> Choice | None:
    """The first of those with the highest score, or one with more digits that are as good, or whole
    ones where it has none; None among none."""
    if len(choices) < 2:  # of most small pictures, of which there may be millions
        return choices[0] if choices else None
    chosen = max(choices, key=_total)
    better = (each for each in choices if _is_better(each, chosen))
    chosen = max(better, key=_total, default=chosen)
    whole = (each for each in choices if _is_whole(each, chosen))
    return max(whole, key=_total, default=chosen)


def _total(choice: Choice) -> float:
    return choice.score.total


def _is_better(other: Choice, choice: Choice) -> bool:
    """Whether a layout that nothing more speaks against has more digits than another, and as good
    ones: each digit costs a little, so that no whole one is taken for pieces."""
    if other is choice or other.layout.cost > choice.layout.cost:
        return False
    if other.fitted or choice.fitted or not 0 < len(read_of(choice)) < len(read_of(other)):
        return False
    return _has_more(other, choice) or _is_clear(other, choice)


def _is_whole(other: Choice, choice: Choice) -> bool:
    """Whether a layout has a sure digit that stands free, where another has nothing but lower marks
    beside it that the picture may cut: of a cell of a table that hangs on its rules, what its
    neighbours reach into the picture."""
    own = read_of(choice)
    if not own or not all(mark.cut for mark, _ in own):
        return False
    if other.layout.light_on_dark != choice.layout.light_on_dark:
        return False
    tallest = max(mark.box.height for mark, _ in own)
    marks = zip(other.layout.candidates, other.digits, other.rows, strict=True)
    return any(
        digit is not None
        and not mark.cut
        and row[digit] >= SURE
        and mark.box.height >= tallest
        and not any(overlap(mark.box, each.box) for each, _ in own)
        for mark, digit, row in marks
    )


def _is_clear(other: Choice, choice: Choice) -> bool:
    """Whether a layout is nothing but sure digits of a like height, where another leaves ink unread
    or takes several for one that is less sure (a stroke may be a piece of any digit)."""
    heights = [mark.box.height for mark in other.layout.candidates]
    least = float(other.rows[:, :DIGITS].max(axis=1).min())
    if least < SURE or min(heights) < EVEN * max(heights) or _share(other) < WHOLE:
        return False
    if _share(choice) * choice.layout.writing < LEFT * other.layout.writing:
        return True
    return STROKE not in other.digits and least > float(choice.rows.max())


def _share(choice: Choice) -> float:
    """How much is read of the ink that may be writing."""
    return sum(mark.share for mark, _ in read_of(choice))


def _has_more(other: Choice, choice: Choice) -> bool:
    """Whether a layout has all digits of another and sure ones besides that are as high: on other
    ink, rules took one of them along. A stroke that stands in no row may be a sheet's edge."""
    own, others = read_of(choice), read_of(other)
    least = ALIKE * median(mark.box.height for mark, _ in own)
    twins = {
        number
        for number, (mark, digit) in enumerate(others)
        if any(digit == known and _is_twin(mark.box, each.box) for each, known in own)
    }
    rows = [row for row, is_digit in zip(other.rows, other.are_digits, strict=True) if is_digit]
    return len(twins) == len(own) and all(
        mark.box.height >= least
        and rows[number].max() >= SURE
        and (digit != STROKE or (len(own) >= MIN_DIGITS and _is_in_a_row(mark.box, own)))
        for number, (mark, digit) in enumerate(others)
        if number not in twins
    )


def _is_in_a_row(box: Box, read: Sequence[tuple[Candidate, int]]) -> bool:
    """Whether a mark stands at the height of one that is read."""
    return any(
        min(box.bottom, mark.box.bottom) - max(box.y, mark.box.y)
        >= IN_A_ROW * min(box.height, mark.box.height)
        for mark, _ in read
    )


def _is_twin(box: Box, other: Box) -> bool:
    """Whether a mark is another, perhaps without the rule that this one hangs on."""
    return are_one_mark(box, other) or other.union(box) == other


def read_of(choice: Choice) -> list[tuple[Candidate, int]]:
    """What is read of a layout."""
    pairs = zip(choice.layout.candidates, choice.digits, strict=True)
    return [(mark, digit) for mark, digit in pairs if digit is not None]


def are_digits(rows: Probabilities) -> list[bool]:
    """Which candidates of a layout are read.

    A page's only mark is left out on better evidence than one among many: losing a digit is worse
    than showing a person a smudge.
    """
    values: list[list[float]] = rows.tolist()
    limit = NO_DIGIT if any(not _is_no_digit(row) for row in values) else SURELY_NO_DIGIT
    return [not _is_no_digit(row, limit) for row in values]


def _score(layout: Layout, rows: Probabilities) -> Score:
    values: list[list[float]] = rows.tolist()  # few, as a rule
    sure = sum(math.log(max(*row, 1e-6)) for row in values)
    pairs = zip(layout.candidates, values, strict=True)
    read = sum(candidate.share for candidate, row in pairs if not _is_no_digit(row))
    return Score(sure, DIGIT_COST * len(rows), math.log(max(read, 1e-3)), layout.cost)


def _is_no_digit(row: Sequence[float], limit: float = NO_DIGIT) -> bool:
    return len(row) > DIGITS and row[DIGITS] > limit
