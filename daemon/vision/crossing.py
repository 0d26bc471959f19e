"""Whether ink goes on across the sides of a bright patch: then it is light on paper, or a field
printed on it, and no sheet, on which writing ends.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .components import find_components
from .flat import Corners
from .reduce import Halves

Point: TypeAlias = npt.NDArray[np.float64]  # (2,): x, y

_SIDE = 480  # px, at least the longer side of the sketch on which strokes are followed
REACH = 0.008  # of the longer side: how far beyond a side, and before it, a stroke goes on
WIDEST = 0.15  # of the longer side: what is wider there is a hand or a shadow
_DARKER, _MARGIN = 0.8, 6  # times what lies beside it, less so many grey levels: that is ink
_ENDS = 0.04  # of a side: corners, where the next side crosses it
_SHADES = np.arange(256, dtype=np.float32)
_PALEST = np.ceil(np.maximum(_DARKER * _SHADES - _MARGIN, 0)).astype(np.uint8)  # ink is darker


def is_crossed(
    page: Halves, corners: Corners, *, widest: float = WIDEST, reach: float = REACH
) -> bool:
    """Whether a dark stroke crosses a side of the patch with these corners, in pixels of the page:
    one no wider than that share of the page's longer side, which reaches as far."""
    sketch = page.above(_SIDE)
    ratio = np.array(sketch.shape[::-1]) / page.pixels.shape[::-1]
    on_sketch = (corners + 0.5) * ratio - 0.5
    ends = zip(on_sketch, np.roll(on_sketch, -1, axis=0), strict=True)
    wide, far = (max(2, round(share * max(sketch.shape))) for share in (widest, reach))
    return any(_has_stroke(sketch, start, end, wide, far) for start, end in ends)


def _has_stroke(sketch: Grey, start: Point, end: Point, widest: int, reach: int) -> bool:
    """Whether a stroke crosses a side: goes from the first row along it to the last. Few rows tell
    most sides that have none."""
    if not _dark_in(_strip(sketch, start, end, reach, reach), widest).any(axis=1).all():
        return False
    heights = find_components(_dark_in(_strip(sketch, start, end, reach), widest)).boxes[:, 3]
    return bool((heights == 2 * reach + 1).any())


def _strip(
    sketch: Grey, start: Point, end: Point, reach: int, apart: int = 1
) -> npt.NDArray[np.uint8]:
    """The sketch along a side, (rows, columns) uint8: rows so many pixels `apart`, the middle one
    is the side itself, the last ones are `reach` pixels from it; what lies outside of the sketch is
    white."""
    length = float(np.linalg.norm(end - start))
    along_x, along_y = ((end - start) / max(length, 1e-6)).tolist()
    columns = max(2, round(length))
    step = length * (1 - 2 * _ENDS) / (columns - 1)
    left, top = (start + _ENDS * (end - start) - reach * np.array([along_y, -along_x])).tolist()
    down_x, down_y = apart * along_y, -apart * along_x
    onto = np.array([[step * along_x, down_x, left], [step * along_y, down_y, top]])
    return np.asarray(
        cv2.warpAffine(
            sketch,
            onto,
            (columns, 2 * reach // apart + 1),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderValue=(255,),
        ),
        np.uint8,
    )


def _dark_in(rows: Grey, widest: int) -> Grey:
    """Where ink is in each of some rows, (n, columns) uint8 of 0 and 1. Each row lies in its own
    light: dark is what is darker than its neighbours in it."""
    beside = cv2.morphologyEx(rows, cv2.MORPH_CLOSE, np.ones((1, widest | 1), np.uint8))
    return np.asarray((rows < cv2.LUT(beside, _PALEST)).view(np.uint8))
