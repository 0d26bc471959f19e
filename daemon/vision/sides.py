"""What the ink along the sides of a page tells: that rules may go across it, and how wide a shadow
is that falls on it from there.

Of a few runs of ink only: texture has many, and tells nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..records import Grey

_SMALL = 48  # pixels: on a page no larger a stroke is as wide as a shadow, or a rule
_TEXTURE = 100  # runs along all sides: of more, none is a rule or a shadow
_LEAST, _MOST = 0.08, 0.7  # of the longer side: what of the border is strokes, or a desk
_DEEP = 0.03  # of the longer side: so far in it is as wide, and a rule along the border is not
_WITHIN = 0.5  # of a shadow's width: strokes that are told from it are narrower


def goes_across(mask: Grey) -> bool:
    """Whether rules may go across a page, (H, W) uint8 of 0 and 1: ink lies at both ends of its
    rows, or of its columns."""
    if max(mask.shape) <= _SMALL:
        return False
    top, bottom, left, right = map(_runs, _sides(mask))
    few = len(top) + len(bottom) + len(left) + len(right) <= _TEXTURE
    return few and bool((len(top) and len(bottom)) or (len(left) and len(right)))


def widest_beside_shade(mask: Grey) -> float:
    """The widest stroke, as a share of the longer side, that is told from the shadow of a finger, a
    hand or a pen on a page whose ink is `mask`, (H, W) uint8 of 0 and 1; 0 where there is none.

    Narrower than the widest stroke there is, such a shadow is ink to whoever closes strokes to see
    the paper, and what is written in it or beside it becomes one mark with it. Rules, and the bold
    digit of a tight crop, reach opposite sides: then none is looked for.
    """
    longer = max(mask.shape)
    if longer <= _SMALL or goes_across(mask):
        return 0.0
    runs = [_runs(side) for side in _sides(mask)]
    width = max(int(each.max(initial=0)) for each in runs) / longer
    if sum(map(len, runs)) > _TEXTURE or not _LEAST <= width <= _MOST:
        return 0.0
    inner = _sides(mask, min(round(_DEEP * longer), min(mask.shape) // 2))
    goes_in = any(
        int(min(each.max(initial=0), _runs(side).max(initial=0))) >= _LEAST * longer
        for each, side in zip(runs, inner, strict=True)
    )
    return _WITHIN * width if goes_in else 0.0


def _sides(mask: Grey, depth: int = 0) -> tuple[Grey, ...]:
    return mask[depth], mask[-1 - depth], mask[:, depth], mask[:, -1 - depth]


def _runs(side: Grey) -> npt.NDArray[np.intp]:
    """The lengths of the runs of ink in a row of pixels, (N,) uint8 of 0 and 1."""
    padded = np.zeros(len(side) + 2, np.uint8)
    padded[1:-1] = side
    ends = np.flatnonzero(padded[1:] != padded[:-1])
    return ends[1::2] - ends[::2]
