"""From a line's posteriors to digits: connectionist temporal classification (Graves et al., 2006).

Posteriors are log probabilities (F, 11) float: per frame the ten digits and, last, blank. A reading
is a tuple of digits; its probability is that of all ways to spread it over the frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Posteriors: TypeAlias = npt.NDArray[np.floating]
Digits: TypeAlias = tuple[int, ...]

BLANK = 10
BEAMS = 12  # prefixes that are followed; of each length, where the length is given, a quarter
HOPELESS = 15.0  # a log probability so far below the best one's is not followed
CERTAIN = 1e-3  # a frame whose digits have no more than this together is blank, unless counted

_NEVER = -1e30  # a log probability that stays finite in sums


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading and the log of its probability."""

    digits: Digits
    log_probability: float


def greedy(posteriors: Posteriors) -> Digits:
    """The digits of the most probable path: repeats and blanks left out."""
    return greedy_batch(posteriors[None])[0]


def greedy_batch(posteriors: Posteriors) -> list[Digits]:
    """The same for many lines at once, posteriors or logits (N, F, 11)."""
    best = posteriors.argmax(axis=2)
    before = np.pad(best[:, :-1], ((0, 0), (1, 0)), constant_values=BLANK)
    starts = (best != BLANK) & (best != before)
    return [tuple(row[where].tolist()) for row, where in zip(best, starts, strict=True)]


def k_best(
    posteriors: Posteriors,
    k: int = 5,
    *,
    lengths: range | None = None,
    beams: int = BEAMS,
) -> list[Candidate]:
    """The `k` most probable readings, best first, by prefix beam search (Hannun et al., 2014);
    those with so many digits as `lengths` has only, where it is given.

    With `lengths`, prefixes compete with those of their own length only, so that a likelier reading
    of another length does not crowd out the one that fits.
    """
    longest = lengths[-1] if lengths else None
    frontier = _Frontier.start()
    for frame in np.asarray(posteriors, np.float64):
        if lengths is None and np.exp(frame[:BLANK]).sum() < CERTAIN:
            frontier = frontier.after_blank(frame[BLANK])
        else:
            frontier = frontier.after(frame, longest)
            frontier = frontier.best(beams) if lengths is None else frontier.best_by_length(beams)
    total = frontier.total
    order = np.argsort(-total, kind="stable")
    fitting = [n for n in order if lengths is None or len(frontier.prefixes[n]) in lengths]
    return [Candidate(frontier.prefixes[n], float(total[n])) for n in fitting[:k]]


def align(posteriors: Posteriors, digits: Sequence[int]) -> list[int]:
    """The frame at which each digit shows most, on the most probable path that reads `digits`
    (Viterbi, 1967). Needs as many frames as digits, and one more for every repeat."""
    if not digits:
        return []
    frames = np.asarray(posteriors, np.float64)
    states = np.full(2 * len(digits) + 1, BLANK)
    states[1::2] = digits
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), _NEVER)
    score[:2] = frames[0, states[:2]]
    came = np.zeros((len(frames), len(states)), np.intp)
    for number, frame in enumerate(frames[1:], start=1):
        one = np.concatenate([[_NEVER], score[:-1]])
        two = np.where(skips, np.concatenate([[_NEVER, _NEVER], score[:-2]]), _NEVER)
        ways = np.stack([score, one, two])
        came[number] = ways.argmax(axis=0)
        score = ways.max(axis=0) + frame[states]
    at = len(states) - 1 if score[-1] > score[-2] else len(states) - 2
    path = np.empty(len(frames), np.intp)
    for number in range(len(frames) - 1, -1, -1):
        path[number] = at
        at -= came[number, at]
    shown = []
    for place, digit in enumerate(digits):
        where = np.flatnonzero(path == 2 * place + 1)
        shown.append(int(where[frames[where, digit].argmax()]) if len(where) else 0)
    return shown


@dataclass(frozen=True, slots=True)
class _Frontier:
    """Prefixes with the log probability that they end in blank, and that they do not."""

    prefixes: list[Digits]
    blank: npt.NDArray[np.float64]
    digit: npt.NDArray[np.float64]

    @classmethod
    def start(cls) -> _Frontier:
        return cls([()], np.zeros(1), np.full(1, _NEVER))

    @property
    def total(self) -> npt.NDArray[np.float64]:
        return np.logaddexp(self.blank, self.digit)

    def after_blank(self, log_blank: float) -> _Frontier:
        """One frame further, where it holds no digit."""
        return _Frontier(self.prefixes, self.total + log_blank, np.full(len(self.prefixes), _NEVER))

    def after(self, frame: npt.NDArray[np.float64], longest: int | None) -> _Frontier:
        """One frame further: every prefix as it is, and with every digit added."""
        count = len(self.prefixes)
        total = self.total
        last = np.array([prefix[-1] if prefix else BLANK for prefix in self.prefixes])
        written = last != BLANK
        digit = np.where(written, self.digit + frame[last], _NEVER)
        longer = total[:, None] + frame[:BLANK]
        # A digit after itself is another one only where a blank was between them.
        repeated = np.flatnonzero(written)
        longer[repeated, last[repeated]] = self.blank[repeated] + frame[last[repeated]]
        if longest is not None:
            full = [len(prefix) >= longest for prefix in self.prefixes]
            longer[full] = _NEVER
        places = {prefix: n for n, prefix in enumerate(self.prefixes)}
        for n, prefix in enumerate(self.prefixes):
            parent = places.get(prefix[:-1]) if prefix else None
            if parent is not None:
                digit[n] = np.logaddexp(digit[n], longer[parent, last[n]])
                longer[parent, last[n]] = _NEVER
        hopeful = max(float(total.max() + frame[BLANK]), float(longer.max())) - HOPELESS
        if longest is not None:
            hopeful = _NEVER / 2  # what is hopeless now may be the only one of its length
        kept = np.flatnonzero(longer.ravel() > hopeful)
        added = [(*self.prefixes[n // BLANK], int(n % BLANK)) for n in kept]
        never = np.full(len(added), _NEVER)
        return _Frontier(
            [*self.prefixes, *added],
            np.concatenate([total + frame[BLANK], never]),
            np.concatenate([digit[:count], longer.ravel()[kept]]),
        )

    def best(self, count: int) -> _Frontier:
        """The most probable prefixes."""
        total = self.total
        order = np.argsort(-total, kind="stable")[:count]
        return self._of(order[total[order] > total[order[0]] - HOPELESS])

    def best_by_length(self, count: int) -> _Frontier:
        """The most probable prefixes of each length."""
        order = np.argsort(-self.total, kind="stable")
        lengths = np.array([len(prefix) for prefix in self.prefixes])[order]
        each = max(2, count // 4)
        kept = [order[lengths == length][:each] for length in np.unique(lengths)]
        return self._of(np.concatenate(kept))

    def _of(self, places: npt.NDArray[np.intp]) -> _Frontier:
        return _Frontier([self.prefixes[n] for n in places], self.blank[places], self.digit[places])
