"""Connected components of a mask."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .runs import Runs, connect, find_runs

Labels = npt.NDArray[np.int32]

_LARGE = 50_000  # pixels
_SPARSE = 150  # pixels for every run of ink, from which on runs tell sooner what is connected


class Component(NamedTuple):
    """What is connected, at sides or corners: its label, its box and its pixels' number."""

    label: int
    x: int
    y: int
    width: int
    height: int
    area: int

    @property
    def right(self) -> int:
        """First column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.y + self.height


class Components(NamedTuple):
    """The components of a mask, label 1 first. `mask` is (H, W) uint8 of 0 and 1; `dust` is the
    number of pixels in those that were too small to be listed; `label_all` gives the `labels`."""

    mask: Grey
    components: list[Component]
    dust: int
    label_all: Callable[[], Labels]

    @property
    def labels(self) -> Labels:
        """The label of each pixel, (H, W), 0 for ground. They are drawn when they are first asked
        for: on large pages that takes as long as all the rest."""
        return self.label_all()

    def own(self, part: Component) -> Grey:
        """The pixels of a component inside its box, (height, width) uint8 of 0 and 1, to look at
        only."""
        window = np.s_[part.y : part.bottom, part.x : part.right]
        if cv2.countNonZero(self.mask[window]) == part.area:  # nothing else is there
            return self.mask[window]
        own: Grey = (self.labels[window] == part.label).view(np.uint8)
        return own


def find_components(mask: Grey, most: int = sys.maxsize, least: int = 1) -> Components:
    """Label the components of a mask, (H, W) uint8 of 0 and 1. Those whose longer side has less
    than `least` pixels are not listed, and none at all where more than `most` are left.

    BBDT (Grana et al. 2010) gives the labels of OpenCV's default in a third of the time. But it and
    OpenCV's statistics go through the ground as well: on large pages, the runs of ink tell both
    sooner, unless there are very many.
    """
    if mask.size < _LARGE:
        _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
            mask, 8, cv2.CV_32S, cv2.CCL_BBDT
        )
        rows: npt.NDArray[Any] = stats[1:]
        label_all: Callable[[], Labels] = partial(np.asarray, labels, np.int32)
    else:
        runs = find_runs(mask)
        owners, label_all = _label(mask, runs)
        rows = _measure(runs, owners)
    numbers, dust = np.arange(1, len(rows) + 1), 0
    if least > 1:
        kept = rows[:, 2:4].max(axis=1, initial=0) >= least
        dust = int(rows[~kept, 4].sum())
        rows, numbers = rows[kept], numbers[kept]
    if len(rows) > most:
        rows, numbers = rows[:0], numbers[:0]
    components = list(map(Component, numbers.tolist(), *rows.T.tolist()))
    return Components(mask, components, dust, label_all)


def _label(mask: Grey, runs: Runs) -> tuple[npt.NDArray[Any], Callable[[], Labels]]:
    """The label of each of a mask's runs, (n,), and what gives those of all its pixels."""
    if len(runs.rows) * _SPARSE > mask.size:
        _, labels = cv2.connectedComponentsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_BBDT)
        return labels[runs.rows, runs.starts], partial(np.asarray, labels, np.int32)
    owners = connect(runs)

    @cache
    def label_all() -> Labels:
        labels: Labels = np.zeros(mask.shape, np.int32)
        labels[mask.view(np.bool_)] = np.repeat(owners.astype(np.int32), runs.lengths)
        return labels

    return owners, label_all


def _measure(runs: Runs, owners: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Box and area of every label by its runs, `owners` (m,) being their labels: (n, 5), x, y,
    width, height, area."""
    order = np.argsort(owners, kind="stable")
    rows, starts, stops = (each[order] for each in runs)
    first = np.flatnonzero(np.diff(owners[order], prepend=0))
    if not len(first):
        return np.zeros((0, 5), np.int64)
    left, top = np.minimum.reduceat(starts, first), rows[first]
    width = np.maximum.reduceat(stops, first) - left
    height = np.maximum.reduceat(rows, first) + 1 - top
    area = np.add.reduceat(stops - starts, first)
    return np.stack([left, top, width, height, area], axis=1)
