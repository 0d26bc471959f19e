"""The sheet in a picture of a digit or a line: a slip, a card or a note on a desk, or a scan under
a dark lid, laid flat and without what it lies on.

The edges of a sheet are strokes to whoever looks for ink, and a desk sets the threshold of what is
ink. Whole pages are cut out of their surroundings by `page_view`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..records import Grey
from .coarse import LEAST_HALVED
from .crossing import is_crossed
from .flat import Corners, Flat, enlarging, laid_flat
from .layout import Layout
from .rectify import SIDES_SKETCH, SheetSearch
from .reduce import Halves
from .region import View

LEAST_SIDE = 64  # px: on a smaller picture no sheet is looked for
_TRIM = 0.96  # of a sheet: a soft edge, or a curled one, must not come back as a stroke
_LOW = 0.12  # of the sheet's shorter side: lower marks are no writing, if there is no other sign
_AS_LIGHT = 0.75  # times the sheet: what is no darker is as light, where light falls off
_AMONG = 0.5  # of what lies round a sheet: so much is as light round a cell
_BETWEEN = 0.1  # the same where there are stripes of shadow
_LONG = 2.6  # times as long as wide: so is a slip, but also the bold stroke of a light 1


def sheets_in(view: View, search: SheetSearch) -> Iterator[tuple[View, bool]]:
    """The sheet on a whole page as the part to read, and whether it is as large as it lies there:
    first half as large, if it is large; nothing where there is no sheet."""
    flat = _flat_in(search)
    if flat is None:
        return
    page = view.page
    reduction = page.reduction * search.factor
    back = enlarging(reduction)
    for times in (1, 0) if max(flat.size) >= LEAST_HALVED else (0,):
        pixels, onto = flat.halved(times).trimmed(_TRIM)
        height, width = pixels.shape
        own = reduction << times
        full = (width * own, height * own) if own > 1 else None
        part = replace(page, pixels=pixels, colour=None, reduction=own, full_size=full)
        to_page = back @ np.linalg.inv(onto) @ np.linalg.inv(enlarging(own))
        yield View(page, part, back=to_page), not times


def _flat_in(search: SheetSearch) -> Flat | None:
    """The sheet on a picture laid flat; None where there is none."""
    if min(search.pixels.shape) < LEAST_SIDE or not search.may_show:
        return None
    corners = search.clear if search.clear is not None else search.faint
    if corners is None or is_crossed(search.halves, corners):
        return None
    if is_a_neighbour(search.halves, corners) or _is_between_shadows(search, corners):
        return None
    return search.flat or laid_flat(search.halves, corners)


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
    return _light_beyond(search.halves, corners) >= _BETWEEN and search.shades.stripes > 0


def _light_beyond(page: Halves, corners: Corners, as_light: float = _AS_LIGHT) -> float:
    """How much of what lies round a sheet is `as_light`, times its own light, 0..1."""
    sketch = page.rough_sketch(SIDES_SKETCH)
    ratio = np.array(sketch.shape[::-1]) / page.pixels.shape[::-1]
    inside = np.zeros_like(sketch)
    cv2.fillConvexPoly(inside, np.rint((corners + 0.5) * ratio - 0.5).astype(np.int32), (1,))
    sheet, beyond = sketch[inside > 0], sketch[inside == 0]
    if not sheet.size or not beyond.size:
        return 0.0
    return float((beyond > as_light * np.median(sheet)).mean())
