"""The project's own pages: composed, filled and photographed by its renderer, with the truth.

Page n depends on n only (and on what ../shared holds). The first hundred may be looked at while
reading is built; the second hundred may not, and are measured alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from daemon.training.labels import LABELS_FILE
from daemon.training.layouts import LAYOUTS
from daemon.training.page_sheet import Colour, Sheet
from daemon.training.photograph import Light, Photo, Setting, Shot, Tones, photograph

from .writers import Writers

SEEN, UNSEEN = range(100), range(100, 200)

_MM = 25.4  # to the inch
_DPI = (100, 150, 200, 300)  # of scanners
_PHOTO_SCALES = (3.6, 4.6, 6.0, 8.0, 11.0, 15.0)  # pixels to the millimetre
_LEAST_DIGIT, _LONGEST_SIDE = 17, 4100  # px in the file
_INKS: tuple[Colour, ...] = (
    (150, 62, 28),
    (120, 40, 30),
    (38, 34, 34),
    (60, 56, 54),
    (112, 108, 106),
    (48, 42, 190),
    (70, 110, 40),
)
_PAPERS: tuple[Colour, ...] = ((248, 250, 250), (240, 246, 248), (228, 240, 246), (214, 232, 244))
_GAPS = {"apart": (0.12, 0.42), "close": (0.03, 0.2), "touching": (-0.08, 0.12)}
_TURNS = ("upright", "90° right", "180°", "90° left")
_SIZES = {0.5: "half", 1.0: "as taken", 2.0: "double"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page and what is special about it, as (aspect, value)."""

    photo: Photo
    aspects: tuple[tuple[str, str], ...]
    jpeg: int | None  # quality; without it, PNG

    @property
    def notes(self) -> str:
        """The aspects, and a box per digit in reading order: x, y, width, height."""
        boxes = (
            f"{digit.box.x},{digit.box.y},{digit.box.width},{digit.box.height}"
            for row in self.photo.rows
            for group in row
            for digit in group.digits
        )
        return ";".join(
            [*(f"{aspect}={value}" for aspect, value in self.aspects), f"boxes={' '.join(boxes)}"]
        )


def draw(number: int, writers: Writers) -> Drawn:
    """Page `number`."""
    rng = np.random.default_rng([20261121, number])
    name = list(LAYOUTS)[number % len(LAYOUTS)]
    layout = LAYOUTS[name]
    width, height = layout.papers[rng.integers(len(layout.papers))]
    digit = float(rng.uniform(*layout.digit))
    spacing = str(rng.choice(list(_GAPS), p=(0.65, 0.25, 0.1)))
    who, hand = writers.draw(int(number in UNSEEN), rng)
    shot = _shot(rng)
    scale = _scale(shot, (width, height), digit, rng)
    sheet = Sheet(
        width,
        height,
        scale,
        digit,
        hand,
        rng,
        ink=_INKS[rng.integers(len(_INKS))],
        paper=_PAPERS[rng.integers(len(_PAPERS))],
        gaps=_GAPS[spacing],
    )
    layout.fill(sheet)
    aspects = (
        ("layout", name),
        ("setting", str(shot.setting)),
        ("angle", "askew" if abs(shot.angle) > 3.5 else "straight"),
        ("turn", _TURNS[shot.turns]),
        ("size", _SIZES[shot.resize]),
        ("light", str(shot.light)),
        ("tones", str(shot.tones)),
        ("back", "shows through" if shot.bleed else "hidden"),
        ("digits", spacing),
        ("hand", who),
    )
    lossless = shot.setting is Setting.SCAN and rng.random() < 0.4
    worst = 70 if shot.setting is Setting.SCAN else 50
    quality = None if lossless or shot.tones is Tones.BILEVEL else int(rng.integers(worst, 93))
    return Drawn(photograph(sheet, shot, rng), aspects, quality)


def encode(page: Drawn) -> bytes:
    """The page's file."""
    if page.jpeg is None:
        return cv2.imencode(".png", page.photo.pixels)[1].tobytes()
    how = [cv2.IMWRITE_JPEG_QUALITY, page.jpeg]
    return cv2.imencode(".jpg", page.photo.pixels, how)[1].tobytes()


def write_pages(numbers: Iterable[int], folder: Path, writers: Writers) -> list[dict[str, str]]:
    """Write pages and their labels.csv into `folder`; gives the aspects of each."""
    folder.mkdir(parents=True, exist_ok=True)
    aspects = []
    with (folder / LABELS_FILE).open("w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(("file", "label", "notes"))
        for number in numbers:
            page = draw(number, writers)
            name = f"page-{number:03}{'.png' if page.jpeg is None else '.jpg'}"
            (folder / name).write_bytes(encode(page))
            rows.writerow((name, page.photo.label, page.notes))
            aspects.append(dict(page.aspects))
    return aspects


def _shot(rng: np.random.Generator) -> Shot:
    setting = list(Setting)[rng.choice(4, p=(0.4, 0.2, 0.15, 0.25))]
    flat = setting is Setting.SCAN
    may_lie_askew = setting in (Setting.SCAN, Setting.DESK)
    if may_lie_askew and rng.random() < 0.4:
        angle = rng.uniform(4, 30) * rng.choice([-1, 1])
    else:
        angle = float(np.clip(rng.normal(0, 1.2), -3, 3))
    lights = (0.9, 0.1, 0) if flat else (0.25, 0.4, 0.35)
    tones = (0.45, 0.3, 0.25) if flat else (0.85, 0.15, 0)
    tone = list(Tones)[rng.choice(3, p=tones)]
    light = list(Light)[rng.choice(3, p=lights)] if tone is not Tones.BILEVEL else Light.EVEN
    return Shot(
        setting=setting,
        angle=float(angle),
        turns=int(rng.choice(4, p=(0.55, 0.15, 0.15, 0.15))),
        light=light,
        tones=tone,
        resize=float(rng.choice([0.5, 1.0, 2.0], p=(0.2, 0.6, 0.2))),
        exposure=float(rng.uniform(0.97, 1.04) if flat else np.exp(rng.uniform(-0.8, 0.08))),
        blur=float(rng.uniform(0.3, 0.7) if flat else rng.uniform(0.4, 1.1)),
        noise=float(rng.uniform(0.5, 2) if flat else rng.uniform(1, 5)),
        bleed=bool(
            setting in (Setting.SCAN, Setting.CLOSE)
            and tone is not Tones.BILEVEL
            and rng.random() < 0.25
        ),
    )


def _scale(shot: Shot, paper: tuple[float, float], digit: float, rng: np.random.Generator) -> float:
    """Pixels to the millimetre at which the smallest digits stay legible and the file no larger
    than people's are."""
    scanner = shot.setting is Setting.SCAN
    scales = [dpi / _MM for dpi in _DPI] if scanner else list(_PHOTO_SCALES)
    possible = [
        scale
        for scale in scales
        if 0.85 * digit * scale * shot.resize >= _LEAST_DIGIT
        and 1.3 * max(paper) * scale * shot.resize <= _LONGEST_SIDE
    ]
    return float(rng.choice(possible or [1.2 * _LEAST_DIGIT / digit / shot.resize]))
