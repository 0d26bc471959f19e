"""TIFF directories: the headers of TIFF files, and the EXIF block of all the other formats.

Sources: TIFF 6.0 (Adobe, 1992), BigTIFF (AWare Systems), EXIF 2.32.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..records import Reason
from .header import Frame, Header, UnfitError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_DIRECTORIES = 10_000  # more is a trap, or a loop

_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION = 254, 256, 257, 259
_STRIPS, _ORIENTATION, _STRIP_BYTES = 273, 274, 279
_DPI, _DPI_UNIT, _TILES, _TILE_BYTES = 282, 296, 324, 325

_NUMBERS = {1: "u1", 3: "u2", 4: "u4", 5: "u4", 16: "u8"}  # type code -> dtype
_RATIONAL = 5  # two numbers: numerator, denominator
_COMPRESSIONS = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946)  # those that every build of libtiff has
_INCHES = {2: 1.0, 3: 1 / 2.54}  # resolution unit -> inches

_CUT_OFF = "the TIFF file is cut off, its end is missing: copy or scan it again"

_BAD_STRUCTURE = (struct.error, ValueError, IndexError, OverflowError)


@dataclass(frozen=True, slots=True)
class Exif:
    """What EXIF says about how a picture is to be shown."""

    orientation: int = 1
    dpi: float | None = None


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a file writes its numbers: struct's byte order and codes."""

    order: str
    entries: str  # how many entries a directory has
    offset: str

    def read(self, code: str, data: bytes, at: int) -> int:
        value: int = struct.unpack_from(self.order + code, data, at)[0]
        return value


_LAYOUTS = {
    b"II*\0": _Layout("<", "H", "I"),
    b"MM\0*": _Layout(">", "H", "I"),
    b"II+\0": _Layout("<", "Q", "Q"),
    b"MM\0+": _Layout(">", "Q", "Q"),
}
MAGICS = tuple(_LAYOUTS)


@dataclass(frozen=True, slots=True)
class _Directory:
    """The tags of one picture; each entry holds a type, a count, and a value or where it lies."""

    data: bytes
    layout: _Layout
    entries: dict[int, tuple[int, int, bytes]]

    def numbers(self, tag: int) -> npt.NDArray[np.uint64]:
        """A tag's numbers; none where it is missing. Raises one of _BAD_STRUCTURE."""
        import numpy as np  # takes its time: only who meets a TIFF waits

        kind, count, value = self.entries.get(tag, (1, 0, b""))
        dtype = np.dtype(self.layout.order + _NUMBERS[kind])
        count *= 2 if kind == _RATIONAL else 1
        if count * dtype.itemsize <= len(value):
            return np.frombuffer(value, dtype, count).astype(np.uint64)
        at = self.layout.read(self.layout.offset, value, 0)
        return np.frombuffer(self.data, dtype, count, at).astype(np.uint64)

    def number(self, tag: int, default: int | None = None) -> int:
        """A tag's first number. Raises KeyError where it is missing and has no default."""
        numbers = self.numbers(tag)
        if len(numbers):
            return int(numbers[0])
        if default is None:
            raise KeyError(tag)
        return default

    @property
    def places(self) -> int:
        """How many numbers say where the picture lies."""
        tags = _STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES
        return sum(self.entries[tag][1] for tag in tags if tag in self.entries)

    def dpi(self) -> float | None:
        """Pixels per inch, None where the tags do not say. Raises one of _BAD_STRUCTURE."""
        try:
            ratio = self.numbers(_DPI)
            inches = _INCHES.get(self.number(_DPI_UNIT, 2))
        except KeyError:  # of no type that a resolution can have
            return None
        if inches is None or len(ratio) < 2 or not ratio[0] or not ratio[1]:
            return None
        return float(ratio[0] / ratio[1]) / inches


def read_exif(data: bytes) -> Exif:
    """Read an EXIF block; what cannot be read there counts as not said."""
    try:
        directory = next(_directories(data))
        orientation = directory.number(_ORIENTATION, 1)
    except (*_BAD_STRUCTURE, KeyError, StopIteration):
        return Exif()
    try:
        dpi = directory.dpi()
    except _BAD_STRUCTURE:
        dpi = None
    return Exif(orientation if 1 <= orientation <= 8 else 1, dpi)


def read_tiff(data: bytes) -> Header:
    """The header of a TIFF file; what is wrong with a page is its frame's fault, and a chain of
    directories that breaks off ends with a frame that says so. Raises UnfitError."""
    frames: list[Frame] = []
    places = 0
    try:
        for directory in _directories(data):
            places += directory.places
            if places > len(data):  # more than the file has room for: all are in one
                raise _endless()
            frames.append(_frame(directory, len(data), first=not frames))
    except (*_BAD_STRUCTURE, KeyError):
        if not frames:
            raise UnfitError(
                Reason.TRUNCATED, "the TIFF file ends before its first page: copy or scan it again"
            ) from None
        message = "the TIFF file is cut off or damaged here: what came next is lost, scan it again"
        frames.append(Frame(0, 0, fault=UnfitError(Reason.TRUNCATED, message)))
    if not frames:
        raise UnfitError(Reason.DAMAGED, "the TIFF file has no pages: copy or scan it again")
    return Header("TIFF", tuple(frames), data)


def _directories(data: bytes) -> Iterator[_Directory]:
    """Walk the chain of directories. Raises KeyError, or one of _BAD_STRUCTURE."""
    layout = _LAYOUTS[data[:4]]
    entry = struct.Struct(f"{layout.order}HH{layout.offset}{struct.calcsize(layout.offset)}s")
    pointer = 8 if layout.offset == "Q" else 4  # where the place of the next directory stands
    left = len(data)  # bytes that directories may take up: none lies upon another
    for _ in range(MAX_DIRECTORIES):
        at = layout.read(layout.offset, data, pointer)
        if not at:
            return
        start = at + struct.calcsize(f"={layout.entries}")
        pointer = start + layout.read(layout.entries, data, at) * entry.size
        if pointer > len(data):
            raise ValueError("a directory reaches beyond the end of the file")
        left -= pointer - at
        if left < 0:
            break
        entries = {
            tag: (kind, count, value)
            for tag, kind, count, value in entry.iter_unpack(data[start:pointer])
        }
        yield _Directory(data, layout, entries)
    raise _endless()


def _endless() -> UnfitError:
    return UnfitError(
        Reason.TOO_LARGE,
        f"the TIFF file has more than {MAX_DIRECTORIES} pages, or goes in circles: split it",
    )


def _frame(directory: _Directory, size: int, *, first: bool) -> Frame:
    """One directory's frame, in a file of `size` bytes. Its orientation stays 1: the decoders turn
    the pictures of TIFF files."""
    width = height = 0
    dpi, thumbnail, fault = None, False, None
    try:
        width, height = directory.number(_WIDTH), directory.number(_HEIGHT)
        dpi = directory.dpi()
        thumbnail = not first and bool(directory.number(_SUBFILE, 0) & 1)
        _check(directory, size)
    except UnfitError as unfit:
        fault = unfit
    except _BAD_STRUCTURE:
        fault = UnfitError(Reason.TRUNCATED, _CUT_OFF)
    except KeyError:
        message = "the TIFF file is damaged, its directory says too little: copy or scan it again"
        fault = UnfitError(Reason.DAMAGED, message)
    return Frame(width, height, dpi=dpi, thumbnail=thumbnail, fault=fault)


def _check(directory: _Directory, size: int) -> None:
    """Raise UnfitError where a picture is not whole, or packed in a way that no decoder has."""
    compression = directory.number(_COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        raise UnfitError(
            Reason.UNSUPPORTED,
            f"TIFF with compression {compression}: save it with LZW or G4, or as PNG",
        )
    if _end(directory) > size:
        raise UnfitError(Reason.TRUNCATED, _CUT_OFF)


def _end(directory: _Directory) -> int:
    """Where the last of a picture's strips or tiles ends, in bytes from the start of the file."""
    for place, size in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
        starts, lengths = directory.numbers(place), directory.numbers(size)
        if len(starts):
            return int((starts + lengths if len(starts) == len(lengths) else starts).max())
    raise KeyError(_STRIPS)
