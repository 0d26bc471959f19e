"""Runs of ink along the rows of a page: few numbers that say all of a mask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..records import Grey

_WORD = 8  # pixels that are looked at together
_LOWEST_FIRST = np.dtype("<u8")  # such a word
_BYTE, _LAST = 8, 56  # bits of a pixel, and of those before the last one in a word

Window = tuple[slice, slice]  # rows and columns of a page


class Runs(NamedTuple):
    """Runs in reading order, (n,) int64 each: run i covers columns starts[i] to stops[i]
    (half-open) of row rows[i]."""

    rows: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """How many pixels each has."""
        return self.stops - self.starts

    def chosen(self, which: npt.NDArray[np.bool_]) -> Runs:
        """Some of the runs."""
        at = np.flatnonzero(which)
        return Runs(self.rows[at], self.starts[at], self.stops[at])

    def without_gaps(self, least: int) -> Runs:
        """The runs, neighbours of a row joined that are less than `least` pixels apart."""
        ahead = (self.rows[1:] != self.rows[:-1]) | (self.starts[1:] - self.stops[:-1] >= least)
        any_run = np.ones(min(1, len(self.rows)), np.bool_)
        first, last = np.concatenate([any_run, ahead]), np.concatenate([ahead, any_run])
        return Runs(self.rows[first], self.starts[first], self.stops[last])

    def drawn(self, shape: tuple[int, ...]) -> Grey:
        """A mask, (H, W) uint8 of 0 and 1, of these runs."""
        mask = np.zeros(shape, np.uint8)
        mask.reshape(-1)[self.places(shape[1])] = 1
        return mask

    def places(self, width: int) -> npt.NDArray[np.int64]:
        """Where their pixels lie, one after the other, in a page of this width: row by row."""
        lengths = self.lengths
        ends = lengths.cumsum()
        first = self.rows * width + self.starts - (ends - lengths)
        places: npt.NDArray[np.int64] = np.repeat(first, lengths)
        places += np.arange(len(places))
        return places

    def inside(self, window: Window) -> Runs:
        """What of the runs lies in a window, in its own rows and columns."""
        (top, bottom), (left, right) = ((side.start, side.stop) for side in window)
        starts, stops = np.maximum(self.starts, left), np.minimum(self.stops, right)
        within = (self.rows >= top) & (self.rows < bottom) & (starts < stops)
        moved = Runs(self.rows - top, starts - left, stops - left)
        return moved if within.all() else moved.chosen(within)


def find_runs(mask: Grey) -> Runs:
    """The runs of a mask, (H, W) uint8 of 0 and 1, each as long as it can be.

    Ink is rare: only words of eight pixels that hold some are looked at more closely, as numbers
    of which the lowest byte is the first pixel.
    """
    width = mask.shape[1]
    at, inked = _inked_words(np.ascontiguousarray(mask).reshape(-1))
    follow = at[1:] - at[:-1] == 1
    before, after = inked << _BYTE, inked >> _BYTE  # what lies beside each pixel
    before[1:] |= (inked[:-1] >> _LAST) * follow
    after[:-1] |= (inked[1:] << _LAST) * follow
    skipped = _skipped(at)
    first, last = (np.flatnonzero((inked & ~beside).view(np.bool_)) for beside in (before, after))
    first += skipped[first // _WORD]
    last += skipped[last // _WORD]
    wraps = width * (1 + np.flatnonzero(mask[:-1, -1] & mask[1:, 0]))
    if len(wraps):  # from a row's last pixel to the first one of the next
        first = np.insert(first, np.searchsorted(first, wraps), wraps)
        last = np.insert(last, np.searchsorted(last, wraps), wraps - 1)
    rows = first // width
    before_row = rows * width
    return Runs(rows, first - before_row, last - before_row + 1)


def places_of(mask: Grey) -> npt.NDArray[np.intp]:
    """Where the ink of a mask, (H, W) uint8 of 0 and 1, lies: (n,), row by row."""
    at, inked = _inked_words(np.ascontiguousarray(mask).reshape(-1))
    within = np.flatnonzero(inked.view(np.bool_))
    return within + _skipped(at)[within // _WORD]


def _skipped(at: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """How many pixels are left out before each of the words at these places."""
    return _WORD * (at - np.arange(len(at)))


def _inked_words(
    pixels: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint64]]:
    """Which words of pixels, (n,) of 0 and 1, hold ink, and these."""
    whole = len(pixels) // _WORD * _WORD
    words = pixels[:whole].view(_LOWEST_FIRST)
    at = np.flatnonzero(words != 0)
    inked = words[at]
    rest = pixels[whole:]
    if rest.any():
        last = np.zeros(_WORD, np.uint8)
        last[: len(rest)] = rest
        at, inked = np.append(at, len(words)), np.append(inked, last.view(_LOWEST_FIRST))
    return at, inked


def connect(runs: Runs) -> npt.NDArray[np.int64]:
    """Which runs touch each other, at sides or corners, directly or by way of others: (n,), the
    number of each run's component, from 1 on in the order of their first runs.

    Every run hangs on the first one that it touches in the row above; following these leads to the
    first run of a piece of a component (He, Chao, Suzuki 2008, all runs at once). Pieces that a run
    touches together are then put together until none is left.
    """
    rows, starts, stops = runs
    every = np.arange(len(rows))
    width = int(stops.max(initial=0)) + 2
    first, last = rows * width + starts, rows * width + stops  # places on the page, in order
    above = np.searchsorted(last, first - width)
    beyond = np.searchsorted(first, last - width, "right")
    roots = _followed(np.where(above < beyond, above, every))
    forks = np.flatnonzero(beyond - above > 1)
    further = beyond[forks] - above[forks] - 1
    before = further.cumsum() - further
    left = np.repeat(above[forks] - before, further) + np.arange(int(further.sum()))
    right = left + 1
    while True:
        one, other = roots[left], roots[right]
        apart = one != other
        if not apart.any():
            numbers: npt.NDArray[np.int64] = (roots == every).cumsum()
            return numbers[roots]
        left, right, one, other = left[apart], right[apart], one[apart], other[apart]
        np.minimum.at(roots, np.maximum(one, other), np.minimum(one, other))
        roots = _followed(roots)


def _followed(hosts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where following hosts, (n,) each a place in itself and none after its own, comes to rest."""
    while True:
        once = hosts[hosts]
        hosts = once[once]
        if (once == hosts).all():
            return hosts
