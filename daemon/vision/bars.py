"""The bars of a bar code and the marks of a ruler: each is as clean a 1 as any, and so many at one
height are none.
"""

from __future__ import annotations

import numpy as np

from .components import Component, Components

LEAST = 8  # marks, side by side
MOST = 200  # of more, most are specks, or the marks of a page
UPRIGHT = 0.6  # of its height: a mark so wide at most is a bar
LOW = 0.03  # of the page's shorter side: lower marks are specks
LEVEL, NEAR = 0.03, 2.0  # of its height: how far one lies off the others' height, and from the next


def bars_in(found: Components) -> list[Component]:
    """Upright marks side by side, many of them, that begin or end at one height."""
    if not LEAST <= len(found.listed) <= MOST:
        return []
    x, y, width, height, _ = found.boxes.T
    upright = np.flatnonzero((width <= UPRIGHT * height) & (height >= LOW * min(found.mask.shape)))
    if len(upright) < LEAST:
        return []
    for ends in (y, y + height):
        order = upright[ends[upright].argsort(kind="stable")]
        slack = np.maximum(1, LEVEL * height[order])
        apart = ends[order[LEAST - 1 :]] - ends[order[: 1 - LEAST]]
        for start in np.flatnonzero(apart <= slack[: 1 - LEAST]).tolist():
            own = order[start:]
            own = own[ends[own] - ends[own[0]] <= slack[start]]
            own = own[x[own].argsort()]
            gaps = x[own[1:]] - (x + width)[own[:-1]]
            if gaps.max() <= NEAR * np.median(height[own]):
                return [found.components[at] for at in own.tolist()]
    return []
