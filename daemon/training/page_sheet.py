"""A sheet of paper that is being filled: print, rules, handwriting, and what of it are digits.

Lengths are millimetres from the sheet's top left corner; `scale` makes pixels of them. What counts:
handwritten digits, and printed digits that stand alone (a number in a list, a puzzle's givens).
Words do not, nor do the signs between digits; no word on a sheet holds a digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey, Ink
from .page_hands import Hand
from .strokes import Stroke, render_strokes

Align: TypeAlias = Literal["left", "centre", "right"]
Colour: TypeAlias = tuple[int, int, int]  # BGR
Outline: TypeAlias = npt.NDArray[np.float32]  # (n, 2): x, y

PRINT: Colour = (48, 42, 40)
DASH = "-"
_SHIFT = 4  # fractional bits of OpenCV's coordinates
_UNBOUNDED = (0, 1 << 15)  # OpenCV wraps no line
_CAPITALS = 0.7  # height of capitals and digits, in font sizes
_GRAIN = 0.2  # share of the ink that the paper's grain may leave bare
_OVERHANG = 0.06  # heights: how far a digit may stand off its line

# Strokes separated by `|`, points as x,y in heights of a digit, y downwards from its middle.
_SIGNS = {
    ".": "0,0.5",
    ",": "0.06,0.46 -0.04,0.68",
    ":": "0,0.38|0,-0.05",
    "-": "0,0.06 0.34,0.04",
    "/": "0,0.56 0.34,-0.54",
    "+": "0,0.05 0.44,0.05|0.22,0.27 0.22,-0.17",
    "=": "0,-0.06 0.44,-0.07|0,0.15 0.44,0.16",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One digit: `outline` is the convex hull of its ink, in pixels of the sheet."""

    label: int
    outline: Outline


@dataclass(frozen=True, slots=True)
class Group:
    """Digits that belong together, a number or a date. `text` is how it stands on the paper, signs
    included; a dash alone has no digits."""

    text: str
    marks: tuple[Mark, ...]


Row: TypeAlias = tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Ink (h, w), and by how many pixels its top left corner lies off the writing's place."""

    character: str
    ink: Ink
    x: float
    y: float


@dataclass(slots=True)
class Sheet:
    """A sheet being filled. `pixels` is (H, W, 3) uint8 BGR; `digit` a digit's height in mm; `gaps`
    the least and the widest gap between neighbours, in heights; `rows` what is written, in reading
    order."""

    width: float
    height: float
    scale: float
    digit: float
    hand: Hand
    rng: np.random.Generator
    ink: Colour = (120, 50, 30)
    paper: Colour = (246, 249, 250)
    gaps: tuple[float, float] = (0.12, 0.42)
    rows: list[Row] = field(default_factory=list)
    pixels: Grey = field(init=False)

    def __post_init__(self) -> None:
        size = round(self.height * self.scale), round(self.width * self.scale)
        self.pixels = np.full((*size, 3), self.paper, np.uint8)

    def rule(
        self, x0: float, y0: float, x1: float, y1: float, thickness: float, colour: Colour = PRINT
    ) -> None:
        """Print a straight line; one thinner than a pixel is fainter instead."""
        ends = np.rint(np.array([[x0, y0], [x1, y1]]) * self.scale * 2**_SHIFT).astype(int)
        start, end = ends.tolist()
        breadth = thickness * self.scale
        faded = _faded(colour, self.paper, min(1.0, breadth))
        cv2.line(self.pixels, start, end, faded, max(1, round(breadth)), cv2.LINE_AA, _SHIFT)

    def frame(
        self, x: float, y: float, width: float, height: float, thickness: float,
        colour: Colour = PRINT,
    ) -> None:  # fmt: skip
        """Print a box."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        for start, end in pairwise(corners):
            self.rule(*start, *end, thickness, colour)

    def print_words(
        self,
        words: str,
        x: float,
        middle: float,
        size: float,
        *,
        align: Align = "left",
        weight: int = 400,
        font: str = "sans",
        colour: Colour = PRINT,
    ) -> float:
        """Print words, their capitals 0.7 `size` high around the row `middle`. Gives their
        width."""
        pixels = max(1, round(size * self.scale))
        width = _width(words, pixels, font, weight)
        left = round(x * self.scale - _before(align) * width)
        baseline = round((middle + _CAPITALS * size / 2) * self.scale)
        cv2.putText(
            self.pixels, words, (left, baseline), colour, _font(font), pixels, weight, 0, _UNBOUNDED
        )
        return width / self.scale

    def print_number(self, text: str, x: float, middle: float, digit: float) -> Group:
        """Print digits `digit` mm high that stand alone, centred on column `x`."""
        pixels = max(1, round(digit / _CAPITALS * self.scale))
        pieces, at = [], 0.0
        for character in text:
            ink = np.zeros((2 * pixels, 2 * pixels), np.uint8)
            start = pixels // 2, round((1 + _CAPITALS / 2) * pixels)
            cv2.putText(ink, character, start, (255,), _font("uni"), pixels, 400, 0, _UNBOUNDED)
            cover = ink.astype(np.float32) / np.float32(255)
            pieces.append(_Piece(character, cover, at - pixels // 2, -pixels))
            at += _width(character, pixels, "uni", 400)
        return self._lay(text, pieces, x * self.scale - at / 2, middle * self.scale, PRINT)

    def write(
        self, text: str, x: float, middle: float, *, align: Align = "left", digit: float = 0.0
    ) -> Group:
        """Write digits and signs by hand around the row `middle`; `digit` is the height if it is
        another one than the sheet's."""
        height = (digit or self.digit) * self.scale
        pieces, at = list(self._pieces(text, height)), 0.0
        width = pieces[-1].x + pieces[-1].ink.shape[1]
        at = x * self.scale - _before(align) * width
        return self._lay(text, pieces, at, middle * self.scale, self.ink)

    def write_spread(self, text: str, columns: Sequence[float], middle: float) -> Group:
        """Write digits one by one, centred on `columns`, as into the boxes of a form."""
        marks: list[Mark] = []
        for character, column in zip(text, columns, strict=True):
            marks += self.write(character, column, middle, align="centre").marks
        return Group(text, tuple(marks))

    def _pieces(self, text: str, height: float) -> Iterable[_Piece]:
        at = 0.0
        for character in text:
            if character in _SIGNS:
                strokes = _sign(character)
                extent = np.ptp(np.concatenate(strokes), axis=0).max()
                pen = max(1.0, self.hand.pen * height)
                ink = render_strokes(strokes, height=extent * height + pen, pen_width=pen)
                y = np.concatenate(strokes)[:, 1].min() * height - pen / 2
                gap = 0.5 * self.rng.uniform(*self.gaps)
            else:
                size = height * self.rng.uniform(0.93, 1.07)
                ink = self.hand.write(int(character), size, self.rng)
                y = height / 2 - len(ink) + self.rng.normal(0, _OVERHANG / 2) * height
                gap = self.rng.uniform(*self.gaps)
            if at:
                at += gap * height
            yield _Piece(character, ink, at, y)
            at += ink.shape[1]

    def _lay(
        self, text: str, pieces: Iterable[_Piece], x: float, y: float, colour: Colour
    ) -> Group:
        marks = []
        for piece in pieces:
            left, top = round(x + piece.x), round(y + piece.y)
            self._ink(piece.ink, left, top, colour)
            if piece.character.isdecimal():
                marks.append(Mark(int(piece.character), _hull(piece.ink, left, top)))
        return Group(text, tuple(marks))

    def _ink(self, ink: Ink, x: float, y: float, colour: Colour) -> None:
        left, top = int(x), int(y)
        rows, columns = slice(max(0, top), top + len(ink)), slice(max(0, left), left + ink.shape[1])
        window = self.pixels[rows, columns]
        cover = ink[max(0, -top) :, max(0, -left) :][: len(window), : window.shape[1], None]
        grain = 1 - _GRAIN * self.rng.random(cover.shape, np.float32)
        window[:] = np.rint(window + cover * grain * (np.array(colour, np.float32) - window))


def _before(align: Align) -> float:
    """The share of what is aligned that lies before its place."""
    return {"left": 0.0, "centre": 0.5, "right": 1.0}[align]


def _faded(colour: Colour, paper: Colour, share: float) -> Colour:
    blue, green, red = (round(p + share * (c - p)) for c, p in zip(colour, paper, strict=True))
    return blue, green, red


def _hull(ink: Ink, left: int, top: int) -> Outline:
    """The convex hull of ink whose top left corner lies at column `left`, row `top`."""
    points = cv2.findNonZero((ink > 0.5 * ink.max()).astype(np.uint8))
    hull = np.asarray(cv2.convexHull(points), np.float32).reshape(-1, 2)
    return hull + np.array((left, top), np.float32)


@cache
def _sign(character: str) -> tuple[Stroke, ...]:
    return tuple(
        np.array([point.split(",") for point in stroke.split()], np.float32)
        for stroke in _SIGNS[character].split("|")
    )


@cache
def _font(name: str) -> cv2.FontFace:
    return cv2.FontFace(name)


@cache
def _width(text: str, pixels: int, font: str, weight: int) -> int:
    """Width in pixels of one line of print."""
    _, _, width, _ = cv2.getTextSize((_UNBOUNDED[1], 1), text, (0, 0), _font(font), pixels, weight)
    return int(width)
