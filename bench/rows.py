"""Rows of MNIST's test digits: one to ten side by side, from overlapping to far apart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from daemon.records import Grey
from daemon.training.sources import load

SEED = 20261121
LENGTHS = (1, 10)
GAP = (-0.12, 0.6)  # digit heights between the ink of two neighbours
DIGIT = 20  # pixels that MNIST's digits are high
MARGIN = 8  # pixels around the row


def mnist_rows(folder: Path, count: int) -> list[tuple[Grey, str]]:
    """`count` rows, (H, W) uint8 dark on white, with what is written; always the same ones."""
    digits = load(str(folder) if folder.is_dir() else "mnist").for_evaluation()
    rng = np.random.default_rng(SEED)
    rows = []
    for _ in range(count):
        picked = rng.integers(len(digits), size=rng.integers(LENGTHS[0], LENGTHS[1] + 1))
        gap = rng.uniform(*GAP)
        row = side_by_side([digits.images[n] for n in picked], gap * DIGIT, rng)
        rows.append((row, "".join(str(digits.labels[n]) for n in picked)))
    return rows


def side_by_side(images: list[Grey], gap: float, rng: np.random.Generator) -> Grey:
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
