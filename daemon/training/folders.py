"""Folders of image files as labelled digits, read the way scans are read.

Either one folder per class, named 0 to 9 (perhaps under `train` and `test`), or image files beside
a `labels.csv`. To learn from, each becomes a glyph; to measure with, it stays a file.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InputMissing, NothingReadable
from ..records import SCAN_EXTENSIONS, Limits, Rejection, Scan, is_passed_over
from ..vision.decode import first_page
from ..vision.reader import single_glyph
from .datasets import DigitSet, Source, glyph_bytes
from .labels import LABELS_FILE, LabelledScan, read_labels

_DIGITS = "0123456789"

_log = logging.getLogger(__name__)


def read_folder(path: Path) -> Source:
    """The digits in a folder of images. Raises InputMissing, NothingReadable."""
    if (path / LABELS_FILE).is_file():
        return Source(_read(path.name, path, _single_digits(path)), None)
    if _has_classes(path):
        return Source(_read(path.name, path, _by_class(path)), None)
    train, test = path / "train", path / "test"
    if _has_classes(train) or _has_classes(test):
        return Source(*(_part(path, folder) for folder in (train, test)))
    raise InputMissing(
        f"{path} holds no digits that could be read: expected the four MNIST IDX files, "
        f"folders named 0 to 9, or images with {LABELS_FILE} (file,label)"
    )


def find_labelled(path: Path) -> tuple[LabelledScan, ...]:
    """The labelled files in a folder, of its test part where it has parts; nothing where it holds
    none. Raises NothingReadable."""
    if (path / LABELS_FILE).is_file():
        return read_labels(path)
    for folder in (path, path / "test", path / "train"):
        if _has_classes(folder):
            return tuple(_by_class(folder))
    return ()


def _part(path: Path, folder: Path) -> DigitSet | None:
    if not _has_classes(folder):
        return None
    return _read(f"{path.name}/{folder.name}", folder, _by_class(folder))


def _has_classes(path: Path) -> bool:
    return any((path / digit).is_dir() for digit in _DIGITS)


def _by_class(path: Path) -> Iterator[LabelledScan]:
    """What `batch` would take for scans, in folders of folders as well."""
    others = 0
    for digit in _DIGITS:
        for file in sorted((path / digit).rglob("*")):
            below = file.relative_to(path).parts
            if any(map(is_passed_over, below)) or not file.is_file():
                continue
            if file.suffix.lower() in SCAN_EXTENSIONS:
                yield LabelledScan(file, file.relative_to(path).as_posix(), digit)
            else:
                others += 1
    if others:
        _log.warning("%d files in %s are left out: their extension is no picture's", others, path)


def _single_digits(path: Path) -> Iterator[LabelledScan]:
    for scan in read_labels(path):
        if len(scan.label) != 1 or scan.label not in _DIGITS:
            raise NothingReadable(
                f"{path / LABELS_FILE}, line {scan.row}: the label of {scan.file} is "
                f"{scan.label!r}; only single digits, 0 to 9, can be learnt"
            )
        yield scan


def _read(name: str, path: Path, labelled: Iterable[LabelledScan]) -> DigitSet:
    glyphs, labels, unfound = [], [], 0
    for scan in labelled:
        glyph = _glyph(scan.path)
        if glyph is None:
            unfound += 1
            continue
        glyphs.append(glyph)
        labels.append(int(scan.label))
    if not glyphs:
        raise NothingReadable(f"{path}: none of {unfound} labelled files shows a digit")
    images = glyph_bytes(np.stack(glyphs))
    return DigitSet(name, str(path.name), images, np.array(labels, np.uint8), unfound)


def _glyph(file: Path) -> npt.NDArray[np.float32] | None:
    """The (28, 28) glyph of an image file that shows one digit; None, logged, if it shows none."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputMissing(f"{file} cannot be read: {error.strerror}") from None
    scan = Scan(id=file.name, file=file.name, sha256=hashlib.sha256(data).hexdigest(), data=data)
    page = first_page(scan, Limits())
    if isinstance(page, Rejection):
        _log.warning("%s is left out: %s", file, page.message)
        return None
    glyph = single_glyph(page)
    if glyph is None:
        _log.warning("%s is left out: no digit found", file)
        return None
    return glyph
