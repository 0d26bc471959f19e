"""The sheet in a picture of a digit or a line: a slip, a card or a note on a desk, or a scan under
a dark lid, laid flat and without what it lies on.

The edges of a sheet are strokes to whoever looks for ink, and a desk sets the threshold of what is
ink. Whole pages are cut out of their surroundings by `page_view`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..records import Grey
from .crossing import is_crossed
from .flat import Corners, enlarging, laid_flat
from .layout import Layout
from .rectify import SheetSearch
from .reduce import Halves
from .region import View

LEAST_SIDE = 64  # px: on a smaller picture no sheet is looked for
_SKETCH = 96  # px, the longer side of what tells that a side of the picture may be no paper
_PAPER = 0.8  # of the picture: so much is no brighter than its paper
_DARKER, _MARGIN = 0.95, 4  # times the paper, less so many grey levels: that is none
_TRIM = 0.96  # of a sheet: a soft edge, or a curled one, must not come back as a stroke
_LOW = 0.12  # of the sheet's shorter side: lower marks are no writing, if there is no other sign
_AS_LIGHT = 0.75  # times the sheet: what is no darker is as light, where light falls off
_AMONG = 0.5  # of what lies round a sheet: so much is as light round a cell
_BETWEEN = 0.1  # the same where there are stripes of shadow
_LONG = 2.6  # times as long as wide: so is a slip, but also the bold stroke of a light 1


def sheet_in(view: View, search: SheetSearch) -> View | None:
    """The sheet on a whole page as the part to read, and its search; None where there is none."""
    if min(search.pixels.shape) < LEAST_SIDE or not is_darker_at_a_side(search.halves):
        return None
    corners = search.clear if search.clear is not None else search.faint
    if corners is None or is_crossed(search.halves, corners):
        return None
    if is_a_neighbour(search.halves, corners) or _is_between_shadows(search, corners):
        return None
    flat = search.flat or laid_flat(search.pixels, corners)
    flat = flat.trimmed(_TRIM)
    page = view.page
    reduction = page.reduction * search.factor
    height, width = flat.pixels.shape
    full = (width * reduction, height * reduction) if reduction > 1 else None
    part = replace(page, pixels=flat.pixels, colour=None, reduction=reduction, full_size=full)
    to_page = enlarging(reduction) @ np.linalg.inv(flat.onto) @ np.linalg.inv(enlarging(reduction))
    return View(page, part, back=to_page)


def may_be_a_stroke(sheet: Grey, factor: int, layouts: Sequence[Layout]) -> bool:
    """Whether what was taken for a sheet, (h, w) uint8, may be a light stroke: a long one on which
    nothing as high as writing was found. Boxes of the layouts are `factor` times smaller."""
    shorter, longer = sorted(sheet.shape)
    if longer < _LONG * shorter:
        return False
    heights = [mark.box.height for layout in layouts for mark in layout.candidates]
    return bool(max(heights, default=0) * factor < _LOW * shorter)


def is_a_neighbour(page: Halves, corners: Corners, *, as_light: float = _AS_LIGHT) -> bool:
    """Whether a sheet is not in the middle of the picture, and much of what lies round it is
    `as_light`, times its own light: bold rules part the cells of a table, whose neighbours reach
    into a picture of one."""
    middle = (page.pixels.shape[1] / 2, page.pixels.shape[0] / 2)
    if cv2.pointPolygonTest(corners.astype(np.float32), middle, measureDist=False) >= 0:
        return False
    return _light_beyond(page, corners, as_light) >= _AMONG


def _is_between_shadows(search: SheetSearch, corners: Corners) -> bool:
    """Whether a sheet is the light between stripes of shadow, beyond which there is more of it."""
    return search.shades.stripes > 0 and _light_beyond(search.halves, corners) >= _BETWEEN


def _light_beyond(page: Halves, corners: Corners, as_light: float = _AS_LIGHT) -> float:
    """How much of what lies round a sheet is `as_light`, times its own light, 0..1."""
    sketch = page.rough_sketch(_SKETCH)
    ratio = np.array(sketch.shape[::-1]) / page.pixels.shape[::-1]
    inside = np.zeros_like(sketch)
    cv2.fillConvexPoly(inside, np.rint((corners + 0.5) * ratio - 0.5).astype(np.int32), (1,))
    sheet, beyond = sketch[inside > 0], sketch[inside == 0]
    if not sheet.size or not beyond.size:
        return 0.0
    return float((beyond > as_light * np.median(sheet)).mean())


def is_darker_at_a_side(page: Halves) -> bool:
    """Whether what lies along a side of a picture is darker than its paper: that is told in well
    under a millisecond, and of most pictures of a digit it is not true."""
    sketch = page.rough_sketch(_SKETCH)
    sides = (sketch[0], sketch[-1], sketch[:, 0], sketch[:, -1])
    darkest = min(int(np.sort(side)[side.size // 2]) for side in sides)
    passed = cv2.calcHist([sketch], [0], None, [256], [0, 256]).ravel().cumsum()
    paper = int(passed.searchsorted(int(_PAPER * (sketch.size - 1)), "right"))
    return darkest < _DARKER * paper - _MARGIN
