"""HEIC and AVIF headers: the boxes of the ISO base media file format.

Only what is to be known before decoding: which of the two it is, how large the main picture is,
how it is to be turned, and whether all boxes are there.
Sources: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (HEIF: items and their properties), MIAF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..records import Reason
from .header import Frame, Header, UnfitError

_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_MAX_ENTRIES = 10_000  # of a box: more is a trap

# How often to turn by 90 degrees to the left, then along which axis to mirror (-1: not; 0: top to
# bottom; 1: left to right) -> EXIF orientation.
_ORIENTATIONS = {
    (0, -1): 1, (0, 1): 2, (2, -1): 3, (0, 0): 4, (1, 0): 5, (3, -1): 6, (3, 0): 7, (1, -1): 8,
    (2, 0): 2, (2, 1): 4, (1, 1): 7, (3, 1): 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Box:
    """A box's type, and where its content lies."""

    kind: bytes
    start: int
    end: int


def is_bmff(data: bytes) -> bool:
    """Whether this is a HEIC or AVIF file, and not a film or the like."""
    return bool(_brands(data) & (_HEIC | _AVIF))


def read_bmff(data: bytes) -> Header:
    """The header of a HEIC or AVIF file. Raises UnfitError, struct.error, IndexError,
    OverflowError."""
    kind = "AVIF" if _brands(data) & _AVIF else "HEIC"
    boxes = list(_boxes(data, 0, len(data)))
    fault = Reason.TRUNCATED if any(box.end > len(data) for box in boxes) else None
    meta = next((box for box in boxes if box.kind == b"meta" and box.end <= len(data)), None)
    if meta is None and (fault or len(boxes) < 2):
        raise IndexError("no description of a picture yet")
    try:
        frame = _frame(data, meta, turned=kind == "AVIF") if meta else None
    except (KeyError, IndexError, OverflowError, struct.error):
        frame = None
    if frame is None:
        raise UnfitError(
            Reason.DAMAGED,
            f"the {kind} file does not describe its picture: copy it again, or save it as PNG",
        )
    return Header(kind, (frame,), data, fault)


def _brands(data: bytes) -> set[bytes]:
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256, len(data))
    return {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    """The boxes between two places; the last may reach beyond them."""
    for _ in range(_MAX_ENTRIES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        stop = start + size if size else end
        if stop < content:
            raise IndexError("a box that is smaller than its own head")
        yield _Box(kind, content, stop)
        start = stop
    raise IndexError("more boxes than any picture has")


def _frame(data: bytes, meta: _Box, *, turned: bool) -> Frame | None:
    """The main picture; None where it has no size. `turned` says that turning is left to us."""
    boxes = {box.kind: box for box in _boxes(data, meta.start + 4, meta.end)}
    inner = {box.kind: box for box in _boxes(data, boxes[b"iprp"].start, boxes[b"iprp"].end)}
    properties = list(_boxes(data, inner[b"ipco"].start, inner[b"ipco"].end))
    width = height = 0
    turns, axis = 0, -1
    for number in _associations(data, inner[b"ipma"], _primary(data, boxes[b"pitm"])):
        each = properties[number - 1]
        if each.kind == b"ispe":
            width, height = struct.unpack_from(">II", data, each.start + 4)
        elif each.kind == b"clap" and not turned:  # else its decoder keeps what is cut off here
            width, height = _clean(struct.unpack_from(">IIII", data, each.start), width, height)
        elif each.kind == b"irot":
            turns = data[each.start] & 3
        elif each.kind == b"imir":
            axis = data[each.start] & 1
    if not width or not height:
        return None
    return Frame(width, height, _ORIENTATIONS[turns, axis] if turned else 1)


def _clean(aperture: Sequence[int], width: int, height: int) -> tuple[int, int]:
    """The size that a clean aperture, two fractions, leaves of a picture: encoders add a row or a
    column where a side is odd. What leaves less than half of a side is not believed."""
    (clean_width, by_x), (clean_height, by_y) = aperture[:2], aperture[2:]
    if not by_x or not by_y or clean_width % by_x or clean_height % by_y:
        return width, height
    clean = clean_width // by_x, clean_height // by_y
    is_likely = width / 2 <= clean[0] <= width and height / 2 <= clean[1] <= height
    return clean if is_likely else (width, height)


def _primary(data: bytes, pitm: _Box) -> int:
    """The number of the main picture's item."""
    code = ">H" if data[pitm.start] == 0 else ">I"
    item: int = struct.unpack_from(code, data, pitm.start + 4)[0]
    return item


def _associations(data: bytes, ipma: _Box, wanted: int) -> list[int]:
    """The numbers of an item's properties, counted from 1."""
    version, flags = data[ipma.start], data[ipma.start + 3]
    (entries,) = struct.unpack_from(">I", data, ipma.start + 4)
    at = ipma.start + 8
    item_code, wide = (">HB" if version == 0 else ">IB"), flags & 1
    for _ in range(min(entries, _MAX_ENTRIES)):
        item, count = struct.unpack_from(item_code, data, at)
        at += struct.calcsize(item_code)
        numbers = struct.unpack_from(f">{count}{'H' if wide else 'B'}", data, at)
        if item == wanted:
            # The highest bit only says that a reader must know the property.
            mask = 0x7FFF if wide else 0x7F
            return [number & mask for number in numbers if number & mask]
        at += count * (2 if wide else 1)
    return []
