"""Who writes the pages: people whose digits lie in ../shared, and the project's own hand.

MNIST's test digits are by nobody that a network learnt from. Of pendigits' test part the legible
writers: whoever trains on the whole folder has learnt them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from daemon.records import Grey
from daemon.training.page_hands import BitmapHand, Hand, PenHand, draw_own_hand
from daemon.training.sources import load
from daemon.training.strokes import PenDigit

from .variations import recorded

OWN, MNIST, PENDIGITS = "own", "MNIST test", "pendigits"


@dataclass(frozen=True, slots=True)
class Writers:
    """What is known of other people's digits, by label; empty where it is not there. `bitmaps` are
    in two parts, so that pages that are not looked at show digits that were not looked at."""

    bitmaps: tuple[Mapping[int, Grey], ...]
    pens: Mapping[int, tuple[PenDigit, ...]]

    def draw(self, part: int, rng: np.random.Generator) -> tuple[str, Hand]:
        """Draw someone who writes a page, and of what kind they are."""
        kind = rng.random()
        if self.bitmaps and kind < 0.6:
            slant, weight = float(rng.normal(0.1, 0.15)), float(rng.random())
            return MNIST, BitmapHand(self.bitmaps[part], slant, weight)
        if self.pens and kind < 0.9:
            names = sorted({digit.writer for digit in self.pens[0]})
            name = names[rng.integers(len(names))]
            own = {
                label: tuple(digit for digit in digits if digit.writer == name)
                for label, digits in self.pens.items()
            }
            return PENDIGITS, PenHand(own, float(rng.uniform(0.05, 0.12)))
        return OWN, draw_own_hand(rng)


@cache
def find_writers(shared: Path) -> Writers:
    """The writers that `shared` holds, the folder of the measuring sets."""
    bitmaps: tuple[Mapping[int, Grey], ...] = ()
    if (shared / "mnist").is_dir():
        digits = load(str(shared / "mnist")).for_evaluation()
        bitmaps = tuple(
            {label: images[labels == label] for label in range(10)}
            for images, labels in (
                (digits.images[part::2], digits.labels[part::2]) for part in range(2)
            )
        )
    return Writers(bitmaps, recorded(shared / "pendigits"))
