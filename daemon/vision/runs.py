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


def find_runs(mask: Grey) -> Runs:
    """The runs of a mask, (H, W) uint8 of 0 and 1, each as long as it can be."""
    width = mask.shape[1] + 2
    pixels = cv2.copyMakeBorder(mask, 0, 0, 1, 1, cv2.BORDER_CONSTANT, value=0).ravel()
    bounds = np.flatnonzero(pixels[1:] != pixels[:-1])
    rows, starts = np.divmod(bounds[::2], width)
    return Runs(rows, starts, bounds[1::2] - rows * width)
