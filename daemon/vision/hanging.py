"""Writing that hangs on the ring that someone drew round it: to whoever looks for marks, both are
one. The ring is told by its shape: ink all round at the edge of an ellipse, and more in its middle.
"""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .components import Components
from .frames import BOX, RING, ROUND
from .paper import SMALL

SECTORS, CLOSED = 24, 21  # into how many a ring is cut, and how many have ink where it is closed
EDGE = 0.8  # of its radius: as far out at least a ring lies
WRITING = 0.14  # of the ink: so much at least lies further in than the ring; of a 0, nothing
ENDS = 0.2  # of the sectors: in so many the ring reaches no further in than it is taken away
MARGIN = 0.03  # of its radius: its soft edge

_TURNS = np.arange(SECTORS)[:, None] * (2 * np.pi / SECTORS)
_TOWARDS = np.stack([np.cos(_TURNS), np.sin(_TURNS)])  # (2, sectors, 1), across and down
_RADII = np.linspace(1, 0, 51)
_RAYS = (_TOWARDS * _RADII + 1) / 2  # (2, sectors, radii), from the edge to the middle, in 0..1
_EDGE = (_TOWARDS * np.linspace(1, EDGE, 6) + 1) / 2


def without_ring(mask: Grey, found: Components, known: Collection[int]) -> Grey | None:
    """A mask, (H, W) uint8 of 0 and 1, without the ring on which its largest component hangs; None
    where there is none. `found` are its components, those `known` by their labels frames."""
    if max(mask.shape) <= SMALL or not len(found.listed):
        return None
    _, _, width, height, _ = found.boxes.T
    part = found.components[int((width * height).argmax())]
    short, long = sorted((part.width, part.height))
    if short < max(RING, BOX * min(mask.shape)) or long > ROUND * short or part.label in known:
        return None
    own = found.own(part)
    if np.count_nonzero(_along(own, _EDGE).any(axis=1)) < CLOSED:  # any digit but 0, as a rule
        return None
    rays = _along(own, _RAYS)
    started = np.logical_or.accumulate(rays, axis=1)
    ends = np.sort(_RADII[(started & ~rays).argmax(axis=1)])
    inner = ends[round(ENDS * SECTORS)] - MARGIN
    if not rays[:, inner > _RADII].any():  # a 0
        return None
    y, x = np.ogrid[: part.height, : part.width]
    radii = np.hypot(x * (2 / (part.width - 1)) - 1, y * (2 / (part.height - 1)) - 1)
    ring = own * (radii >= inner).view(np.uint8)
    if part.area - cv2.countNonZero(ring) < WRITING * part.area:
        return None
    rest = mask.copy()
    window = rest[part.y : part.bottom, part.x : part.right]
    cv2.subtract(window, ring, window)
    return rest


def _along(own: Grey, places: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Where the pixels in a mark's box are ink: at places (2, n, m), x and y in 0..1."""
    height, width = own.shape
    columns, rows = (places[0] * (width - 1) + 0.5, places[1] * (height - 1) + 0.5)
    inked: npt.NDArray[np.bool_] = own[rows.astype(np.intp), columns.astype(np.intp)] > 0
    return inked
