"""Filled sheets among the samples: a layout, written by the project's own hand, photographed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from .camera import Picture, Scene, Written, compose
from .layouts import LAYOUTS
from .page_hands import draw_own_hand
from .page_sheet import Sheet
from .photograph import Photo, Shot, photograph


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet of a layout. `paper` is its width and height and `digit` the digits' height, in mm;
    `scale` is pixels to the millimetre. `seed` says what stands on it."""

    layout: str
    paper: tuple[float, float]
    digit: float
    scale: float
    shot: Shot
    seed: int

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands on it, groups of a row separated by a space."""
        return tuple(" ".join(group.text for group in row) for row in _photo(self).rows)


def take(scene: Scene | Filled, rng: np.random.Generator) -> Picture:
    """A picture of a scene. A filled sheet draws on its own seed only."""
    if isinstance(scene, Scene):
        return compose(scene, rng)
    photo = _photo(scene)
    digits = [digit for row in photo.rows for group in row for digit in group.digits]
    return Picture(photo.pixels, tuple(Written(digit.label, digit.box) for digit in digits))


@cache
def _photo(filled: Filled) -> Photo:
    rng = np.random.default_rng(filled.seed)
    sheet = Sheet(*filled.paper, filled.scale, filled.digit, draw_own_hand(rng), rng)
    LAYOUTS[filled.layout].fill(sheet)
    return photograph(sheet, filled.shot, rng)
