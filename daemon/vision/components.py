"""Connected components of a mask."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey

Labels = npt.NDArray[np.int32]


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
    """All components of a mask, by label from 1 on; `labels` is (H, W), 0 for ground."""

    labels: Labels
    components: list[Component]


def find_components(mask: Grey) -> Components:
    """Label the components of a mask, (H, W) uint8.

    BBDT (Grana et al. 2010) gives the labels of OpenCV's default in a third of the time.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask, 8, cv2.CV_32S, cv2.CCL_BBDT
    )
    found = [Component(label, *row) for label, row in enumerate(stats[1:].tolist(), start=1)]
    return Components(np.asarray(labels, np.int32), found)
