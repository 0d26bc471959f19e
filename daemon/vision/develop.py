"""A picture as it is stored -> an upright grey page, (H, W) uint8."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Page
from .header import Frame
from .reduce import reduce_by, reduction_of

Pixels: TypeAlias = npt.NDArray[Any]  # (H, W) or (H, W, 3 or 4): OpenCV's types state no more

_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}  # EXIF orientation -> cv2.flip, after transposing
_ENOUGH = 20_000  # pixels that tell the tone of a picture
_SPARSE = 16  # rows and columns, of which one is looked at first for colour
_AT_ONCE = 65_536  # pixels whose channels are compared
_FRACTION = 1.5  # up to this fractions count as such: sharpened or enlarged, some are above 1
_CONTRAST = 64  # between ink and paper, where a picture holds both; grey levels


def develop(number: int, frame: Frame, picture: Pixels, reduced: int = 1) -> Page:
    """The page `number` of a stored picture, (H, W) or BGR (H, W, 3 or 4) of any number type, that
    its decoder has `reduced` already; what reading does not need is taken off here."""
    picture = _eight_bits(picture, frame.white)
    if picture.ndim == 3 and picture.shape[2] == 4:
        picture = _flatten(picture)
    reduction = reduction_of(frame.height, frame.width)
    picture = _upright(reduce_by(reduction // reduced, picture), frame.orientation)
    grey, colour = _grey_and_colour(picture)
    full = _full_size(frame, picture) if reduction > 1 else None
    return Page(number, grey, colour, frame.dpi, reduction, full)


def _full_size(frame: Frame, picture: Pixels) -> tuple[int, int]:
    """The frame's width and height, when it stands as its upright picture does."""
    sides = sorted((frame.width, frame.height), reverse=picture.shape[1] > picture.shape[0])
    return sides[0], sides[1]


def _grey_and_colour(picture: Pixels) -> tuple[Pixels, Pixels | None]:
    if picture.ndim == 2:
        return picture, None
    few = picture[::_SPARSE, ::_SPARSE]  # of most, these tell that it is in colour
    grey = None if _common_channel(few) is None else _common_channel(picture)
    return (_grey(picture), picture) if grey is None else (grey, None)


def _common_channel(picture: Pixels) -> Pixels | None:
    """What all channels of a BGR picture are; None where they differ."""
    first, *others = cv2.split(picture)
    return first if all(np.array_equal(first, channel) for channel in others) else None


def _eight_bits(picture: Pixels, white: int | None = None) -> Pixels:
    """Scale samples to 0..255 so that `white` becomes 255.

    Where the file does not say what white is, it is the largest value of as many bits as the
    picture uses: scanners put 10, 12 or 14 bits into 16. Fractions go up to 1, or little more.
    """
    if picture.dtype == np.uint8 and white in (None, 255):
        return picture
    if picture.dtype.kind == "f":
        picture = np.nan_to_num(picture.astype(np.float32), posinf=0, neginf=0)
    elif picture.dtype not in (np.uint8, np.uint16):
        picture = picture.astype(np.float32)
    black = min(0.0, float(picture.min())) if picture.dtype == np.float32 else 0.0
    if white is None:
        white = _white(float(picture.max()) - black, fractions=picture.dtype == np.float32)
    return cv2.convertScaleAbs(picture, alpha=255 / white, beta=-black * 255 / white)


def _white(largest: float, *, fractions: bool) -> int:
    """The value of white in a picture whose largest is known."""
    if fractions and largest <= _FRACTION:
        return 1
    return (1 << max(8, math.ceil(largest).bit_length())) - 1


def _flatten(picture: Pixels) -> Pixels:
    """Lay a uint8 BGRA picture on white or on black: (H, W, 3) uint8.

    A drawing on nothing needs the ground that it stands out from. Where the visible part holds ink
    and paper, the ground continues the paper.
    """
    colour = cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR)
    alpha = cv2.extractChannel(picture, 3)
    if alpha.min() == 255 or alpha.max() == 0:  # nothing shines through, or alpha was never filled
        return colour
    tones = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)[alpha >= alpha.max() / 2]
    low, middle, high = _percentiles(_some(tones), (5, 50, 95))
    is_page = len(tones) > alpha.size / 2 and high - low > _CONTRAST
    opacity = cv2.merge((alpha, alpha, alpha))
    if (middle > 127) == is_page:
        return cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(colour), opacity, scale=1 / 255))
    return cv2.multiply(colour, opacity, scale=1 / 255)


def _upright(picture: Pixels, orientation: int) -> Pixels:
    """Turn a picture as its EXIF orientation, 1 to 8, asks for."""
    if orientation > 4:
        picture = cv2.transpose(picture)
    if orientation in _FLIPS:
        picture = cv2.flip(picture, _FLIPS[orientation])
    return picture


def _grey(picture: Pixels) -> Pixels:
    """Pixels of a BGR picture in which ink of any colour stays visible.

    Luminance alone loses yellow on white and blue on black; the darkest channel (the brightest, on
    a dark ground) keeps every pen but has the noise of the worst channel. Half of each keeps both
    in bounds. The channels of some rows at a time: they stay at hand, and need little memory.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    low, ground, high = _percentiles(_some(grey.reshape(-1)), (2, 50, 98))
    pick = cv2.min if ground - low >= high - ground else cv2.max
    rows = max(1, _AT_ONCE // picture.shape[1])
    room = np.empty((3, rows, picture.shape[1]), np.uint8)
    for top in range(0, len(picture), rows):
        strip, luminance = picture[top : top + rows], grey[top : top + rows]
        own, *others = cv2.split(strip, list(room[:, : len(strip)]))
        for other in others:
            pick(own, other, own)
        cv2.addWeighted(luminance, 0.5, own, 0.5, 0, luminance)
    return grey


def _some(values: Pixels) -> Pixels:
    """An even sample of (N,) values, at most twice _ENOUGH of them."""
    return values[:: max(1, len(values) // _ENOUGH)]


def _percentiles(tones: Pixels, shares: Sequence[float]) -> list[float]:
    """As numpy's, of uint8 values, by counting, which takes a tenth of the time."""
    passed = cv2.calcHist([tones], [0], None, [256], [0, 256]).ravel().cumsum()
    last = tones.size - 1
    found = []
    for share in shares:
        below, between = divmod(share / 100 * last, 1)
        low, high = passed.searchsorted([below, min(below + 1, last)], "right").tolist()
        step = high - low
        found.append(low + step * between if between < 0.5 else high - step * (1 - between))
    return found
