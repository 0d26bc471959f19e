"""Where labelled digits are kept: MNIST through Keras, its four IDX files, a Keras-like `.npz`, a
folder of images per class, a folder of images with labels.csv.

A source has a training and a test part, or one part only.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..errors import InputMissing, NothingReadable, UsageError
from ..records import Grey
from .backend import load_keras
from .datasets import DigitSet, Source, as_digit_set
from .folders import find_labelled, read_folder
from .labels import LabelledScan

_IDX_IMAGES, _IDX_LABELS = 0x803, 0x801  # magic numbers: unsigned bytes of 3 and 1 dimensions
_OFFLINE = (
    "put the four IDX files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
    "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) into a folder and give it as "
    "--data FOLDER"
)


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
    return read_folder(path)


def labelled_scans(where: str) -> tuple[LabelledScan, ...]:
    """The labelled image files at `where`; nothing where it holds arrays, or does not exist.
    Raises NothingReadable."""
    path = Path(where)
    if where == "mnist" or not path.is_dir() or _idx_file(path, "t10k-images"):
        return ()
    return find_labelled(path)


def _mnist() -> Source:
    try:
        keras = load_keras()
    except UsageError:
        raise InputMissing(
            "MNIST comes through Keras, which is not installed: pip install 'digitd[train]', "
            f"or {_OFFLINE}"
        ) from None
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # where Keras draws a bar: results go there
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
            _read_idx(images, _IDX_IMAGES),
            _read_idx(labels, _IDX_LABELS),
        )

    return Source(part("train", "train"), part("test", "t10k"))


def _idx_file(folder: Path, prefix: str) -> Path | None:
    """The IDX file whose name starts so, as published (`-idx3-ubyte`), renamed (`.idx3-ubyte`),
    gzipped or not."""
    found = sorted(folder.glob(f"{prefix}[-.]idx[13]-ubyte*"))
    return next((file for file in found if file.is_file()), None)


def _read_idx(path: Path, magic: int) -> Grey:
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
