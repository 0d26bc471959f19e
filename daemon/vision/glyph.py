"""Ink -> glyph: the 28x28 picture in MNIST's geometry that the networks read.

The one function that training and reading share, so that they can never drift apart. MNIST's
geometry (LeCun et al. 1998): the digit's longer side is 20 pixels, its centre of mass lies on
pixel (14, 14) of a 28x28 field (measured: 13.99 +- 0.29), ink is 1. So MNIST's own pictures pass
unchanged. Beyond MNIST, thin strokes are thickened: a hairline reduced to 20 pixels would vanish.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey, Ink

SIDE = 28  # pixels, a glyph's width and height
DIGIT_SIDE = 20  # pixels, the digit's longer side inside it
LARGE = 1.1 * DIGIT_SIDE  # pixels, the longer side of ink that loses nothing
MIN_STROKE = 1.55  # pixels at the 20-pixel scale: thinner strokes are thickened
GOOD_STROKE = 2.2  # pixels, what they are thickened to
_FINE = 4  # thickening happens at this multiple of the glyph's scale
FAINT = 0.08  # ink below this does not count for the bounding box

_MANY = 8  # digits: of fewer, stroke widths are told one by one
_SIDE_BY_SIDE = 64  # digits: of more at once, the pixels would not stay at hand

_MOMENTS = np.stack([np.ones(SIDE * SIDE), *np.divmod(np.arange(SIDE * SIDE), SIDE)], axis=1)
_CROSS = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))


def stroke_width(ink: Ink) -> float:
    """Mean width in pixels of the strokes of `ink`, (H, W) float32 in 0..1.

    A stroke of length L and width w has area Lw and a contour of about 2L, so w is twice the area
    over the contour. The total variation measures the contour of grey ink as well as of binary.
    """
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    own = padded[:-1, :-1]
    dx, dy = cv2.subtract(padded[:-1, 1:], own), cv2.subtract(padded[1:, :-1], own)
    contour = cv2.sumElems(cv2.magnitude(dx, dy))[0]
    return 2 * cv2.sumElems(ink)[0] / contour if contour > 0 else 0.0


def _widths(inks: Sequence[Ink]) -> list[float]:
    """The mean width of the strokes of each of some inks of any size: of many, side by side, as a
    call of OpenCV takes longer than the pixels of a digit."""
    if len(inks) < _MANY:
        return [stroke_width(ink) for ink in inks]
    found: list[float] = []
    for first in range(0, len(inks), _SIDE_BY_SIDE):
        some = inks[first : first + _SIDE_BY_SIDE]
        starts = np.cumsum([0, *(ink.shape[1] + 1 for ink in some)])
        field = np.zeros((max(len(ink) for ink in some) + 2, int(starts[-1]) + 1), np.float32)
        for ink, start in zip(some, starts.tolist(), strict=False):
            field[1 : 1 + len(ink), 1 + start : 1 + start + ink.shape[1]] = ink
        own = field[:-1, :-1]
        dx, dy = cv2.subtract(field[:-1, 1:], own), cv2.subtract(field[1:, :-1], own)
        contour, area = (
            np.add.reduceat(
                cv2.reduce(each, 0, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel(), starts[:-1]
            )
            for each in (cv2.magnitude(dx, dy), own)
        )
        found += (2 * area / np.maximum(contour, 1e-9)).tolist()
    return found


def stroke_widths(inks: Ink) -> npt.NDArray[np.float64]:
    """Those of many inks, (N, h, w) float32: (N,)."""
    padded = np.pad(inks, ((0, 0), (1, 1), (1, 1)))
    own = padded[:, :-1, :-1]
    dx, dy = padded[:, :-1, 1:] - own, padded[:, 1:, :-1] - own
    count = len(inks)
    contours = cv2.magnitude(dx.reshape(count, -1), dy.reshape(count, -1))
    contour = contours.sum(axis=1, dtype=np.float64)
    areas = inks.reshape(count, -1).sum(axis=1, dtype=np.float64)
    return np.asarray(2 * areas / np.maximum(contour, 1e-9))


def normalise(ink: Ink) -> Ink:
    """Bring one digit's ink, (H, W) float32 in 0..1 of any size, to a (28, 28) float32 glyph.

    All ink counts: what is no part of the digit must be 0 already. No ink gives an empty glyph.
    """
    glyph: Ink = normalise_all([ink])[0]
    return glyph


def normalise_all(inks: Sequence[Ink]) -> Ink:
    """Bring the ink of many digits to glyphs, (N, 28, 28) float32, as `normalise` does one's: their
    centres of mass cost less all at once."""
    cropped = [_crop(ink) for ink in inks]
    widths = _widths(cropped)
    return placed([_scaled(ink, width) for ink, width in zip(cropped, widths, strict=True)])


def placed(scaled: Sequence[Ink]) -> Ink:
    """Lay the ink of many digits, (h, w) float32 at a glyph's scale, each on a glyph of its own:
    (N, 28, 28) float32."""
    corners = np.zeros((len(scaled), SIDE, SIDE))
    for corner, ink in zip(corners, scaled, strict=True):
        corner[: ink.shape[0], : ink.shape[1]] = ink
    moments = (corners.reshape(-1, SIDE * SIDE) @ _MOMENTS).tolist()
    glyphs = np.zeros(corners.shape, np.float32)
    for glyph, ink, (total, down, across) in zip(glyphs, scaled, moments, strict=True):
        height, width = ink.shape
        top = _start(height, down / (total or 1.0))
        left = _start(width, across / (total or 1.0))
        glyph[top : top + height, left : left + width] = ink
    return glyphs


def normalise_images(images: Grey) -> Ink:
    """Bring pictures of single digits, (N, H, W) uint8 with ink = 255 on a clean ground (MNIST and
    its like), to glyphs, (N, 28, 28) float32."""
    scaled = images.astype(np.float32) / np.float32(255)
    if not len(scaled):
        return np.zeros((0, SIDE, SIDE), np.float32)
    return np.stack([normalise(image) for image in scaled])


def _scaled(ink: Ink, width: float) -> Ink:
    """Ink without anything around it, whose strokes are so wide, at a glyph's scale: its longer
    side is 20 pixels, its strokes are thick enough to be seen."""
    return sized(*_halve(ink, width)) if ink.size else ink


def sized(ink: Ink, width: float) -> Ink:
    """Bring ink without anything around it, (h, w) float32, whose strokes are so wide, to a glyph's
    scale."""
    longest = max(ink.shape)
    if width * DIGIT_SIDE / longest < MIN_STROKE:
        ink = _thicken(ink, width)
        longest = max(ink.shape)
    height = max(1, round(ink.shape[0] * DIGIT_SIDE / longest))
    breadth = max(1, round(ink.shape[1] * DIGIT_SIDE / longest))
    if (height, breadth) != ink.shape:
        method = cv2.INTER_AREA if longest > DIGIT_SIDE else cv2.INTER_LINEAR
        ink = cv2.resize(ink, (breadth, height), interpolation=method)
        cv2.normalize(ink, ink, 1.0, norm_type=cv2.NORM_INF)  # none stays none
    return ink


def _crop(ink: Ink) -> Ink:
    x, y, width, height = cv2.boundingRect((ink > FAINT).view(np.uint8))
    return ink[y : y + height, x : x + width]


def _halve(ink: Ink, width: float) -> tuple[Ink, float]:
    """Halve until thickening is cheap, each time first making hairlines thick enough to survive."""
    while max(ink.shape) > 2 * _FINE * DIGIT_SIDE:
        if width < 2:
            ink, width = cv2.dilate(ink, _CROSS), width + 2
        rows, columns = ink.shape
        ink = cv2.resize(
            ink, (max(1, columns // 2), max(1, rows // 2)), interpolation=cv2.INTER_AREA
        )
        width /= 2
    return ink, width


def _thicken(ink: Ink, width: float) -> Ink:
    """Dilate to the good stroke width, at four times the glyph's scale for a fine step."""
    scale = _FINE * DIGIT_SIDE / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    grow = round(GOOD_STROKE * _FINE - width * scale)
    margin = grow // 2 + 1
    ink = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    return _crop(cv2.dilate(ink, _ellipse(grow + 1)))


@cache
def _ellipse(side: int) -> Grey:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _start(length: int, centre: float) -> int:
    """Where on a side of the glyph ink so long begins whose `centre` of mass is to lie in its
    middle, as near as may be."""
    return min(max(round(SIDE // 2 - centre), 0), SIDE - length)
