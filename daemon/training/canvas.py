"""Paper, ink and lettering for the figures: (H, W, 3) uint8 BGR, drawn for twice the screen's
usual pixels so that they stay sharp in a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from ..records import Grey
from ..vision.lettering import BOLD, REGULAR, printable, width_of, write

Colour = tuple[int, int, int]  # blue, green, red

WHITE: Colour = (255, 255, 255)
INK: Colour = (51, 41, 33)
FAINT: Colour = (128, 114, 102)
RULE: Colour = (235, 230, 226)
BLUE: Colour = (168, 96, 31)
AMBER: Colour = (14, 120, 230)
SERIES: tuple[Colour, ...] = (  # told apart, and read as text on white
    BLUE,
    (0, 96, 200),
    (84, 130, 32),
    (140, 60, 130),
    (40, 40, 190),
    (140, 130, 0),
    (90, 90, 90),
    (20, 70, 110),
)

TITLE_PX, TEXT_PX, SMALL_PX = 34, 24, 20
MARGIN = 48
HEADER = 150  # rows that title and subtitle take


@dataclass(frozen=True, slots=True)
class Axes:
    """A rectangle of the picture with data in 0..1 on both axes, y upwards."""

    left: int
    top: int
    width: int
    height: int

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Column and row of a point."""
        return round(self.left + x * self.width), round(self.top + (1 - y) * self.height)


def page(width: int, height: int, title: str, subtitle: str) -> Grey:
    """A white page with its header."""
    picture = np.full((height, width, 3), WHITE, np.uint8)
    write(picture, printable(title), MARGIN, MARGIN + 14, INK, TITLE_PX, BOLD)
    write(picture, printable(subtitle), MARGIN, MARGIN + 58, FAINT, TEXT_PX)
    return picture


def label(
    picture: Grey,
    text: str,
    x: int,
    y: float,
    *,
    align: Literal["left", "centre", "right"] = "centre",
    colour: Colour = FAINT,
    size: int = SMALL_PX,
    weight: int = REGULAR,
) -> None:
    """Write `text` at column `x`, its capitals centred on row `y`."""
    width = width_of(text, size, weight)
    start = x - {"left": 0, "centre": width // 2, "right": width}[align]
    write(picture, text, start, y, colour, size, weight)


def fill(picture: Grey, corner: tuple[int, int], opposite: tuple[int, int], colour: Colour) -> None:
    """Fill the half-open rectangle between two corners, whichever they are."""
    (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(corner, opposite, strict=True))
    picture[y0:y1, x0:x1] = colour


def blend(colour: Colour, share: float) -> Colour:
    """`colour` on white paper, at `share` of its strength."""
    blue, green, red = (round(255 + (channel - 255) * share) for channel in colour)
    return blue, green, red


def line(picture: Grey, start: tuple[int, int], end: tuple[int, int], colour: Colour) -> None:
    """A rule two pixels wide."""
    cv2.line(picture, start, end, colour, 2, cv2.LINE_AA)
