"""Pictures made smaller: to the size that reading needs, and to sketches on which little is told.

OpenCV's mean of four pixels is thirty times as quick as that of any other area, so halves come
first where nothing depends on a grey level more or less: a page's ink does.
"""

from __future__ import annotations

import cv2

from ..records import Grey
from .header import MAX_SIDE


def reduction_of(height: int, width: int) -> int:
    """By what whole factor a page of this size is reduced before its ink is looked for."""
    return max(1, -(-max(height, width) // MAX_SIDE))


def reduce_by(factor: int, pixels: Grey) -> Grey:
    """The page, (H, W) or (H, W, 3) uint8, smaller by a whole factor."""
    if factor == 1:
        return pixels
    size = (max(1, pixels.shape[1] // factor), max(1, pixels.shape[0] // factor))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def halved(pixels: Grey) -> Grey:
    """Half as high and as wide, (H, W) uint8; an odd last row or column is left out."""
    rows, columns = (max(1, side // 2) for side in pixels.shape)
    return cv2.resize(
        pixels[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA
    )


def quickly_resized(pixels: Grey, size: tuple[int, int]) -> Grey:
    """The picture at `size`, (width, height), smaller than itself: down to half, little is lost
    between the pixels that are looked at, and much time is won."""
    how = cv2.INTER_LINEAR if 2 * size[0] > pixels.shape[1] else cv2.INTER_AREA
    return cv2.resize(pixels, size, interpolation=how)


class Halves:
    """A picture, (H, W) uint8, halved again and again, each time when that is first asked for."""

    def __init__(self, pixels: Grey) -> None:
        self.pixels = pixels
        self._made = [pixels]
        self._glances: dict[int, Grey] = {}

    def halved(self, times: int) -> Halves:
        """Those of the picture halved so many times."""
        while len(self._made) <= times:
            self._made.append(halved(self._made[-1]))
        smaller = Halves(self._made[times])
        smaller._made = self._made[times:]
        return smaller

    def above(self, longest: int) -> Grey:
        """What has so many pixels on its longer side, and less than twice as many; the picture
        itself where that is smaller."""
        at = 0
        while min(self._made[at].shape) > 1 and max(self._made[at].shape) >= 2 * longest:
            at += 1
            if at == len(self._made):
                self._made.append(halved(self._made[-1]))
        return self._made[at]

    def rough_sketch(self, longest: int) -> Grey:
        """The picture so long at most: grey levels are rounded several times, and what lies at an
        odd side may be left out."""
        size = self.sketch_size(longest)
        return cv2.resize(self.above(longest), size, interpolation=cv2.INTER_AREA)

    def glance(self, longest: int) -> Grey:
        """The same still faster, where it does not matter that thin strokes have holes."""
        if longest not in self._glances:
            glance = quickly_resized(self.above(longest), self.sketch_size(longest))
            self._glances[longest] = glance
        return self._glances[longest]

    def sketch_size(self, longest: int) -> tuple[int, int]:
        """Width and height of the picture where it is so long at most."""
        return _sketch_size(self.pixels.shape, longest)


def sketch_of(pixels: Grey, longest: int) -> Grey:
    """A page, (H, W) uint8, whose longer side has `longest` pixels at most."""
    size = _sketch_size(pixels.shape, longest)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def quick_sketch_of(pixels: Grey, longest: int) -> Grey:
    """The same, where it does not matter that thin strokes have holes."""
    return quickly_resized(pixels, _sketch_size(pixels.shape, longest))


def _sketch_size(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Width and height."""
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
