"""Content -> header: which format a file is in, its frames, and whether it is whole.

A file is known by its content, never by its name. Only headers are read, with a loop over chunks or
segments at most, so that this costs microseconds and a decompression bomb costs no more.
Sources: PNG (W3C, 3rd edition), JPEG (ITU T.81), WebP container (Google), BMP (Microsoft), netpbm.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator

from ..records import Reason
from .bmff import is_bmff, read_bmff
from .header import Frame, Header, UnfitError
from .pdf import is_pdf, read_pdf
from .tiff import MAGICS as TIFF_MAGICS
from .tiff import Exif, read_exif, read_tiff

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE_END = 24
_INCH = 0.0254  # m

_AS_PNG = "save it as PNG or JPEG"
_FOREIGN = (  # offset, magic, name, what to do: known by sight, so that the message can help
    (0, b"GIF8", "GIF", _AS_PNG),
    (4, b"jP  \r\n\x87\n", "JPEG 2000", _AS_PNG),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000", _AS_PNG),
    (4, b"JXL \r\n\x87\n", "JPEG XL", _AS_PNG),
    (0, b"\xff\x0a", "JPEG XL", _AS_PNG),
    (0, b"8BPS", "Photoshop", _AS_PNG),
    (0, b"AT&TFORM", "DjVu", "export its pages as PNG or TIFF"),
    (0, b"P7\n", "PAM", _AS_PNG),
)

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
_JPEG_SCAN = 0xDA
_JFIF_UNITS = {1: 1.0, 2: 2.54}  # of density -> per inch

_BMP_HEADERS = (16, 40, 52, 56, 64, 108, 124)  # bytes
_BMP_RUN_LENGTHS = (1, 2)  # compressions whose size only the header knows

_PNM_HEAD = 65_536  # bytes in which a header ends: matching takes a hundred times as much memory
_GAP = rb"(?:\s|#[^\n]*\n)+"
_PNM_SIZE = rb"P\d" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})"
_PNM_BITS = re.compile(_PNM_SIZE + rb"\s")
_PNM_SAMPLES = re.compile(_PNM_SIZE + _GAP + rb"(\d{1,5})\s")


def read_header(data: bytes) -> Header:
    """Find out the format and read the header.

    Raises:
        UnfitError: not an image, an image of a kind that cannot be read, or cut off in its header.
    """
    read = next((read for magic, read in _READERS if data.startswith(magic)), None)
    if read is None and is_bmff(data):
        read = read_bmff
    elif read is None and is_pdf(data):
        read = read_pdf
    if read is None and not any(magic.startswith(data) for magic, _ in _READERS):
        raise _stranger(data)
    try:
        if read is not None:
            return read(data)
    except (struct.error, IndexError, OverflowError):
        pass  # it ends where the header should go on
    raise UnfitError(Reason.TRUNCATED, "the file ends within its header: copy or scan it again")


def _stranger(data: bytes) -> UnfitError:
    for at, magic, name, advice in _FOREIGN:
        if data.startswith(magic, at):
            return UnfitError(Reason.UNSUPPORTED, f"{name} files cannot be read: {advice}")
    return UnfitError(
        Reason.NOT_AN_IMAGE,
        "the content is no image, whatever the name says; PNG, JPEG, TIFF, PDF, HEIC, WebP, AVIF, "
        "BMP and PNM can be read",
    )


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, by its beginning; None where it is none, or no more."""
    if len(data) < _PNG_SIZE_END or not data.startswith(_PNG):
        return None
    width, height = struct.unpack_from(">II", data, _PNG_SIZE_END - 8)
    return width, height


def _read_png(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, _PNG_SIZE_END - 8)
    exif, dpi = Exif(), None
    fault: Reason | None = Reason.TRUNCATED  # until the last chunk is seen
    view, at = memoryview(data), len(_PNG)
    needed = [view[:at]]
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body, end = at + 8, at + 8 + length
        if end + 4 > len(data):
            break
        if not kind[0] & 0x20:  # critical: its name starts with an upper-case letter
            if zlib.crc32(view[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
                fault = Reason.DAMAGED
                break
            needed.append(view[at : end + 4])
        elif kind == b"tRNS":
            needed.append(view[at : end + 4])
        elif kind == b"eXIf":
            exif = read_exif(data[body:end])
        elif kind == b"pHYs" and length == 9 and data[body + 8] == 1:
            dpi = struct.unpack_from(">I", data, body)[0] * _INCH
        at = end + 4
        if kind == b"IEND":
            fault = None
            break
    frame = Frame(width, height, exif.orientation, dpi or exif.dpi)
    # Without the chunks about colour and the like, libpng has nothing to warn of on stderr.
    return Header("PNG", (frame,), b"".join(needed), fault)


def _read_jpeg(data: bytes) -> Header:
    size, exif, dpi, end = None, Exif(), None, 2
    for marker, body, end in _jpeg_segments(data):
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, body + 1)
            size = width, height
        elif marker == 0xE1 and data.startswith(b"Exif\0\0", body):
            exif = read_exif(data[body + 6 : end])
        elif marker == 0xE0 and data.startswith(b"JFIF\0", body):
            unit, density = struct.unpack_from(">BH", data, body + 7)
            dpi = density * _JFIF_UNITS.get(unit, 0)
    if size is None:
        raise IndexError("no frame header")
    # The end marker behind the last header: those before belong to thumbnails. What stands behind
    # it is none of our business: phones append films and depth maps.
    fault = None if data.rfind(b"\xff\xd9", end) >= 0 else Reason.TRUNCATED
    return Header("JPEG", (Frame(*size, exif.orientation, dpi or exif.dpi),), data, fault)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of every segment's body, up to the first scan or the end of data."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = struct.unpack_from(">BH", data, at + 1)
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        yield marker, at + 4, at + 2 + length
        if marker == _JPEG_SCAN:
            return
        at += 2 + length


def _read_webp(data: bytes) -> Header:
    if data[8:12] != b"WEBP":
        raise _stranger(data)
    kind, exif = data[12:16], Exif()
    if kind == b"VP8X":
        low, high = struct.unpack_from("<IH", data, 24)  # two numbers of 24 bits
        width, height = (low & 0xFFFFFF) + 1, (low >> 24 | high << 8) + 1
        exif = _webp_exif(data)
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    whole = struct.unpack_from("<I", data, 4)[0] + 8 <= len(data)
    frame = Frame(width, height, exif.orientation, exif.dpi)
    return Header("WebP", (frame,), data, None if whole else Reason.TRUNCATED)


def _webp_exif(data: bytes) -> Exif:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"EXIF":
            return read_exif(data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    return Exif()


def _read_bmp(data: bytes) -> Header:
    start, header_size = struct.unpack_from("<II", data, 10)
    dpi = None
    if header_size == 12:  # OS/2
        width, height, _, bits = struct.unpack_from("<4H", data, 18)
        size = 0
    elif header_size in _BMP_HEADERS:
        width, height, _, bits, compression, size, pixels_per_m = struct.unpack_from(
            "<iiHHIIi", data, 18
        )
        if compression not in _BMP_RUN_LENGTHS:
            size = 0
        dpi = pixels_per_m * _INCH or None
    else:
        raise _stranger(data)
    width, height = abs(width), abs(height)  # a negative height: the top row comes first
    size = size or (width * bits + 31) // 32 * 4 * height
    fault = Reason.TRUNCATED if start + size > len(data) else None
    return Header("BMP", (Frame(width, height, dpi=dpi),), data, fault)


def _read_pnm(data: bytes) -> Header:
    kind = data[1] - ord("0")
    match = (_PNM_BITS if kind in (1, 4) else _PNM_SAMPLES).match(data[:_PNM_HEAD])
    if match is None:
        raise _stranger(data)
    width, height, white = int(match[1]), int(match[2]), int(match[3] if match.re.groups > 2 else 1)
    samples = width * height * (3 if kind in (3, 6) else 1)
    if kind == 4:
        size = (width + 7) // 8 * height
    elif kind > 4:
        size = samples * (1 if white < 256 else 2)
    else:
        size = samples if kind == 1 else 2 * samples - 1  # at least: numbers and what parts them
    fault = Reason.TRUNCATED if match.end() + size > len(data) else None
    if white == 0:
        fault = Reason.DAMAGED
    # OpenCV stretches small text samples to 255, bits too, but none of the others.
    stretched = kind in (1, 4) or (kind < 4 and white < 256)
    frame = Frame(width, height, white=None if stretched else white)
    if kind < 4:
        data += b"\n"  # OpenCV wants something behind the last number
    return Header("PNM", (frame,), data, fault)


_READERS: tuple[tuple[bytes, Callable[[bytes], Header]], ...] = (
    (_PNG, _read_png),
    (b"\xff\xd8\xff", _read_jpeg),
    *((magic, read_tiff) for magic in TIFF_MAGICS),
    (b"RIFF", _read_webp),
    (b"BM", _read_bmp),
    *((b"P%d" % kind, _read_pnm) for kind in range(1, 7)),
)
