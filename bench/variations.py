"""The project's own variations: single digits in every surrounding that people send.

Written by the project's own hand and, where ../shared is, every second ten by writers of
pendigits' test part whose digits nobody mistakes: it is the surroundings that are hard, one
difficulty a kind. A picture depends on its kind and number only (and on pendigits being there).
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from daemon.records import Box, Grey
from daemon.training.handwriting import own_digit
from daemon.training.labels import LABELS_FILE
from daemon.training.strokes import PenDigit, Stroke, parse_unipen, render_strokes

from . import layers
from .layers import Colour, Layer, Place, Rng

_PENS = Path("pendigits-orig.tes.gz")
_LEGIBLE = frozenset({1, 4, 6, 9, 12})  # writers of whom a stranger reads every digit
_PLAIN: tuple[Colour, ...] = (  # inks, BGR
    (38, 34, 34),
    (150, 62, 28),
    (120, 40, 30),
    (92, 90, 88),
    (60, 55, 50),
)
_BRIGHT: tuple[Colour, ...] = (
    (60, 50, 200),
    (70, 130, 40),
    (20, 110, 230),
    (150, 50, 120),
    (200, 130, 40),
    (120, 60, 200),
)
_TINTED: tuple[Colour, ...] = (  # papers
    (235, 240, 245),
    (190, 240, 250),
    (215, 215, 250),
    (225, 245, 220),
)
_LARGEST_RECORDED = 320  # px: larger, the corners of recorded strokes would show


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of picture. Heights are the digit's, in px; a pen's width is one part in `pen` of
    it; margins are in heights; `below` and `above` are layers under and over the ink."""

    height: tuple[float, float] = (20, 210)
    pen: tuple[float, float] = (5.5, 30)
    margin: tuple[float, float] = (0.2, 0.8)
    slant: tuple[float, float] = (0, 0)
    turn: float = 0.0  # degrees, either way
    below: tuple[Layer, ...] = ()
    above: tuple[Layer, ...] = ()
    coloured: bool = False
    own: bool = False  # in the project's own hand only: recorded loops would close
    corner: bool = False  # the digit in a corner of a large picture
    jpeg: tuple[int, int] | None = None  # quality; without it, PNG


KINDS: dict[str, Kind] = {
    "plain": Kind(),
    "light on dark": Kind(above=(layers.inverted,)),
    "uneven shade": Kind(above=(layers.shade,)),
    "shadow edges": Kind(above=(layers.shadow_edge,)),
    "frames": Kind(margin=(0.3, 0.9), below=(layers.frame,)),
    "rules at the border": Kind(below=(layers.rules_at_the_border,)),
    "ruled paper": Kind(below=(layers.ruled,)),
    "squared paper": Kind(height=(28, 210), below=(layers.squared,)),
    "cut neighbours": Kind(margin=(0.3, 0.7), below=(layers.cut_neighbours,)),
    "specks": Kind(below=(layers.specks,)),
    "sheet on a desk": Kind(margin=(0.4, 1.2), above=(layers.desk,)),
    "bleed-through": Kind(below=(layers.bleed_through,)),
    "coloured pens": Kind(coloured=True),
    "hairlines": Kind(height=(50, 300), pen=(32, 60)),
    "thick markers": Kind(height=(30, 210), pen=(4.6, 6), own=True),
    "JPEG noise": Kind(height=(40, 210), jpeg=(8, 30)),
    "tiny": Kind(height=(16, 22), pen=(6, 11), margin=(0.1, 0.3)),
    "huge": Kind(height=(700, 1300), margin=(0.15, 0.3)),
    "slanted": Kind(slant=(-0.3, 0.55), turn=12),
    "off-centre": Kind(margin=(0.06, 0.2), corner=True),
}


def draw(kind: str, number: int, pens: Path | None = None) -> tuple[Grey, int]:
    """Picture `number` of a kind, (H, W, 3) uint8 BGR, and its digit. `pens` is pendigits' folder,
    if it is there."""
    how, label = KINDS[kind], number % 10
    rng = np.random.default_rng([zlib.crc32(kind.encode()), number])
    height = _between(how.height, rng)
    pen_width = max(1.1, height / _between(how.pen, rng))
    hands = None if how.own or height > _LARGEST_RECORDED else pens
    strokes = _slanted(_strokes(label, number, hands, rng), how, rng)
    ink = render_strokes(strokes, height=height, pen_width=pen_width)
    paper, colour = _colours(rng, coloured=how.coloured)
    place, size = _placed(ink.shape, how, height, pen_width, colour, rng)
    grain = (1 - rng.uniform(0, 0.25) * layers.texture(ink.shape, 1.3, rng)).astype(np.float32)
    cover = np.zeros((size[1], size[0]), np.float32)
    rows, columns = ink.shape
    cover[place.box.y : place.box.y + rows, place.box.x : place.box.x + columns] = ink * grain
    fibres = rng.uniform(2, 10) * (layers.texture(cover.shape, max(1.5, height / 50), rng) - 0.5)
    light = np.array(paper, np.float32) + fibres[..., None]
    for layer in how.below:
        light = layer(light, place, rng)
    light = layers.paint(light, colour, cover)
    for layer in how.above:
        light = layer(light, place, rng)
    return _exposed(light, height, pen_width, rng), label


def encode(kind: str, picture: Grey, number: int) -> bytes:
    """The picture's file."""
    quality = KINDS[kind].jpeg
    if quality is None:
        return cv2.imencode(".png", picture)[1].tobytes()
    rng = np.random.default_rng([zlib.crc32(kind.encode()), number, 1])
    how = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*quality))]
    return cv2.imencode(".jpg", picture, how)[1].tobytes()


def write_variations(kind: str, n: int, folder: Path, pens: Path | None = None) -> None:
    """Write `n` pictures of a kind and their labels.csv into the new `folder`."""
    folder.mkdir(parents=True)
    suffix = ".png" if KINDS[kind].jpeg is None else ".jpg"
    with (folder / LABELS_FILE).open("w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(("file", "label"))
        for number in range(n):
            picture, label = draw(kind, number, pens)
            name = f"{kind.replace(' ', '-')}-{number:04}{suffix}"
            (folder / name).write_bytes(encode(kind, picture, number))
            rows.writerow((name, label))


@cache
def recorded(pens: Path) -> dict[int, tuple[PenDigit, ...]]:
    """Legible digits of pendigits' test part, by label; nothing where it is not there."""
    if not (pens / _PENS).is_file():
        return {}
    digits = parse_unipen(gzip.decompress((pens / _PENS).read_bytes()).decode("ascii", "replace"))
    legible = [digit for digit in digits if digit.writer in _LEGIBLE]
    return {label: tuple(d for d in legible if d.label == label) for label in range(10)}


def _strokes(label: int, number: int, pens: Path | None, rng: Rng) -> Sequence[Stroke]:
    choice = recorded(pens).get(label) if pens else None
    if choice and (number // 10) % 2:
        return choice[rng.integers(len(choice))].strokes
    return own_digit(label, rng)


def _slanted(strokes: Sequence[Stroke], how: Kind, rng: Rng) -> list[Stroke]:
    slant, turn = rng.uniform(*how.slant), np.deg2rad(rng.uniform(-how.turn, how.turn))
    lean = np.array([[1, 0], [-slant, 1]])
    around = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return [(stroke @ (lean @ around)).astype(np.float32) for stroke in strokes]


def _between(limits: tuple[float, float], rng: Rng) -> float:
    """Evenly on a logarithmic scale: as many small ones as large ones."""
    return float(np.exp(rng.uniform(*np.log(limits))))


def _colours(rng: Rng, *, coloured: bool) -> tuple[Colour, Colour]:
    """Paper and ink that a person tells apart at once."""
    if coloured:
        return _TINTED[rng.integers(len(_TINTED))], _BRIGHT[rng.integers(len(_BRIGHT))]
    white = rng.uniform(195, 252)
    paper = white * rng.uniform(0.9, 1), white * rng.uniform(0.97, 1), white
    return paper, _PLAIN[rng.integers(len(_PLAIN))]


def _placed(
    ink: tuple[int, ...], how: Kind, height: float, pen_width: float, colour: Colour, rng: Rng
) -> tuple[Place, tuple[int, int]]:
    """Where the digit stands, and the picture's (width, height)."""
    rows, columns = ink
    left, top, right, bottom = (round(m) for m in height * rng.uniform(*how.margin, 4))
    if how.corner:
        far = round(height * rng.uniform(1, 3)), round(height * rng.uniform(1, 3))
        left, right = (left, far[0]) if rng.random() < 0.5 else (far[0], right)
        top, bottom = (top, far[1]) if rng.random() < 0.5 else (far[1], bottom)
    size = max(28, left + columns + right), max(28, top + rows + bottom)
    return Place(Box(left, top, columns, rows), pen_width, colour), size


def _exposed(light: layers.Light, height: float, pen_width: float, rng: Rng) -> Grey:
    """Blur of the lens, noise of the sensor, eight bits; never so much that a thin pen is lost."""
    blur = rng.uniform(0.2, min(0.01 * height + 0.3, 0.5 * pen_width))
    noise = rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(0.5, 5))
    exposed = cv2.GaussianBlur(light, (0, 0), blur) + noise
    return np.clip(np.rint(exposed), 0, 255).astype(np.uint8)
