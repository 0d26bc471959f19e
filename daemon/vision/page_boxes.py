"""Boxes on a page: to tick, for a digit each or for a number, with corners sharp or round.

They are no longer than what is written, so that their sides are no rules by their length; what
tells them is ink along all four sides of what is connected. A digit may touch its box.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..records import Grey
from .components import Component, Components
from .page_rules import Rules

_LEAST = 10  # px: the shorter side of a box at least
_MOST = 0.5  # of the page's longer side: a higher one is the net of squared paper, with its writing
_HOLLOW = 0.6  # of its area, that ink covers at most
_DEPTH = 0.1  # of its shorter side: how far inwards a side may lie
_DEEPEST = 8  # px, as far as that is looked at
_CLOSED = 0.85  # of a side that is ink
_PLACES = 20  # of each side that are looked at
_MOST_OF_IT = 0.7  # quantile of a side's columns, up to which it is no thicker
_CORNER = 0.2  # of its shorter side, that a round corner takes


def find_boxes(found: Components) -> tuple[Rules | None, Components]:
    """The sides of the boxes among the components of a page's ink, where there are any; and the
    components that are none."""
    *_, width, height, area = found.boxes.T
    is_thin = (1.5 * (width + height) <= area) & (area <= _HOLLOW * width * height)
    shorter = np.minimum(width, height)
    is_low = (shorter >= _LEAST) & (shorter <= _MOST * max(found.mask.shape))
    hollow = found.chosen(is_low & is_thin)
    # Of most pages none is left, and labels need not be drawn: its own ink is ink.
    may_be = _closed(hollow, found.mask, np.ones_like(hollow.listed))
    boxes = _closed(may_be, found.labels, may_be.listed).components if len(may_be.listed) else []
    if not boxes:
        return None, found
    lying, standing = np.zeros((2, *found.mask.shape), np.uint8)
    for box in boxes:
        _draw(lying, standing, found.labels, box)
    return Rules(lying, standing), found.without({box.label for box in boxes})


def _closed(
    parts: Components, pixels: npt.NDArray[Any], values: npt.NDArray[np.intp]
) -> Components:
    """The parts along all sides of which pixels, (H, W), have a part's value, (n,)."""
    if not len(parts.listed):
        return parts
    x, y, width, height, _ = (each[:, None, None] for each in parts.boxes.T)
    value = values[:, None, None]
    along = np.linspace(0, 1, _PLACES)[None, :, None]
    depths = (_DEPTH * np.minimum(width, height)).astype(int)
    deep = np.minimum(np.arange(min(_DEEPEST, depths.max() + 1)), depths)
    columns = x + np.rint(along * (width - 1)).astype(int)
    rows = y + np.rint(along * (height - 1)).astype(int)
    closed = np.arange(len(values))  # of most parts, that is none, the first side tells it
    for at_rows, at_columns in (
        (y + deep, columns),
        (y + height - 1 - deep, columns),
        (rows, x + deep),
        (rows, x + width - 1 - deep),
    ):
        inked = (pixels[at_rows[closed], at_columns[closed]] == value[closed]).any(axis=2)
        closed = closed[inked.mean(axis=1) >= _CLOSED]
    return parts.chosen(np.isin(np.arange(len(values)), closed))


def _draw(lying: Grey, standing: Grey, labels: npt.NDArray[np.int32], box: Component) -> None:
    """Mark the sides of a box, and the walls within it."""
    window = np.s_[box.y : box.bottom, box.x : box.right]
    own = (labels[window] == box.label).view(np.uint8)
    for sides, mask, turned in ((lying, own, False), (standing, own.T, True)):
        rows = mask.mean(axis=1) >= _CLOSED
        rows[: _thickness(mask)] = True
        rows[len(rows) - _thickness(mask[::-1]) :] = True
        drawn = sides[window].T if turned else sides[window]
        drawn[rows] |= mask[rows]
    corner = round(_CORNER * min(box.width, box.height))
    for at_rows in (np.s_[:corner], np.s_[-corner:]):
        for columns in (np.s_[:corner], np.s_[-corner:]):
            lying[window][at_rows, columns] |= own[at_rows, columns]


def _thickness(own: Grey) -> int:
    """To which row the upper side of a box, (h, w) uint8 of 0 and 1, reaches in most columns."""
    upper = own[: max(1, len(own) // 3)]
    begun = np.maximum.accumulate(upper, axis=0)
    ended = begun > upper
    ends = np.where(ended.any(axis=0), ended.argmax(axis=0), len(upper))
    return int(np.quantile(ends, _MOST_OF_IT))
