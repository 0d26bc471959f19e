"""The marks of one line, read so that the line is as expected: at the least cost, or not at all.

Costs are log probabilities: by how much what is taken is less likely than what the network says.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..checks import passes
from ..records import DIGITS, Check, Expected
from .choice import Probabilities

MISFIT = 7.0  # what a line that does not fit pays, and the most that fitting may cost
TRIED = 500  # readings among which one that passes the check is looked for
FLOOR = 1e-6  # a probability whose logarithm is finite


@dataclass(frozen=True, slots=True)
class Fit:
    """One line, or what is left of it: what each mark is read as, what it cost to make it so, and
    whether it is as expected. `settled` says that no mark that was left out needs a person."""

    digits: tuple[int | None, ...]
    cost: float
    settled: bool
    fits: bool = True

    @property
    def is_line(self) -> bool:
        """Whether anything of it is read."""
        return any(digit is not None for digit in self.digits)


class Marks:
    """The marks of one line: `rows` (n, 10 or 11), and what each was taken for without hints."""

    def __init__(
        self, rows: Probabilities, digits: Sequence[int | None], shares: Sequence[float]
    ) -> None:
        logs = np.log(np.maximum(rows, FLOOR))
        self._logs = logs[:, :DIGITS]
        self._sure = self._logs.max(axis=1)  # log probability that it is its likeliest digit
        nothing = logs[:, DIGITS] if rows.shape[1] > DIGITS else np.full(len(rows), math.log(FLOOR))
        self._against = self._sure - nothing  # what leaving it out costs; negative: no digit
        self._digits = tuple(digits)
        self._shares = shares

    def as_found(self) -> Fit:
        """Without any change; it is not as expected, unless it is no line at all."""
        empty = all(digit is None for digit in self._digits)
        return Fit(self._digits, 0 if empty else MISFIT, settled=self._is_whole, fits=empty)

    def left_out(self) -> Fit:
        """None of it taken for a digit."""
        taken = [n for n, digit in enumerate(self._digits) if digit is not None]
        cost = float(np.maximum(self._against[taken], 0).sum())
        return Fit((None,) * len(self._digits), cost, settled=cost == 0)

    def single(self) -> Fit:
        """The one mark that is a digit most probably, however probable others are."""
        one = int(np.argmax(self._sure + np.log(np.maximum(self._shares, FLOOR))))
        if fit := self.fit(Expected(1, 1), forced=True):
            return fit
        kept: list[int | None] = [None] * len(self._digits)
        kept[one] = int(self._logs[one].argmax())
        return Fit(tuple(kept), MISFIT, settled=False)

    def fit(self, expected: Expected, *, forced: bool = False) -> Fit | None:
        """The most probable way to be as expected; None where it costs too much. With `forced`,
        what was taken for no line at all may become one."""
        taken = [digit is not None for digit in self._digits]
        if not any(taken) and not forced:
            return None
        count = sum(taken)
        wanted = max(count, expected.least, 1)
        if expected.most is not None:
            wanted = min(wanted, expected.most)
        if wanted > len(taken):
            return None
        cost = 0.0
        spare = sorted(
            (n for n, has in enumerate(taken) if has == (wanted < count)),
            key=lambda n: self._against[n] * (1 if wanted < count else -1),
        )
        for n in spare[: abs(wanted - count)]:
            cost += max(0.0, float(self._against[n]) * (1 if taken[n] else -1))
            taken[n] = not taken[n]
        where = [n for n, has in enumerate(taken) if has]
        found = _passing(self._logs[where], expected.check, MISFIT - cost)
        if found is None:
            return None
        cost += found.cost
        digits: list[int | None] = [None] * len(taken)
        for n, digit in zip(where, found.digits, strict=True):
            digits[n] = digit
        exact = expected.least == expected.most
        settled = cost == 0 and (exact or len(where) == len(taken))
        return Fit(tuple(digits), cost, settled)

    @property
    def _is_whole(self) -> bool:
        return None not in self._digits


@dataclass(frozen=True, slots=True, order=True)
class _Reading:
    """Digits, and by how much their log probability is below that of the likeliest ones."""

    cost: float
    ranks: tuple[int, ...]
    digits: tuple[int, ...]


def _passing(logs: Probabilities, check: Check, room: float) -> _Reading | None:
    """The most probable digits that pass, if they cost no more than `room`: (n, 10) log
    probabilities, looked through best first."""
    order = np.argsort(-logs, axis=1, kind="stable")
    ranked = np.take_along_axis(logs, order, axis=1)

    def reading(ranks: tuple[int, ...]) -> _Reading:
        places = np.arange(len(ranks))
        cost = float((ranked[:, 0] - ranked[places, list(ranks)]).sum()) if ranks else 0.0
        return _Reading(cost, ranks, tuple(order[places, list(ranks)].tolist()) if ranks else ())

    frontier = [reading((0,) * len(logs))]
    seen = {frontier[0].ranks}
    for _ in range(TRIED):
        if not frontier or frontier[0].cost > room:
            return None
        found = heapq.heappop(frontier)
        if passes(check, found.digits):
            return found
        for place, rank in enumerate(found.ranks):
            further = (*found.ranks[:place], rank + 1, *found.ranks[place + 1 :])
            if rank + 1 < DIGITS and further not in seen:
                seen.add(further)
                heapq.heappush(frontier, reading(further))
    return None
