"""HEIC and AVIF files: their headers, how they are turned, and what is told where they cannot be
read."""

from __future__ import annotations

import io
import struct
import sys

import cv2
import numpy as np
import pytest
from image_files import HEIC, drawing, encode, page, rejected, tried
from PIL import Image, features

from daemon.records import Limits, Reason
from daemon.vision.counting import count_pixels
from daemon.vision.formats import read_header

DRAWN = cv2.resize(drawing(), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)

needs_avif = pytest.mark.skipif(
    not (features.check("avif") and cv2.haveImageWriter(".avif")),
    reason="Pillow or OpenCV is built without AVIF here",
)


def avif(orientation: int = 1, quality: int = 90) -> bytes:
    """An AVIF file of `drawing()`, to be turned so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(drawing()).convert("RGB").save(
        file, "AVIF", exif=exif.tobytes(), quality=quality
    )
    return file.getvalue()


def test_a_heic_photo_is_read() -> None:
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    read = page(HEIC)
    assert read.pixels.shape == (128, 160)
    assert np.abs(read.pixels.astype(int) - DRAWN).mean() < 2


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    rejection = rejected(HEIC)
    assert rejection.reason is Reason.UNSUPPORTED
    assert "pip install 'digitd[heic]'" in rejection.message
    assert "\n" not in rejection.message


def test_the_size_of_a_heic_is_known_and_judged_before_it_is_decoded() -> None:
    header = read_header(HEIC)
    assert (header.format, header.frames[0].width, header.frames[0].height) == ("HEIC", 160, 128)
    assert count_pixels(HEIC) == 160 * 128
    assert rejected(HEIC, Limits(max_megapixels=0.02)).reason is Reason.TOO_LARGE


def test_a_heic_that_is_cut_off_is_truncated() -> None:
    for length in (3, 10, 30, 100, 300, len(HEIC) - 1):
        rejection = rejected(HEIC[:length])
        assert rejection.reason in (Reason.TRUNCATED, Reason.NOT_AN_IMAGE), length
        assert rejection.reason is Reason.TRUNCATED or length < 12
    assert read_header(HEIC[:-1]).is_cut_off


def test_a_heic_whose_picture_is_damaged_is_rejected() -> None:
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    start = HEIC.index(b"mdat") + 4
    assert rejected(HEIC[:start] + bytes(len(HEIC) - start)).reason is Reason.DAMAGED
    assert rejected(HEIC.replace(b"hvcC", b"none")).reason is Reason.DAMAGED


def test_a_heic_whose_header_states_another_depth_is_rejected() -> None:
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    depth = HEIC.index(b"hvcC") + 4 + 17  # of its luminance: 5 bits that are set, then bits - 8
    assert HEIC[depth] == 0xF8
    deeper = HEIC[:depth] + b"\xf9" + HEIC[depth + 1 :]
    assert rejected(deeper).reason is Reason.DAMAGED


@needs_avif
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_avif_is_turned_as_it_asks_for(orientation: int) -> None:
    upright = Image.fromarray(drawing())
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF -> PIL.Image.Transpose
    if orientation > 1:
        upright = upright.transpose(Image.Transpose(back[orientation]))
    read = page(avif(orientation)).pixels
    assert np.abs(read.astype(int) - np.asarray(upright)).mean() < 4


@needs_avif
def test_an_avif_of_opencv_is_read_and_one_that_is_cut_off_is_not() -> None:
    data = encode(".avif", cv2.cvtColor(DRAWN, cv2.COLOR_GRAY2BGR))
    assert np.abs(page(data).pixels.astype(int) - DRAWN).mean() < 4
    assert rejected(data[:-20]).reason is Reason.TRUNCATED
    assert rejected(data, Limits(max_megapixels=0.02)).reason is Reason.TOO_LARGE


def test_films_are_no_pictures() -> None:
    film = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0\0\0\x08moov"
    assert rejected(film).reason is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("brand", [b"heic", b"avif", b"mif1"])
def test_headers_that_go_in_circles_or_nowhere_end_soon(brand: bytes) -> None:
    head = b"\0\0\0\x10ftyp" + brand + bytes(4)
    for rest in (
        bytes(1000),
        b"\0\0\0\x08free" * 100_000,
        b"\0\0\0\1meta" + bytes(8),
        b"\0\0\0\x0cmeta" + bytes(4) + b"\0\0\0\0mdat",
        b"\xff\xff\xff\xffmeta" + bytes(100),
    ):
        assert not tried(head + rest)


def with_aperture(width: int, height: int, parts: int = 1) -> bytes:
    """The HEIC with a clean aperture of that size, in so many parts of a pixel."""
    clean = struct.pack(">8I", width, parts, height, parts, 0, 1, 0, 1)
    box = struct.pack(">I4s", 8 + len(clean), b"clap") + clean
    at = HEIC.index(b"ipma") - 4
    data = HEIC[:at] + box + HEIC[at:]
    data = data.replace(
        HEIC[at : at + 22],
        bytes.fromhex("00000017") + HEIC[at + 4 : at + 18] + bytes.fromhex("04810283") + b"\x84",
    )
    for kind, more in ((b"meta", 41), (b"iprp", 40 + 1), (b"ipco", 40)):
        place = data.index(kind) - 4
        size = struct.unpack_from(">I", data, place)[0] + more
        data = data[:place] + struct.pack(">I", size) + data[place + 4 :]
    moved = struct.pack(">I", 0x15F + 41)
    return data.replace(struct.pack(">I", 0x15F), moved, 1)


def test_the_clean_aperture_of_a_heic_is_its_size() -> None:
    header = read_header(with_aperture(157, 125))
    assert (header.frames[0].width, header.frames[0].height) == (157, 125)
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    assert page(with_aperture(157, 125)).pixels.shape == (125, 157)


@pytest.mark.parametrize(("width", "parts"), [(3, 1), (161, 1), (471, 3 * 7), (10, 0)])
def test_an_aperture_that_cannot_be_is_not_believed(width: int, parts: int) -> None:
    frame = read_header(with_aperture(width, 128 * max(parts, 1), parts)).frames[0]
    assert (frame.width, frame.height) == (160, 128)


def test_a_box_beyond_all_addresses_is_damage() -> None:
    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), kind) + content

    inner = struct.pack(">I4sQ", 1, b"ipco", 2**63)
    outer = struct.pack(">I4sQ", 1, b"iprp", 2**64 - 1) + inner
    main = box(b"pitm", b"\0\0\0\0\0\1")
    data = box(b"ftyp", b"heic\0\0\0\0heic") + box(b"meta", bytes(4) + main + outer)
    data += box(b"mdat", bytes(40))
    assert rejected(data).reason in (Reason.DAMAGED, Reason.TRUNCATED)
    assert count_pixels(data) == 0
