"""Connected components of a mask."""

from __future__ import annotations

import sys
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .runs import Runs, find_runs

Labels = npt.NDArray[np.int32]

_LARGE = 50_000  # pixels


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
    """The components of a mask, label 1 first; `labels` is (H, W), 0 for ground; `dust` is the
    number of pixels in those that were too small to be listed."""

    labels: Labels
    components: list[Component]
    dust: int = 0


def find_components(mask: Grey, most: int = sys.maxsize, least: int = 1) -> Components:
    """Label the components of a mask, (H, W) uint8 of 0 and 1. Those whose longer side has less
    than `least` pixels are not listed, and none at all where more than `most` are left.

    BBDT (Grana et al. 2010) gives the labels of OpenCV's default in a third of the time. OpenCV's
    statistics go through the ground as well: on large pages, the runs of ink tell them sooner.
    """
    if mask.size < _LARGE:
        _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
            mask, 8, cv2.CV_32S, cv2.CCL_BBDT
        )
        rows = stats[1:]
    else:
        labels, rows = _label_large(mask)
    numbers, dust = np.arange(1, len(rows) + 1), 0
    if least > 1:
        kept = rows[:, 2:4].max(axis=1, initial=0) >= least
        dust = int(rows[~kept, 4].sum())
        rows, numbers = rows[kept], numbers[kept]
    if len(rows) > most:
        rows, numbers = rows[:0], numbers[:0]
    components = list(map(Component, numbers.tolist(), *rows.T.tolist()))
    return Components(np.asarray(labels, np.int32), components, dust)


def _label_large(mask: Grey) -> tuple[Labels, npt.NDArray[np.int64]]:
    """The labels, and of each its x, y, width, height and area, (n, 5)."""
    labels: Labels = np.zeros(mask.shape, np.int32)
    x, y, width, height = cv2.boundingRect(mask)
    if width == 0:
        return labels, np.zeros((0, 5), np.int64)
    window = np.s_[y : y + height, x : x + width]
    inked, own = mask[window], labels[window]
    cv2.connectedComponentsWithAlgorithm(inked, 8, cv2.CV_32S, cv2.CCL_BBDT, own)
    return labels, _measure(own, find_runs(inked)) + np.array([x, y, 0, 0, 0])


def _measure(labels: Labels, runs: Runs) -> npt.NDArray[np.int64]:
    """Box and area of every label from the runs of ink: (n, 5), x, y, width, height, area."""
    owners = labels[runs.rows, runs.starts]
    order = np.argsort(owners, kind="stable")
    rows, starts, stops = (each[order] for each in runs)
    first = np.flatnonzero(np.diff(owners[order], prepend=0))
    left, top = np.minimum.reduceat(starts, first), rows[first]
    width = np.maximum.reduceat(stops, first) - left
    height = np.maximum.reduceat(rows, first) + 1 - top
    area = np.add.reduceat(stops - starts, first)
    return np.stack([left, top, width, height, area], axis=1)
