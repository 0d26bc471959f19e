"""Looking through the inbox again and again: what is ready, and when to look next.

The folder is the queue, however long it is: only the oldest files are watched while they settle,
so that memory stays bounded. Oldest by their own times, which are compared with each other only.
To walk through a long one takes long: what comes next is taken from the last walk for a while.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .inbox import Blocked, Found, Ignored, Inbox, Lying
from .settle import Settler

WINDOW = 4096  # files that settle at the same time
MAX_LISTED = 100  # blocked ones that are named
ALIVE_EVERY = 1000  # files of a walk: on a slow disk these take seconds
WALKS = 0.1  # of the time may go into walking, while the last walk's oldest files make a batch
ENDS_S = 1.0  # of finding out ends in one look: who looks has signals and a watchdog to answer


@dataclass(slots=True)
class View:
    """What lies in the inbox. `ready` is oldest first; `due_s` the seconds until the next file may
    be ready, None where none is settling. `waiting` counts ready ones too."""

    ready: list[Found] = field(default_factory=list)
    due_s: float | None = None
    waiting: int = 0
    ignored: int = 0
    blocked_count: int = 0
    blocked: list[Blocked] = field(default_factory=list)
    oldest: Path | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a file is not taken although it is whole: for `due_s` seconds more, or until a person has
    mended what is `blocked`."""

    due_s: float = 0.0
    blocked: Blocked | None = None


class Scanner:
    """Looks through `inbox`. `is_done` tells of files that were read and stay in the inbox.
    `waits` is called for every look, and what it gives says of a file why it has to wait, if it
    has to. `alive` is called again and again while the folder is walked, however long that takes.
    `clock` is monotonic, in seconds."""

    def __init__(
        self,
        inbox: Inbox,
        settler: Settler,
        is_done: Callable[[Found], bool] = lambda _: False,
        waits: Callable[[], Callable[[Path], Wait | None]] = lambda: lambda _: None,
        *,
        alive: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inbox = inbox
        self._settler = settler
        self._is_done = is_done
        self._waits = waits
        self._alive = alive
        self._clock = clock
        self._oldest: list[Found] = []
        self._others = 0  # that wait as well, by the last walk
        self._walk_at = -math.inf
        self._renamed: set[Path] = set()  # since the last walk

    def look(self, max_ready: int, renamed: Collection[Path] = ()) -> View:
        """Look through all of it, and tell the `max_ready` oldest that are ready; for a while after
        that took long, look at the oldest that it found only, as long as so many of them are ready
        and half of them left, for others have to settle meanwhile: such a look tells of nothing
        ignored or blocked. It stops finding out what is ready after `ENDS_S`: then it goes on with
        the next look, which is due at once. `renamed` are those of which is known that they
        appeared by a rename. Raises OSError."""
        self._renamed |= set(renamed)
        if len(self._oldest) >= max(max_ready, WINDOW // 2) and self._clock() < self._walk_at:
            view = self._look_at(self._inbox.unchanged(self._oldest), max_ready)
            if len(view.ready) >= max_ready:
                view.waiting += self._others
                return view
        began = self._clock()
        view = self._look_at(self._inbox.scan(), max_ready)
        self._renamed.clear()
        self._others = view.waiting - len(self._oldest)
        now = self._clock()
        self._walk_at = now + (now - began) * (1 / WALKS - 1)
        return view

    def _look_at(self, lying: Iterable[Lying], max_ready: int) -> View:
        view, wait_of = View(), self._waits()
        oldest = heapq.nsmallest(WINDOW, self._sort(lying, view, wait_of), key=_age)
        self._oldest = oldest
        self._settler.keep_only({found.path for found in oldest})
        view.oldest = oldest[0].path if oldest else None
        end_s = self._clock() + ENDS_S
        for found in oldest:
            is_enough = len(view.ready) >= max_ready or self._clock() >= end_s
            if is_enough and found.path in self._settler:
                view.due_s = 0.0  # it may be ready too
                continue
            try:
                due_s = self._settler.look(
                    found.path, found.signature, was_renamed=found.path in self._renamed
                )
            except OSError as error:
                self._settler.forget(found.path)  # removed, or its disk fails: looked at anew
                if not isinstance(error, FileNotFoundError):
                    _block(view, Blocked(found.path, f"it cannot be read: {error.strerror}"))
                continue
            if wait := wait_of(found.path):
                due_s = max(due_s, wait.due_s)
            if due_s > 0:
                view.due_s = due_s if view.due_s is None else min(view.due_s, due_s)
            else:
                view.ready.append(found)
        return view

    def _sort(
        self, lying: Iterable[Lying], view: View, wait_of: Callable[[Path], Wait | None]
    ) -> Iterator[Found]:
        """Files that wait for their turn; what else is found goes into the view, and what holds
        files up but once."""
        holding: set[Path] = set()
        for number, found in enumerate(lying, start=1):
            if number % ALIVE_EVERY == 0:
                self._alive()
            match found:
                case Ignored():
                    view.ignored += 1
                case Blocked():
                    _block(view, found)
                case Found() if not self._is_done(found):
                    view.waiting += 1
                    wait = wait_of(found.path)
                    if wait is None or wait.blocked is None:
                        yield found
                    elif wait.blocked.path not in holding:
                        holding.add(wait.blocked.path)
                        _block(view, wait.blocked)


def _block(view: View, blocked: Blocked) -> None:
    view.blocked_count += 1
    if len(view.blocked) < MAX_LISTED:
        view.blocked.append(blocked)


def _age(found: Found) -> tuple[int, Path]:
    return found.signature.mtime_ns, found.path
