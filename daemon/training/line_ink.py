"""A written line laid onto its picture as ink: slanted, with one pen, bent, with a box per digit.

Lengths are pixels of the picture from here on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey, Ink
from . import words
from .line_writing import Placed
from .strokes import Stroke

Rng: TypeAlias = np.random.Generator
Affine: TypeAlias = npt.NDArray[np.float64]  # (2, 3)

HEIGHT = (27.0, 0.33, 12.0, 64.0)  # pixels: median, spread of the logarithm, least and most
PEN = (0.05, 0.17)  # heights
SLANT = (0.15, 0.25)  # mean and standard deviation
REPEN = (0.75, 1.7)  # how much thinner and thicker bitmaps' strokes may become
ELASTIC = 0.045  # heights, standard deviation of a control point's displacement

_SOFT = 0.3  # stroke widths, the blur before strokes change theirs


@dataclass(frozen=True, slots=True)
class LineDigit:
    """A digit's label, and the box of its ink in pixels of its picture."""

    label: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class ComposedLine:
    """`pixels` (H, W) uint8, dark ink on lighter paper; `digits` from left to right."""

    pixels: Grey
    digits: tuple[LineDigit, ...]

    @property
    def text(self) -> str:
        """The digits as they are read."""
        return "".join(str(digit.label) for digit in self.digits)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The picture that a line is laid onto: `shape` (H, W), how heights become pixels, the height
    of a digit and the pen's width in pixels, and the rows of baseline and of the digits' top."""

    shape: tuple[int, int]
    affine: Affine
    height: float
    pen: float
    baseline: float
    top: float
    left: float
    right: float

    @classmethod
    def of(cls, placed: Sequence[Placed], slant: float, rng: Rng) -> Sheet:
        """A sheet around the placed glyphs, which it slants by so many columns a row."""
        median, spread, least, most = HEIGHT
        height = float(np.clip(median * np.exp(rng.normal(0, spread)), least, most))
        pen = max(1.0, height * float(np.exp(rng.uniform(*np.log(PEN)))))
        turn = np.deg2rad(rng.normal(0, 1.2))
        start = min((item.x for item in placed), default=0.0)
        end = max((item.end for item in placed), default=rng.uniform(0.5, 5))
        above, below = rng.uniform(0.03, 0.5, 2)
        before, after = rng.uniform(0.05, 0.8, 2) + np.maximum(0, [-slant, slant])
        width = end - start + before + after
        rise = abs(np.sin(turn)) * width
        shape = max(12, round((1 + above + below + rise) * height)), max(12, round(width * height))
        origin_y = (1 + above + (rise if turn < 0 else 0)) * height
        linear = np.array([[1, -slant], [np.sin(turn), np.cos(turn)]]) * height
        offset = [(before - start) * height, origin_y]
        return cls(
            shape,
            np.column_stack([linear, offset]),
            height,
            pen,
            origin_y,
            origin_y - height,
            before * height,
            (before + end - start) * height,
        )


def draw_slant(rng: Rng) -> float:
    """How many columns a row a writer's digits lean to the right."""
    slant = float(np.clip(rng.normal(*SLANT), -0.5, 0.9))
    return slant * 0.2 if rng.random() < 0.25 else slant


def lay_ink(placed: Sequence[Placed], sheet: Sheet, rng: Rng) -> tuple[Ink, tuple[LineDigit, ...]]:
    """All ink in 0..1, (H, W) float32, and the boxes of the digits."""
    bitmaps = [item for item in placed if item.glyph.bitmap is not None]
    drawn = [item for item in placed if item.glyph.bitmap is None]
    ink, digits = _stamped(bitmaps, sheet)
    strokes: list[Stroke] = []
    linear, offset = sheet.affine[:, :2].T.astype(np.float32), sheet.affine[:, 2]
    for item in drawn:
        shift = (np.array([item.x, item.y]) @ sheet.affine[:, :2].T + offset).astype(np.float32)
        lines = [stroke @ (linear * np.float32(item.size)) + shift for stroke in item.glyph.strokes]
        strokes += lines
        if item.glyph.label is not None:
            digits.append(_boxed(item.glyph.label, lines, sheet.pen))
    strokes += _neighbours(sheet, rng)
    if strokes:
        ink = np.maximum(ink, _drawn(strokes, sheet))
    ink = _bent(ink, sheet.height, rng)
    return ink, tuple(sorted(digits, key=lambda digit: digit.left + digit.right))


def _boxed(label: int, strokes: list[Stroke], pen: float) -> LineDigit:
    points = np.concatenate(strokes)
    (left, top), (right, bottom) = points.min(axis=0) - pen / 2, points.max(axis=0) + pen / 2
    return LineDigit(label, float(left), float(top), float(right), float(bottom))


def _drawn(strokes: list[Stroke], sheet: Sheet) -> Ink:
    """Strokes with the sheet's pen, anti-aliased: drawn finer, then reduced."""
    thickness = 3 if sheet.pen < 2.5 else 5
    finer = (thickness + 2) / sheet.pen  # OpenCV draws an odd thickness two pixels thicker
    height, width = sheet.shape
    size = round(width * finer), round(height * finer)
    by = np.array([size[0] / width, size[1] / height], np.float32)
    lines = [np.rint((stroke * by - 0.5) * 16).astype(np.int32) for stroke in strokes]
    fine = np.zeros((size[1], size[0]), np.uint8)
    cv2.polylines(fine, lines, False, 255, thickness, cv2.LINE_8, 4)
    ink = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return ink.astype(np.float32) * np.float32(1 / 255)


def _stamped(items: Sequence[Placed], sheet: Sheet) -> tuple[Ink, list[LineDigit]]:
    """Bitmaps laid onto the sheet, their strokes as wide as the pen's, as far as that goes."""
    ink = np.zeros(sheet.shape, np.float32)
    digits = []
    for item in items:
        bitmap = item.glyph.bitmap
        assert bitmap is not None
        rows, columns = bitmap.ink.shape
        size = item.size * bitmap.height / rows  # heights a pixel
        own = np.array([[size, 0, item.x], [0, size, item.y - bitmap.height * item.size]])
        whole = sheet.affine @ np.vstack([own, [0, 0, 1]])
        corners = whole[:, :2] @ np.array([[0, columns, 0, columns], [0, 0, rows, rows]])
        corners += whole[:, 2:]
        (x0, y0), (x1, y1) = np.floor(corners.min(axis=1)) - 1, np.ceil(corners.max(axis=1)) + 1
        left, top = max(0, int(x0)), max(0, int(y0))
        right, bottom = min(sheet.shape[1], int(x1)), min(sheet.shape[0], int(y1))
        if right - left < 2 or bottom - top < 2:
            continue
        whole[:, 2] -= (left, top)
        source = bitmap.ink
        shrink = size * sheet.height
        if shrink < 0.7:
            source = cv2.GaussianBlur(source, (0, 0), 0.4 / shrink)
        stamp = cv2.warpAffine(source, whole, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        laid = stamp.astype(np.float32) * np.float32(1 / 255)
        if bitmap.stroke:
            laid = _repenned(laid, bitmap.stroke * shrink, sheet.pen)
        part = ink[top:bottom, left:right]
        np.maximum(part, laid, out=part)
        if item.glyph.label is not None:
            x, y, wide, high = cv2.boundingRect((laid > 0.4).view(np.uint8))
            box = (left + x, top + y, left + x + max(1, wide), top + y + max(1, high))
            digits.append(LineDigit(item.glyph.label, *map(float, box)))
    return ink, digits


def _repenned(ink: Ink, width: float, wanted: float) -> Ink:
    """Strokes about `width` pixels wide brought towards the `wanted` width: blurred, and cut at the
    level that a stroke of that width reaches."""
    sigma = _SOFT * width
    half = float(np.clip(wanted / width, *REPEN)) / 2
    level = _normal((half + 0.5) / _SOFT) - _normal((half - 0.5) / _SOFT)
    steep = np.float32(max(1.5, 1.8 * sigma))
    blurred = cv2.GaussianBlur(ink, (0, 0), sigma)
    paper = max(0.0, 0.5 - level * float(steep))  # what no ink at all would become
    inked = (blurred - level) * steep + np.float32(0.5 - paper)
    return np.asarray(np.clip(inked * np.float32(1 / (1 - paper)), 0, 1))


def _normal(x: float) -> float:
    """The normal distribution's cumulative share, by Page's approximation (1977)."""
    return float(1 / (1 + np.exp(-1.5976 * x - 0.07056 * x**3)))


def _bent(ink: Ink, height: float, rng: Rng) -> Ink:
    """An elastic distortion of the whole line (Simard et al., 2003)."""
    rows, columns = ink.shape
    nodes = 4, max(3, round(columns / height * 2.5))
    bend = rng.normal(0, ELASTIC * height * rng.random(), (*nodes, 2)).astype(np.float32)
    field: Ink = cv2.resize(bend, (columns, rows), interpolation=cv2.INTER_CUBIC)
    map_x = field[..., 0] + np.arange(columns, dtype=np.float32)
    map_y = field[..., 1] + np.arange(rows, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(ink, map_x, map_y, cv2.INTER_LINEAR))


def _neighbours(sheet: Sheet, rng: Rng) -> list[Stroke]:
    """Tips of what is written on the lines above and below, and beside."""
    if rng.random() > 0.2:
        return []
    strokes: list[Stroke] = []
    rows, columns = sheet.shape
    for _ in range(int(rng.integers(1, 4))):
        drawn = words.piece_of_digit(rng)
        above = rng.random() < 0.5
        seen = rng.uniform(0.05, 0.28) * sheet.height
        size = sheet.height * rng.uniform(0.8, 1.2)
        y = seen if above else rows - seen + size
        at = np.array([rng.uniform(0, columns), y], np.float32)
        strokes += [stroke * np.float32(size) + at for stroke in drawn]
    return strokes
