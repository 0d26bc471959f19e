"""Page -> ink: how strongly each pixel differs from the paper around it, towards the pen's side.

The paper is estimated locally, so that shade and uneven light fall away; polarity (dark on light
or light on dark) is the side on which the rare pixels lie; the threshold comes from the contrast
histogram. Everything is uint8 with histograms in place of percentiles: a photo costs milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey

MAX_SIDE = 2000  # pixels: a larger page is reduced by a whole factor first
MIN_CONTRAST = 14  # of 255: fainter marks are taken for paper
_SKETCH = 96  # pixels, the longer side of the reduced page on which paper is estimated
_NOISE_FACTOR = 4.0  # standard deviations of paper noise that a mark must exceed
_MIN_GROUND = np.float32(0.05)  # share of paper in a window that its mean is trusted from
_MIN_REACH = 64  # of 255: room that a contrast is measured against at least
_BORDER = 0.08  # of the page's sides
_OTSU_SHARE = 0.6  # of Otsu's threshold: strokes are fainter at their edges and ends

Histogram = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of one page, reduced by `factor` in both directions.

    `contrast` is (h, w) uint8: 0 paper, higher is more ink; `mask` is (h, w) uint8, 1 where it
    counts as ink; `floor` is the contrast that paper noise reaches; `light_on_dark` the polarity.
    """

    contrast: Grey
    mask: Grey
    floor: int
    factor: int
    light_on_dark: bool


def find_ink(pixels: Grey) -> Ink:
    """Separate ink from paper on an upright page, (H, W) uint8 of either polarity."""
    factor = max(1, -(-max(pixels.shape) // MAX_SIDE))
    if factor > 1:
        size = (max(1, pixels.shape[1] // factor), max(1, pixels.shape[0] // factor))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    paper = _paper(pixels)
    noise = _noise(pixels, paper)
    dark = _contrast(paper, pixels, reach=paper)
    light = _contrast(pixels, paper, reach=cv2.bitwise_not(paper))
    light_on_dark = _energy(light, noise) > _energy(dark, noise)
    contrast = light if light_on_dark else dark
    floor = max(MIN_CONTRAST, round(_NOISE_FACTOR * noise))
    threshold = max(floor, round(_OTSU_SHARE * _otsu(_interior(contrast), floor)))
    mask = (contrast > threshold).view(np.uint8)
    return Ink(contrast, mask, min(floor, threshold) // 2, factor, light_on_dark)


def _paper(pixels: Grey) -> Grey:
    """The paper's shade under every pixel, estimated on a sketch of the page.

    A median so wide that the boldest stroke does not reach half of it tells ink from paper; the
    mean of the paper alone then follows shade and uneven light.
    """
    height, width = pixels.shape
    scale = _SKETCH / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        sketch = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    else:
        sketch = pixels
    wide = _wide_median(sketch)
    deviation = cv2.absdiff(sketch, wide)
    threshold, _ = cv2.threshold(deviation, 0, 255, cv2.THRESH_OTSU)
    ground = (deviation <= max(threshold / 2, 1)).astype(np.float32)
    ground = cv2.erode(ground, np.ones((3, 3), np.uint8))
    window = max(3, max(sketch.shape) // 3 | 1)
    weight = cv2.boxFilter(ground, -1, (window, window))
    mean = cv2.boxFilter(sketch * ground, -1, (window, window)) / np.maximum(weight, _MIN_GROUND)
    paper = np.where(weight > _MIN_GROUND, mean, wide).astype(np.uint8)
    if scale < 1:
        paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return paper


def _wide_median(sketch: Grey) -> Grey:
    window = max(sketch.shape) * 3 // 4 | 1
    margin = window // 2  # mirrored: repeated, a frame at the border would outweigh the paper
    padded = cv2.copyMakeBorder(sketch, *[margin] * 4, cv2.BORDER_REFLECT)
    height, width = sketch.shape
    return cv2.medianBlur(padded, window)[margin : margin + height, margin : margin + width]


def _contrast(more: Grey, less: Grey, reach: Grey) -> Grey:
    """By how much `more` exceeds `less`, in 255ths of what is possible there (`reach`): a stroke
    has the same contrast in shade and in light. Little reach would only magnify noise."""
    return cv2.divide(cv2.subtract(more, less), cv2.max(reach, _MIN_REACH), scale=255)


def _noise(pixels: Grey, paper: Grey) -> float:
    """Standard deviation of the paper, from the median absolute deviation (of 255)."""
    counts = _histogram(cv2.absdiff(pixels, paper))
    return 1.4826 * int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))


def _energy(contrast: Grey, noise: float) -> float:
    counts = _histogram(contrast)
    start = max(MIN_CONTRAST, round(3 * noise))
    values = np.arange(start, 256)
    return float(counts[start:] @ (values * values))


def _histogram(image: Grey) -> Histogram:
    return cv2.calcHist([image], [0], None, [256], [0, 256]).ravel().astype(np.float64)


def _interior(image: Grey) -> Grey:
    """The image without its border, where frames and shadows would set the threshold."""
    rows, columns = (round(_BORDER * side) for side in image.shape)
    return np.ascontiguousarray(image[rows : len(image) - rows, columns : image.shape[1] - columns])


def _otsu(contrast: Grey, floor: int) -> int:
    """Otsu's threshold (1979) over the contrasts above the paper's noise and an equal share of
    paper, so that little ink on much paper is separated as well as much ink on little."""
    counts = _histogram(contrast)
    ink = counts[floor:].sum()
    paper = counts[:floor].sum()
    if ink == 0:
        return floor
    if paper > ink:
        counts[:floor] *= ink / paper
    values = np.arange(256)
    weight = np.cumsum(counts)
    mean = np.cumsum(counts * values)
    rest = weight[-1] - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (mean[-1] * weight / weight[-1] - mean) ** 2 / (weight * rest)
    return int(np.nanargmax(np.where(np.isfinite(spread), spread, -1)))
