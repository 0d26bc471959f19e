"""Piles of scans for timing, drawn by the project's renderer: no two files are the same.

Large pictures are a few drawn ones, shifted: drawing takes seconds each, and for timing one page of
handwriting is as good as another. What was drawn stays in bench/out/ for the next run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from daemon.records import Grey
from daemon.training.camera import Pen, Ruling, Scene, compose

_DRAWN = 6  # different large pictures
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 88)


@dataclass(frozen=True, slots=True)
class Corpus:
    """A kind of files: how they are made, their extension, how many `make bench` and `make
    bench-quick` read."""

    name: str
    pictures: Callable[[], Iterator[Grey]]
    extension: str
    count: int
    quick: int

    def write(self, folder: Path, count: int) -> Path:
        """A folder below `folder` with that many files; made once."""
        place = folder / f"{self.name}-{count}"
        if place.is_dir():
            return place
        unfinished = folder / f".{place.name}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for number, picture in zip(range(count), self.pictures(), strict=False):
            how = _JPEG if self.extension == ".jpg" else ()
            _, data = cv2.imencode(self.extension, picture, how)
            (unfinished / f"{number:06}{self.extension}").write_bytes(data.tobytes())
        unfinished.rename(place)
        return place


def _tiny() -> Iterator[Grey]:
    """Digits as MNIST has them: 28x28, light on dark."""
    rng = np.random.default_rng(28)
    scenes = [
        Scene((str(digit),), 28, 28, 20, 2.4, grey=True, noise=0, light_on_dark=True)
        for digit in range(10)
    ]
    number = 0
    while True:
        picture = compose(scenes[number % 10], rng).pixels
        corner = np.frombuffer(number.to_bytes(3, "little"), np.uint8) // 16  # tells twins apart
        picture[0, :3] = np.maximum(picture[0, :3], corner)
        number += 1
        yield picture


def _shifted(scenes: list[Scene], seed: int) -> Iterator[Grey]:
    """Pictures of scenes, each again and again, further to the side every time."""
    drawn = [
        compose(scene, np.random.default_rng([seed, at])).pixels for at, scene in enumerate(scenes)
    ]
    number = 0
    while True:
        yield np.roll(drawn[number % len(drawn)], number // len(drawn), axis=1)
        number += 1


def _fields() -> Iterator[Grey]:
    """Fields of forms: a number of five digits each."""
    rng = np.random.default_rng(5)
    numbers = ("".join(map(str, rng.integers(0, 10, 5))) for _ in range(12))
    scenes = [Scene((number,), 480, 140, 90, 8, grey=True, noise=2) for number in numbers]
    return _shifted(scenes, 5)


def _phone() -> Iterator[Grey]:
    """Notes as a phone takes them: 12 megapixels, colour, uneven light."""
    numbers = ("407", "5270", "318", "946", "63", "8251")
    scenes = [
        Scene((number,), 4000, 3000, 900, 60, shade=0.4, blur=1.8, noise=3, desk=at % 2 == 0)
        for at, number in enumerate(numbers[:_DRAWN])
    ]
    return _shifted(scenes, 12)


def _page() -> Iterator[Grey]:
    """A4 at 300 dpi, grey, with 200 digits on it."""
    rng = np.random.default_rng(4)
    scenes = []
    for at in range(_DRAWN):
        lines = tuple("".join(str(digit) for digit in row) for row in rng.integers(0, 10, (20, 10)))
        ruling = Ruling.RULED if at % 2 else Ruling.PLAIN
        scenes.append(
            Scene(lines, 2480, 3508, 80, 7, pen=Pen.BLACK, ruling=ruling, grey=True, noise=1.5)
        )
    return _shifted(scenes, 300)


TINY = Corpus("28x28", _tiny, ".png", 10_000, 1_000)
FIELD = Corpus("field", _fields, ".png", 5_000, 200)
PHONE = Corpus("phone", _phone, ".jpg", 500, 16)
PAGES = (Corpus("A4", _page, ".jpg", 50, 4), Corpus("A4-png", _page, ".png", 50, 4))
