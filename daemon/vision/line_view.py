"""A line of digits -> the picture 32 pixels high that the line reader reads.

The one function that training and reading share, so that they can never drift apart. The band of
ink (the tall strokes, without rules, frames, specks and what touches the border) fills 85 % of the
height, the paper is 0 and the ink about 1, in shades of grey: the network profits from them, a
binarised line is read worse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Box, Grey, Ink
from .reduce import halved

HEIGHT = 32  # pixels of a view
STRIDE = 4  # pixels of a view's width for each of the network's frames: widths are multiples of it
BAND = 0.85 * HEIGHT  # pixels that the ink band fills
SIDE_MARGIN = 0.35  # band heights kept beside the ink
MIN_BAND = 0.2  # of the picture's height
PAPER, DARKEST = 0.70, 0.015  # quantiles of grey that become 0 and 1
MIN_CONTRAST = 10.0  # grey levels between them at least
FURTHER = (1.15, 0.87)  # how much wider than the usual view's the digits of a further one are
RANGE = (-0.6, 1.4)  # what the view is clipped to
GOOD_STROKE = 1.7  # pixels of a view: thinner strokes are thickened before reducing

_WORKING_HEIGHT = 96  # pixels on which the band is looked for
_TALL = 0.5  # of the usual component's height: what makes up the band
_LONG = 1.1  # picture heights: a flat stroke as long as that is a rule


Statistics: TypeAlias = npt.NDArray[Any]  # (n, 5) int32, OpenCV's, one row a component


@dataclass(frozen=True, slots=True)
class InkBand:
    """Where the line's ink lies in a picture, half-open, in its pixels; `stroke` is the usual
    stroke's width, `usual` the height of the component that the median pixel of ink belongs to."""

    left: float
    top: float
    right: float
    bottom: float
    stroke: float
    usual: float = 0.0

    @property
    def height(self) -> float:
        """Height in pixels of the picture."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class LineView:
    """`pixels` is (32, W) float32 in -0.6..1.4, paper 0, ink about 1, W a multiple of 4. Column x
    of it lies at `left + x / scale_x` of the picture, row y at `top + y / scale`."""

    pixels: Ink
    left: float
    top: float
    scale_x: float
    scale: float

    def box_in_picture(self, left: float, top: float, right: float, bottom: float) -> Box:
        """The picture's box, at least a pixel wide and high, of one in the view's pixels."""
        x, y = (round(self.left + left / self.scale_x), round(self.top + top / self.scale))
        width, height = (right - left) / self.scale_x, (bottom - top) / self.scale
        return Box(x, y, max(1, round(width)), max(1, round(height)))


def line_view(grey: Grey) -> LineView:
    """Normalise a picture of one line, (H, W) uint8, ink darker than the paper, of any size."""
    return view_of(grey, find_band(grey))


def find_band(grey: Grey) -> InkBand:
    """Find the ink of a line, (H, W) uint8, dark on light; the whole picture where none shows."""
    factor = max(1, round(grey.shape[0] / _WORKING_HEIGHT))
    small = _reduced(grey, factor)
    mask = _mask(small)
    height, width = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask, 8, cv2.CV_32S, cv2.CCL_BBDT
    )
    kept = stats[1:][_is_writing(stats[1:], height, width)]
    if not len(kept):
        return InkBand(0, 0, grey.shape[1], grey.shape[0], 0)
    usual = _usual_height(kept)
    tall = kept[:, cv2.CC_STAT_HEIGHT] >= _TALL * usual
    tops, heights = kept[tall, cv2.CC_STAT_TOP], kept[tall, cv2.CC_STAT_HEIGHT]
    lefts, widths = kept[:, cv2.CC_STAT_LEFT], kept[:, cv2.CC_STAT_WIDTH]
    top, bottom = float(tops.min()), float((tops + heights).max())
    missing = max(0.0, MIN_BAND * height - (bottom - top)) / 2
    return InkBand(
        float(lefts.min()) * factor,
        (top - missing) * factor,
        float((lefts + widths).max()) * factor,
        (bottom + missing) * factor,
        _stroke(mask) * factor,
        usual * factor,
    )


def further_looks(grey: Grey, band: InkBand) -> tuple[Ink, ...]:
    """Further views of a line whose ink lies at `band`, wider and narrower than the usual one:
    where all are read alike, the reading is surer."""
    return tuple(view_of(grey, band, stretch).pixels for stretch in FURTHER)


def view_of(grey: Grey, band: InkBand, stretch: float = 1.0) -> LineView:
    """The view of a line whose ink lies at `band`, made wider by `stretch`."""
    scale = BAND / band.height
    scale_x = scale * stretch
    beside = SIDE_MARGIN * band.height
    left, right = max(0.0, band.left - beside), min(float(grey.shape[1]), band.right + beside)
    top = (band.top + band.bottom) / 2 - HEIGHT / 2 / scale
    columns = max(2, -(-round((right - left) * scale_x) // STRIDE)) * STRIDE
    first, last = max(0, int(top)), min(grey.shape[0], int(top + HEIGHT / scale) + 1)
    part = np.ascontiguousarray(grey[first:last, int(left) : int(right) + 1])
    view = LineView(part, left, top, scale_x, scale)
    paper, darkest = _levels(part)
    if scale < 1 and 0 < band.stroke * scale < GOOD_STROKE - 0.4:
        grow = round(GOOD_STROKE / scale - band.stroke)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow + 1, grow + 1))
        part = cv2.erode(part, kernel)
    factor = max(1, int(1 / scale))
    part = _reduced(part, factor, enlarged=True)
    finer = scale * factor  # of the reduced part, in 0.5..1 where the picture is large
    if finer < 1:
        part = cv2.GaussianBlur(part, (0, 0), 0.35 / finer)
    shift_x = (int(left) - left) * scale_x + (finer * stretch - 1) / 2
    shift_y = (first - top) * scale + (finer - 1) / 2
    placed = np.array([[finer * stretch, 0, shift_x], [0, finer, shift_y]])
    pixels = cv2.warpAffine(
        part, placed, (columns, HEIGHT), borderValue=paper, flags=cv2.INTER_LINEAR
    )
    contrast = max(MIN_CONTRAST, paper - darkest)
    scaled = (np.float32(paper) - pixels.astype(np.float32)) * np.float32(1 / contrast)
    return replace(view, pixels=np.clip(scaled, *RANGE))


def padded(views: list[Ink], width: int | None = None) -> npt.NDArray[np.float32]:
    """Views side by side as a batch, (N, 32, W) float32: `width`, or that of the widest; what is
    added is paper."""
    if width is None:
        width = max((view.shape[1] for view in views), default=0)
    batch = np.zeros((len(views), HEIGHT, width), np.float32)
    for row, view in zip(batch, views, strict=True):
        row[:, : view.shape[1]] = view
    return batch


def _reduced(grey: Grey, factor: int, *, enlarged: bool = False) -> Grey:
    """Reduce by a whole factor, (h, w); `enlarged`, rows and columns that are left over count."""
    if factor == 1:
        return grey
    if enlarged:
        below, beside = -grey.shape[0] % factor, -grey.shape[1] % factor
        grey = cv2.copyMakeBorder(grey, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    while factor % 2 == 0:  # by two, reducing is quickest
        grey, factor = halved(grey), factor // 2
    if factor == 1:
        return grey
    height, width = grey.shape
    size = max(1, width // factor), max(1, height // factor)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _mask(grey: Grey) -> Grey:
    """Ink, (H, W) uint8 of 0 and 1: what is much darker than the paper around it, without rules."""
    height, width = grey.shape
    reach = max(3, height // 6) | 1
    paper = cv2.dilate(grey, np.ones((reach, reach), np.uint8))
    around = 2 * reach + 1
    paper = cv2.blur(paper, (around, around))
    contrast = cv2.subtract(paper, grey)
    _, mask = cv2.threshold(contrast, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    length = round(_LONG * height)
    if width > length > 2:
        spread = cv2.dilate(mask, np.ones((3, 1), np.uint8))
        rules = cv2.erode(spread, np.ones((1, length), np.uint8))
        if cv2.countNonZero(rules):
            rules = cv2.dilate(rules, np.ones((1, length), np.uint8))
            mask = cv2.subtract(mask, _flat(rules, height))
    return mask


def _flat(rules: Grey, height: int) -> Grey:
    """Without what is too thick for a rule."""
    thick = max(3, height // 8)
    blocks = cv2.morphologyEx(rules, cv2.MORPH_OPEN, np.ones((thick, 1), np.uint8))
    return cv2.subtract(rules, blocks)


def _is_writing(stats: Statistics, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Which components, rows of OpenCV's statistics, are neither specks nor what lies along the
    border: frames and the neighbouring lines' tails."""
    left, top, wide, high, area = stats.T[:5]
    right, bottom = left + wide, top + high
    speck = (area < 6) | (high < 0.04 * height)
    frame = ((left <= 1) | (right >= width - 1)) & (high > 0.75 * height) & (wide < 0.12 * height)
    tail = ((top <= 1) | (bottom >= height - 1)) & (high < 0.3 * height)
    flat = (wide > 0.8 * width) & (high < 0.2 * height) & (width > 2 * height)
    return np.asarray(~(speck | frame | tail | flat))


def _usual_height(stats: Statistics) -> float:
    """Height of the component in which the median pixel of ink lies."""
    heights, areas = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    order = np.argsort(heights)
    middle = np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2)
    return float(heights[order[middle]])


def _stroke(mask: Grey) -> float:
    """Usual width of the strokes: twice their area over the length of their outline."""
    area = cv2.countNonZero(mask)
    beside, below = cv2.absdiff(mask[:, 1:], mask[:, :-1]), cv2.absdiff(mask[1:], mask[:-1])
    steps = cv2.countNonZero(beside) + cv2.countNonZero(below)
    return 2 * area / (np.pi / 4 * steps) if steps else 0.0


def _levels(grey: Grey) -> tuple[float, float]:
    """The grey of the paper and of the ink."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    shares = np.cumsum(counts) / counts.sum()
    paper, darkest = np.searchsorted(shares, (PAPER, DARKEST))
    return float(paper), float(darkest)
