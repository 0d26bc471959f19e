"""Files as the programs of others write them, where they are installed."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from image_files import page, pages, rejected, tried
from PIL import Image

from daemon.records import Grey, Page, Reason, RejectedPage
from daemon.vision.formats import read_header

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
HTML = """<body style="margin:0"><svg width="400" height="300" viewBox="0 0 400 300">
<path d="M200 40 V 260" stroke="#22c" stroke-width="14"/></svg>
<div style="page-break-before:always"></div>
<svg width="400" height="300"><path d="M20 150 H 380" stroke="#22c" stroke-width="14"/></svg>"""


def tool(*names: str) -> str:
    """The program's path, by the first of its names that is installed."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed")
    return found


def run(*command: str | Path, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)


def written(height: int = 400, width: int = 300) -> Grey:
    """A stroke on white, bolder towards its end: black or white only."""
    pixels = np.full((height, width), 255, np.uint8)
    triangle = np.array([[width // 2, 40], [width // 2 - 20, 300], [width // 2 + 20, 300]])
    cv2.fillPoly(pixels, [triangle], 0)
    return pixels


@pytest.fixture
def bilevel(tmp_path: Path) -> Path:
    """Two pages of 1 bit, uncompressed."""
    first, second = (Image.fromarray(each).convert("1") for each in (written(), written().T))
    path = tmp_path / "in.tif"
    first.save(path, save_all=True, append_images=[second], dpi=(200, 200))
    return path


@pytest.mark.parametrize(
    "options",
    [
        ("-c", "g3"),
        ("-c", "g3:2d:fill"),
        ("-c", "g4"),
        ("-c", "g4", "-f", "lsb2msb"),
        ("-c", "lzw"),
        ("-c", "zip"),
        ("-c", "packbits"),
        ("-c", "g4", "-r", "16"),
        ("-c", "g4", "-B"),
        ("-c", "g4", "-8"),
    ],
    ids=" ".join,
)
def test_what_tiffcp_writes_of_faxes_is_read(bilevel: Path, options: tuple[str, ...]) -> None:
    run(tool("tiffcp"), *options, bilevel, "out.tif", folder=bilevel.parent)
    read = pages((bilevel.parent / "out.tif").read_bytes())
    assert np.array_equal(read[0].pixels, written())
    assert np.array_equal(read[1].pixels, written().T)


@pytest.mark.parametrize(
    "options",
    [
        ("-c", "lzw:2"),
        ("-c", "zip:2"),
        ("-c", "lzw", "-t", "-w", "64", "-l", "64"),
        ("-c", "zip", "-p", "separate"),
        ("-c", "none", "-p", "separate", "-t"),
        ("-c", "jpeg:90:r", "-r", "16"),
        ("-c", "jpeg", "-t", "-w", "64", "-l", "64"),
        ("-c", "lzw", "-B", "-8"),
    ],
    ids=" ".join,
)
def test_what_tiffcp_writes_of_colours_is_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    program = tool("tiffcp")
    pixels = cv2.merge([np.full((400, 300), 255, np.uint8), written(), written()])
    Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)).save(tmp_path / "in.tif")
    run(program, *options, "in.tif", "out.tif", folder=tmp_path)
    read = page((tmp_path / "out.tif").read_bytes())
    assert read.colour is not None
    difference = np.abs(read.colour.astype(int) - pixels)
    assert difference.mean() < 2 if "jpeg" in options[1] else difference.max() == 0


def test_a_fax_that_fax2tiff_made_is_read(bilevel: Path) -> None:
    folder, fax2tiff = bilevel.parent, tool("fax2tiff")
    run(tool("tiffcp"), "-c", "g3", "-r", "400", bilevel, "g3.tif", folder=folder)
    with Image.open(folder / "g3.tif") as file:
        place, length = file.tag_v2[273][0], file.tag_v2[279][0]
    (folder / "raw.g3").write_bytes((folder / "g3.tif").read_bytes()[place : place + length])
    run(fax2tiff, "-M", "-X", "300", "-o", "out.tif", "raw.g3", folder=folder)
    read = page((folder / "out.tif").read_bytes()).pixels
    assert np.array_equal(read, 255 - written())  # to fax2tiff, 0 is white


def scans(folder: Path) -> list[Path]:
    """A JPEG, a PNG and a fax of 150 dots per inch."""
    picture = Image.fromarray(written())
    paths = [folder / "a.jpg", folder / "b.png", folder / "c.tif"]
    picture.save(paths[0], dpi=(150, 150), quality=95)
    picture.save(paths[1], dpi=(150, 150))
    picture.convert("1").save(paths[2], dpi=(150, 150), compression="group4")
    return paths


def test_what_img2pdf_makes_of_scans_is_read_pixel_by_pixel(tmp_path: Path) -> None:
    run(tool("img2pdf"), *scans(tmp_path), "-o", "out.pdf", folder=tmp_path)
    read = pages((tmp_path / "out.pdf").read_bytes())
    assert [each.pixels.shape for each in read] == [(400, 300)] * 3
    for each in read:
        assert np.abs(each.pixels.astype(int) - written()).mean() < 1
        assert each.dpi == pytest.approx(150, rel=0.01)


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    """A PDF file of three scanned pages, by Pillow."""
    first, *others = [Image.fromarray(written())] * 3
    first.save(tmp_path / "in.pdf", save_all=True, append_images=others, resolution=150)
    return tmp_path / "in.pdf"


@pytest.mark.parametrize(
    "options",
    [
        ("--object-streams=generate",),
        ("--linearize",),
        ("--qdf",),
        ("--encrypt", "", "owner", "256", "--"),
    ],
    ids=" ".join,
)
def test_what_qpdf_makes_of_a_file_is_read(scanned: Path, options: tuple[str, ...]) -> None:
    run(tool("qpdf"), *options, scanned, "out.pdf", folder=scanned.parent)
    assert len(pages((scanned.parent / "out.pdf").read_bytes())) == 3


def test_pages_that_qpdf_turned_are_turned(scanned: Path) -> None:
    run(tool("qpdf"), "--rotate=+90:2", scanned, "out.pdf", folder=scanned.parent)
    read = pages((scanned.parent / "out.pdf").read_bytes())
    assert [each.pixels.shape for each in read] == [(400, 300), (300, 400), (400, 300)]


@pytest.mark.parametrize("bits", ["40", "128", "256"])
def test_a_file_that_qpdf_locked_is_rejected(scanned: Path, bits: str) -> None:
    weak = ["--allow-weak-crypto"] if bits != "256" else []
    lock = (*weak, "--encrypt", "secret", "owner", bits, "--")
    run(tool("qpdf"), *lock, scanned, "out.pdf", folder=scanned.parent)
    assert rejected((scanned.parent / "out.pdf").read_bytes()).reason is Reason.ENCRYPTED


def test_a_file_of_qpdf_without_pages_is_rejected(tmp_path: Path) -> None:
    run(tool("qpdf"), "--empty", "out.pdf", folder=tmp_path)
    assert rejected((tmp_path / "out.pdf").read_bytes()).reason is Reason.DAMAGED


def test_what_a_browser_prints_is_read(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(HTML)
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    run(
        tool(*CHROMIUM),
        *flags.split(),
        f"--user-data-dir={tmp_path / 'profile'}",
        "--no-pdf-header-footer",
        "--print-to-pdf=out.pdf",
        (tmp_path / "page.html").as_uri(),
        folder=tmp_path,
    )
    first, second = pages((tmp_path / "out.pdf").read_bytes())
    tall, wide = ((each.pixels < 160).nonzero() for each in (first, second))
    assert np.ptp(tall[0]) > 10 * np.ptp(tall[1])
    assert np.ptp(wide[1]) > 10 * np.ptp(wide[0])
    assert first.dpi == pytest.approx(218, rel=0.05)


@pytest.mark.parametrize("flags", [(), ("-A",)], ids=["heic", "avif"])
def test_what_heif_enc_writes_is_read(tmp_path: Path, flags: tuple[str, ...]) -> None:
    if not flags:
        pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    Image.fromarray(written()).convert("RGB").save(tmp_path / "in.png")
    run(tool("heif-enc"), *flags, "-q", "80", "in.png", "-o", "out.heic", folder=tmp_path)
    data = (tmp_path / "out.heic").read_bytes()
    assert read_header(data).format == ("AVIF" if flags else "HEIC")
    assert np.abs(page(data).pixels.astype(int) - written()).mean() < 3


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"quality": 80}, {"quality": 80, "exact": True}]
)
def test_what_pillow_writes_as_webp_is_read(options: dict[str, object]) -> None:
    file = io.BytesIO()
    Image.fromarray(written()).convert("RGB").save(file, "WEBP", **options)
    assert np.abs(page(file.getvalue()).pixels.astype(int) - written()).mean() < 2


def test_pages_that_were_lost_on_their_way_are_told_of(bilevel: Path) -> None:
    data = bilevel.read_bytes()
    first, second = tried(data[: len(data) * 3 // 4])
    assert isinstance(first, Page)
    assert isinstance(second, RejectedPage)
    assert second.reason is Reason.TRUNCATED
