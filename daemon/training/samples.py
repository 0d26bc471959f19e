"""The pictures in samples/, all of the project's own making: `make samples` draws them again.

Each picture has its own generator, seeded by its name: adding one changes no other.
"""

from __future__ import annotations

import csv
import io
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..records import Grey
from .camera import Pen, Picture, Ruling, Scene
from .filled import Filled, take
from .photograph import Light, Setting, Shot

LABELS = "labels.csv"

_JPEG_QUALITY = 82
_PDF_DPI = 150


@dataclass(frozen=True, slots=True)
class Sample:
    """One file: its name (the suffix is the format), what is on its first page, what is special,
    and its further pages."""

    file: str
    scene: Scene | Filled
    notes: str
    more: tuple[Scene | Filled, ...] = ()

    @property
    def scenes(self) -> tuple[Scene | Filled, ...]:
        """What is on each of its pages."""
        return (self.scene, *self.more)

    @property
    def label(self) -> str:
        """The digits as they stand in labels.csv, lines separated by `|`."""
        return "|".join(line for scene in self.scenes for line in scene.lines)


SAMPLES = (
    Sample("ballpoint.png", Scene(("3",), 160, 200, 100, 9), "blue pen on plain paper"),
    Sample(
        "black-pen.jpg",
        Scene(("0",), 180, 180, 110, 8, pen=Pen.BLACK, shade=0.3),
        "black pen, uneven light",
    ),
    Sample(
        "pencil-ruled.png",
        Scene(("7",), 200, 200, 100, 6, pen=Pen.PENCIL, ruling=Ruling.RULED),
        "pencil on ruled paper",
    ),
    Sample(
        "red-squared.jpg",
        Scene(("4",), 220, 200, 120, 8, pen=Pen.RED, ruling=Ruling.SQUARED),
        "red pen on squared paper",
    ),
    Sample(
        "blackboard.png",
        Scene(("2",), 200, 200, 120, 10, pen=Pen.BLACK, light_on_dark=True),
        "light on dark",
    ),
    Sample(
        "tiny.png",
        Scene(("5",), 28, 28, 20, 2.6, pen=Pen.BLACK, light_on_dark=True, grey=True, blur=0.4),
        "28 x 28 pixels, white on black",
    ),
    Sample(
        "note-on-desk.jpg",
        Scene(("9",), 300, 280, 150, 11, desk=True, shade=0.35, blur=1.2),
        "a slip of paper, the desk at its edges",
    ),
    Sample(
        "phone.jpg",
        Scene(("6",), 1200, 1600, 620, 40, desk=True, shade=0.4, blur=1.8, noise=3),
        "like a phone's photo, 1200 x 1600 pixels",
    ),
    Sample(
        "scan.tif",
        Scene(("8",), 180, 220, 120, 9, pen=Pen.BLACK, grey=True, noise=1.5),
        "grey scan, TIFF",
    ),
    Sample(
        "hairline.tif",
        Scene(("1",), 160, 220, 130, 2.2, grey=True, noise=1.5),
        "a very thin pen, TIFF",
    ),
    Sample(
        "marker.png",
        Scene(("8",), 200, 220, 150, 26, pen=Pen.RED),
        "a thick marker",
    ),
    Sample(
        "dim.jpg",
        Scene(("2",), 240, 240, 120, 8, pen=Pen.PENCIL, shade=0.55, noise=6, blur=1),
        "pencil in bad light, noisy",
    ),
    Sample(
        "negative.jpg",
        Scene(("4",), 260, 240, 140, 10, light_on_dark=True, shade=0.3, noise=4),
        "light on dark, uneven",
    ),
    Sample("two.png", Scene(("52",), 300, 180, 100, 8), "two separate digits"),
    Sample(
        "three-squared.png",
        Scene(("407",), 420, 180, 95, 7, ruling=Ruling.SQUARED),
        "three separate digits on squared paper",
    ),
    Sample(
        "six.tif",
        Scene(("318946",), 720, 160, 90, 7, pen=Pen.BLACK, grey=True, shade=0.25),
        "six separate digits, TIFF",
    ),
    Sample(
        "two-lines.jpg",
        Scene(("27", "58"), 420, 360, 110, 9, desk=True, shade=0.3, blur=1),
        "two lines of two digits",
    ),
    Sample(
        "three-pages.tif",
        Scene(("640", "278"), 400, 320, 95, 7, pen=Pen.BLACK, grey=True),
        "three pages, grey TIFF",
        (
            Scene(("195", "853"), 400, 320, 95, 7, pen=Pen.BLACK, grey=True),
            Scene(("402",), 400, 180, 95, 7, pen=Pen.BLACK, grey=True),
        ),
    ),
    Sample(
        "two-pages.pdf",
        Scene(("318", "642"), 420, 340, 95, 7, shade=0.15),
        "two scanned pages, PDF",
        (Scene(("971", "205"), 420, 340, 95, 7, pen=Pen.RED, ruling=Ruling.RULED, shade=0.15),),
    ),
    Sample(
        "list.jpg",
        Filled(
            "column",
            (112, 172),
            7,
            6,
            Shot(Setting.CLOSE, light=Light.UNEVEN, blur=0.7, exposure=0.85),
            seed=2,
        ),
        "a list of numbers on ruled paper, photographed",
    ),
    Sample(
        "scores.jpg",
        Filled(
            "scores",
            (112, 172),
            5,
            6,
            Shot(Setting.CLOSE, light=Light.UNEVEN, blur=0.6, exposure=0.9),
            seed=48,
        ),
        "a table with printed words, photographed",
    ),
)


def draw(sample: Sample) -> list[Picture]:
    """The sample's pages before they are encoded."""
    rng = np.random.default_rng(zlib.crc32(sample.file.encode()))
    return [take(scene, rng) for scene in sample.scenes]


def encode(sample: Sample) -> bytes:
    """The sample's file."""
    pages = [page.pixels for page in draw(sample)]
    suffix = Path(sample.file).suffix
    if suffix == ".pdf":
        return _pdf(pages)
    if len(pages) > 1:
        return cv2.imencodemulti(suffix, pages)[1].tobytes()
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if suffix == ".jpg" else []
    return cv2.imencode(suffix, pages[0], quality)[1].tobytes()


def _pdf(pages: Sequence[Grey]) -> bytes:
    """A PDF file of scanned pages, as an office scanner makes it."""
    first, *others = [Image.fromarray(cv2.cvtColor(page, cv2.COLOR_BGR2RGB)) for page in pages]
    file, epoch = io.BytesIO(), time.gmtime(0)  # the same file whenever it is made
    first.save(
        file,
        "PDF",
        save_all=True,
        append_images=others,
        resolution=_PDF_DPI,
        quality=_JPEG_QUALITY,
        creationDate=epoch,
        modDate=epoch,
    )
    return file.getvalue()


def labels() -> str:
    """The text of labels.csv: file, label and notes of every sample."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("file", "label", "notes"))
    writer.writerows((sample.file, sample.label, sample.notes) for sample in SAMPLES)
    return table.getvalue()


def write_samples(folder: Path) -> None:
    """Draw all samples and their labels into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        (folder / sample.file).write_bytes(encode(sample))
    (folder / LABELS).write_text(labels(), encoding="utf-8")


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]))
