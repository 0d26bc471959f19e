"""Page -> ink: how strongly each pixel differs from the paper around it, towards the pen's side.

The paper is estimated locally, so that shade and uneven light fall away; polarity (dark on light
or light on dark) is the side on which the rare pixels lie; the threshold comes from the contrast
histogram. Everything is uint8 with histograms in place of percentiles: a photo costs milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .reduce import halved, reduce_by, reduction_of
from .sides import goes_across, widest_beside_shade

MIN_CONTRAST = 14  # of 255: fainter marks are taken for paper
_SMALL = 48  # pixels: on a page no larger no sheet shows, and strokes are mostly edge
_SKETCH = 96  # pixels, the longer side of the reduced page on which paper is estimated
_NOISE_FACTOR = 4.0  # standard deviations of paper noise that a mark must exceed
_CLEAR = 3.0  # times the other side's: thinness that says something
_THIN_STROKE = 0.06  # of the page's longer side
_WIDEST_STROKE = 0.28  # of the page's longer side
_MIN_REACH = np.full(1, 64, np.uint8)  # of 255: room that a contrast is measured against at least
_BORDER = 0.08  # of the page's sides
_TWO_KINDS = 0.8  # separation from which ink is of two kinds
_STRONG_SHARE = 0.1  # of the ink: less strong ink is no writing
_TWO_KINDS_RULED, _STRONG_SHARE_RULED = 0.6, 0.05  # the same where rules may go across the page
_OTSU_SHARE = 0.6  # of Otsu's threshold: strokes are fainter at their edges and ends

_FEW = 4_000  # pixels
_MANY = 200_000  # pixels: fewer of them tell as much, every other row at most
_APART = 4  # rows, of which one tells the grain along it
_MEDIAN_SKETCH = 48  # pixels, the longer side on which a median hardly differs
_MUCH_SMALLER = 1 / 4  # scale from which reducing by way of sums is quicker

Histogram = npt.NDArray[np.float64]
_LEVELS: Histogram = np.arange(256.0)
_SQUARES: Histogram = _LEVELS**2


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

    Gives one Ink, or both polarities, the likelier first, where the page leaves that open; then
    that without the shadow which falls on the page from its side, where there is one.
    """
    factor = reduction_of(*pixels.shape)
    pixels = reduce_by(factor, pixels)
    sketch, noise = _sketch(pixels), noise_of(pixels)
    likely, *other = _clean_polarity(sketch) or _polarities(sketch)
    inks = [_ink(pixels, sketch, noise, factor, likely, likely=True)]
    inks += [_ink(pixels, sketch, noise, factor, light, likely=False) for light in other]
    widest = 0.0 if likely else widest_beside_shade(inks[0].mask)  # a shadow is dark
    if widest:
        inks.append(_ink(pixels, sketch, noise, factor, likely, likely=True, widest=widest))
    return tuple(inks)


def _ink(
    pixels: Grey,
    sketch: Grey,
    noise: float,
    factor: int,
    light_on_dark: bool,
    *,
    likely: bool,
    widest: float = _WIDEST_STROKE,
) -> Ink:
    paper = _under(sketch, pixels.shape, light_on_dark, widest)
    reach = cv2.bitwise_not(paper) if light_on_dark else paper
    reach = cv2.max(reach, _MIN_REACH)
    more, less = (pixels, paper) if light_on_dark else (paper, pixels)
    contrast = contrast_of(more, less, reach)
    floor = max(MIN_CONTRAST, round(_NOISE_FACTOR * noise * 255 / cv2.mean(reach)[0]))
    if floor > MIN_CONTRAST and max(pixels.shape) <= _SMALL:
        floor = _floor_of_small(contrast, floor)
    threshold = _threshold(_interior(contrast), floor)
    mask = (contrast > threshold).view(np.uint8)
    return Ink(
        contrast=contrast,
        mask=mask,
        strong=_strong(contrast, threshold, ruled=not light_on_dark and goes_across(mask)),
        floor=floor,
        factor=factor,
        light_on_dark=light_on_dark,
        likely=likely,
    )


def polarities_of(pixels: Grey) -> tuple[bool, ...]:
    """Whether a page's ink, (H, W) uint8, is light on dark, the likelier answer first; one where
    that is beyond doubt."""
    return _polarities(_sketch(pixels))


def paper_of(pixels: Grey, *, light_on_dark: bool) -> Grey:
    """The paper's shade under every pixel of a page, both (H, W) uint8, for ink of one polarity."""
    return _under(_sketch(pixels), pixels.shape, light_on_dark)


def find_mask_outside(ink: Ink, region: Grey) -> Grey:
    """The mask of a page of which `region`, (h, w) uint8 of 0 and 1, is known to be no writing:
    what is ink is decided anew without it."""
    contrast = ink.contrast * (1 - region)
    mask: Grey = (contrast > _threshold(contrast, ink.floor)).view(np.uint8)
    return mask


def _threshold(contrast: Grey, floor: int) -> int:
    """From which contrast on something is ink: a share of Otsu's threshold above the paper's noise,
    with an equal share of paper, so that little ink on much paper is separated as well as much ink
    on little."""
    counts = histogram(contrast)
    paper = sum(counts[:floor].tolist())
    ink = cv2.sumElems(counts)[0] - paper
    if paper > ink:
        counts[:floor] *= ink / paper
    return max(floor, round(_OTSU_SHARE * split(counts)))


def _floor_of_small(contrast: Grey, floor: int) -> int:
    """The contrast that paper noise reaches on a page so small that most of it lies beside strokes,
    which then pass for noise: where their `floor` would leave no ink, that of the paper alone,
    unless its grain is as strong as the ink."""
    level = split(histogram(contrast))
    if not MIN_CONTRAST < level < floor:
        return floor
    paper = contrast[contrast <= level]
    grain = 1.4826 * float(np.median(cv2.absdiff(paper, np.median(paper))))
    own = max(MIN_CONTRAST, round(_NOISE_FACTOR * grain))
    return own if own < level else floor


def _sketch(pixels: Grey) -> Grey:
    """The page reduced to what paper and polarity are told by."""
    scale = _SKETCH / max(pixels.shape)
    if scale >= 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    while scale <= _MUCH_SMALLER / 2:  # by two, reducing is quickest
        pixels = halved(pixels)
        scale *= 2
    if scale > _MUCH_SMALLER:
        return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    sums = _between(_between(cv2.integral(pixels), height).T, width).T
    means = np.diff(np.diff(sums, axis=0), axis=1) * (height * width / pixels.size)
    return np.asarray(np.rint(means), np.uint8)


def _between(sums: npt.NDArray[Any], count: int) -> npt.NDArray[np.float64]:
    """Sums (n, m) of ever more rows, interpolated at the bounds of `count` even shares of them."""
    places = np.linspace(0, len(sums) - 1, count + 1)
    below = np.minimum(places.astype(int), len(sums) - 2)
    share = (places - below)[:, None]
    return np.asarray(sums[below] * (1 - share) + sums[below + 1] * share)


def _paper(sketch: Grey, light_on_dark: bool, widest: float = _WIDEST_STROKE) -> Grey:
    """The paper's shade on the sketch for ink of one polarity, whose `widest` stroke is that share
    of the page's longer side.

    Closing fills every dark stroke narrower than its kernel with the paper around it and, unlike a
    median or a mean, keeps the edges of shadows and sheets where they are (opening, for light
    strokes).
    """
    kernel = _square(widest, sketch)
    operation = cv2.MORPH_OPEN if light_on_dark else cv2.MORPH_CLOSE
    return cv2.morphologyEx(sketch, operation, kernel)


def _under(
    sketch: Grey, shape: tuple[int, ...], light_on_dark: bool, widest: float = _WIDEST_STROKE
) -> Grey:
    """The paper's shade under every pixel of a page of `shape`. A shadow's edge is known to one
    pixel of the sketch only: there the darker side holds."""
    paper = _paper(sketch, light_on_dark, widest)
    if paper.shape == shape:
        return paper
    near = np.ones((3, 3), np.uint8)
    paper = cv2.dilate(paper, near) if light_on_dark else cv2.erode(paper, near)
    return cv2.resize(paper, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _clean_polarity(sketch: Grey) -> tuple[bool, ...]:
    """Whether ink is light on dark, where paper in even or evenly falling light lies all around and
    all the ink, less than half of the picture, is on one side of it; empty where that leaves it
    open. Only for small pictures: a larger one may show a whole sheet on a desk."""
    if max(sketch.shape) > _SMALL:
        return ()
    slopes, pixels = _slopes(*sketch.shape), sketch.reshape(-1)
    even = _one_sided(pixels, slopes.sides)
    return even or _one_sided(
        pixels - slopes.plane @ (slopes.fit @ pixels[slopes.sides]), slopes.sides
    )


def _one_sided(pixels: npt.NDArray[Any], sides: npt.NDArray[np.intp]) -> tuple[bool, ...]:
    """Whether ink is light on dark, told by pixels (N,) that are alike at the places `sides`."""
    darkest, lightest, *_ = cv2.minMaxLoc(pixels[sides])
    if lightest - darkest >= MIN_CONTRAST:
        return ()
    lighter = np.count_nonzero(pixels > darkest + MIN_CONTRAST)
    darker = np.count_nonzero(pixels < lightest - MIN_CONTRAST)
    clean = min(lighter, darker) == 0 < max(lighter, darker) < len(pixels) / 2
    return (bool(lighter > darker),) if clean else ()


class _Slopes(NamedTuple):
    """How light that falls evenly off is fitted to the pixels along the sides of a picture: `sides`
    (n,) are their places among its N pixels, `fit` (3, n) gives a plane's coefficients by them,
    `plane` (N, 3) its shade at every pixel by these."""

    sides: npt.NDArray[np.intp]
    fit: npt.NDArray[np.float32]
    plane: npt.NDArray[np.float32]


@lru_cache(maxsize=16)
def _slopes(height: int, width: int) -> _Slopes:
    """Those of a picture's size: a pile of scans has few."""
    y, x = np.divmod(np.arange(height * width), width)
    plane = np.stack([np.ones(len(x)), x, y], axis=1)
    sides = np.flatnonzero((x == 0) | (y == 0) | (x == width - 1) | (y == height - 1))
    fit = np.linalg.pinv(plane[sides])
    return _Slopes(sides, fit.astype(np.float32), plane.astype(np.float32))


def _polarities(sketch: Grey) -> tuple[bool, ...]:
    """Whether ink is light on dark, the likelier answer first; one where two clues agree.

    Ink is what is rare, against a median so wide that strokes do not reach half of it; shadows
    deceive that. And ink is the side whose structure is thin already; bold digits deceive that,
    whose counters are thinner than their strokes.
    """
    wide = _wide_median(sketch)
    rare = energy(cv2.subtract(sketch, wide)) > energy(cv2.subtract(wide, sketch))
    kernel = _square(_THIN_STROKE, sketch)
    closed = cv2.morphologyEx(sketch, cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(sketch, cv2.MORPH_OPEN, kernel)
    under_dark, under_light = (
        _paper(sketch, light_on_dark=False),
        _paper(sketch, light_on_dark=True),
    )
    dark = _thinness(cv2.subtract(closed, sketch), cv2.subtract(under_dark, sketch))
    light = _thinness(cv2.subtract(sketch, opened), cv2.subtract(sketch, under_light))
    if max(dark, light) < _CLEAR * min(dark, light) or rare == (light > dark):
        return (rare,)
    return (rare, not rare)


def _thinness(thin: Grey, wide: Grey) -> float:
    """The share of one side's structures that is as narrow as a thin stroke."""
    whole = energy(wide)
    return energy(thin) / whole if whole > 0 else 0.0


def _square(share: float, sketch: Grey) -> Grey:
    side = max(3, round(share * max(sketch.shape)))
    return _ones(min(side, len(sketch) - 1) | 1)


@lru_cache(maxsize=64)
def _ones(side: int) -> Grey:
    return np.ones((side, side), np.uint8)


def _wide_median(sketch: Grey) -> Grey:
    height, width = sketch.shape
    if max(height, width) > _MEDIAN_SKETCH:  # twice the size costs four times as much
        half = (max(1, width // 2), max(1, height // 2))
        median = _wide_median(cv2.resize(sketch, half, interpolation=cv2.INTER_AREA))
        return cv2.resize(median, (width, height), interpolation=cv2.INTER_LINEAR)
    window = max(height, width) * 3 // 4 | 1
    margin = window // 2  # mirrored: repeated, a frame at the border would outweigh the paper
    padded = cv2.copyMakeBorder(sketch, margin, margin, margin, margin, cv2.BORDER_REFLECT)
    return cv2.medianBlur(padded, window)[margin : margin + height, margin : margin + width]


def contrast_of(more: Grey, less: Grey, reach: Grey) -> Grey:
    """By how much `more` exceeds `less`, in 255ths of what is possible there (`reach`): a stroke
    has the same contrast in shade and in light."""
    return cv2.divide(cv2.subtract(more, less), reach, scale=255)


def noise_of(pixels: Grey, around: tuple[int, int] = (5, 5)) -> float:
    """Standard deviation of the grain, in grey levels: the median absolute deviation of pixels from
    the mean of their neighbourhood, so many columns and rows, which strokes, shadows and desks
    hardly touch. Of a large picture, rows apart from each other tell as much, where each row is
    its own neighbourhood."""
    if around[1] == 1 and pixels.size > _MANY:
        pixels = pixels[::_APART]
    deviations = _fewer(cv2.absdiff(pixels, cv2.blur(pixels, around)))
    median = 0  # which is low: trying levels one by one costs less than a histogram
    while 2 * _count_above(median, deviations) > deviations.size:
        median += 1
    return 1.4826 * median


def _count_above(level: int, image: Grey) -> int:
    return cv2.countNonZero(cv2.threshold(image, level, 1, cv2.THRESH_BINARY)[1])


def energy(contrast: Grey) -> float:
    """The sum of squares of what exceeds the faintest mark."""
    _, marks = cv2.threshold(contrast, MIN_CONTRAST - 1, 0, cv2.THRESH_TOZERO)
    return cv2.norm(marks, cv2.NORM_L2SQR)


def histogram(image: Grey) -> Histogram:
    """How often each level occurs, on a large image in some of its rows."""
    if image.size < _FEW:  # where a call costs more than the counting
        return np.bincount(image.ravel(), minlength=256).astype(np.float64)
    counts = cv2.calcHist([_fewer(image)], [0], None, [256], [0, 256])
    return counts.ravel().astype(np.float64)


def _fewer(image: Grey) -> Grey:
    """The image, of a large one rows at even distances: with about so many pixels as tell all."""
    return image if image.size <= _MANY else image[:: max(2, image.size // _MANY)]


def _interior(image: Grey) -> Grey:
    """The image without its border, where frames and shadows would set the threshold."""
    rows, columns = (round(_BORDER * side) for side in image.shape)
    return image[rows : len(image) - rows, columns : image.shape[1] - columns]


def _strong(contrast: Grey, threshold: int, *, ruled: bool) -> Grey | None:
    if max(contrast.shape) <= _SMALL:
        return None
    kinds, share = _TWO_KINDS, _STRONG_SHARE
    if ruled:
        kinds, share = _TWO_KINDS_RULED, _STRONG_SHARE_RULED
    counts = histogram(contrast)
    counts[: threshold + 1] = 0
    level = split(counts)
    if _separation(counts, level) < kinds or counts[level + 1 :].sum() < share * counts.sum():
        return None
    return (contrast > level).view(np.uint8)


def split(counts: Histogram) -> int:
    """Otsu's threshold (1979) of a histogram; 0 of an empty one."""
    below, moment = counts.cumsum(), (_LEVELS * counts).cumsum()
    total, mean = float(below[-1]), float(moment[-1]) / max(float(below[-1]), 1e-9)
    apart = mean * below - moment
    return int((apart * apart / np.maximum(below * (total - below), 1e-9)).argmax())


def _separation(counts: Histogram, level: int) -> float:
    """How well a threshold separates a histogram: the share of the variance that lies between the
    two classes (0.75 for a flat histogram, 1 for two spikes); 0 of an empty one."""
    total, below = float(counts.sum()), float(counts[: level + 1].sum())
    if total == 0:
        return 0.0
    mean = float(_LEVELS @ counts) / total
    apart = mean * below - float(_LEVELS[: level + 1] @ counts[: level + 1])
    variance = float(_SQUARES @ counts) / total - mean**2
    return apart**2 / max(below * (total - below), 1e-9) / max(variance, 1e-9)
