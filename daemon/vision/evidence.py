"""What speaks for each text that may stand on a line, by both networks.

The glyph network's word counts where it sees a digit at the same place as the line reader: where
digits touch, or paper is patterned, its pieces are of something else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import Box, Digit, Doubt, Evidence, SeenLine, Status
from .alignment import align
from .assemble import text_of

SAME = 0.5  # of the columns that two boxes cover together, they share: they are of the same digit
UNSEEN = 1e-3  # of the likeliest reading's probability: what is not among the readings has
UNLIKELY = 1e-4  # probability of a digit: less is no surer a sign that it is another


@dataclass(frozen=True, slots=True)
class Opinions:
    """Both networks on one line: `given` are the digits of the glyph network, whose lines have
    `status` and perhaps something `left_out`; `seen` are the line reader's, `boxes` theirs on the
    page; `known` are the line reader's readings with their probabilities."""

    given: tuple[Digit, ...]
    status: Status
    left_out: bool
    seen: SeenLine
    boxes: tuple[Box, ...]

    @property
    def text(self) -> str:
        """What the glyph network reads."""
        return text_of(self.given)

    @property
    def known(self) -> dict[str, float]:
        """The line reader's readings with their probabilities, the likeliest first."""
        return {self.seen.text: self.seen.probability, **dict(self.seen.alternatives)}

    def twins(self) -> list[Digit | None]:
        """For each digit that the line reader sees, the one that the glyph network gives there; of
        several that it sees in place of one, the nearest has it."""
        pairs = [
            (shared, number, digit)
            for number, box in enumerate(self.boxes)
            for digit in self.given
            if (shared := _overlap(digit.box, box)) > SAME
        ]
        twins: list[Digit | None] = [None] * len(self.boxes)
        taken: set[int] = set()
        for _, number, digit in sorted(pairs, key=lambda pair: -pair[0]):
            if twins[number] is None and id(digit) not in taken:
                twins[number] = digit
                taken.add(id(digit))
        return twins

    @property
    def texts(self) -> list[str]:
        """The texts that come into question, the glyph network's first. Where the line reader sees
        nothing, its other readings stand nowhere."""
        known = self.known if self.seen.digits else [self.seen.text]
        return list(dict.fromkeys((self.text, *known)))

    def evidence(self, texts: Sequence[str]) -> list[Evidence]:
        """What speaks for each of the texts."""
        known, twins = self.known, self.twins()
        least = UNSEEN * max(known.values())
        return [
            Evidence(
                text=text,
                seen=known.get(text, least),
                glyphs=_log_probability(twins, self.seen.text, text),
                added=max(0, len(text) - len(self.seen.digits)),
                agreed=text == self.text,
                sure=text == self.text and self.status is Status.READ,
            )
            for text in texts
        ]

    @property
    def doubt(self) -> Doubt:
        """What speaks for none of the texts being what is written."""
        return Doubt(
            unseen=max(0.0, 1 - sum(self.known.values())),
            left_out=self.left_out,
            differs=len(self.given) != len(self.seen.digits),
            digits=len(self.seen.digits),
        )


def _log_probability(twins: Sequence[Digit | None], seen: str, text: str) -> float:
    """The glyph network's log probability of those digits of `text` that stand where it gives
    one: `twins` of the digits of `seen`."""
    total, places = 0.0, iter(twins)
    for before, after in align(seen, text):
        twin = next(places) if before is not None else None
        if twin is not None and after is not None:
            total += math.log(max(UNLIKELY, twin.probabilities[int(after)]))
    return total


def _overlap(one: Box, other: Box) -> float:
    """The share of the columns of either box that both have."""
    shared = min(one.right, other.right) - max(one.x, other.x)
    return max(0, shared) / (max(one.right, other.right) - min(one.x, other.x))
