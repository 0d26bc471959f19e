"""PDF files: scanned and drawn, turned, locked, cut off and damaged ones."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from image_files import drawing, encode, pack, page, pages, rejected, tried
from pdf_files import STROKE, blank, document, drawn, image, pdf, scanned, stream

from daemon.records import Grey, Limits, Page, Reason, RejectedPage
from daemon.vision.counting import count_pixels
from daemon.vision.formats import read_header
from daemon.vision.header import MAX_SIDE


def test_a_scanned_page_is_its_picture_pixel_by_pixel() -> None:
    read = page(scanned(image(drawing()), size=(60, 48)))
    assert np.array_equal(read.pixels, drawing())
    assert read.dpi == pytest.approx(48)


def test_a_jpeg_on_a_page_is_read() -> None:
    jpeg = encode(".jpg", drawing(), 1, 100)
    read = page(scanned(image(drawing(), b"/Filter /DCTDecode", jpeg), size=(60, 48)))
    assert np.abs(read.pixels.astype(int) - drawing()).max() < 8


def test_a_large_scan_is_drawn_at_a_whole_fraction_of_its_pixels() -> None:
    pixels = np.kron(drawing(100, 80), np.ones((25, 25), np.uint8))  # 2500 x 2000
    packed = zlib.compress(pixels.tobytes(), 1)
    read = page(scanned(image(pixels, b"/Filter /FlateDecode", packed), size=(600, 480)))
    assert read.pixels.shape == (1000, 1250)
    assert read.pixels[5, 5] == 0
    assert read.pixels[-5, -5] == 255


def test_a_drawn_page_is_drawn_as_large_as_reading_needs() -> None:
    small, large = page(drawn(STROKE)), page(drawn(STROKE, size=(3000, 1500)))
    assert small.pixels.shape == (1250, 1250)  # 300 dots per inch
    assert large.pixels.shape == (MAX_SIDE // 2, MAX_SIDE)
    assert small.colour is not None
    assert small.colour[625, 625].tolist() == [204, 0, 0]
    assert small.pixels[625, 100] == 255


@pytest.mark.parametrize("turn", [0, 90, 180, 270, -90])
def test_a_page_stands_as_its_rotation_asks_for(turn: int) -> None:
    data = drawn(STROKE, size=(300, 200), entries=b"/Rotate %d" % turn)
    ink = page(data).pixels < 128
    across, down = ink.any(axis=0).sum(), ink.any(axis=1).sum()
    assert (across < down) == (turn in (0, 180))
    assert (ink.shape[0] < ink.shape[1]) == (turn in (0, 180))


def test_all_pages_are_read_in_order() -> None:
    read = pages(drawn(STROKE, b"", STROKE))
    assert [each.number for each in read] == [1, 2, 3]
    assert [bool((each.pixels < 128).any()) for each in read] == [True, False, True]


def test_the_number_of_pages_is_limited() -> None:
    data = drawn(STROKE, STROKE, STROKE, size=(30, 30))
    assert len(pages(data, Limits(max_pages=3))) == 3
    rejection = rejected(data, Limits(max_pages=2))
    assert rejection.reason is Reason.TOO_LARGE
    assert "limits.max_pages (2)" in rejection.message


def test_a_page_whose_picture_is_too_large_is_rejected_before_it_is_decoded() -> None:
    bomb = image(blank(8, 8), b"/Filter /FlateDecode", zlib.compress(bytes(1000)))
    bomb = bomb.replace(b"/Width 8 /Height 8", b"/Width 60000 /Height 60000")
    first, second = tried(scanned(bomb, image(drawing()), size=(60, 48)))
    assert isinstance(first, RejectedPage)
    assert first.reason is Reason.TOO_LARGE
    assert "limits.max_megapixels (200)" in first.message
    assert isinstance(second, Page)


def test_a_page_whose_picture_is_damaged_is_rejected_and_the_others_are_read() -> None:
    broken = image(drawing(), b"/Filter /FlateDecode", b"no deflate stream at all")
    whole = image(drawing())
    first, second, third = tried(scanned(whole, broken, whole, size=(60, 48)))
    assert isinstance(first, Page)
    assert isinstance(second, RejectedPage)
    assert (second.number, second.reason) == (2, Reason.DAMAGED)
    assert isinstance(third, Page)


def test_a_jpeg_on_a_page_that_lacks_its_end_is_damaged() -> None:
    jpeg = encode(".jpg", drawing())
    for cut in (len(jpeg) // 2, 0):
        broken = image(drawing(), b"/Filter /DCTDecode", jpeg[:cut] + b"-" * 20)
        assert rejected(scanned(broken, size=(60, 48))).reason is Reason.DAMAGED


@pytest.mark.parametrize("box", [b"[0 0 0 0]", b"[0 0 1e39 1e39]", b"[0 0 -5 nan]", b"[1 2]"])
def test_a_page_of_no_size_gives_a_page_of_another_or_a_reason(box: bytes) -> None:
    data = drawn(STROKE).replace(b"[0 0 300 300]", box)
    for each in tried(data):
        assert isinstance(each, RejectedPage) or max(each.pixels.shape) <= MAX_SIDE


def test_a_white_picture_is_no_damaged_one() -> None:
    assert page(scanned(image(blank(32, 40)), size=(60, 48))).pixels.min() == 255


def test_a_page_that_is_missing_is_rejected() -> None:
    data = drawn(STROKE, STROKE).replace(b"/Kids [3 0 R 6 0 R]", b"/Kids [3 0 R 9 0 R]")
    first, second = tried(data)
    assert isinstance(first, Page)
    assert isinstance(second, RejectedPage)
    assert second.reason is Reason.DAMAGED


def test_a_page_that_is_a_thread_is_too_small() -> None:
    (only,) = tried(drawn(STROKE, size=(14400, 2)))
    assert isinstance(only, RejectedPage)
    assert only.reason is Reason.TOO_SMALL


def test_a_file_without_pages_is_damaged() -> None:
    rejection = rejected(drawn())
    assert rejection.reason is Reason.DAMAGED


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%%EOF\n", pdf(b"<< >>"), b"%PDF-" + bytes(3000)])
def test_what_is_no_more_than_a_beginning_is_rejected(data: bytes) -> None:
    reason = Reason.DAMAGED if b"%%EOF" in data else Reason.TRUNCATED
    assert rejected(data).reason is reason


def test_a_file_that_is_cut_off_says_so_whatever_can_be_read_of_it() -> None:
    data = drawn(STROKE, STROKE, size=(30, 30))
    assert not read_header(data).is_cut_off
    for share in (0.3, 0.6, 0.9, 0.97):
        cut = data[: int(len(data) * share)]
        assert read_header(cut).is_cut_off
        found = tried(cut)
        last = found[-1] if found else rejected(cut)
        assert not isinstance(last, Page)
        assert last.reason is Reason.TRUNCATED


def test_bytes_around_a_file_do_no_harm() -> None:
    data = b"\r\n\0junk of a mail program" + drawn(STROKE) + b"\n" * 500
    assert page(data).pixels.shape == (1250, 1250)


def test_a_locked_file_says_what_to_do_and_a_damaged_one_after_it_is_not_held_for_locked() -> None:
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (
        b"28" * 32,
        b"41" * 32,
    )
    locked = drawn(STROKE).replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<01><01>] " + lock)
    rejection = rejected(locked)
    assert rejection.reason is Reason.ENCRYPTED
    assert "password" in rejection.message
    assert "save it without" in rejection.message
    assert rejected(drawn()).reason is Reason.DAMAGED


def test_its_pixels_are_guessed_without_opening_it() -> None:
    assert count_pixels(drawn(STROKE, STROKE)) == 2 * MAX_SIDE * MAX_SIDE
    assert count_pixels(b"%PDF-1.7\n" + bytes(100)) == MAX_SIDE * MAX_SIDE


def packed(pixels: Grey, bits: int, colours: bytes = b"/DeviceGray") -> bytes:
    """An image object of (H, W) samples of so few bits."""
    height, width = pixels.shape
    samples = pixels >> (8 - bits) if bits < 8 else pixels
    rows = pack(samples, bits) if bits < 8 else [(samples.astype(">u2") * 257).tobytes()]
    about = b"/Type /XObject /Subtype /Image /Filter /FlateDecode /ColorSpace %s" % colours
    about += b" /BitsPerComponent %d /Width %d /Height %d" % (bits, width, height)
    return stream(zlib.compress(b"".join(rows)), about)


@pytest.mark.parametrize("bits", [1, 2, 4, 16])
def test_scans_of_few_and_of_many_bits_are_read(bits: int) -> None:
    read = page(scanned(packed(drawing(), bits), size=(60, 48)))
    assert np.abs(read.pixels.astype(int) - drawing()).max() <= (128 if bits < 4 else 20)


def test_scans_with_a_palette_are_read() -> None:
    greys = b"".join(b"%02x" % (17 * number) * 3 for number in range(16))
    read = page(
        scanned(packed(drawing(), 4, b"[/Indexed /DeviceRGB 15 <%s>]" % greys), size=(60, 48))
    )
    assert np.abs(read.pixels.astype(int) - drawing()).max() <= 20


def test_a_grey_scan_that_ends_early_is_no_scan_of_fewer_bits() -> None:
    for share in (0.25, 0.4, 0.6):
        part = drawing().tobytes()[: int(share * drawing().size) + 1]
        broken = image(drawing(), b"/Filter /FlateDecode", zlib.compress(part))
        assert rejected(scanned(broken, size=(60, 48))).reason is Reason.DAMAGED


@pytest.mark.parametrize("side", [1, 40])
def test_what_is_written_on_a_coarse_picture_is_drawn_as_large_as_reading_needs(side: int) -> None:
    ground = b"q 300 0 0 300 0 0 cm /X Do Q " + STROKE
    read = page(document([(ground, image(blank(side, side)))], (300, 300), b""))
    assert read.pixels.shape == (1250, 1250)
    alone = scanned(image(blank(40, 40)), size=(300, 300))
    assert page(alone).pixels.shape == (40, 40)


def test_text_over_a_scan_leaves_it_pixel_by_pixel() -> None:
    scan = np.kron(drawing(100, 80), np.ones((8, 8), np.uint8))  # 192 dots an inch
    over = b"q 300 0 0 240 0 0 cm /X Do Q 3 Tr"
    read = page(document([(over + b" " + STROKE, image(scan))], (300, 240), b""))
    assert read.pixels.shape == scan.shape


def test_a_mask_that_is_too_large_is_a_bomb_as_well() -> None:
    mask = image(blank(8, 8), b"/Filter /FlateDecode", zlib.compress(bytes(1000)))
    mask = mask.replace(b"/Width 8 /Height 8", b"/Width 60000 /Height 60000")
    place = b"q 60 0 0 48 0 0 cm /X Do Q"
    pages_of_it = [(place, image(drawing(), b"/SMask 8 0 R")), (b"", mask), (STROKE, b"")]
    first, _mask, third = tried(document(pages_of_it, (60, 48), b""))
    assert isinstance(first, RejectedPage)
    assert first.reason is Reason.TOO_LARGE
    assert isinstance(third, Page)
    small = mask.replace(b"/Width 60000 /Height 60000", b"/Width 8 /Height 8")
    whole = document([pages_of_it[0], (b"", small)], (60, 48), b"")
    assert isinstance(tried(whole)[0], Page)
