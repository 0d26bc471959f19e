"""Shadows that go across a picture: of blinds, bars, a window's frame, leaves in the sun.

To whoever looks for ink they are strokes, and where they lie close the light between them is. But
ink seldom reaches the sides of a picture, and stripes reach them in several places.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey

_WITHIN = 0.5  # of a stripe's width: strokes that are told from it are narrower
_LEAST, _MOST = 0.05, 0.09  # of the longer side: so wide at least are strokes, and at most
_SMALL = 48  # pixels: on a page no larger a stroke is as wide as a shadow
_DEPTH = 1  # px: so far inside of the picture, whose outermost pixels may be a frame
_WIDE = 0.05  # of the longer side: so long at least a stripe reaches along a side, and light does
_SEVERAL = 2  # such stripes: one shadow has one
_DARKER = 25  # grey levels: by so much at least shade is darker than light
_LIT = 0.35  # of the light: so much at least is left in shade, not under ink
_MUCH = 0.2  # of the picture: so much at least lies in shade


def widest_in_stripes(sketch: Grey) -> float:
    """The widest stroke, as a share of the longer side, that is told from stripes of shadow: where
    shade and light lie in turn along the sides of a sketch, (h, w) uint8, of a page; else 0."""
    longer = max(sketch.shape)
    if longer <= _SMALL or min(sketch.shape) <= 2 * _DEPTH:
        return 0.0
    lowest, highest, *_ = cv2.minMaxLoc(_rim(sketch))
    if highest - lowest < _DARKER:  # most pictures of digits
        return 0.0
    _, dark = cv2.threshold(sketch, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    least = _MUCH * dark.size
    if cv2.countNonZero(dark) < least:
        return 0.0
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, _disc(round(_WIDE * longer)))
    if cv2.countNonZero(dark) < least:  # a line of writing, or texture
        return 0.0
    shade, light = _runs(_rim(dark))
    wide = shade[shade >= _WIDE * longer]
    if min(len(wide), int(np.count_nonzero(light >= _WIDE * longer))) < _SEVERAL:
        return 0.0
    inside = dark.view(np.bool_)
    lit, shaded = float(np.median(sketch[~inside])), float(np.median(sketch[inside]))
    if lit - shaded < _DARKER or shaded < _LIT * lit:
        return 0.0
    return float(np.clip(_WITHIN * np.median(wide) / longer, _LEAST, _MOST))


@lru_cache(maxsize=4)
def _disc(side: int) -> Grey:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _rim(mask: Grey) -> Grey:
    """The pixels along all sides of a mask, (n,), once round."""
    inner = mask[_DEPTH:-_DEPTH, _DEPTH:-_DEPTH]
    return np.concatenate([inner[0], inner[1:, -1], inner[-1, -2::-1], inner[-2:0:-1, 0]])


def _runs(ring: Grey) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The lengths of the runs of 1 and of 0 in a ring of pixels, (n,) uint8 of 0 and 1; none where
    all are alike."""
    starts = np.flatnonzero(ring != np.roll(ring, 1))
    lengths = np.diff(starts, append=starts[:1] + len(ring))
    is_one = ring[starts] == 1
    return lengths[is_one], lengths[~is_one]
