"""What the digits of an epoch are mixed with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mix:
    """For each digit that is given, so many in the project's `own` styles, a share of which is
    `hurried`; so many zeros with a slash; so many glyphs that are no digit, with words and
    crossed-out digits among them where they are `harder`. Of the pictures a share is `stretched`.
    """

    name: str
    own: float
    negative: float
    hurried: float = 0.0
    slashed: float = 0.0
    stretched: float = 0.0
    harder: bool = False


PLAIN = Mix("plain", own=0.08, negative=0.12)
HARD = Mix(
    "hard", own=0.14, negative=0.28, hurried=0.43, slashed=0.005, stretched=0.08, harder=True
)
