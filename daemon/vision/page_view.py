"""A page as it would lie flat and straight: the sheet cut out of its surroundings, the rows level.

The matrix of both leads back to the page's own pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..records import Box, Grey
from .flat import Flat, Matrix, warped
from .page_ink import PageInk, find_page_ink, is_light_on_dark
from .reduce import Halves, quick_sketch_of
from .skew import MOST, find_skew

SKETCH = 1000  # px, the longer side of what skew is told by
_LEVEL = 0.15  # degrees: less skew is left as it is
_ON_SHEET = 10.0  # degrees by which rows slope at most where the sheet's edges are straight already
_SIGMA = 1.2  # px, by which noise is smoothed
_RIM = 0.02  # of the sketch's shorter side: edges of the sheet, no writing


@dataclass(frozen=True, slots=True)
class View:
    """A page's `ink` as it would lie; `onto` brings its pixels to the view's, `is_sheet` says
    that a sheet was cut out of its surroundings."""

    ink: PageInk
    onto: Matrix
    is_sheet: bool


def flat_view(
    pixels: Grey,
    sheet: Flat | None,
    *,
    may_be_light: bool,
    halves: Halves | None = None,
    is_large: bool = False,
) -> tuple[View, Grey]:
    """The view of a page, (H, W) uint8, no larger than itself, with rows as they slope, and its
    pixels: those of the `sheet` on it, if there is one; where its ink `may_be_light` on
    dark and is, it is made dark on light. `halves` are the page's, where they are known; where its
    writing `is_large`, grain is smoothed."""
    if sheet is not None:  # on its own: its surroundings must not come back
        ink, pixels = _quiet_ink(sheet.pixels, sheet.halves, is_large)
        return View(ink, sheet.onto, is_sheet=True), pixels
    if may_be_light and is_light_on_dark(pixels):
        pixels, halves = cv2.bitwise_not(pixels), None
    ink, pixels = _quiet_ink(pixels, halves, is_large)
    return View(ink, np.eye(3), is_sheet=False), pixels


def _quiet_ink(pixels: Grey, halves: Halves | None, is_large: bool) -> tuple[PageInk, Grey]:
    """The ink of a page, and the page in which it was found: smoothed where noise is as strong as
    ink, of which nothing would be believed, or, if the writing `is_large`, where noise says what is
    ink: small digits would be lost with its specks."""
    ink = find_page_ink(pixels, halves)
    if not (ink.is_loud or (is_large and ink.is_grainy)):
        return ink, pixels
    smooth = cv2.GaussianBlur(pixels, (0, 0), _SIGMA)
    return find_page_ink(smooth), smooth


def levelled(view: View, pixels: Grey) -> View:
    """A view of these pixels whose rows are level."""
    angle = _skew(view.ink, view.is_sheet)
    if abs(angle) <= _LEVEL:
        return view
    turn, size = _levelling(pixels.shape, angle)
    return View(find_page_ink(warped(pixels, turn, size)), turn @ view.onto, view.is_sheet)


def made_level(pixels: Grey, angle: float) -> Grey:
    """A picture, (h, w) uint8, whose rows slope by `angle` degrees, turned until they are level."""
    return warped(pixels, *_levelling(pixels.shape, angle))


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


def _skew(ink: PageInk, is_sheet: bool) -> float:
    mask = (quick_sketch_of(ink.contrast, SKETCH) > ink.threshold).view(np.uint8)
    rim = max(3, round(_RIM * min(mask.shape)))
    most = _ON_SHEET if is_sheet else MOST
    return find_skew(mask[rim:-rim, rim:-rim], most, is_straight=is_sheet)


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
