"""How wide a shadow is that falls on a page from its side: a finger's, a hand's, a pen's.

Narrower than the widest stroke, it is ink to whoever closes strokes to see the paper, and what is
written in it or beside it becomes one mark with it.
"""

from __future__ import annotations

import numpy as np

from ..records import Grey

_LEAST, _MOST = 0.08, 0.7  # of the longer side: what of the border is strokes, or a desk
_WITHIN = 0.5  # of a shadow's width: strokes that are told from it are narrower
_SMALL = 48  # pixels: on a page no larger a stroke is as wide as a shadow


def widest_beside_shade(mask: Grey) -> float:
    """The widest stroke, as a share of the longer side, that is told from the shadow on a page
    whose ink is `mask`, (H, W) uint8 of 0 and 1; 0 where there is none."""
    longer = max(mask.shape)
    if longer <= _SMALL:
        return 0.0
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    width = max(_longest_run(side) for side in sides) / longer
    return _WITHIN * width if _LEAST <= width <= _MOST else 0.0


def _longest_run(side: Grey) -> int:
    """The longest run of ink in a row of pixels, (N,) uint8 of 0 and 1."""
    if not side.any():
        return 0
    ends = np.flatnonzero(np.diff(side, prepend=np.uint8(0), append=np.uint8(0)))
    return int((ends[1::2] - ends[::2]).max())
