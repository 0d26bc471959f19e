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
_CLEAR = 3.0  # times the other side's: thinness that says something
_THIN_STROKE = 0.06  # of the page's longer side
_WIDEST_STROKE = 0.28  # of the page's longer side
_MIN_REACH = np.uint8(64)  # of 255: room that a contrast is measured against at least
_BORDER = 0.08  # of the page's sides
_TWO_KINDS = 0.8  # separation from which ink is of two kinds
_STRONG_SHARE = 0.1  # of the ink: less strong ink is no writing
_OTSU_SHARE = 0.6  # of Otsu's threshold: strokes are fainter at their edges and ends

Histogram = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of one page, reduced by `factor` in both directions.

    `contrast` is (h, w) uint8: 0 paper, higher is more ink; `mask` is (h, w) uint8, 1 where it
    counts as ink; `strong` the darker part of it where ink is of two kinds (a pen on printed
    rules, writing over bleed-through), else None; `floor` is the contrast that paper noise
    reaches; `light_on_dark` the polarity, `likely` that it is the likelier one.
    """

    contrast: Grey
    mask: Grey
    strong: Grey | None
    floor: int
    factor: int
    light_on_dark: bool
    likely: bool


def find_ink(pixels: Grey) -> tuple[Ink, ...]:
    """Separate ink from paper on an upright page, (H, W) uint8 of either polarity.

    Gives one Ink, or both polarities, the likelier first, where the page leaves that open.
    """
    factor = max(1, -(-max(pixels.shape) // MAX_SIDE))
    if factor > 1:
        size = (max(1, pixels.shape[1] // factor), max(1, pixels.shape[0] // factor))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    sketch = _sketch(pixels)
    likely, *other = _polarities(sketch)
    inks = [_ink(pixels, sketch, factor, likely, likely=True)]
    inks += [_ink(pixels, sketch, factor, light, likely=False) for light in other]
    return tuple(inks)


def _ink(pixels: Grey, sketch: Grey, factor: int, light_on_dark: bool, *, likely: bool) -> Ink:
    paper = _paper(sketch, pixels.shape, light_on_dark)
    reach = cv2.bitwise_not(paper) if light_on_dark else paper
    reach = np.maximum(reach, _MIN_REACH)
    more, less = (pixels, paper) if light_on_dark else (paper, pixels)
    contrast = _contrast(more, less, reach)
    noise = _noise(pixels) * 255 / cv2.mean(reach)[0]
    floor = max(MIN_CONTRAST, round(_NOISE_FACTOR * noise))
    threshold = _threshold(_interior(contrast), floor)
    return Ink(
        contrast=contrast,
        mask=(contrast > threshold).view(np.uint8),
        strong=_strong(contrast, threshold),
        floor=floor,
        factor=factor,
        light_on_dark=light_on_dark,
        likely=likely,
    )


def find_mask_outside(ink: Ink, region: Grey) -> Grey:
    """The mask of a page of which `region`, (h, w) uint8 of 0 and 1, is known to be no writing:
    what is ink is decided anew without it."""
    contrast = ink.contrast * (1 - region)
    mask: Grey = (contrast > _threshold(contrast, ink.floor)).view(np.uint8)
    return mask


def _threshold(contrast: Grey, floor: int) -> int:
    return max(floor, round(_OTSU_SHARE * _otsu(contrast, floor)))


def _sketch(pixels: Grey) -> Grey:
    scale = _SKETCH / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _paper(sketch: Grey, shape: tuple[int, ...], light_on_dark: bool) -> Grey:
    """The paper's shade under every pixel of a page of `shape`.

    Closing fills every dark stroke narrower than its kernel with the paper around it and, unlike a
    median or a mean, keeps the edges of shadows and sheets where they are (opening, for light
    strokes). A shadow's edge is known to one pixel of the sketch only: there the darker side holds.
    """
    kernel = _square(_WIDEST_STROKE, sketch)
    near = np.ones((3, 3), np.uint8)
    if light_on_dark:
        paper = cv2.morphologyEx(sketch, cv2.MORPH_OPEN, kernel)
        paper = cv2.dilate(paper, near) if sketch.shape != shape else paper
    else:
        paper = cv2.morphologyEx(sketch, cv2.MORPH_CLOSE, kernel)
        paper = cv2.erode(paper, near) if sketch.shape != shape else paper
    if sketch.shape != shape:
        paper = cv2.resize(paper, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return paper


def _polarities(sketch: Grey) -> tuple[bool, ...]:
    """Whether ink is light on dark, the likelier answer first; one where two clues agree.

    Ink is what is rare, against a median so wide that strokes do not reach half of it; shadows
    deceive that. And ink is the side whose structure is thin already; bold digits deceive that,
    whose counters are thinner than their strokes.
    """
    wide = _wide_median(sketch)
    rare = _energy(cv2.subtract(sketch, wide)) > _energy(cv2.subtract(wide, sketch))
    dark, light = _thinness(sketch, cv2.MORPH_BLACKHAT), _thinness(sketch, cv2.MORPH_TOPHAT)
    if max(dark, light) < _CLEAR * min(dark, light) or rare == (light > dark):
        return (rare,)
    return (rare, not rare)


def _thinness(sketch: Grey, operation: int) -> float:
    """The share of one side's structures that is as narrow as a thin stroke."""
    thin = _energy(cv2.morphologyEx(sketch, operation, _square(_THIN_STROKE, sketch)))
    wide = _energy(cv2.morphologyEx(sketch, operation, _square(_WIDEST_STROKE, sketch)))
    return thin / wide if wide > 0 else 0.0


def _square(share: float, sketch: Grey) -> Grey:
    side = max(3, round(share * max(sketch.shape)))
    return np.ones((min(side, len(sketch) - 1) | 1,) * 2, np.uint8)


def _wide_median(sketch: Grey) -> Grey:
    window = max(sketch.shape) * 3 // 4 | 1
    margin = window // 2  # mirrored: repeated, a frame at the border would outweigh the paper
    padded = np.pad(sketch, margin, mode="symmetric")
    height, width = sketch.shape
    return cv2.medianBlur(padded, window)[margin : margin + height, margin : margin + width]


def _contrast(more: Grey, less: Grey, reach: Grey) -> Grey:
    """By how much `more` exceeds `less`, in 255ths of what is possible there (`reach`): a stroke
    has the same contrast in shade and in light."""
    return cv2.divide(cv2.subtract(more, less), reach, scale=255)


def _noise(pixels: Grey) -> float:
    """Standard deviation of the grain, in grey levels: the median absolute deviation of pixels from
    the mean of their neighbourhood, which strokes, shadows and desks hardly touch."""
    counts = _histogram(cv2.absdiff(pixels, cv2.blur(pixels, (5, 5))))
    return 1.4826 * int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))


def _energy(contrast: Grey) -> float:
    counts = _histogram(contrast)
    values = np.arange(MIN_CONTRAST, 256)
    return float(counts[MIN_CONTRAST:] @ (values * values))


def _histogram(image: Grey) -> Histogram:
    return cv2.calcHist([image], [0], None, [256], [0, 256]).ravel().astype(np.float64)


def _interior(image: Grey) -> Grey:
    """The image without its border, where frames and shadows would set the threshold."""
    rows, columns = (round(_BORDER * side) for side in image.shape)
    return np.ascontiguousarray(image[rows : len(image) - rows, columns : image.shape[1] - columns])


def _otsu(contrast: Grey, floor: int) -> int:
    """Otsu's threshold over the contrasts above the paper's noise and an equal share of paper, so
    that little ink on much paper is separated as well as much ink on little."""
    counts = _histogram(contrast)
    ink, paper = counts[floor:].sum(), counts[:floor].sum()
    if paper > ink:
        counts[:floor] *= ink / paper
    return _split(counts)[0]


def _strong(contrast: Grey, threshold: int) -> Grey | None:
    counts = _histogram(contrast)
    counts[: threshold + 1] = 0
    level, separation = _split(counts)
    if separation < _TWO_KINDS or counts[level + 1 :].sum() < _STRONG_SHARE * counts.sum():
        return None
    return (contrast > level).view(np.uint8)


def _split(counts: Histogram) -> tuple[int, float]:
    """Otsu's threshold (1979) of a histogram, and how well it separates: the share of the variance
    that lies between the two classes (0.75 for a flat histogram, 1 for two spikes)."""
    total = counts.sum()
    if total == 0:
        return 0, 0.0
    values = np.arange(len(counts))
    weight = np.cumsum(counts) / total
    mean = np.cumsum(counts * values) / total
    variance = float(counts @ (values - mean[-1]) ** 2 / total)
    between = (mean[-1] * weight - mean) ** 2 / np.maximum(weight * (1 - weight), 1e-9)
    at = int(between.argmax())
    return at, float(between[at]) / max(variance, 1e-9)
