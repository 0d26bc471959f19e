"""Which of the texts that either network holds for possible is what is written, and how sure that
is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..checks import fits
from ..records import AskedLine, Doubt, Evidence, Expected, SeenLine, Status
from .assemble import LEFT_OUT
from .choice import EVEN
from .evidence import Opinions
from .marks import MISFIT

TORN = 0.3  # of a reading's probability: a rival with as much leaves the line reader in doubt
ALTERNATIVES = 4
LEAST = 0.001  # probability of an alternative
AMBIGUOUS = "may be read in two ways"


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which text holds, and how sure that is."""

    text: str
    confidence: float
    status: Status
    reason: str
    alternatives: tuple[tuple[str, float], ...]


def judge(held: Opinions, expected: Expected, network: LineNetwork, review_below: float) -> Verdict:
    """Decide between the texts that come into question. What the glyph network is sure of and the
    line reader confirms is read."""
    chances = chances_of(held, network)
    text = likeliest(chances, expected)
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
    return Verdict(text, confidence, status, reason, others_of(text, chances))


def _loses(text: str, held: Opinions, expected: Expected) -> bool:
    """Whether a digit is missing that the glyph network is sure of, is as high as the others and
    not unexpected."""
    if held.status is not Status.READ or not 0 < len(text) < len(held.given):
        return False
    heights = [digit.box.height for digit in held.given]
    return min(heights) >= EVEN * max(heights) and fits(expected, [*map(int, held.text)])


def chances_of(held: Opinions, network: LineNetwork) -> dict[str, float]:
    """The texts that come into question, with their probabilities: a hint makes none likelier."""
    said = network.probabilities(held.evidence(held.texts), held.doubt)
    return dict(zip(held.texts, said, strict=True))


def likeliest(chances: dict[str, float], expected: Expected) -> str:
    """The likeliest text as `expected`, unless another one is a thousand times as likely."""
    least = math.exp(-MISFIT) * max(chances.values())
    fitting = [
        text
        for text, chance in chances.items()
        if chance >= least and fits(expected, [*map(int, text)])
    ]
    return max(fitting or chances, key=lambda text: chances[text])


def others_of(text: str, chances: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Other readings and their probabilities."""
    others = [(other, chance) for other, chance in chances.items() if other != text]
    ranked = sorted(others, key=lambda pair: -pair[1])
    return tuple(pair for pair in ranked if pair[1] >= LEAST)[:ALTERNATIVES]


def differ(texts: Sequence[str]) -> bool:
    """Whether these are readings of the same digits that differ: as many of them, but others."""
    return len(set(texts)) > 1 and len({len(text) for text in texts}) == 1


def torn(text: str, known: dict[str, float]) -> bool:
    """Whether the line reader, whose readings are `known`, hesitates between this text and another:
    both networks may well agree on what is the wrong one."""
    rival = max((chance for other, chance in known.items() if other != text), default=0.0)
    return rival > TORN * known.get(text, 0.0)
