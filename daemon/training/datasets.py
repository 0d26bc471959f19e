"""Labelled digits in one shape, wherever they come from: 28x28 pixels, ink = 255."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputMissing, NothingReadable, UsageError
from ..records import Grey
from ..vision.glyph import SIDE, normalise_images

Labels = npt.NDArray[np.uint8]

TEST_SHARE = 1 / 7  # of a source without a test part, as in MNIST
LEAST_INK = 64  # of 255: pixels that go no further are on a scale of their own
_LIGHT = 0.6  # of the pixels at the rims of dark digits on paper, at least; some touch them


@dataclass(frozen=True, slots=True)
class DigitSet:
    """`images` (N, 28, 28) uint8, ink = 255, with `labels` (N,) uint8 in 0..9. `unfound` counts
    labelled files beside them in which no digit was found."""

    name: str
    source: str
    images: Grey
    labels: Labels
    unfound: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def sha256(self) -> str:
        """Digest of the pixels and labels, whatever file they came in."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    def part(self, name: str, indices: npt.NDArray[np.intp]) -> DigitSet:
        """The digits at `indices`, as a set of its own."""
        return DigitSet(name, self.source, self.images[indices], self.labels[indices])

    def single(self, number: int) -> DigitSet:
        """Digit `number` alone; the first is 0. Raises UsageError."""
        if not 0 <= number < len(self):
            raise UsageError(f"{self.name} has digits 0 to {len(self) - 1}, but no {number}")
        return self.part(self.name, np.array([number]))


@dataclass(frozen=True, slots=True)
class Source:
    """What a path holds: a training part, a test part or both."""

    train: DigitSet | None
    test: DigitSet | None

    def for_training(self, seed: int) -> tuple[DigitSet, DigitSet]:
        """Training and test part; one part alone is split by `seed`. Raises InputMissing."""
        if self.train is None:
            name = self.test.name if self.test else "the data"
            raise InputMissing(f"{name}: there are no training digits, only a test part")
        if self.test is not None:
            return self.train, self.test
        order = np.random.default_rng(seed).permutation(len(self.train))
        cut = max(1, round(len(order) * TEST_SHARE))
        name = self.train.name
        return self.train.part(f"{name}/train", order[cut:]), self.train.part(
            f"{name}/test", order[:cut]
        )

    def for_evaluation(self) -> DigitSet:
        """The test part, or all there is where the source has no parts."""
        digits = self.test or self.train
        assert digits is not None
        return digits


def as_digit_set(name: str, source: str, images: Any, labels: Any) -> DigitSet:
    """Bring arrays to a DigitSet: pictures (N, H, W), (N, H, W, 1) or flat (N, side * side), bytes
    or 0..1, ink high; pictures of another size than 28x28 become glyphs. Raises NothingReadable."""
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim == 2:
        side = round(images.shape[1] ** 0.5)
        if side * side == images.shape[1]:
            images = images.reshape(-1, side, side)
    if images.ndim != 3 or 0 in images.shape:
        raise NothingReadable(f"{name}: expected pictures (N, height, width), not {images.shape}")
    if labels.shape != images.shape[:1]:
        raise NothingReadable(
            f"{name}: {len(images)} pictures need as many labels, not an array {labels.shape}"
        )
    if not np.issubdtype(labels.dtype, np.number) or not np.isin(labels, np.arange(10)).all():
        raise NothingReadable(f"{name}: labels must be the digits 0 to 9")
    images = _as_bytes(name, images)
    if np.mean(_rims(images) > 127) > _LIGHT:
        raise NothingReadable(
            f"{name}: pictures are light at their rims, so the digits are dark, but ink has to be "
            "high: give 255 - x"
        )
    if images.shape[1:] != (SIDE, SIDE):
        images = glyph_bytes(normalise_images(images))
    return DigitSet(name, source, images, labels.astype(np.uint8))


def concatenated(sets: Sequence[DigitSet]) -> DigitSet:
    """Several sets as one, named after the first."""
    images = np.concatenate([digits.images for digits in sets])
    labels = np.concatenate([digits.labels for digits in sets])
    return DigitSet(sets[0].name, sets[0].source, images, labels)


def glyph_bytes(glyphs: npt.NDArray[np.float32]) -> Grey:
    """Glyphs in 0..1 as bytes, ink = 255: a quarter of the memory."""
    return np.rint(glyphs * 255).astype(np.uint8)


def _rims(images: Grey) -> Grey:
    """The outermost pixels of pictures (N, H, W), all in a row."""
    sides = images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]
    return np.concatenate([side.ravel() for side in sides])


def _as_bytes(name: str, images: npt.NDArray[Any]) -> Grey:
    low, high = float(images.min()), float(images.max())
    if not (low >= 0 and high <= 255):  # also false for NaN
        raise NothingReadable(f"{name}: pixels must be in 0..1 or 0..255, not {low:g}..{high:g}")
    if 1 < high < LEAST_INK:
        raise NothingReadable(
            f"{name}: the strongest ink of all is {high:g} of 255, which is none: scale pixels to "
            "0..1 or 0..255"
        )
    if images.dtype == np.uint8 and high > 1:
        return images
    scaled = images.astype(np.float32) * (255 if high <= 1 else 1)
    return np.rint(scaled).astype(np.uint8)
