"""Connected components of a mask."""

from __future__ import annotations

import sys
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .runs import Runs, Window, connect, find_runs

Labels = npt.NDArray[np.int32]

_LARGE = 50_000  # pixels
_SPARSE = 40  # pixels for every run of ink, from which on runs tell sooner what is connected


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


class LabelledPixels(NamedTuple):
    """Components by the label of each pixel, (H, W) integers, 0 for ground."""

    pixels: npt.NDArray[Any]

    def own(self, window: Window, labels: Sequence[int], _inked: Grey) -> Grey:
        """Where these labels lie in a window, (h, w) uint8 of 0 and 1."""
        pixels = self.pixels[window]
        own: npt.NDArray[np.bool_] = pixels == labels[0]
        for label in labels[1:]:
            own |= pixels == label
        return own.view(np.uint8)

    def inked(self, image: Grey) -> tuple[Labels, Grey]:
        """Of all ink, the labels and the levels of an image, (m,) each."""
        inked = self.pixels != 0
        return self.pixels[inked].astype(np.int32), image[inked]


class LabelledRuns:
    """Components by the label, (n,), of each run of ink on a page of this shape."""

    def __init__(self, runs: Runs, labels: npt.NDArray[np.int64], shape: tuple[int, ...]) -> None:
        self._runs, self._labels, self._shape = runs, labels, shape
        self._drawn: dict[tuple[int, ...], Grey] = {}  # a frame is looked at several times

    @cached_property
    def pixels(self) -> Labels:
        """The label of each pixel, (H, W), 0 for ground."""
        pixels: Labels = np.zeros(self._shape, np.int32)
        places = self._runs.places(self._shape[1])
        pixels.reshape(-1)[places] = np.repeat(self._labels.astype(np.int32), self._runs.lengths)
        return pixels

    def inked(self, image: Grey) -> tuple[Labels, Grey]:
        """Of all ink, the labels and the levels of an image, (m,) each."""
        places = self._runs.places(self._shape[1])
        owners = np.repeat(self._labels.astype(np.int32), self._runs.lengths)
        return owners, image.reshape(-1)[places]

    def own(self, window: Window, labels: Sequence[int], inked: Grey) -> Grey:
        """Where these labels lie in a window with so much ink, (h, w) uint8 of 0 and 1."""
        place = (*labels, window[0].start, window[1].start, *inked.shape)
        if place not in self._drawn:
            self._drawn[place] = self._draw(window, labels, inked)
        return self._drawn[place]

    def _draw(self, window: Window, labels: Sequence[int], inked: Grey) -> Grey:
        own = self._labels == labels[0]
        for label in labels[1:]:
            own |= self._labels == label
        if 2 * np.count_nonzero(own) <= len(own):  # what has fewer runs is drawn sooner
            return self._runs.chosen(own).inside(window).drawn(inked.shape)
        others = self._runs.chosen(~own).inside(window)
        return cv2.subtract(inked, others.drawn(inked.shape))


@dataclass(frozen=True, eq=False)
class Components:
    """The components of a mask, label 1 first. `mask` is (H, W) uint8 of 0 and 1; `dust` is the
    number of pixels in those that were too small to be listed; `listed` are the others' labels,
    (n,), `boxes` their x, y, width, height and area, (n, 5)."""

    mask: Grey
    listed: npt.NDArray[np.intp]
    dust: int
    boxes: npt.NDArray[Any]
    labelled: LabelledPixels | LabelledRuns

    @cached_property
    def components(self) -> list[Component]:
        """One by one: of the many specks of a page, `boxes` say the same sooner."""
        return list(map(Component, self.listed.tolist(), *self.boxes.T.tolist()))

    @property
    def labels(self) -> Labels:
        """The label of each pixel, (H, W), 0 for ground. On large pages they are drawn when they
        are first asked for, which takes as long as all the rest."""
        return np.asarray(self.labelled.pixels, np.int32)

    def chosen(self, which: Sequence[bool] | npt.NDArray[np.bool_]) -> Components:
        """Some of them: `which` (n,)."""
        kept = np.asarray(which, np.bool_)
        boxes = self.boxes[kept]
        return Components(self.mask, self.listed[kept], self.dust, boxes, self.labelled)

    def without(self, labels: Container[int]) -> Components:
        """The same, but for those with these labels."""
        return self.chosen([label not in labels for label in self.listed.tolist()])

    def own(self, part: Component) -> Grey:
        """The pixels of a component inside its box, (height, width) uint8 of 0 and 1, to be looked
        at only."""
        window = np.s_[part.y : part.bottom, part.x : part.right]
        inked = self.mask[window]
        if cv2.countNonZero(inked) == part.area:  # nothing else is there
            return inked
        return self.labelled.own(window, (part.label,), inked)


def find_components(mask: Grey, most: int = sys.maxsize, least: int = 1) -> Components:
    """Label the components of a mask, (H, W) uint8 of 0 and 1. Those whose longer side has less
    than `least` pixels are not listed, and none at all where more than `most` are left.

    BBDT (Grana et al. 2010) gives the labels of OpenCV's default in a third of the time. But it and
    OpenCV's statistics go through the ground as well: on large pages, the runs of ink tell both
    sooner, unless there are very many.
    """
    labelled: LabelledPixels | LabelledRuns
    if mask.size < _LARGE:
        _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
            mask, 8, cv2.CV_32S, cv2.CCL_BBDT
        )
        labelled, rows = LabelledPixels(labels), stats[1:]
    else:
        labelled, rows = _label_large(mask)
    listed, dust = np.arange(1, len(rows) + 1), 0
    if least > 1:
        kept = np.maximum(rows[:, 2], rows[:, 3]) >= least
        dust = int(rows[~kept, 4].sum())
        rows, listed = rows[kept], listed[kept]
    if len(rows) > most:
        rows, listed = rows[:0], listed[:0]
    return Components(mask, listed, dust, rows, labelled)


def _label_large(mask: Grey) -> tuple[LabelledPixels | LabelledRuns, npt.NDArray[np.int64]]:
    """The components, and of each its x, y, width, height and area, (n, 5)."""
    runs = find_runs(mask)
    if len(runs.rows) * _SPARSE > mask.size:
        _, labels = cv2.connectedComponentsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_BBDT)
        return LabelledPixels(labels), _measure(runs, labels[runs.rows, runs.starts])
    owners = connect(runs)
    return LabelledRuns(runs, owners, mask.shape), _measure(runs, owners)


def _measure(runs: Runs, owners: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Box and area of every label by its runs, `owners` (m,) being their labels: (n, 5), x, y,
    width, height, area."""
    count, at = int(owners.max(initial=0)), owners - 1
    left, top = np.full((2, count), np.iinfo(np.int64).max)
    right, bottom = np.zeros((2, count), np.int64)
    np.minimum.at(left, at, runs.starts)
    np.maximum.at(right, at, runs.stops)
    np.minimum.at(top, at, runs.rows)
    np.maximum.at(bottom, at, runs.rows + 1)
    area = np.bincount(at, runs.lengths, minlength=count).astype(np.int64)
    return np.stack([left, top, right - left, bottom - top, area], axis=1)
