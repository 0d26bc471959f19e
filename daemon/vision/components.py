"""Connected components of ink."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey

Labels = npt.NDArray[np.int32]


def label_components(mask: Grey) -> tuple[Labels, list[list[int]]]:
    """Label the components of a mask, (H, W) uint8, that touch at sides or corners.

    Labels are (H, W) int32, 0 for ground; [x, y, width, height, area] of labels 1, 2, ... follow.
    BBDT (Grana et al. 2010) gives the labels of OpenCV's default, in a third of the time.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask, 8, cv2.CV_32S, cv2.CCL_BBDT
    )
    return np.asarray(labels, np.int32), stats[1:].tolist()
