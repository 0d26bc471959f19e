"""Digits as they are, side by side on clean paper: from overlapping to far apart.

Nothing about them was invented by this project, as about composed lines it was.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np

from ..records import Grey
from .datasets import Labels

Rng: TypeAlias = np.random.Generator

LENGTHS = (1, 10)
GAP = (-0.12, 0.6)  # digit heights between the ink of two neighbours
DIGIT = 20  # pixels that MNIST's digits are high
MARGIN = 8  # pixels around the row


def draw_row(images: Grey, labels: Labels, rng: Rng) -> tuple[Grey, str]:
    """A row of some of the `images`, (N, 28, 28) uint8, ink = 255, with `labels` (N,): (H, W)
    uint8, dark on white, and what is written."""
    picked = rng.integers(len(labels), size=rng.integers(LENGTHS[0], LENGTHS[1] + 1))
    gap = rng.uniform(*GAP)
    row = side_by_side([images[n] for n in picked], gap * DIGIT, rng)
    return row, "".join(str(labels[n]) for n in picked)


def side_by_side(images: list[Grey], gap: float, rng: Rng) -> Grey:
    """Pictures of digits, ink = 255, in a row, `gap` pixels between their ink, a little uneven."""
    inks = [_trimmed(image) for image in images]
    widest = sum(ink.shape[1] for ink in inks) + round(abs(gap) + 4) * len(inks)
    row = np.zeros((28 + 2 * MARGIN, widest + 2 * MARGIN), np.uint8)
    at = MARGIN
    right = at
    for ink in inks:
        top = MARGIN + int(rng.integers(-2, 3))
        part = row[top : top + 28, at : at + ink.shape[1]]
        np.maximum(part, ink, out=part)
        right = at + ink.shape[1]
        at = max(at + 2, right + round(gap + rng.normal(0, 1)))
    return 255 - row[:, : right + MARGIN]


def _trimmed(image: Grey) -> Grey:
    """Without the empty columns at both sides."""
    left, _, width, _ = cv2.boundingRect((image > 60).astype(np.uint8))
    return image[:, left : left + max(1, width)]
