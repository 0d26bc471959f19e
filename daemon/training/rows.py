"""Digits as they are, side by side on clean paper: from overlapping to far apart.

Nothing about them was invented by this project, as about composed lines it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np

from ..records import Grey
from .datasets import Labels
from .hands import BITMAP_HEIGHT, FAINT
from .line_ink import ComposedLine, LineDigit

Rng: TypeAlias = np.random.Generator

LENGTHS = (1, 10)
GAP = (-0.12, 0.6)  # digit heights between the ink of two neighbours
MARGIN = 8  # pixels around the row


def draw_row(images: Grey, labels: Labels, rng: Rng) -> ComposedLine:
    """A row of some of the `images`, (N, 28, 28) uint8, ink = 255, with `labels` (N,)."""
    picked = rng.integers(len(labels), size=rng.integers(LENGTHS[0], LENGTHS[1] + 1))
    gap = rng.uniform(*GAP) * BITMAP_HEIGHT
    return side_by_side([images[n] for n in picked], [int(labels[n]) for n in picked], gap, rng)


def side_by_side(
    images: Sequence[Grey], labels: Sequence[int], gap: float, rng: Rng
) -> ComposedLine:
    """Pictures of digits, ink = 255, in a row, `gap` pixels between their ink, a little uneven."""
    boxes = [cv2.boundingRect((image > FAINT).astype(np.uint8)) for image in images]
    widest = sum(box[2] for box in boxes) + round(abs(gap) + 4) * len(images)
    row = np.zeros((28 + 2 * MARGIN, widest + 2 * MARGIN), np.uint8)
    digits = []
    at = right = MARGIN
    for image, label, (left, first, width, height) in zip(images, labels, boxes, strict=True):
        top = MARGIN + int(rng.integers(-2, 3))
        part = row[top : top + 28, at : at + max(1, width)]
        np.maximum(part, image[:, left : left + max(1, width)], out=part)
        right = at + max(1, width)
        digits.append(LineDigit(label, at, top + first, right, top + first + height))
        at = max(at + 2, right + round(gap + rng.normal(0, 1)))
    return ComposedLine(255 - row[:, : right + MARGIN], tuple(digits))
