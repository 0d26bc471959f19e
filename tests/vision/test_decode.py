from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import (
    chunk,
    cmyk_jpeg,
    drawing,
    encode,
    exif,
    jpeg_segment,
    pack,
    page,
    pages,
    png,
    rejected,
    scan,
    tiff,
    tiff_tags,
    tried,
    with_jpeg_segment,
    with_webp_exif,
)
from pdf_files import image, scanned

from daemon.records import Limits, Page, Reason, RejectedPage, Rejection
from daemon.vision import decode as decode_module
from daemon.vision import develop as develop_module
from daemon.vision import tiff as tiff_module
from daemon.vision.counting import count_pixels
from daemon.vision.decode import decode
from daemon.vision.develop import develop
from daemon.vision.formats import read_header
from daemon.vision.header import Frame

FORMATS = (".png", ".jpg", ".webp", ".bmp", ".pgm", ".tif")
PAPER = np.full((32, 40, 3), 255, np.uint8)


def encoded(extension: str, pixels: np.ndarray) -> bytes:
    """As good as the format can be."""
    quality = {".jpg": (cv2.IMWRITE_JPEG_QUALITY, 100), ".webp": (cv2.IMWRITE_WEBP_QUALITY, 101)}
    return encode(extension, pixels, *quality.get(extension, ()))


def close(left: np.ndarray, right: np.ndarray, tolerance: int = 6) -> bool:
    return left.shape == right.shape and int(cv2.absdiff(left, right).max()) <= tolerance


def transparent(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> np.ndarray:
    """A stroke of `ink` on fully transparent `ground`, BGRA."""
    pixels = np.full((32, 40, 4), (*ground, 0), np.uint8)
    pixels[8:24, 18:22] = (*ink, 255)
    return pixels


# Formats


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_gives_its_grey_pixels_whatever_the_file_is_called(extension: str) -> None:
    outcome = decode(scan(encoded(extension, drawing()), "notes.txt"), Limits())
    assert not isinstance(outcome, Rejection)
    (only,) = outcome
    assert isinstance(only, Page)
    assert only.number == 1
    assert only.pixels.dtype == np.uint8
    assert close(only.pixels, drawing())
    assert only.colour is None


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp", ".bmp", ".ppm", ".tif"])
def test_colour_is_kept_beside_grey(extension: str) -> None:
    picture = PAPER.copy()
    picture[8:24, 8:24] = (200, 40, 30)  # blue
    read = page(encoded(extension, picture))
    assert read.colour is not None
    inside = slice(12, 20), slice(12, 20)  # WebP and JPEG have half the colour resolution
    assert close(read.colour[inside], picture[inside])
    assert read.pixels[16, 16] < 100 < 250 < read.pixels[2, 2]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GIF89a\x08\0\x08\0", "GIF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    ],
)
def test_known_strangers_are_named_with_what_to_do(data: bytes, name: str) -> None:
    rejection = rejected(data + bytes(100))
    assert rejection.reason is Reason.UNSUPPORTED
    assert rejection.message.startswith(name)
    assert "PNG" in rejection.message


@pytest.mark.parametrize(
    "data",
    [
        b"file,label\na.png,5\n",
        b"<!DOCTYPE html><html></html>",
        b"PK\x03\x04" + bytes(60),
        b"BMW drives are not bitmaps, even if the word begins like one",
        b"P5 is a way to the park",
        b"RIFF\x24\0\0\0WAVEfmt ",
        bytes(1000),
    ],
)
def test_what_is_no_image_is_told_by_its_content(data: bytes) -> None:
    assert rejected(data).reason is Reason.NOT_AN_IMAGE


def test_a_rejection_names_its_scan() -> None:
    rejection = decode(scan(b"", "a/b.png"), Limits())
    assert isinstance(rejection, Rejection)
    assert (rejection.scan_id, rejection.file, rejection.sha256) == ("1", "a/b.png", "0" * 64)
    assert rejection.reason is Reason.EMPTY_FILE


# Limits


BOMBS = {
    "PNG": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 6, 0, 0, 0)),
    "JPEG": b"\xff\xd8" + jpeg_segment(0xC0, struct.pack(">BHHB9x", 8, 65535, 65535, 3)),
    "BMP": b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 60000, -60000, 1, 24, *[0] * 6),
    "PGM": b"P5\n60000 60000\n255\n",
    "PBM": b"P1 # bits\n 60000\n60000 ",
    "TIFF": tiff((tiff_tags(60000, 60000), b"\0")),
    "VP8X": b"RIFF\x12\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\0" * 2,
    "VP8L": b"RIFF\x12\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f",
    "VP8": b"RIFF\x12\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a" + b"\xff\x3f" * 2,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_the_size_is_refused_from_the_header_alone(bomb: bytes) -> None:
    rejection = rejected(bomb)
    assert rejection.reason is Reason.TOO_LARGE
    assert "limits.max_megapixels (200)" in rejection.message


@pytest.mark.parametrize("extension", FORMATS)
def test_the_limit_on_megapixels_is_the_configured_one(extension: str) -> None:
    data = encoded(extension, drawing(100, 100))
    assert pages(data, Limits(max_megapixels=0.01))
    assert rejected(data, Limits(max_megapixels=0.0099)).reason is Reason.TOO_LARGE


def test_a_large_file_is_refused_by_its_bytes() -> None:
    rejection = rejected(bytes(2_000_001), Limits(max_file_mb=2))
    assert rejection.reason is Reason.TOO_LARGE
    assert "limits.max_file_mb (2)" in rejection.message


@pytest.mark.parametrize("size", [(1, 1), (7, 100), (100, 7)])
def test_too_few_pixels_for_a_digit_are_refused(size: tuple[int, int]) -> None:
    assert rejected(encode(".png", np.zeros(size, np.uint8))).reason is Reason.TOO_SMALL


def test_eight_by_eight_pixels_are_enough() -> None:
    assert page(encode(".png", np.zeros((8, 8), np.uint8))).pixels.shape == (8, 8)


def test_what_is_beyond_opencvs_own_limit_is_refused_too() -> None:
    data = png((60_000, 60_000), 8, 0, [])
    assert rejected(data, Limits(max_megapixels=1e6))


def test_a_hundred_megapixels_are_read() -> None:
    data = png((10_000, 10_000), 1, 0, [b"\xff" * 1250] * 10_000)
    read = page(data)
    assert (read.width, read.height, read.reduction) == (10_000, 10_000, 5)
    assert read.pixels.shape == (2000, 2000)


# Whole files


WHOLE = {extension: encoded(extension, drawing()) for extension in FORMATS} | {
    ".ppm": encode(".ppm", PAPER),
    "progressive": encode(".jpg", drawing(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "text": b"P2 40 32 1 " + b" ".join(b"%d" % (value > 0) for value in drawing().flat),
    "bits": b"P1 40 32 " + b"01" * 640,
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
def test_a_cut_file_is_truncated(data: bytes, share: float) -> None:
    assert page(data).pixels.shape == (32, 40)
    cut = data[: int(len(data) * share)]
    faults = [each for each in tried(cut) if isinstance(each, RejectedPage)]
    assert {each.reason for each in faults or [rejected(cut)]} == {Reason.TRUNCATED}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_no_beginning_of_a_file_passes_for_the_whole(data: bytes) -> None:
    for length in range(len(data)):
        found = tried(data[:length])
        # A page whose directory is whole is read, where more could have come behind it.
        assert not found or isinstance(found[-1], RejectedPage), length


def test_a_thumbnails_end_is_not_the_files_end() -> None:
    thumbnail = encode(".jpg", drawing(16, 16))
    photo = with_jpeg_segment(encode(".jpg", drawing()), 0xE1, b"Exif\0\0" + thumbnail)
    assert page(photo).pixels.shape == (32, 40)
    assert rejected(photo[:-100]).reason is Reason.TRUNCATED


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_bytes_behind_the_end_do_no_harm(data: bytes) -> None:
    assert page(data + b"\nappended by a phone").pixels.shape == (32, 40)


def test_changed_pixels_of_a_png_are_noticed() -> None:
    data = bytearray(encode(".png", drawing()))
    data[-30] ^= 1
    assert rejected(bytes(data)).reason is Reason.DAMAGED


def test_a_png_whose_pixels_end_early_is_damaged() -> None:
    assert rejected(png((32, 32), 8, 0, [bytes(32)] * 20)).reason is Reason.DAMAGED


def test_a_damaged_remark_in_a_png_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    remarks = (b"\0\0\0\4tEXtabcd\0\0\0\0", chunk(b"iCCP", b"x\0\0abc"), chunk(b"sRGB", b"abcd"))
    data = png((40, 32), 8, 0, [row.tobytes() for row in drawing()], *remarks)
    assert np.array_equal(page(data).pixels, drawing())
    assert capfd.readouterr().err == ""


def test_a_decoder_that_refuses_says_nothing_on_the_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    data = tiff(({**tiff_tags(40, 32), 259: 8}, bytes(1280)))  # zeros are no deflate stream
    assert tried(data)
    damaged = encode(".webp", drawing())
    assert rejected(damaged[:20] + bytes(len(damaged) - 20)).reason in Reason
    assert capfd.readouterr().err == ""


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([data[:length] for data in WHOLE.values() for length in (0, 2, 4, 16, 60)]),
    st.binary(max_size=200),
)
def test_nothing_that_bytes_can_hold_raises(start: bytes, rest: bytes) -> None:
    tried(start + rest, Limits(max_megapixels=1))


# Samples of all depths


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_png_samples_of_few_bits_are_scaled(bits: int) -> None:
    samples = np.tile(np.arange(16, dtype=np.uint8) & (1 << bits) - 1, (16, 1))
    read = page(png((16, 16), bits, 0, pack(samples, bits)))
    assert np.array_equal(read.pixels, samples * (255 // ((1 << bits) - 1)))


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("extension", [".png", ".tif"])
def test_samples_in_16_bits_are_scaled_by_the_bits_in_use(extension: str, bits: int) -> None:
    samples = (drawing() * np.uint32((1 << bits) - 1) // 255).astype(np.uint16)
    assert close(page(encode(extension, samples)).pixels, drawing(), 1)


@pytest.mark.parametrize("white", [1, 15, 100, 255, 1000, 4095, 65535])
@pytest.mark.parametrize("text", [True, False])
def test_pgm_samples_are_scaled_by_the_white_that_the_file_states(white: int, text: bool) -> None:
    samples = (drawing() // 255).astype(np.uint16) * (white // 2)  # grey at most
    header = b"P%d\n# by hand\n40 32\n%d\n" % (2 if text else 5, white)
    if text:
        body = b" ".join(b"%d" % sample for sample in samples.flat) + b"\n"
    else:
        body = samples.astype(">u2" if white > 255 else np.uint8).tobytes()
    expected = round(white // 2 * 255 / white)
    assert abs(int(page(header + body).pixels.max()) - expected) <= 1


def test_bitmaps_know_black_from_white() -> None:
    bits = (drawing() == 0).astype(np.uint8)  # 1 is black in PBM
    expected = np.where(bits, 0, 255)
    rows = b"".join(pack(bits, 1))
    text = b" ".join(b"%d" % bit for bit in bits.flat)
    assert np.array_equal(page(b"P4\n40 32\n" + rows).pixels, expected)
    assert np.array_equal(page(b"P1\n40 32\n" + text + b"\n").pixels, expected)
    assert np.array_equal(page(tiff((tiff_tags(40, 32, 1, 0), rows))).pixels, expected)
    assert np.array_equal(page(tiff((tiff_tags(40, 32, 1, 1), rows))).pixels, 255 - expected)


def test_palettes_become_colours() -> None:
    samples = (drawing() == 0).astype(np.uint8)
    palette = chunk(b"PLTE", bytes([255, 255, 255, 200, 30, 40]))
    read = page(png((40, 32), 1, 3, pack(samples, 1), palette))
    assert read.colour is not None
    assert read.colour[0, 0].tolist() == [40, 30, 200]
    assert read.colour[-1, -1].tolist() == [255, 255, 255]


def test_colour_that_is_grey_everywhere_counts_as_grey() -> None:
    read = page(encode(".png", cv2.cvtColor(drawing(), cv2.COLOR_GRAY2BGR)))
    assert read.colour is None
    assert np.array_equal(read.pixels, drawing())


def test_one_coloured_pixel_makes_a_picture_one_in_colour() -> None:
    pixels = cv2.cvtColor(drawing(), cv2.COLOR_GRAY2BGR)
    pixels[7, 5, 1] ^= 1
    read = page(encode(".png", pixels))
    assert read.colour is not None
    assert np.array_equal(read.colour, pixels)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=60))
def test_percentiles_are_those_of_numpy(tones: list[int]) -> None:
    values, shares = np.array(tones, np.uint8), (2, 50, 95, 98)
    assert develop_module._percentiles(values, shares) == np.percentile(values, shares).tolist()


def test_grey_is_made_of_some_rows_at_a_time_as_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (70, 33, 3), np.uint8)
    whole = page(encode(".png", pixels)).pixels
    monkeypatch.setattr(develop_module, "_AT_ONCE", 100)
    assert np.array_equal(page(encode(".png", pixels)).pixels, whole)


def test_cmyk_as_photoshop_writes_it_has_white_paper_and_black_ink() -> None:
    nothing = np.zeros((32, 40), np.uint8)
    black, magenta = nothing.copy(), nothing.copy()
    black[:, 8:16] = 255
    magenta[:, 24:32] = 255
    read = page(cmyk_jpeg((nothing, magenta, nothing, black)))
    assert read.colour is not None
    assert close(read.colour[:, 2:5], PAPER[:, 2:5])
    assert close(read.colour[:, 10:14], PAPER[:, 10:14] * 0)
    assert close(read.colour[:, 26:30], np.full_like(PAPER[:, 26:30], (255, 0, 255)))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (tiff(({**tiff_tags(40, 32), 259: 50000}, bytes(640))), "compression 50000"),
    ],
)
def test_rare_kinds_of_tiff_are_refused_with_what_to_do(data: bytes, told: str) -> None:
    rejection = rejected(data)
    assert rejection.reason is Reason.UNSUPPORTED
    assert told in rejection.message
    assert "save it" in rejection.message


def test_bmp_of_os2_and_run_lengths_are_read() -> None:
    rows = b"".join(row.tobytes() for row in drawing()[::-1])  # the bottom row comes first
    greys = bytes(value for level in range(256) for value in (level,) * 3)
    start = 14 + 12 + len(greys)
    os2 = b"BM" + struct.pack("<IIIIHHHH", start + len(rows), 0, start, 12, 40, 32, 1, 8)
    assert np.array_equal(page(os2 + greys + rows).pixels, drawing())

    runs = b"".join(b"\x28" + bytes([level]) + b"\0\0" for level in range(0, 256, 8)) + b"\0\1"
    greys = bytes(value for level in range(256) for value in (*(level,) * 3, 0))
    start = 14 + 40 + len(greys)
    numbers = (start + len(runs), 0, start, 40, 40, 32, 1, 8, 1, len(runs), 0, 0, 256, 0)
    data = b"BM" + struct.pack("<IIIIiiHHIIiiII", *numbers) + greys + runs
    assert page(data).pixels[:, 0].tolist() == list(range(248, -1, -8))
    assert rejected(data[:-10]).reason is Reason.TRUNCATED


def test_a_pgm_without_white_is_damaged() -> None:
    assert rejected(b"P5\n40 32\n0\n" + bytes(1280)).reason is Reason.DAMAGED


def test_fill_bytes_between_jpeg_segments_are_skipped() -> None:
    jpeg = encode(".jpg", drawing())
    assert page(jpeg[:2] + b"\xff\xff" + jpeg[2:]).pixels.shape == (32, 40)


# Transparency


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255)])
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (40, 255), (220, 0)])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_drawing_on_nothing_stands_out(
    ground: tuple[int, int, int], ink: int, paper: int, depth: type
) -> None:
    pixels = transparent((ink, ink, ink), ground).astype(depth)
    if depth is np.uint16:
        pixels *= 257
    read = page(encode(".png", pixels)).pixels
    assert abs(int(read[16, 20]) - ink) <= 1
    assert read[0, 0] == read[-1, -1] == paper


def test_a_bold_drawing_on_nothing_stands_out_too() -> None:
    pixels = np.zeros((32, 40, 4), np.uint8)
    pixels[2:30, 2:38, 3] = 255
    read = page(encode(".png", pixels)).pixels
    assert (read[16, 20], read[0, 0]) == (0, 255)


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255)])
def test_a_page_with_transparent_corners_goes_on_as_it_is(paper: int, ink: int) -> None:
    pixels = np.full((32, 40, 4), (paper, paper, paper, 255), np.uint8)
    pixels[8:24, 14:22, :3] = ink
    pixels[:4, :4, 3] = 0
    read = page(encode(".png", pixels)).pixels
    assert (read[16, 16], read[0, 0]) == (ink, paper)


def test_half_transparent_ink_is_half_as_strong() -> None:
    pixels = transparent((0, 0, 0), (0, 0, 0))
    pixels[8:16, 18:22, 3] = 128
    read = page(encode(".png", pixels)).pixels
    assert (read[20, 20], read[10, 20], read[0, 0]) == (0, 127, 255)


@pytest.mark.parametrize("alpha", [0, 255])
def test_alpha_that_is_the_same_everywhere_says_nothing(alpha: int) -> None:
    pixels = cv2.cvtColor(drawing(), cv2.COLOR_GRAY2BGRA)
    pixels[..., 3] = alpha
    assert np.array_equal(page(encode(".png", pixels)).pixels, drawing())


def test_a_transparent_palette_entry_is_paper() -> None:
    samples = (drawing() == 0).astype(np.uint8)
    extra = chunk(b"PLTE", bytes(6)), chunk(b"tRNS", bytes([0, 255]))  # black on transparent black
    read = page(png((40, 32), 1, 3, pack(samples, 1), *extra)).pixels
    assert np.array_equal(read, np.where(samples, 0, 255))


# Orientation and resolution


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Upright pixels as a camera with this EXIF orientation stores them (EXIF 2.32, 4.6.4)."""
    stored = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.T,
        6: np.rot90(pixels),  # the top row stands at the right: turn clockwise to see it
        7: pixels[::-1, ::-1].T,
        8: np.rot90(pixels, -1),
    }
    return np.ascontiguousarray(stored[orientation])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp", ".tif"])
def test_orientation_is_applied_once(extension: str, orientation: int) -> None:
    stored = turned(drawing(), orientation)
    height, width = stored.shape
    if extension == ".png":
        rows = [row.tobytes() for row in stored]
        data = png((width, height), 8, 0, rows, chunk(b"eXIf", exif(orientation)))
    elif extension == ".jpg":
        data = with_jpeg_segment(encoded(".jpg", stored), 0xE1, b"Exif\0\0" + exif(orientation))
    elif extension == ".webp":
        data = with_webp_exif(encoded(".webp", stored), exif(orientation), (width, height))
    else:
        data = tiff(({**tiff_tags(width, height), 274: orientation}, stored.tobytes()))
    assert close(page(data).pixels, drawing())


def test_nonsense_in_exif_is_not_followed() -> None:
    for block in (exif(9), exif(0), b"", b"MM\0*\xff\xff\xff\xff", b"not exif at all"):
        data = with_jpeg_segment(encoded(".jpg", drawing()), 0xE1, b"Exif\0\0" + block)
        assert close(page(data).pixels, drawing())


def test_dots_per_inch_come_from_the_file() -> None:
    rows = [row.tobytes() for row in drawing()]
    resolution = chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1))
    ratio = chunk(b"pHYs", struct.pack(">IIB", 4, 3, 0))
    jpeg = bytearray(encode(".jpg", drawing()))
    jpeg[13:18] = struct.pack(">BHH", 2, 118, 118)  # per centimetre, in the JFIF segment
    assert page(png((40, 32), 8, 0, rows, resolution)).dpi == pytest.approx(300, abs=0.1)
    assert page(bytes(jpeg)).dpi == pytest.approx(299.7, abs=0.1)
    assert page(png((40, 32), 8, 0, rows, ratio)).dpi is None
    assert page(encode(".pgm", drawing())).dpi is None


def test_exif_tells_the_resolution_where_the_format_does_not() -> None:
    jpeg = encode(".jpg", drawing())
    jpeg = b"\xff\xd8" + jpeg[20:]  # without its JFIF segment
    photo = with_jpeg_segment(jpeg, 0xE1, b"Exif\0\0" + exif(1, dpi=72))
    assert page(photo).dpi == pytest.approx(72)
    cut = with_jpeg_segment(jpeg, 0xE1, b"Exif\0\0" + exif(3, dpi=72)[:-4])
    assert page(cut).dpi is None
    assert close(page(cut).pixels, drawing()[::-1, ::-1])


# TIFF


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_all_pages_of_a_tiff_are_read(order: str, big: bool) -> None:
    sizes = ((40, 32), (16, 8), (8, 16))
    pictures = [(tiff_tags(*size), drawing(*size).tobytes()) for size in sizes]
    read = pages(tiff(*pictures, order=order, big=big))
    assert [each.number for each in read] == [1, 2, 3]
    for each, size in zip(read, sizes, strict=True):
        assert np.array_equal(each.pixels, drawing(*size))


def test_thumbnails_are_no_pages() -> None:
    small = (tiff_tags(4, 4) | {254: 1}, bytes(16))
    large = (tiff_tags(40, 32), drawing().tobytes())
    assert [each.pixels.shape for each in pages(tiff(large, small, large))] == [(32, 40)] * 2


def test_pages_are_limited_in_number_and_each_in_its_pixels() -> None:
    small, large = [(tiff_tags(*size), drawing(*size).tobytes()) for size in ((40, 32), (60, 50))]
    data = tiff(small, large, small)
    assert len(pages(data, Limits(max_pages=3, max_megapixels=0.003))) == 3
    assert rejected(data, Limits(max_pages=2)).reason is Reason.TOO_LARGE
    first, second, third = tried(data, Limits(max_megapixels=0.002))
    assert isinstance(first, Page)
    assert isinstance(third, Page)
    assert isinstance(second, RejectedPage)
    assert (second.number, second.reason) == (2, Reason.TOO_LARGE)
    assert "limits.max_megapixels (0.002)" in second.message


def test_the_pages_before_the_end_of_a_tiff_that_is_cut_off_are_read() -> None:
    first, last = [(tiff_tags(40, 32), drawing().tobytes())] * 2
    length = len(tiff(first))
    for cut in (length, length + 1, length + 40, len(tiff(first, last)) - 1):
        data = tiff(first, last)[:cut]
        read, lost = tried(data)
        assert isinstance(read, Page)
        assert isinstance(lost, RejectedPage)
        assert (lost.number, lost.reason) == (2, Reason.TRUNCATED)
        assert read_header(data).is_cut_off


def test_where_no_page_is_left_the_first_tells_why() -> None:
    data = tiff(*[(tiff_tags(40, 32) | {259: 50000}, drawing().tobytes())] * 3)
    rejection = rejected(data)
    assert rejection.reason is Reason.UNSUPPORTED
    assert rejection.message.startswith("all 3 pages are rejected: TIFF with compression 50000")


@pytest.mark.parametrize(
    "data",
    [
        tiff(*[(tiff_tags(40, 32), drawing().tobytes())] * 3),
        scanned(*[image(drawing())] * 3, size=(60, 48)),
    ],
    ids=["TIFF", "PDF"],
)
def test_a_page_on_which_digitd_fails_does_not_cost_its_neighbours(
    data: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(number: int, *rest: Any) -> Page:
        if number == 2:
            raise TypeError("a bug")
        return develop(number, *rest)

    monkeypatch.setattr(decode_module, "develop", fail)
    outcome = decode(scan(data, "a.tif"), Limits())
    assert not isinstance(outcome, Rejection)
    first, second, third = outcome
    assert (isinstance(first, Page), isinstance(third, Page)) == (True, True)
    message = "digitd failed on it (TypeError); please report it"
    assert second == RejectedPage(2, Reason.UNREADABLE, message)
    assert "could not decode page 2 of a.tif" in caplog.text
    assert "TypeError: a bug" in caplog.text


@pytest.mark.parametrize("missing", [256, 257])
def test_a_tiff_without_a_size_is_damaged(missing: int) -> None:
    tags = tiff_tags(40, 32)
    del tags[missing]
    assert rejected(tiff((tags, drawing().tobytes()))).reason is Reason.DAMAGED


def test_a_tiff_that_goes_in_circles_is_refused() -> None:
    data = bytearray(tiff((tiff_tags(40, 32), drawing().tobytes())))
    at = 8 + 2 + 9 * 12
    data[at : at + 4] = struct.pack("<I", 8)
    assert rejected(bytes(data)).reason is Reason.TOO_LARGE


# Coloured ink


PENS = {
    "blue": (200, 60, 30),
    "red": (40, 30, 220),
    "green": (60, 150, 40),
    "yellow": (30, 220, 250),
    "cyan": (255, 255, 0),
    "pink": (190, 130, 255),
}


@pytest.mark.parametrize("pen", PENS.values(), ids=PENS)
@pytest.mark.parametrize("light", [1.0, 0.4])
@pytest.mark.parametrize("cast", [(1.0, 1.0, 1.0), (0.75, 0.92, 1.0)], ids=["neutral", "warm"])
def test_every_pen_is_darker_than_its_paper(
    pen: tuple[int, int, int], light: float, cast: tuple[float, float, float]
) -> None:
    picture = PAPER.copy()
    picture[8:24, 18:22] = pen
    picture = np.round(picture * np.array(cast) * light).astype(np.uint8)
    read = page(encode(".png", picture)).pixels.astype(int)
    assert read[2, 2] - read[16, 20] > 40 * light


@pytest.mark.parametrize("chalk", PENS.values(), ids=PENS)
def test_every_chalk_is_brighter_than_its_board(chalk: tuple[int, int, int]) -> None:
    picture = np.full_like(PAPER, (30, 40, 30))
    picture[8:24, 18:22] = chalk
    read = page(encode(".png", picture)).pixels.astype(int)
    assert read[16, 20] - read[2, 2] > 60


def test_pixels_are_counted_on_the_header_alone() -> None:
    png = encoded(".png", np.zeros((30, 40), np.uint8))
    assert count_pixels(png) == count_pixels(png[:24]) == 1200
    assert count_pixels(png[:23]) == 0
    assert count_pixels(encoded(".jpg", np.zeros((30, 40), np.uint8))) == 1200
    assert count_pixels(b"no image") == 0


def test_directories_that_lie_upon_each_other_are_refused_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []
    monkeypatch.setattr(tiff_module, "_frame", lambda *_, **__: made.append(1) or Frame(8, 8))
    entries = 2000
    data = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", entries) + bytes(12 * entries)
    data += struct.pack("<I", 8)
    rejection = rejected(data)
    assert rejection.reason is Reason.TOO_LARGE
    assert "goes in circles" in rejection.message
    assert len(made) == 1


def test_pages_that_all_name_the_same_strips_are_refused_soon() -> None:
    count = 50_000
    pages_of_it = [{**tiff_tags(8, 8), 273: 0, 279: 0} for _ in range(9)]
    data = b"II*\0" + struct.pack("<I", 8)
    for number, tags in enumerate(pages_of_it):
        size = 2 + 12 * len(tags) + 4
        shared = 8 + size * len(pages_of_it)
        data += struct.pack("<H", len(tags))
        for tag, value in sorted(tags.items()):
            many = tag in (273, 279)
            data += struct.pack("<HHII", tag, 4, count if many else 1, shared if many else value)
        data += struct.pack("<I", len(data) + 4 if number < len(pages_of_it) - 1 else 0)
    data += bytes(4 * count)
    assert rejected(data).reason is Reason.TOO_LARGE


def test_a_pgm_of_spaces_is_no_image() -> None:
    data = b"P5" + b" " * 3_000_000 + b"8 8 255\n" + bytes(64)
    assert rejected(data).reason is Reason.NOT_AN_IMAGE
