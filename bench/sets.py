"""What `make accuracy` reads: every measuring set that is there, as arrays or as files.

Arrays go to the network through `vision.glyph`; files go the whole way. Sets that are not there
are named, with what would bring them.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from daemon.errors import DigitdError, InputMissing
from daemon.records import Grey
from daemon.training.datasets import DigitSet, as_digit_set
from daemon.training.labels import LABELS_FILE, LabelledScan, read_labels
from daemon.training.sources import load

from .variations import write_variations

MNIST, USPS, SEMEION, LOAD_DIGITS = "MNIST test", "USPS test", "Semeion", "load_digits"
MNIST_FILES = f"{MNIST} as PNG files"
FILE_SETS = ("single", "cells", "strings", "orand", "pages", "nondigit")
HALVED = ("single", "cells", "nondigit")  # measured by halves, too


@dataclass(frozen=True, slots=True)
class ArraySet:
    """Digits as arrays: `images` (N, side, side) uint8 as their source has them, ink high, with
    `labels` (N,)."""

    name: str
    images: Grey
    labels: npt.NDArray[np.uint8]

    @property
    def digits(self) -> DigitSet:
        """The same as the network sees them."""
        return as_digit_set(self.name, "bench", self.images, self.labels)


@dataclass(frozen=True, slots=True)
class FileSet:
    """Labelled files."""

    name: str
    scans: tuple[LabelledScan, ...]


def even_half(scan: LabelledScan) -> bool:
    """Whether the SHA-256 of a file's name is even: the half that may be looked at."""
    return int(hashlib.sha256(scan.file.encode()).hexdigest(), 16) % 2 == 0


def array_sets(shared: Path, missing: Callable[[str], None]) -> Iterator[ArraySet]:
    """The arrays that are there; `missing` hears of the others."""
    makers: dict[str, Callable[[str], ArraySet]] = {
        MNIST: lambda name: _mnist(name, shared / "mnist"),
        USPS: lambda name: _npz(name, shared / "bench" / "usps.npz"),
        SEMEION: lambda name: _npz(name, shared / "bench" / "semeion.npz"),
        LOAD_DIGITS: lambda name: _load_digits(name, shared / "bench" / "optdigits_test.npz"),
    }
    for name, make in makers.items():
        try:
            yield make(name)
        except DigitdError as error:
            missing(f"{name}: {error}")


def file_sets(shared: Path, missing: Callable[[str], None]) -> Iterator[FileSet]:
    """The folders of labelled files that are there."""
    for name in FILE_SETS:
        if (shared / name / LABELS_FILE).is_file():
            yield FileSet(name, read_labels(shared / name))
        else:
            missing(f"{name}: there is no {shared / name}")


def mnist_files(arrays: ArraySet, folder: Path) -> FileSet:
    """MNIST's test digits as PNG files, written into the new `folder`."""
    folder.mkdir()
    with (folder / LABELS_FILE).open("w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(("file", "label"))
        for number, (image, label) in enumerate(zip(arrays.images, arrays.labels, strict=True)):
            name = f"{number:05}.png"
            (folder / name).write_bytes(cv2.imencode(".png", image)[1].tobytes())
            rows.writerow((name, int(label)))
    return FileSet(MNIST_FILES, read_labels(folder))


def variation_sets(kinds: Sequence[str], folder: Path, n: int, pens: Path) -> Iterator[FileSet]:
    """The project's own variations, `n` pictures a kind, written into `folder`."""
    for kind in kinds:
        write_variations(kind, n, folder / kind, pens)
        yield FileSet(kind, read_labels(folder / kind))


def _mnist(name: str, folder: Path) -> ArraySet:
    digits = load(str(folder) if folder.is_dir() else "mnist").for_evaluation()
    return ArraySet(name, digits.images, digits.labels)


def _npz(name: str, path: Path) -> ArraySet:
    if not path.is_file():
        raise InputMissing(f"there is no {path}")
    with np.load(path) as arrays:
        part = "_test" if "x_test" in arrays else ""
        return ArraySet(name, arrays[f"x{part}"], arrays[f"y{part}"].astype(np.uint8))


def _load_digits(name: str, otherwise: Path) -> ArraySet:
    """Scikit-learn's digits, which are the test part of optdigits: pixels in 0..16."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        if otherwise.is_file():
            return _npz(name, otherwise)
        raise InputMissing("scikit-learn is not installed: pip install '.[bench]'") from None
    found = load_digits()
    images = np.rint(found.images * (255 / 16)).astype(np.uint8)
    return ArraySet(name, images, found.target.astype(np.uint8))
