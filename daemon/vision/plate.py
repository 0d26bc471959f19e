"""Paper that is darker than the even margin round it, or in the corners of the picture alone where
its own are rounded: a photograph on a white page, a note on a screen.

To whoever looks for ink it is one large mark, or its margin is: a light frame. A bold stroke may be
as large, but nothing is written on that.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..records import Grey
from .components import Component, Components, find_components
from .region import View, cut

_LEAST_SIDE = 64  # px: on a smaller picture none is looked for
_SKETCH = 96  # px, the longer side of what tells: pixels far from each other do, of an even margin
_EVEN = 10  # grey levels, between the darkest and the lightest of its corners at most
_DARKER = 16  # grey levels, less than the darkest of these: so much at least is the paper
_PEN = 16  # grey levels, less than the paper: so much at least is what is written on it
_LEAST, _FILLED = 0.2, 0.85  # of the picture, and of its own box: so much is paper
_ROUND = 0.3  # of a side: so much at both ends of it may be a rounded corner
_STRAIGHT = 0.9  # of the rest of a side: so much is paper
_TRIM = 2  # px of the sketch: its soft edge
_WRITING = 0.12  # of its height: a lower mark is no writing


def plate_in(view: View) -> View | None:
    """The paper on a whole page as the part to read, what is margin in its corners filled with its
    shade; None where there is none."""
    pixels = view.page.pixels
    if min(pixels.shape) < _LEAST_SIDE:
        return None
    step = -(-max(pixels.shape) // _SKETCH)
    sketch = np.ascontiguousarray(pixels[::step, ::step])
    corners = sketch[:: len(sketch) - 1, :: sketch.shape[1] - 1]
    margin = int(corners.min())
    if int(corners.max()) - margin > _EVEN or margin < 2 * _DARKER:
        return None
    dark = (sketch < margin - _DARKER).view(np.uint8)
    if cv2.countNonZero(dark) < _LEAST * dark.size:
        return None
    found = find_components(dark)
    plate = max(found.components, key=lambda each: each.area)
    if not _is_paper(plate, found, sketch):
        return None
    x, right = (step * side for side in (plate.x + _TRIM, plate.right - _TRIM))
    y, bottom = (step * side for side in (plate.y + _TRIM, plate.bottom - _TRIM))
    height, width = pixels.shape
    own = cut(view.page, (x / width, y / height, (right - x) / width, (bottom - y) / height))
    return replace(own, part=replace(own.part, pixels=_filled(own.part.pixels, margin)))


def _is_paper(plate: Component, found: Components, sketch: Grey) -> bool:
    """Whether a dark mark is a rectangle, but for its corners, with darker writing on it."""
    if plate.area < max(_LEAST * sketch.size, _FILLED * plate.width * plate.height):
        return False
    own = found.own(plate)
    across, down = round(_ROUND * plate.width), round(_ROUND * plate.height)
    ends = own[1, across:-across], own[-2, across:-across], own[down:-down, 1], own[down:-down, -2]
    if min(float(end.mean()) for end in ends) < _STRAIGHT:
        return False
    window = sketch[plate.y : plate.bottom, plate.x : plate.right]
    inner = np.s_[_TRIM:-_TRIM, _TRIM:-_TRIM]
    usual = float(np.median(window[own > 0]))
    pen = (window[inner] < usual - _PEN).view(np.uint8)
    marks = find_components(pen).components
    return any(each.height >= _WRITING * plate.height for each in marks)


def _filled(part: Grey, margin: int) -> Grey:
    """The paper, (h, w) uint8, with its own shade where the margin shows in its corners."""
    light = part >= margin - _DARKER
    if not light.any():
        return part
    near = cv2.dilate(light.view(np.uint8), np.ones((5, 5), np.uint8)).view(np.bool_)
    return np.where(near, np.uint8(np.median(part[~light])), part)
