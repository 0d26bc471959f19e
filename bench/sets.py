"""What `make accuracy` reads: every measuring set that is there, as arrays or as files.

Arrays go to the network through `vision.glyph`; files go the whole way. Sets that are not there
are named, with what would bring them.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from daemon.errors import DigitdError, InputMissing
from daemon.training.datasets import DigitSet, as_digit_set
from daemon.training.labels import LABELS_FILE, LabelledScan, read_labels
from daemon.training.sources import load

from .variations import KINDS, write_variations

FILE_SETS = ("single", "cells", "strings", "orand", "pages", "nondigit")
HALVED = ("single", "cells", "nondigit")  # measured by halves, too


@dataclass(frozen=True, slots=True)
class ArraySet:
    """Digits as arrays."""

    name: str
    digits: DigitSet


@dataclass(frozen=True, slots=True)
class FileSet:
    """Labelled files."""

    name: str
    scans: tuple[LabelledScan, ...]


def seen_half(scan: LabelledScan) -> bool:
    """Whether a file is in the half that may be looked at: the SHA-256 of its name is even."""
    return int(hashlib.sha256(scan.file.encode()).hexdigest(), 16) % 2 == 0


def array_sets(shared: Path, missing: Callable[[str], None]) -> Iterator[ArraySet]:
    """The arrays that are there; `missing` hears of the others."""
    makers: dict[str, Callable[[], DigitSet]] = {
        "MNIST test": lambda: _mnist(shared),
        "USPS test": lambda: load(str(shared / "bench" / "usps.npz")).for_evaluation(),
        "Semeion": lambda: load(str(shared / "bench" / "semeion.npz")).for_evaluation(),
        "optdigits test": lambda: load(
            str(shared / "bench" / "optdigits_test.npz")
        ).for_evaluation(),
        "load_digits": _load_digits,
    }
    for name, make in makers.items():
        try:
            yield ArraySet(name, make())
        except DigitdError as error:
            missing(f"{name}: {error}")


def file_sets(shared: Path, missing: Callable[[str], None]) -> Iterator[FileSet]:
    """The folders of labelled files that are there."""
    for name in FILE_SETS:
        if (shared / name / LABELS_FILE).is_file():
            yield FileSet(name, read_labels(shared / name))
        else:
            missing(f"{name}: there is no {shared / name}")


def mnist_files(digits: DigitSet, folder: Path) -> FileSet:
    """MNIST's test digits as PNG files, written into `folder`."""
    folder.mkdir()
    with (folder / LABELS_FILE).open("w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(("file", "label"))
        for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
            name = f"{number:05}.png"
            (folder / name).write_bytes(cv2.imencode(".png", image)[1].tobytes())
            rows.writerow((name, int(label)))
    return FileSet("MNIST test as PNG files", read_labels(folder))


def variation_sets(folder: Path, n: int, pens: Path) -> Iterator[FileSet]:
    """The project's own variations, `n` pictures a kind, written into `folder`."""
    for kind in KINDS:
        write_variations(kind, n, folder / kind, pens)
        yield FileSet(kind, read_labels(folder / kind))


def _mnist(shared: Path) -> DigitSet:
    folder = shared / "mnist"
    return load(str(folder) if folder.is_dir() else "mnist").for_evaluation()


def _load_digits() -> DigitSet:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputMissing("scikit-learn is not installed: pip install '.[bench]'") from None
    found = load_digits()
    images = np.rint(found.images * (255 / 16)).astype(np.uint8)  # 0..16, ink high
    return as_digit_set("load_digits", "sklearn.datasets", images, found.target)
