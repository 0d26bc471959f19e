"""Labelled digits from where people keep them, all brought to one shape: 28x28, ink = 255.

`mnist` through Keras, the four IDX files, a Keras-like `.npz`, a folder of images per class, a
folder of images with labels.csv. A source may have a training and a test part, or one part only.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import logging
import math
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ann.quiet import native_stderr_logged
from ..errors import InputMissing, NothingReadable, UsageError
from ..records import Grey
from ..vision.glyph import SIDE, normalise_images

Labels = npt.NDArray[np.uint8]

TEST_SHARE = 1 / 7  # of a source without a test part, as in MNIST
_IDX_IMAGES, _IDX_LABELS = 0x803, 0x801  # magic numbers: unsigned bytes of 3 and 1 dimensions
_OFFLINE = (
    "put the four IDX files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
    "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) into a folder and give it as "
    "--data FOLDER"
)

_log = logging.getLogger(__name__)


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


def load(where: str) -> Source:
    """Read `mnist` or the path `where`. Raises InputMissing, NothingReadable."""
    if where == "mnist":
        return _mnist()
    path = Path(where)
    if not path.exists():
        raise InputMissing(f"there is no data at {path}: give `mnist`, a folder or an .npz file")
    if path.is_file():
        return _npz(path)
    if _idx_file(path, "train-images") or _idx_file(path, "t10k-images"):
        return _idx_folder(path)
    from .folders import read_folder

    return read_folder(path)


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


def _as_bytes(name: str, images: npt.NDArray[Any]) -> Grey:
    if images.dtype == np.uint8:
        return images
    low, high = float(images.min()), float(images.max())
    if not (low >= 0 and high <= 255):  # also false for NaN
        raise NothingReadable(f"{name}: pixels must be in 0..1 or 0..255, not {low:g}..{high:g}")
    scaled = images.astype(np.float32) * (255 if high <= 1 else 1)
    return np.rint(scaled).astype(np.uint8)


def _mnist() -> Source:
    try:
        with native_stderr_logged(_log):
            import keras
    except ImportError:
        raise InputMissing(
            "MNIST comes through Keras, which is not installed: pip install 'digitd[train]', "
            f"or {_OFFLINE}"
        ) from None
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Keras draws its download bar on stdout
            (x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception when the download fails
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputMissing(f"MNIST cannot be downloaded ({reason}): {_OFFLINE}") from None
    source = "keras.datasets.mnist"
    return Source(
        as_digit_set("mnist/train", source, x, y),
        as_digit_set("mnist/test", source, x_test, y_test),
    )


def _npz(path: Path) -> Source:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, TypeError) as error:
        raise NothingReadable(f"{path} is not an .npz file that can be read: {error}") from None

    def part(name: str, x: str, y: str) -> DigitSet | None:
        if x not in arrays or y not in arrays:
            return None
        return as_digit_set(name, path.name, arrays[x], arrays[y])

    train = part(f"{path.stem}/train", "x_train", "y_train")
    test = part(f"{path.stem}/test", "x_test", "y_test")
    if train is None and test is None:
        train = part(path.stem, "x", "y") or part(path.stem, "images", "labels")
    if train is None and test is None:
        raise NothingReadable(
            f"{path} holds {', '.join(arrays) or 'nothing'}; expected x_train, y_train, x_test, "
            "y_test, or x, y, or images, labels"
        )
    return Source(train, test)


def _idx_folder(path: Path) -> Source:
    def part(name: str, prefix: str) -> DigitSet | None:
        images = _idx_file(path, f"{prefix}-images")
        labels = _idx_file(path, f"{prefix}-labels")
        if images is None and labels is None:
            return None
        if images is None or labels is None:
            missing = "images" if images is None else "labels"
            raise InputMissing(f"{path} has no {prefix}-{missing} IDX file beside the other one")
        return as_digit_set(
            f"{path.name}/{name}",
            images.name,
            read_idx(images, _IDX_IMAGES),
            read_idx(labels, _IDX_LABELS),
        )

    return Source(part("train", "train"), part("test", "t10k"))


def _idx_file(folder: Path, prefix: str) -> Path | None:
    """The IDX file whose name starts so, as published (`-idx3-ubyte`), renamed (`.idx3-ubyte`),
    gzipped or not."""
    found = sorted(folder.glob(f"{prefix}[-.]idx[13]-ubyte*"))
    return found[0] if found else None


def read_idx(path: Path, magic: int) -> Grey:
    """One IDX file of unsigned bytes, gzipped or not, as an array. Raises NothingReadable."""
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise NothingReadable(f"{path} cannot be read: {error}") from None
    header = 4 * (1 + (magic & 0xFF))  # the magic number, then the size of each dimension
    found = int.from_bytes(data[:4], "big")
    if found != magic or len(data) < header:
        raise NothingReadable(
            f"{path} is not the IDX file expected: it begins with {found:#x}, not {magic:#x}"
        )
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, header, 4))
    values = np.frombuffer(data, np.uint8, offset=header)
    if values.size != math.prod(shape):
        raise NothingReadable(
            f"{path} says {' x '.join(map(str, shape))} but holds {values.size} bytes: "
            "it is damaged or cut short"
        )
    return values.reshape(shape)
