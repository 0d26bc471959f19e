"""The ink of a whole page: small writing on paper that may be lit unevenly, dark on light.

Against `ink`, which takes whatever is rare for writing, a page knows that its strokes are narrow:
the paper is estimated with a small kernel, so that shadows and folds fall away, and faint rules
have a threshold of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..records import Grey
from .ink import contrast_of, histogram, noise_of, split
from .paper import MIN_CONTRAST, energy
from .reduce import Halves, sketch_of

_SKETCH = 600  # px, the longer side of the reduced page that tells paper and polarity
_STROKE = 0.028  # of the page's longer side: what is wider is no stroke
_THIN, _AROUND = 9, 31  # px of the sketch: what is narrower is thin, and what it lies in
_ALONG = (5, 1)  # px: columns and rows whose mean grain deviates from
_DARKEST = 40  # of 255: paper is no darker
_DIM = 30.0  # of 255: on darker paper noise counts no more
_NOISE_FACTOR = 4.4  # standard deviations of paper noise that a mark must exceed
_INK, _FAINT = 0.5, 0.3  # of Otsu's threshold: what counts as ink, and as a rule
STRONG_SHARE = 0.1  # of a mark's pixels: what reaches `strong`, unless it is on the back
_STRONG = 0.85  # of Otsu's threshold


@dataclass(frozen=True, slots=True)
class PageInk:
    """`contrast` is (h, w) uint8, 0 paper; `mask` (h, w) uint8 is 1 where it counts as ink, `faint`
    where it may be a rule; `floor` is the contrast that paper noise reaches, `usual` Otsu's
    threshold."""

    contrast: Grey
    mask: Grey
    faint: Grey
    floor: int
    usual: int

    @property
    def threshold(self) -> int:
        """The contrast above which something is ink."""
        return max(self.floor, round(_INK * self.usual))

    @property
    def strong(self) -> int:
        """The contrast that a share of each mark's pixels reach, unless it shows through from the
        back."""
        return round(_STRONG * self.usual)

    @property
    def is_loud(self) -> bool:
        """Whether paper noise is as strong as ink."""
        return self.usual < self.floor

    @property
    def is_grainy(self) -> bool:
        """Whether paper noise, not ink, says from where on something is ink."""
        return self.floor > max(MIN_CONTRAST, round(_INK * self.usual))

    def turned(self, turns: int) -> PageInk:
        """The same, turned by quarter turns to the left."""
        contrast, mask, faint = (
            np.ascontiguousarray(np.rot90(each, turns))
            for each in (self.contrast, self.mask, self.faint)
        )
        return PageInk(contrast, mask, faint, self.floor, self.usual)


def find_page_ink(pixels: Grey, halves: Halves | None = None) -> PageInk:
    """The ink of a page, (h, w) uint8; `halves` are the page's, where they are known."""
    paper, reach, darkest = _paper(halves or Halves(pixels))
    contrast = contrast_of(paper, pixels, reach)
    floor = _noise_floor(pixels, paper, darkest)
    usual = _otsu(contrast, floor)
    return PageInk(
        contrast=contrast,
        mask=(contrast > max(floor, round(_INK * usual))).view(np.uint8),
        faint=(contrast > max(floor, round(_FAINT * usual))).view(np.uint8),
        floor=floor,
        usual=usual,
    )


def is_light_on_dark(pixels: Grey) -> bool:
    """Whether thin strokes on a page, (H, W) uint8, are lighter, not darker, than most of what lies
    around them. The edges of shadows and sheets are no strokes, and the gaps between a grid's rules
    are what lies around."""
    sketch = sketch_of(pixels, _SKETCH)
    kernel = np.ones((_THIN, _THIN), np.uint8)
    around = cv2.medianBlur(sketch, _AROUND)
    dark = cv2.morphologyEx(sketch, cv2.MORPH_BLACKHAT, kernel)
    light = cv2.morphologyEx(sketch, cv2.MORPH_TOPHAT, kernel)
    darker = cv2.min(dark, cv2.subtract(around, sketch))
    lighter = cv2.min(light, cv2.subtract(sketch, around))
    return energy(lighter) > energy(darker)


def _noise_floor(pixels: Grey, paper: Grey, darkest: float) -> int:
    """The contrast that noise reaches on a page, the `darkest` of whose paper is known."""
    noise = noise_of(pixels, _ALONG)
    if _floor(noise, darkest) == MIN_CONTRAST:  # and less on lighter paper
        return MIN_CONTRAST
    light = cv2.mean(paper)[0]
    floor = _floor(noise, light)
    if floor > MIN_CONTRAST:  # along the other rules: squared paper would be grain otherwise
        floor = min(floor, _floor(noise_of(cv2.transpose(pixels), _ALONG), light))
    return floor


def _paper(halves: Halves) -> tuple[Grey, Grey, float]:
    """The paper under every pixel, what contrast is measured against there, and how dark the paper
    is at most."""
    shape = halves.pixels.shape
    if max(shape) < 2 * _SKETCH:
        sketch = halves.rough_sketch(_SKETCH)
    else:  # made so fast, it has kept noise, of which the lightest would pass for paper
        sketch = cv2.blur(halves.glance(_SKETCH), (3, 3))
    side = max(5, round(_STROKE * max(sketch.shape))) | 1
    paper = cv2.morphologyEx(sketch, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    paper = cv2.erode(paper, np.ones((3, 3), np.uint8))  # at a shadow's edge the darker side holds
    darkest = cv2.minMaxLoc(paper)[0]
    paper = cv2.resize(paper, shape[::-1], interpolation=cv2.INTER_LINEAR)
    is_dark = darkest < _DARKEST
    reach = cv2.max(paper, np.full(1, _DARKEST, np.uint8)) if is_dark else paper
    return paper, reach, darkest


def _floor(noise: float, light: float) -> int:
    """The contrast that so much noise reaches on paper so light."""
    return max(MIN_CONTRAST, round(_NOISE_FACTOR * noise * 255 / max(_DIM, light)))


def _otsu(contrast: Grey, floor: int) -> int:
    """Otsu's threshold among ink and an equal share of paper: in the middle, where nothing lies
    between them."""
    counts = histogram(contrast)
    ink, paper = counts[floor:].sum(), counts[:floor].sum()
    if paper > ink:
        counts[:floor] *= ink / paper
    threshold = split(counts)
    above = np.flatnonzero(counts[threshold + 1 :])
    return threshold + int(above[0]) // 2 if len(above) else threshold
