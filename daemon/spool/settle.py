"""When a file in the inbox is whole: two looks of our own, never its time against the clock.

A file is ready when

1. it is not empty,
2. its signature (size, mtime, inode) is the same over at least two looks,
3. and has been for `quiet_s`, `CONFIRM_S` at the least; for `PAGES_FACTOR` times that where its
   format lets pages be appended (such a file is whole after every page); for `CONFIRM_S` only where
   it was renamed into place,
4. and the format's own end is there.

A quiet file that is empty or cut off waits for `incomplete_after_s` since its last change; then it
is ready all the same, and its reader says what is wrong with it. Any change starts all over.
(paperless-ngx's FileStabilityTracker, OCRmyPDF's watcher: both compare sizes only and take files
that are half-written by a slow sender.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

CONFIRM_S = 0.05  # until the second look, at the least; for what appeared by a rename, enough
PAGES_FACTOR = 3


class End(Enum):
    """What the content says about its own end."""

    MISSING = "missing"
    THERE = "there"
    MAY_GROW = "may grow"  # there, but further pages may be appended


@dataclass(frozen=True, slots=True)
class Signature:
    """The state of a file, as far as a look can tell."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(slots=True)
class _Track:
    """`since` is when this signature was first seen; `end` is found out once, when it is quiet."""

    signature: Signature
    since: float
    was_renamed: bool
    end: End | None = None


class Settler:
    """Watches files settle. `clock` is monotonic, in seconds; `end_of` reads a file's end and
    raises OSError where it cannot."""

    def __init__(
        self,
        quiet_s: float,
        incomplete_after_s: float,
        end_of: Callable[[Path], End],
        clock: Callable[[], float],
    ) -> None:
        self._quiet_s = max(quiet_s, CONFIRM_S)
        self._incomplete_after_s = incomplete_after_s
        self._end_of = end_of
        self._clock = clock
        self._tracks: dict[Path, _Track] = {}

    def __len__(self) -> int:
        return len(self._tracks)

    def __contains__(self, path: Path) -> bool:
        return path in self._tracks

    def look(self, path: Path, signature: Signature, *, was_renamed: bool = False) -> float:
        """Look at a file; the seconds until it is worth another look, 0 when it is ready."""
        now = self._clock()
        track = self._tracks.get(path)
        if track is None or track.signature != signature:
            track = self._tracks[path] = _Track(signature, now, was_renamed)
            return self._first_wait_s(track)
        track.was_renamed |= was_renamed
        quiet_for_s = now - track.since
        if left_s := _left_s(self._first_wait_s(track), quiet_for_s):
            return left_s
        if signature.size == 0:
            return _left_s(self._incomplete_after_s, quiet_for_s)
        if track.end is None:
            track.end = self._end_of(path)
        return _left_s(self._needed_s(track), quiet_for_s)

    def forget(self, path: Path) -> None:
        """Stop watching a file; when it comes again it is new."""
        self._tracks.pop(path, None)

    def keep_only(self, paths: Collection[Path]) -> None:
        """Forget all files but these."""
        for path in self._tracks.keys() - paths:
            del self._tracks[path]

    def _first_wait_s(self, track: _Track) -> float:
        quiet = track.was_renamed and track.signature.size > 0 and track.end is not End.MISSING
        return CONFIRM_S if quiet else self._quiet_s

    def _needed_s(self, track: _Track) -> float:
        if track.end is End.MISSING:
            return self._incomplete_after_s
        if track.was_renamed:
            return CONFIRM_S
        return self._quiet_s * (PAGES_FACTOR if track.end is End.MAY_GROW else 1)


def _left_s(needed_s: float, quiet_for_s: float) -> float:
    """What is left to wait; nothing rather than a rounding error."""
    left_s = needed_s - quiet_for_s
    return left_s if left_s > 1e-6 else 0.0
