"""Runs of ink along the rows of a page: few numbers that say all of a mask."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey


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
        return Runs(*(each[which] for each in self))

    def without_gaps(self, least: int) -> Runs:
        """The runs, neighbours of a row joined that are less than `least` pixels apart."""
        ahead = (self.rows[1:] != self.rows[:-1]) | (self.starts[1:] - self.stops[:-1] >= least)
        any_run = np.ones(min(1, len(self.rows)), np.bool_)
        first, last = np.concatenate([any_run, ahead]), np.concatenate([ahead, any_run])
        return Runs(self.rows[first], self.starts[first], self.stops[last])

    def drawn(self, shape: tuple[int, ...]) -> Grey:
        """A mask, (H, W) uint8 of 0 and 1, of these runs."""
        mask = np.zeros(shape, np.uint8)
        for row, start, stop in np.stack(self, axis=1).tolist():
            mask[row, start:stop] = 1
        return mask


def find_runs(mask: Grey) -> Runs:
    """The runs of a mask, (H, W) uint8 of 0 and 1, each as long as it can be."""
    width = mask.shape[1] + 2
    pixels = cv2.copyMakeBorder(mask, 0, 0, 1, 1, cv2.BORDER_CONSTANT, value=0).ravel()
    bounds = np.flatnonzero(pixels[1:] != pixels[:-1])
    rows, starts = np.divmod(bounds[::2], width)
    return Runs(rows, starts, bounds[1::2] - rows * width)
