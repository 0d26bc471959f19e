"""Image files made byte by byte, for what cv2.imencode does not write."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from daemon.records import Grey, Limits, Page, Reason, RejectedPage, Rejection, Scan
from daemon.vision.decode import decode, rejection_of

# `drawing()`, four times as large, by heif-enc (libheif 1.15, x265).
HEIC = base64.b64decode(
    """
    AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAATttZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA
    AAAAAAAAAA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFfAAEAAAAAAAAAqQAAACNpaW5mAAAAAAABAAAA
    FWluZmUCAAAAAAEAAGh2YzEAAAAAu2lwcnAAAACdaXBjbwAAAHNodmNDAQQIAAAAAAAAAAAAHvAA/Pz4+AAADwMgAAEA
    F0ABDAH//wQIAAADAJ/4AAADAAAeugJAIQABACdCAQEECAAAAwCf+AAAAwAAHsBQgIFlupJKa5sCAAADAAIAAAMAAhAi
    AAEAB0QBwXKwYkAAAAAUaXNwZQAAAAAAAACgAAAAgAAAAA5waXhpAAAAAAEIAAAAFmlwbWEAAAAAAAAAAQABA4ECgwAA
    ALFtZGF0AAAApSgBrhOj6IDjr0R1///3RMMtSb9F/NBPJq6Rm5plnioQssDexhHb7UGe9f3eixrOj7ixIlAuV/WdAoQB
    Sb0JR9kxC8ahZzXYjf7v//PPdSl+cX/NDMdb//j5y/D6L9qk3fTGqW6LUm5A5pl9P/sr36C1Vh7//x/sR2c+8Kb9WI2o
    2z1Y6ga6aiDYPH/yEIemVsiRKBH3FH9sCo83XZ2eHCh4hBAz4w==
    """
)


def scan(data: bytes, file: str = "scan.png") -> Scan:
    """A scan of these bytes."""
    return Scan(id="1", file=file, sha256="0" * 64, data=data)


def rejected(data: bytes, limits: Limits | None = None) -> Rejection:
    """The rejection of bytes that cannot be read."""
    outcome = decode(scan(data), limits or Limits())
    if isinstance(outcome, Rejection):
        return outcome
    every = list(outcome)
    bad = [each for each in every if isinstance(each, RejectedPage)]
    assert bad == every
    return rejection_of(scan(data), bad)


def pages(data: bytes, limits: Limits | None = None) -> tuple[Page, ...]:
    """The pages of bytes that can be read."""
    outcome = decode(scan(data), limits or Limits())
    assert not isinstance(outcome, Rejection), outcome.message
    every = list(outcome)
    for each in every:
        assert isinstance(each, Page), each.message
    return tuple(every)


def page(data: bytes) -> Page:
    """The only page of bytes that can be read."""
    (only,) = pages(data)
    return only


def tried(data: bytes, limits: Limits | None = None) -> list[Page | RejectedPage]:
    """All pages of bytes, rejected ones too, but for no bug; none where the whole file is."""
    outcome = decode(scan(data), limits or Limits())
    every = [] if isinstance(outcome, Rejection) else list(outcome)
    for each in every:
        assert isinstance(each, Page) or each.reason is not Reason.UNREADABLE, each.message
    return every


def encode(extension: str, pixels: npt.NDArray[np.generic], *parameters: int) -> bytes:
    """A file as OpenCV writes it."""
    done, data = cv2.imencode(extension, pixels, parameters)
    assert done
    return data.tobytes()


def drawing(width: int = 40, height: int = 32) -> Grey:
    """Black on white, and different in each of the four corners."""
    pixels = np.full((height, width), 255, np.uint8)
    pixels[: height // 2, : width // 4] = 0
    pixels[: height // 4, width // 2 :] = 128
    return pixels


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    size: tuple[int, int], depth: int, kind: int, rows: Iterable[bytes], *extra: bytes
) -> bytes:
    """A PNG file of `size` (width, height); `kind` is 0 grey, 2 RGB, 3 palette, 4 grey and alpha,
    6 RGBA; `extra` are chunks to stand before the pixels."""
    header = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = (chunk(b"IHDR", header), *extra, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def exif(orientation: int, dpi: int | None = None) -> bytes:
    """An EXIF block that holds an orientation, and perhaps a resolution."""
    block = b"MM\0*" + struct.pack(">IH", 8, 1 if dpi is None else 2)
    block += struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    if dpi is None:
        return block + bytes(4)
    ratio_at = len(block) + 12 + 4
    return block + struct.pack(">HHIIIII", 0x011A, 5, 1, ratio_at, 0, dpi * 10, 10)


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_jpeg_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG file with one more segment at its start."""
    return jpeg[:2] + jpeg_segment(marker, body) + jpeg[2:]


def with_webp_exif(webp: bytes, block: bytes, size: tuple[int, int]) -> bytes:
    """A plain WebP file with an EXIF block."""
    width, height = size[0] - 1, size[1] - 1
    canvas = struct.pack("<IHBHB", 8, width & 0xFFFF, width >> 16, height & 0xFFFF, height >> 16)
    chunks = b"VP8X" + struct.pack("<I", 10) + canvas + webp[12:]
    chunks += b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def cmyk_jpeg(ink: Sequence[Grey]) -> bytes:
    """A CMYK JPEG as Photoshop writes it: inverted. `ink` are four (H, W) planes, 255 = full ink.

    Each plane is encoded as a grey JPEG; their scans, put one after the other, make the file.
    """
    files = [encode(".jpg", 255 - plane, cv2.IMWRITE_JPEG_QUALITY, 95) for plane in ink]
    start = files[0].index(b"\xff\xc0")
    tables = files[0].index(b"\xff\xc4", start)
    scan_at = files[0].index(b"\xff\xda")
    height, width = ink[0].shape
    components = b"".join(struct.pack("BBB", number, 0x11, 0) for number in range(1, 5))
    frame = jpeg_segment(0xC0, struct.pack(">BHHB", 8, height, width, 4) + components)
    scans = b"".join(
        jpeg_segment(0xDA, struct.pack("BBBBBB", 1, number, 0, 0, 63, 0))
        + file[file.index(b"\xff\xda") + 10 : -2]
        for number, file in enumerate(files, start=1)
    )
    adobe = jpeg_segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 0))
    return (
        b"\xff\xd8" + adobe + files[0][2:start] + frame + files[0][tables:scan_at] + scans
    ) + b"\xff\xd9"


def tiff(*pictures: tuple[dict[int, int], bytes], order: str = "<", big: bool = False) -> bytes:
    """An uncompressed TIFF (or BigTIFF) file; each picture is its tags and its pixels in one
    strip."""
    count, offset = ("Q", "Q") if big else ("H", "I")
    mark = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", 43 if big else 42)
    data = mark + struct.pack(order + ("HHQ" if big else "I"), *((8, 0, 16) if big else (8,)))
    for number, (given, pixels) in enumerate(pictures, start=1):
        entry = struct.Struct(f"{order}HH{offset}{offset}")
        size = struct.calcsize("=" + count + offset) + entry.size * (len(given) + 2)
        tags = {**given, 273: len(data) + size, 279: len(pixels)}
        following = len(data) + size + len(pixels) if number < len(pictures) else 0
        data += struct.pack(order + count, len(tags))
        for tag, value in sorted(tags.items()):
            data += entry.pack(tag, 16 if big else 4, 1, value)
        data += struct.pack(order + offset, following) + pixels
    return data


def tiff_tags(width: int, height: int, bits: int = 8, photometric: int = 1) -> dict[int, int]:
    """The tags of a grey picture; `photometric` 0 says that 0 is white."""
    return {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 277: 1, 278: height}


def pack(pixels: Grey, bits: int) -> list[bytes]:
    """Rows of (H, W) samples, `bits` each, the first in the highest bits."""
    unpacked = np.unpackbits(pixels[..., None], axis=2)[..., 8 - bits :]
    return [row.tobytes() for row in np.packbits(unpacked.reshape(len(pixels), -1), axis=1)]
