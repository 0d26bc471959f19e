"""Pen strokes: read from UNIPEN files, and rendered as ink at any size and pen width.

A stroke is (n, 2) float32: x to the right, y downwards, in any unit. A digit is a tuple of them, in
the order in which they were written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Stroke: TypeAlias = npt.NDArray[np.float32]
Ink: TypeAlias = npt.NDArray[np.float32]  # (H, W) float32 in 0..1, ink = 1

_FINE = 7  # px, least thickness at which a line is drawn before it is reduced: smooth edges
_BLEED = 2  # px by which OpenCV draws lines of an odd thickness thicker, where _SHIFT > 0
_SHIFT = 4  # fractional bits of OpenCV's coordinates

_SEGMENT = re.compile(r'\.SEGMENT\s+DIGIT\s.*"(\d)"')


@dataclass(frozen=True, slots=True)
class PenDigit:
    """One digit as a pen wrote it. `writer` is unique within its file only."""

    label: int
    writer: int
    strokes: tuple[Stroke, ...]


def parse_unipen(text: str) -> tuple[PenDigit, ...]:
    """The digits of a UNIPEN file as `pendigits-orig` writes it; digits without ink are left out.

    `.SEGMENT DIGIT ... "8"` begins a digit, `.COMMENT 8 12 224` names its writer (12), `.PEN_DOWN`
    begins a stroke, whose points follow, one "x y" a line with y upwards. Raises ValueError with
    the line's number where a point or a writer is no number.
    """
    digits: list[PenDigit] = []
    label: int | None = None
    writer = 0
    strokes: list[list[tuple[float, float]]] = []

    def finish() -> None:
        written = [np.array(points, np.float32) for points in strokes if points]
        if label is not None and written:
            digits.append(PenDigit(label, writer, tuple(written)))
        strokes.clear()

    for number, line in enumerate(text.splitlines(), start=1):
        try:
            if line.startswith(".SEGMENT"):
                finish()
                segment = _SEGMENT.match(line)
                label = int(segment[1]) if segment else None
            elif line.startswith(".COMMENT") and label is not None:
                writer = int(line.split()[2])
            elif line.startswith(".PEN_DOWN"):
                strokes.append([])
            elif strokes and line and not line.startswith("."):
                x, y = line.split()
                strokes[-1].append((float(x), -float(y)))
        except (ValueError, IndexError) as error:
            raise ValueError(f"line {number} is not UNIPEN as expected: {line!r}") from error
    finish()
    return tuple(digits)


def _as_line(stroke: Stroke) -> Stroke:
    """A dot is a line from its point to itself."""
    return stroke if len(stroke) > 1 else np.repeat(stroke, 2, axis=0)


def render_strokes(strokes: Sequence[Stroke], *, height: float, pen_width: float) -> Ink:
    """Ink of the strokes, anti-aliased, with a rim of one empty pixel.

    The longer side of the ink (pen included), a digit's height as a rule, measures `height` pixels.
    `pen_width` is in pixels, too.
    """
    points = np.concatenate(strokes)
    low = points.min(axis=0)
    extent = points.max(axis=0) - low
    scale = max(height - pen_width, 0.0) / max(float(extent.max()), 1e-6)
    side = np.ceil(extent * scale + pen_width).astype(int) + 2
    margin = (side - extent * scale) / 2

    # OpenCV draws whole thicknesses only: draw on a finer grid on which the pen is a whole one.
    thickness = max(_FINE, 2 * math.ceil(pen_width) + 1)
    fine_side = np.rint(side * (thickness + _BLEED) / pen_width).astype(int)
    finer = fine_side / side
    lines = [
        np.rint((((stroke - low) * scale + margin) * finer - 0.5) * 2**_SHIFT).astype(np.int32)
        for stroke in map(_as_line, strokes)
    ]
    fine = np.zeros((fine_side[1], fine_side[0]), np.uint8)
    cv2.polylines(fine, lines, False, 255, thickness, cv2.LINE_8, _SHIFT)
    ink = cv2.resize(fine, (int(side[0]), int(side[1])), interpolation=cv2.INTER_AREA)
    return np.multiply(ink, np.float32(1 / 255), dtype=np.float32)
