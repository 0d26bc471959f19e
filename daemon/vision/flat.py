"""Sheets as if from above: what brings a picture's pixels to those of the sheet on it, and that."""

from __future__ import annotations

from functools import cached_property
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .four_sides import NEXT
from .reduce import Halves

Corners: TypeAlias = npt.NDArray[np.float64]  # (4, 2): x, y from the top left one clockwise
Matrix: TypeAlias = npt.NDArray[np.float64]  # (3, 3)

_TRIM = 0.985  # of a sheet: its very edge is no paper
_ABOUT = 0.9  # times as long as is asked for: a sketch so long will do


class Flat:
    """A sheet laid flat, `size` (width, height) large, from a picture that may be halved a few
    times: drawn when its pixels are first asked for. `onto` brings the pixels of the picture as it
    is to its own."""

    def __init__(
        self, picture: Halves, onto: Matrix, size: tuple[int, int], halvings: int = 0
    ) -> None:
        self.onto, self.size = onto, size
        self._picture, self._halvings = picture, halvings
        self._smaller: dict[int, Flat] = {0: self}

    @cached_property
    def halves(self) -> Halves:
        """Its pixels, and those half as large."""
        picture = self._picture.halved(self._halvings).pixels
        return Halves(warped(picture, self.onto @ enlarging(1 << self._halvings), self.size))

    @property
    def pixels(self) -> Grey:
        """(H, W) uint8."""
        return self.halves.pixels

    def halved(self, times: int) -> Flat:
        """The same half as high and as wide, so many times, from a picture halved as often: that
        takes a quarter of the time each."""
        if times not in self._smaller:
            onto = np.linalg.inv(enlarging(1 << times)) @ self.onto
            width, height = (max(1, side >> times) for side in self.size)
            halvings = self._halvings + times
            self._smaller[times] = Flat(self._picture, onto, (width, height), halvings)
        return self._smaller[times]

    def glance(self, longest: int) -> Grey:
        """A sketch about so long at most, where it does not matter that thin strokes have holes."""
        times = 0
        while max(self.size) >> (times + 1) >= _ABOUT * longest:
            times += 1
        return self.halved(times).halves.glance(longest)

    def trimmed(self, share: float) -> tuple[Grey, Matrix]:
        """What is left of it where no more than a `share` of the whole sheet's sides is kept, and
        what brings the picture's pixels there."""
        height, width = self.pixels.shape
        x, y = (round(side * (1 - share / _TRIM) / 2) for side in (width, height))
        inner = np.ascontiguousarray(self.pixels[y : height - y, x : width - x])
        return inner, np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]]) @ self.onto


def laid_flat(picture: Halves, corners: Corners) -> Flat:
    """The sheet with these corners on a picture, no longer than that."""
    middle = corners.mean(axis=0)
    onto, size = flatten(middle + (corners - middle) * _TRIM)
    onto, size = _scaled(onto, size, min(1.0, max(picture.pixels.shape) / max(size)))
    return Flat(picture, onto, size)


def flatten(corners: Corners) -> tuple[Matrix, tuple[int, int]]:
    """What makes a sheet's corners those of an upright picture, and its (width, height): the
    sides keep their mean lengths."""
    sides = np.linalg.norm(corners[NEXT] - corners, axis=1)
    width, height = (max(8, round((sides[n] + sides[n + 2]) / 2)) for n in (0, 1))
    upright = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), upright)
    return np.asarray(matrix, np.float64), (width, height)


def enlarging(factor: float) -> Matrix:
    """What brings pixels of a picture to those of one so many times larger: their edges meet."""
    shift = (factor - 1) / 2
    return np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1.0]])


def warped(pixels: Grey, onto: Matrix, size: tuple[int, int]) -> Grey:
    """A picture, (H, W) uint8, as a matrix brings its pixels to those of one of `size`, (width,
    height); what lies beyond its sides is as they are."""
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


def _scaled(onto: Matrix, size: tuple[int, int], scale: float) -> tuple[Matrix, tuple[int, int]]:
    width, height = size
    smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
    return enlarging(scale) @ onto, smaller
