"""What finding digits looked at, kept as small pictures for people.

Made while a page is at hand: masks are as large as the page, and a batch holds many pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..records import Grey
from .ink import Ink
from .labels import Colour
from .layout import Basis, Proposal

MAX_WIDTH = 1546  # px, of a picture in a panel
MAX_HEIGHT = 760  # px
INKED: Colour = (36, 28, 22)
LEFT_OUT: Colour = (96, 88, 240)

# The longer side of a page in pixels, and the side of a square panel for pages up to there.
_PANELS = ((64, 224), (400, 320), (1 << 30, 426))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage's picture, (h, w) or (h, w, 3) uint8 no larger than its panel."""

    title: str
    note: str
    pixels: Grey


@dataclass(frozen=True, slots=True)
class Ground:
    """What a layout was found on: `mask` (h, w) uint8, 255 where all is ink, no larger than its
    panel; `shape` is that of the reduced page, which the layout's boxes are in."""

    title: str
    mask: Grey
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sight:
    """The stages that one polarity went through, and the ground of each of its layouts; `factor`
    is by what the page was reduced first, `size` the width and height to show it in."""

    factor: int
    size: tuple[int, int]
    stages: tuple[Stage, ...]
    grounds: tuple[Ground, ...]


def look_back(ink: Ink, proposals: Sequence[Proposal]) -> Sight:
    """What was seen on the way from a page to the layouts in `proposals`."""
    polarity = "light on dark" if ink.light_on_dark else "dark on light"
    kind = polarity if ink.likely else f"{polarity}, the less likely"
    size = panel_size(ink.mask.shape)
    most = max(1, int(ink.contrast.max()))
    contrast = cv2.convertScaleAbs(shrink(ink.contrast, size), alpha=255 / most)
    stages = [
        Stage("contrast", f"{kind}; up to {most} of 255, noise {ink.floor}", 255 - contrast),
        Stage(Basis.ALL, kind, difference(ink.mask, ink.mask, size)),
    ]
    stages += [
        Stage(proposal.basis, kind, difference(proposal.mask, ink.mask, size))
        for proposal in proposals
        if proposal.basis is not Basis.ALL
    ]
    grounds = []
    for proposal in proposals:
        mask = shrink(proposal.mask * np.uint8(255), size)
        height, width = proposal.mask.shape
        title = str(proposal.basis) if ink.likely else f"{proposal.basis}, {polarity}"
        grounds += [Ground(title, mask, (height, width))] * len(proposal.layouts)
    return Sight(ink.factor, size, tuple(stages), tuple(grounds))


def with_sheet(sight: Sight, sheet: Grey, factor: int) -> Sight:
    """What was seen on a sheet, (h, w) uint8, that was cut out of a page reduced by `factor`."""
    note = "cut out, laid flat, and all that was read"
    cut_out = Stage("sheet", note, shrink(sheet, sight.size))
    return replace(sight, factor=factor * sight.factor, stages=(cut_out, *sight.stages))


def panel_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height in which a reduced page of `shape` (H, W) is shown: panels of a size class
    have about the same area; what is enlarged is so by a whole factor."""
    height, width = shape[:2]
    side = next(side for longest, side in _PANELS if max(width, height) <= longest)
    scale = min(side / (width * height) ** 0.5, MAX_WIDTH / width, MAX_HEIGHT / height)
    if scale > 1:
        scale = int(scale)
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(picture: Grey, size: tuple[int, int]) -> Grey:
    """The picture in `size`, unless that would enlarge it."""
    if size[0] >= picture.shape[1]:
        return picture
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def mixed(inked: Grey, left_out: Grey) -> Grey:
    """Two disjoint masks, (h, w) uint8 up to 255, in their colours on white: (h, w, 3) uint8."""
    white = np.full((*inked.shape, 3), 255, np.float32)
    for mask, colour in ((inked, INKED), (left_out, LEFT_OUT)):
        white -= mask[..., None] * ((255 - np.array(colour, np.float32)) / 255)
    return np.clip(white, 0, 255).astype(np.uint8)


def difference(mask: Grey, before: Grey, size: tuple[int, int]) -> Grey:
    """A mask in black and what it lacks of the mask `before` in red, both (h, w) uint8 of 0 and 1,
    in `size`."""
    full = np.uint8(255)
    return mixed(shrink(mask * full, size), shrink((before & ~mask) * full, size))
