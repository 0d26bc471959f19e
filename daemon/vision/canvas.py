"""The dark canvas on a light screen: a drawing app's, with buttons and words around it.

To whoever looks for dark ink it is one large mark, and the light digit on it a hole. Screens lie
straight: it is a rectangle along the picture's sides.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Grey
from .components import Component, find_components
from .region import View, cut

_LEAST_SIDE = 64  # px: on a smaller picture none is looked for
_SKETCH = 96  # px, the longer side of what tells: pixels far from each other do, on a screen
_CONTRAST = 96  # grey levels between canvas and screen at least
_LEAST, _MOST = 0.1, 0.85  # of the picture: what is dark of it
_DARK = 0.6  # of the canvas: so much is
_NARROW = 8  # px of the sketch: what is no wider or higher is a stroke
_STRAIGHT = 0.8  # of a row or column along its sides: so much is dark, but for strokes across it
_WRITING = 0.25  # of its height: a lower light mark is no writing, a dark one beside it no canvas


def canvas_in(view: View) -> View | None:
    """The canvas on a whole page as the part to read; None where there is none."""
    page = view.page
    if min(page.pixels.shape) < _LEAST_SIDE:
        return None
    step = -(-max(page.pixels.shape) // _SKETCH)
    sketch = np.ascontiguousarray(page.pixels[::step, ::step])
    darkest, lightest, *_ = cv2.minMaxLoc(sketch)
    if lightest - darkest < _CONTRAST:
        return None
    dark = (sketch < (darkest + lightest) / 2).view(np.uint8)
    if not _LEAST * dark.size <= cv2.countNonZero(dark) <= _MOST * dark.size:
        return None
    found = sorted(find_components(dark).components, key=lambda each: -each.area)
    canvas = found[0]
    if not _is_canvas(canvas, dark):
        return None
    if any(each.height >= _WRITING * canvas.height for each in found[1:]):
        return None
    x, right = (step * side / page.pixels.shape[1] for side in (canvas.x, canvas.right - 1))
    y, bottom = (step * side / page.pixels.shape[0] for side in (canvas.y, canvas.bottom - 1))
    return cut(page, (x, y, right - x, bottom - y))


def _is_canvas(mark: Component, dark: Grey) -> bool:
    """Whether a mark on a sketch, (h, w) uint8 of 0 and 1, is a rectangle with light writing."""
    height, width = dark.shape
    free = mark.x > 0 and mark.y > 0 and mark.right < width and mark.bottom < height
    if not free or mark.area < max(_LEAST * dark.size, _DARK * mark.width * mark.height):
        return False
    if min(mark.width, mark.height) <= _NARROW:
        return False
    inner = dark[mark.y + 1 : mark.bottom - 1, mark.x + 1 : mark.right - 1]
    sides = (inner[0], inner[-1], inner[:, 0], inner[:, -1])
    if min(float(side.mean()) for side in sides) < _STRAIGHT:
        return False
    light = find_components(1 - inner).components
    return any(each.height >= _WRITING * mark.height for each in light)
