"""TIFF files as encoders write them, page by page: all kinds of samples, and damage."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from image_files import drawing, encode, pack, page, pages, tiff, tiff_tags, tried
from PIL import Image

from daemon.records import Grey, Limits, Page, Reason, RejectedPage
from daemon.vision import tiff_pages

RGB = np.dstack([drawing()] * 3) // np.array([1, 2, 4], np.uint8)


def saved(*pixels: Grey, mode: str | None = None, **options: object) -> bytes:
    """A TIFF file as Pillow writes it, with a page for each of the pictures."""
    first, *others = [Image.fromarray(each) for each in pixels]
    if mode:
        first, others = first.convert(mode), [other.convert(mode) for other in others]
    file = io.BytesIO()
    first.save(file, "TIFF", save_all=True, append_images=others, **options)
    return file.getvalue()


def noise(height: int = 300, width: int = 200) -> Grey:
    """What does not become much smaller."""
    return np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)


def with_damage(data: bytes, number: int) -> bytes:
    """The file with some bytes changed amid the pixels of a page, counted from 1."""
    at = struct.unpack_from("<I", data, 4)[0]
    for _ in range(number - 1):
        (entries,) = struct.unpack_from("<H", data, at)
        (at,) = struct.unpack_from("<I", data, at + 2 + 12 * entries)
    (entries,) = struct.unpack_from("<H", data, at)
    tags = {
        struct.unpack_from("<H", data, at + 2 + 12 * n)[0]: at + 2 + 12 * n for n in range(entries)
    }
    strips, count = tags[273], struct.unpack_from("<I", data, tags[273] + 4)[0]
    (place,) = struct.unpack_from("<I", data, strips + 8)
    if count > 1:
        (place,) = struct.unpack_from("<I", data, place)
    damaged = bytearray(data)
    for offset in range(100, 140):
        damaged[place + offset] ^= 0xA5
    return bytes(damaged)


@pytest.mark.parametrize("compression", ["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGB", "RGBA"])
def test_lossless_pages_are_read_as_they_were(compression: str, mode: str) -> None:
    pixels = (drawing() > 200).astype(np.uint8) * 255 if mode == "1" else drawing()
    data = saved(pixels, mode=mode, compression=compression)
    assert np.array_equal(page(data).pixels, pixels)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_faxes_are_read(compression: str) -> None:
    pixels = (drawing() > 200).astype(np.uint8) * 255
    assert np.array_equal(page(saved(pixels, mode="1", compression=compression)).pixels, pixels)


@pytest.mark.parametrize("mode", ["L", "RGB", "YCbCr", "CMYK"])
def test_jpeg_pages_are_read(mode: str) -> None:
    pixels = cv2.GaussianBlur(drawing(), (0, 0), 1)
    read = page(saved(pixels, mode=mode, compression="jpeg", quality=95)).pixels
    assert np.abs(read.astype(int) - pixels).max() < 20


def test_colours_keep_their_order() -> None:
    read = page(saved(RGB, compression="tiff_lzw"))
    assert read.colour is not None
    assert np.array_equal(read.colour, RGB[..., ::-1])


@pytest.mark.parametrize("bits", [2, 4])
@pytest.mark.parametrize("photometric", [0, 1])
def test_few_bits_a_sample_are_scaled(bits: int, photometric: int) -> None:
    samples = drawing() >> (8 - bits)
    rows = b"".join(pack(samples, bits))
    expected = samples * (255 // ((1 << bits) - 1))
    read = page(tiff((tiff_tags(40, 32, bits, photometric), rows))).pixels
    assert np.array_equal(read, expected if photometric else 255 - expected)


@pytest.mark.parametrize("white", [1.0, 255.0, 4095.0, 65535.0])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_fractions_are_scaled_by_the_range_in_use(white: float, kind: type) -> None:
    data = encode(".tif", (drawing() / 255 * white).astype(kind))
    assert np.abs(page(data).pixels.astype(int) - drawing()).max() <= 1


def test_what_is_no_number_or_below_nothing_does_no_harm() -> None:
    pixels = drawing().astype(np.float32) / 255 - 0.5
    read = page(encode(".tif", pixels)).pixels
    assert np.abs(read.astype(int) - drawing()).max() <= 1
    pixels[0, 0], pixels[0, 1] = np.nan, np.inf
    assert page(encode(".tif", pixels)).pixels.shape == (32, 40)


@pytest.mark.parametrize("kind", [np.int32, np.int16])
def test_signed_numbers_are_scaled_too(kind: type) -> None:
    data = encode(".tif", drawing().astype(kind))
    assert np.abs(page(data).pixels.astype(int) - drawing()).max() <= 1


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_damaged_page_is_rejected_and_its_neighbours_are_read(
    compression: str, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    pixels = np.repeat(noise(), 3, axis=1) if compression == "packbits" else noise()
    data = with_damage(saved(pixels, pixels, pixels, compression=compression), number)
    for each in tried(data):
        if each.number != number:
            assert isinstance(each, Page)
            assert np.array_equal(each.pixels, pixels)
        elif compression != "packbits" or isinstance(each, RejectedPage):
            assert isinstance(each, RejectedPage)
            assert each.reason is Reason.DAMAGED
            assert "scan it again" in each.message
    assert capfd.readouterr().err == ""


def test_a_page_of_a_kind_that_cannot_be_read_is_rejected_alone() -> None:
    good = (tiff_tags(40, 32), drawing().tobytes())
    odd = (tiff_tags(40, 32) | {259: 50000}, bytes(1280))
    first, second, third = tried(tiff(good, odd, good))
    assert isinstance(first, Page)
    assert isinstance(third, Page)
    assert isinstance(second, RejectedPage)
    assert second.reason is Reason.UNSUPPORTED


def test_what_pillow_does_not_know_opencv_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff_pages, "_MODES", {})
    read = pages(saved(drawing(), 255 - drawing(), compression="tiff_lzw"))
    assert np.array_equal(read[0].pixels, drawing())
    assert np.array_equal(read[1].pixels, 255 - drawing())


def test_many_pages_are_decoded_one_at_a_time() -> None:
    data = tiff(*[(tiff_tags(1000, 1000), b"\xff" * 1_000_000)] * 2)
    limits = Limits(max_megapixels=1)
    assert len(pages(data, limits)) == 2
    few = tiff(*[(tiff_tags(16, 16), bytes(range(256)))] * 500)
    assert [each.number for each in pages(few)] == list(range(1, 501))


@pytest.mark.parametrize(("lowest", "highest"), [(-1e-6, 1), (0, 1.03), (-0.02, 1.01)])
def test_fractions_a_little_beyond_their_range_count_as_such(lowest: float, highest: float) -> None:
    fractions = drawing().astype(np.float32) / 255
    fractions[0, 0], fractions[-1, -1] = lowest, highest
    read = page(saved(fractions)).pixels.astype(int)
    assert np.abs(read - drawing())[1:-1].max() <= 8


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_colours_in_16_bits_are_scaled_by_the_bits_in_use(bits: int) -> None:
    levels = (RGB.astype(np.uint32) * ((1 << bits) - 1) // 255).astype(np.uint16)
    read = page(encode(".tif", cv2.cvtColor(levels, cv2.COLOR_RGB2BGR)))
    assert read.colour is not None
    assert np.abs(read.colour[..., ::-1].astype(int) - RGB).max() <= 1


def test_damage_in_colours_of_16_bits_is_noticed() -> None:
    data = encode(".tif", cv2.merge([noise().astype(np.uint16) * 257] * 3))
    (only,) = tried(with_damage(data, 1))
    assert isinstance(only, RejectedPage)
