"""A page as it would lie flat and straight: the sheet cut out of its surroundings, the rows level.

The matrix of both leads back to the page's own pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..records import Box, Grey
from .page_ink import PageInk, find_page_ink, is_light_on_dark
from .rectify import Corners, Matrix, flatten
from .reduce import Halves, quick_sketch_of
from .skew import MOST, find_skew

SKETCH = 1000  # px, the longer side of what skew is told by
_TRIM = 0.985  # of a sheet: its very edge is no paper
_LEVEL = 0.15  # degrees: less skew is left as it is
_ON_SHEET = 10.0  # degrees by which rows slope at most where the sheet's edges are straight already
_RIM = 0.02  # of the sketch's shorter side: edges of the sheet, no writing


@dataclass(frozen=True, slots=True)
class View:
    """A page's `ink` as it would lie; `onto` brings its pixels to the view's, `is_sheet` says
    that a sheet was cut out of its surroundings."""

    ink: PageInk
    onto: Matrix
    is_sheet: bool


def flat_view(
    pixels: Grey, corners: Corners | None, *, may_be_light: bool, halves: Halves | None = None
) -> tuple[View, Grey]:
    """The view of a page, (H, W) uint8, no larger than itself, with rows as they slope, and its
    pixels; `corners` are those of the sheet on it, if there is one; where its ink `may_be_light` on
    dark and is, it is made dark on light. `halves` are the page's, where they are known."""
    if corners is not None:  # on its own: its surroundings must not come back
        pixels, onto = laid_flat(pixels, corners, max(pixels.shape))
        return View(find_page_ink(pixels), onto, is_sheet=True), pixels
    if may_be_light and is_light_on_dark(pixels):
        pixels, halves = cv2.bitwise_not(pixels), None
    return View(find_page_ink(pixels, halves), np.eye(3), is_sheet=False), pixels


def levelled(view: View, pixels: Grey) -> View:
    """A view of these pixels whose rows are level."""
    angle = _skew(view.ink, _ON_SHEET if view.is_sheet else MOST)
    if abs(angle) <= _LEVEL:
        return view
    turn, size = _levelling(pixels.shape, angle)
    return View(find_page_ink(_warped(pixels, turn, size)), turn @ view.onto, view.is_sheet)


def made_level(pixels: Grey, angle: float) -> Grey:
    """A picture, (h, w) uint8, whose rows slope by `angle` degrees, turned until they are level."""
    return _warped(pixels, *_levelling(pixels.shape, angle))


def laid_flat(
    pixels: Grey, corners: Corners, longest: int, *, trim: float = _TRIM
) -> tuple[Grey, Matrix]:
    """The sheet of a page, (H, W) or (H, W, 3) uint8, as if from above, `longest` pixels on its
    longer side at most, and what brings the page's pixels to its own; `trim` of it is kept."""
    middle = corners.mean(axis=0)
    onto, size = flatten(middle + (corners - middle) * trim)
    onto, size = _scaled(onto, size, min(1.0, longest / max(size)))
    return _warped(pixels, onto, size), onto


def box_on_page(box: Box, back: Matrix, width: int, height: int) -> Box:
    """The upright rectangle round a view's box on a page of this size; `back` brings the view's
    pixels to the page's."""
    return boxes_on_page([box], back, width, height)[0]


def boxes_on_page(boxes: Sequence[Box], back: Matrix, width: int, height: int) -> list[Box]:
    """The same of many."""
    if not boxes:
        return []
    edges = np.array([(box.x, box.y, box.right, box.bottom) for box in boxes], np.float64)
    ends = edges[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]  # (n, 4, 2)
    corners = cv2.perspectiveTransform(ends - 0.5, back) + 0.5
    low = np.clip(np.floor(corners.min(axis=1) + 0.01), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(corners.max(axis=1) - 0.01), low + 1, (width, height)).astype(int)
    return [Box(*each) for each in np.hstack([low, high - low]).tolist()]


def enlarging(factor: float) -> Matrix:
    """What brings pixels of a picture to those of one so many times larger: their edges meet."""
    shift = (factor - 1) / 2
    return np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1.0]])


def _skew(ink: PageInk, most: float) -> float:
    mask = (quick_sketch_of(ink.contrast, SKETCH) > ink.threshold).view(np.uint8)
    rim = max(3, round(_RIM * min(mask.shape)))
    return find_skew(mask[rim:-rim, rim:-rim], most)


def _scaled(onto: Matrix, size: tuple[int, int], scale: float) -> tuple[Matrix, tuple[int, int]]:
    width, height = size
    smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
    return enlarging(scale) @ onto, smaller


def _levelling(shape: tuple[int, ...], angle: float) -> tuple[Matrix, tuple[int, int]]:
    """What turns a picture (h, w) about so that rows that sloped by `angle` degrees are level, and
    nothing is lost; the turned one's (width, height)."""
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1.0]])
    height, width = shape
    ends = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ turn[:2, :2].T
    low = ends.min(axis=0)
    turn[:2, 2] = -low
    width, height = np.ceil(ends.max(axis=0) - low).astype(int).tolist()
    return turn, (width, height)


def _warped(pixels: Grey, onto: Matrix, size: tuple[int, int]) -> Grey:
    if np.array_equal(onto, np.eye(3)):
        return pixels
    if (
        np.count_nonzero(onto[:2, :2] - np.diag(np.diag(onto[:2, :2]))) == 0
        and not onto[2, :2].any()
    ):
        return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    reduced = int(np.abs(np.linalg.det(onto[:2, :2])) ** -0.5)
    if reduced >= 2:  # what is much smaller would have holes otherwise
        smaller = (pixels.shape[1] // reduced, pixels.shape[0] // reduced)
        ratio = pixels.shape[1] / smaller[0], pixels.shape[0] / smaller[1]
        pixels = cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA)
        onto = onto @ np.diag([*ratio, 1.0])
    return cv2.warpPerspective(pixels, onto, size, borderMode=cv2.BORDER_REPLICATE)
