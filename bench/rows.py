"""Rows of MNIST's test digits: one to ten side by side, from overlapping to far apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from daemon.records import Grey
from daemon.training.rows import draw_row
from daemon.training.sources import load

SEED = 20261121


def mnist_rows(folder: Path, count: int) -> list[tuple[Grey, str]]:
    """`count` rows, (H, W) uint8 dark on white, with what is written; always the same ones."""
    digits = load(str(folder) if folder.is_dir() else "mnist").for_evaluation()
    rng = np.random.default_rng(SEED)
    rows = (draw_row(digits.images, digits.labels, rng) for _ in range(count))
    return [(row.pixels, row.text) for row in rows]
