"""From a line's posteriors to digits: connectionist temporal classification (Graves et al., 2006).

Posteriors are log probabilities (F, 11) float: per frame the ten digits and, last, blank. A reading
is a tuple of digits; its probability is that of all ways to spread it over the frames.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Posteriors: TypeAlias = npt.NDArray[np.floating]
Digits: TypeAlias = tuple[int, ...]

BLANK = 10
BEAMS = 8  # prefixes that are followed within a stretch of frames; counted, of each length
HOPELESS = 1e-6  # of the likeliest prefix's probability: less is not followed
INCREDIBLE = 1e-15  # the same where digits are counted
CERTAIN = 1e-3  # a frame whose digits have no more than this together is blank
COUNTED = (CERTAIN, 0.0)  # the same, one after the other, where digits are counted
FAINT = 0.3  # of the above: a digit with no more is not there

_NEVER = -1e30  # a log probability that stays finite in sums

_Readings: TypeAlias = dict[Digits, float]  # with their probabilities


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
    """The `k` most probable readings, best first; those with so many digits as `lengths` has only,
    where it is given.

    Frames that are surely blank part the line into stretches, which are read on their own by prefix
    beam search (Hannun et al., 2014); then their best readings are put together. With `lengths`,
    readings compete with those of their own length only, so that a likelier one of another length
    does not crowd out the one that fits.
    """
    logs = np.asarray(posteriors, np.float64)
    if lengths is None:
        return _k_best(logs, k, None, beams, CERTAIN)
    best_path = float(logs.max(axis=1).sum())
    found: list[Candidate] = []
    for certain in COUNTED if lengths and lengths[0] <= len(logs) else ():
        # All frames take long, and what needs those taken for blank is unlikely.
        found = _k_best(logs, k, lengths, beams if certain else min(beams, BEAMS), certain)
        # What needs a frame that was taken for blank is no likelier than that.
        if found and certain and found[0].log_probability > best_path + math.log(certain):
            break
    return found


def align(posteriors: Posteriors, digits: Sequence[int]) -> list[int]:
    """The frame at which each digit shows most, on the most probable path that reads `digits`
    (Viterbi, 1967). Needs as many frames as digits, and one more for every repeat."""
    if not digits:
        return []
    frames = np.asarray(posteriors, np.float64)
    best = frames.argmax(axis=1)
    starts = np.flatnonzero((best != BLANK) & (best != np.append(BLANK, best[:-1])))
    if best[starts].tolist() == list(digits):  # then that path is the likeliest at every frame
        ends = [*starts[1:].tolist(), len(frames)]
        return [
            int(
                start
                + np.where(best[start:end] == digit, frames[start:end, digit], _NEVER).argmax()
            )
            for start, end, digit in zip(starts, ends, digits, strict=True)
        ]
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


def _k_best(
    logs: npt.NDArray[np.float64], k: int, lengths: range | None, beams: int, certain: float
) -> list[Candidate]:
    """`k_best` where frames are blank whose digits have no more than `certain` together."""
    longest = lengths[-1] if lengths else None
    frames = np.exp(logs)
    active = frames[:, :BLANK].sum(axis=1) > certain
    total = float(logs[~active, BLANK].sum())
    edges = np.flatnonzero(np.diff(active, prepend=False, append=False)).tolist()
    whole: _Readings = {(): 1.0}
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        readings, lost = _read_stretch(frames[first:end].tolist(), longest, beams, certain * FAINT)
        whole = _joined(whole, readings, longest, max(k, beams))
        total += lost
    ranked = sorted(whole.items(), key=lambda pair: -pair[1])
    return [
        Candidate(digits, total + math.log(value))
        for digits, value in ranked
        if lengths is None or len(digits) in lengths
    ][:k]


def _read_stretch(
    frames: list[list[float]], longest: int | None, beams: int, faint: float
) -> tuple[_Readings, float]:
    """Readings of some frames by prefix beam search, and the logarithm of what their probabilities
    are to be multiplied by. Digits with no more than `faint` at a frame are not there."""
    # Of each prefix, the probabilities that it ends in blank, and that it does not.
    followed: dict[Digits, list[float]] = {(): [1.0, 0.0]}
    hopeless = HOPELESS if longest is None else INCREDIBLE
    lost = 0.0
    for frame in frames:
        blank = frame[BLANK]
        shown = [(digit, chance) for digit, chance in enumerate(frame[:BLANK]) if chance > faint]
        least = hopeless * max(frame)  # the likeliest prefix has 1
        ends: dict[Digits, list[float]] = {}
        for prefix, (after_blank, after_digit) in followed.items():
            last = prefix[-1] if prefix else BLANK
            both = after_blank + after_digit
            own = ends.setdefault(prefix, [0.0, 0.0])
            own[0] = both * blank
            own[1] += after_digit * frame[last]
            if longest is not None and len(prefix) >= longest:
                continue
            for digit, probability in shown:
                # A digit after itself is another one only where a blank was between them.
                added = (after_blank if digit == last else both) * probability
                if added > least:
                    ends.setdefault((*prefix, digit), [0.0, 0.0])[1] += added
        sums = {prefix: ended + going for prefix, (ended, going) in ends.items()}
        kept = _likeliest(sums, beams, by_length=longest is not None)
        most = max(kept.values())
        lost += math.log(most)
        followed = {}
        for prefix in kept:
            ended, going = ends[prefix]
            followed[prefix] = [ended / most, going / most]
    return {prefix: ended + going for prefix, (ended, going) in followed.items()}, lost


def _joined(some: _Readings, others: _Readings, longest: int | None, most: int) -> _Readings:
    """The likeliest readings that begin as one of `some` and end as one of `others`."""
    products: dict[Digits, float] = defaultdict(float)
    for first, one in some.items():
        for second, other in others.items():
            if longest is None or len(first) + len(second) <= longest:
                products[first + second] += one * other
    return _likeliest(products, most, by_length=longest is not None)


def _likeliest(readings: _Readings, count: int, *, by_length: bool) -> _Readings:
    """So many of the readings, without hopeless ones; or a quarter as many of each length: what is
    unlikely may be the only one of its length."""
    if not readings:  # no two of them were short enough together
        return {}
    ranked = sorted(readings.items(), key=itemgetter(1), reverse=True)
    least = ranked[0][1] * (INCREDIBLE if by_length else HOPELESS)
    if not by_length:
        return {digits: value for digits, value in ranked[:count] if value > least}
    each = max(2, count // 4)
    room: dict[int, int] = defaultdict(lambda: each)
    kept: _Readings = {}
    for digits, value in ranked:
        if room[len(digits)] > 0 and value > least:
            kept[digits] = value
            room[len(digits)] -= 1
    return kept
