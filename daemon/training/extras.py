"""More digits to train on than MNIST's: recorded pen strokes and other people's bitmaps.

Told apart by content: UNIPEN text as in `pendigits-orig`, or 32x32 bitmaps as in `optdigits-orig`
(both UCI repository, CC BY 4.0).
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InputMissing, NothingReadable
from ..records import Grey
from .datasets import DigitSet, as_digit_set
from .strokes import PenDigit, parse_unipen

BITMAP_SIDE = 32  # pixels
# As the UCI repository has them. A folder's .windep are not learnt: scikit-learn's load_digits are
# these, and they measure.
_SUFFIXES = (".tra", ".tes", ".cv", ".wdep", ".txt")
_COMPRESSED = b"\x1f\x9d"  # by compress(1)


@dataclass(frozen=True, slots=True)
class PenSet:
    """Digits as a pen wrote them. `writer` is unique over the whole set."""

    name: str
    source: str
    sha256: str
    digits: tuple[PenDigit, ...]

    def __len__(self) -> int:
        return len(self.digits)


def load_extra(path: Path) -> list[PenSet | DigitSet]:
    """The sets in `path`, a file or a folder. Raises InputMissing, NothingReadable."""
    if not path.exists():
        raise InputMissing(f"there are no extra digits at {path}")
    texts = {file.name: _text(file) for file in _files(path)}
    pens = {name: text for name, text in texts.items() if ".PEN_DOWN" in text}
    bitmaps = {name: text for name, text in texts.items() if _is_bitmap_text(text)}
    _refuse_compressed(path)
    if not pens and not bitmaps:
        raise NothingReadable(
            f"{path} holds neither pen strokes (UNIPEN, as pendigits-orig.tra) nor 32x32 bitmaps "
            "(as optdigits-orig.tra), gzipped or not"
        )
    sets: list[PenSet | DigitSet] = []
    if pens:
        sets.append(_pen_set(path, pens))
    sets += [_bitmap_set(path, name, text) for name, text in bitmaps.items()]
    return sets


def _refuse_compressed(path: Path) -> None:
    """Say so where the files are as the UCI repository packs them. Raises NothingReadable."""
    for file in sorted(path.glob("*.Z")) if path.is_dir() else [path]:
        if path.is_dir() and file.with_suffix("").exists():
            continue
        with file.open("rb") as packed:
            if packed.read(2) == _COMPRESSED:
                raise NothingReadable(
                    f"{file} is packed by compress, which digitd cannot unpack: gzip -d {file}"
                )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = {file.name: file for file in sorted(path.iterdir()) if file.is_file()}
    return [
        file
        for name, file in found.items()
        if Path(name.removesuffix(".gz")).suffix in _SUFFIXES
        and not (name.endswith(".gz") and name.removesuffix(".gz") in found)  # the same once more
    ]


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise NothingReadable(f"{file} cannot be read: {error}") from None
    return data.decode("ascii", errors="replace")


def _pen_set(path: Path, texts: dict[str, str]) -> PenSet:
    """All files as one set; each file counts its writers from 1, so they are told apart here."""
    digits: list[PenDigit] = []
    digest = hashlib.sha256()
    for name, text in texts.items():
        try:
            found = parse_unipen(text)
        except ValueError as error:
            raise NothingReadable(f"{path.name}/{name}: {error}") from None
        first = 1 + max((digit.writer for digit in digits), default=0)
        digits += [replace(digit, writer=first + digit.writer) for digit in found]
        digest.update(text.encode())
    if not digits:
        raise NothingReadable(f"{path} holds pen strokes, but no labelled digit")
    return PenSet(path.stem, ", ".join(texts), digest.hexdigest(), tuple(digits))


def _is_bitmap_text(text: str) -> bool:
    return any(_is_bitmap_row(line) for line in text.splitlines()[:100])


def _is_bitmap_row(line: str) -> bool:
    return len(line) == BITMAP_SIDE and not line.strip("01")


def _bitmap_set(path: Path, name: str, text: str) -> DigitSet:
    digits = list(_bitmaps(f"{path.name}/{name}", text))
    images = np.stack([image for image, _ in digits])
    labels = np.array([label for _, label in digits])
    return as_digit_set(path.stem, name, images, labels)


def _bitmaps(where: str, text: str) -> Iterator[tuple[Grey, int]]:
    """Thirty-two rows of 0 and 1, then a row with the label; other lines are the file's header."""
    rows: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if _is_bitmap_row(line):
            rows.append(line)
        elif rows:
            label = line.strip()
            if len(rows) != BITMAP_SIDE or not (label.isdecimal() and len(label) == 1):
                raise NothingReadable(
                    f"{where}: line {number} should follow {BITMAP_SIDE} rows with a label, "
                    f"but follows {len(rows)} rows with {line[:40]!r}"
                )
            pixels = np.frombuffer("".join(rows).encode(), np.uint8) - ord("0")
            yield pixels.reshape(BITMAP_SIDE, BITMAP_SIDE) * np.uint8(255), int(label)
            rows = []
    if rows:
        raise NothingReadable(f"{where} ends in the middle of a digit")
