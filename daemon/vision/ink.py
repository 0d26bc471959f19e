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
from .paper import MIN_CONTRAST, SMALL, WIDEST_STROKE, paper_under
from .polarity import Shades
from .sides import goes_across, widest_beside_shade

_NOISE_FACTOR = 4.0  # standard deviations of paper noise that a mark must exceed
_MIN_REACH = 64  # of 255: room that a contrast is measured against at least
_BORDER = 0.08  # of the page's sides
_TWO_KINDS = 0.8  # separation from which ink is of two kinds
_STRONG_SHARE = 0.1  # of the ink: less strong ink is no writing
_TWO_KINDS_RULED, _STRONG_SHARE_RULED = 0.6, 0.05  # the same where rules may go across the page
_OTSU_SHARE = 0.6  # of Otsu's threshold: strokes are fainter at their edges and ends

_FEW = 4_000  # pixels
_MANY = 200_000  # pixels: fewer of them tell as much, every other row at most
_ENOUGH = 100_000  # pixels: so many tell where ink begins
_STRIP = 20  # rows, some times what lies around a pixel
_APART = 4  # rows, of which one tells the grain along it

Histogram = npt.NDArray[np.float64]
_LEVELS: Histogram = np.arange(256.0)
_SQUARES: Histogram = _LEVELS**2


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of one page, reduced by `factor` in both directions.

    `contrast` is (h, w) uint8: 0 paper, higher is more ink; `mask` is (h, w) uint8, 1 where it
    counts as ink; `strong` the darker part of it where ink is of two kinds (a pen on printed
    rules, writing over bleed-through), else None; `floor` is the contrast that paper noise
    reaches; `light_on_dark` the polarity, `likely` that it is the likelier one; `widest` the widest
    stroke that is told from shade, as a share of the page's longer side.
    """

    contrast: Grey
    mask: Grey
    strong: Grey | None
    floor: int
    factor: int
    light_on_dark: bool
    likely: bool
    widest: float = WIDEST_STROKE


def find_ink(page: Grey, shades: Shades | None = None) -> tuple[Ink, ...]:
    """Separate ink from paper on an upright page, (H, W) uint8 of either polarity.

    Gives one Ink, or both polarities, the likelier first, where the page leaves that open; then
    that without the shadow which falls on the page from its side, or the stripes that go across it,
    where there are such. `shades` are the page's, where they are known.
    """
    shades = shades or Shades(page)
    pixels, sketch, factor = shades.pixels, shades.sketch, shades.factor
    noise = noise_of(pixels)
    likely, *other = shades.polarities
    inks = [_ink(pixels, sketch, noise, factor, likely, likely=likely or not shades.stripes)]
    inks += [_ink(pixels, sketch, noise, factor, light, likely=False) for light in other]
    widest = shades.stripes
    if not widest and not likely:  # shadows are dark
        widest = widest_beside_shade(inks[0].mask)
    if widest:
        inks.append(_ink(pixels, sketch, noise, factor, False, likely=True, widest=widest))
    return tuple(inks)


def _ink(
    pixels: Grey,
    sketch: Grey,
    noise: float,
    factor: int,
    light_on_dark: bool,
    *,
    likely: bool,
    widest: float = WIDEST_STROKE,
) -> Ink:
    paper = paper_under(sketch, pixels.shape, light_on_dark, widest)
    contrast, floor = _contrast_and_floor(pixels, paper, noise, light_on_dark)
    if floor > MIN_CONTRAST and max(pixels.shape) <= SMALL:
        floor = floor_of_small(contrast, floor)
    threshold = _threshold(_interior(contrast), floor)
    mask = (contrast > threshold).view(np.uint8)
    return Ink(
        contrast=contrast,
        mask=mask,
        strong=_strong(contrast, mask, ruled=not light_on_dark and goes_across(mask)),
        floor=floor,
        factor=factor,
        light_on_dark=light_on_dark,
        likely=likely,
        widest=widest,
    )


def _contrast_and_floor(
    pixels: Grey, paper: Grey, noise: float, light_on_dark: bool
) -> tuple[Grey, int]:
    """The contrast of a page to its paper, and which contrast its noise reaches."""
    darkest, lightest, *_ = cv2.minMaxLoc(paper)
    least = 255 - lightest if light_on_dark else darkest
    loudest = _NOISE_FACTOR * noise * 255
    if least == 255:  # on black or white, contrast is the shade itself
        contrast = pixels if light_on_dark else cv2.bitwise_not(pixels)
        return contrast, max(MIN_CONTRAST, round(loudest / 255))
    reach = cv2.bitwise_not(paper) if light_on_dark else paper
    if least < _MIN_REACH:
        least, reach = _MIN_REACH, cv2.max(reach, np.full(1, _MIN_REACH, np.uint8))
    more, less = (pixels, paper) if light_on_dark else (paper, pixels)
    contrast = contrast_of(more, less, reach)
    if loudest <= MIN_CONTRAST * least:  # so for any paper that has room for so much
        return contrast, MIN_CONTRAST
    return contrast, max(MIN_CONTRAST, round(loudest / cv2.mean(reach)[0]))


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
    counts = histogram(contrast, _ENOUGH)
    paper = sum(counts[:floor].tolist())
    ink = cv2.sumElems(counts)[0] - paper
    if paper > ink:
        counts[:floor] *= ink / paper
    return max(floor, round(_OTSU_SHARE * split(counts)))


def thresholds_of(contrasts: Grey, floors: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The same of many small pages, (N, h, w) uint8: (N,)."""
    counts = _histograms(_interior(contrasts))
    is_paper = floors[:, None] > _LEVELS
    paper = (counts * is_paper).sum(axis=1)
    ink = counts.sum(axis=1) - paper
    scales = np.where(paper > ink, ink / np.maximum(paper, 1), 1.0)
    counts = np.where(is_paper, counts * scales[:, None], counts)
    levels = np.rint(_OTSU_SHARE * _splits(counts)).astype(np.intp)
    return np.asarray(np.maximum(floors, levels))


def floor_of_small(contrast: Grey, floor: int) -> int:
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


def contrast_of(more: Grey, less: Grey, reach: Grey) -> Grey:
    """By how much `more` exceeds `less`, in 255ths of what is possible there (`reach`): a stroke
    has the same contrast in shade and in light."""
    above = cv2.subtract(more, less)
    return cv2.divide(above, reach, above, scale=255)


def contrasts_and_floors(
    pixels: Grey, papers: Grey, grain: Grey
) -> tuple[Grey, npt.NDArray[np.intp]]:
    """The contrasts of many small pages of dark ink to their papers, (N, n) uint8 all, and which
    contrast the noise of each reaches, (N,), told by their `grain`, the deviations of pixels from
    what is around them."""
    reach = np.maximum(papers, _MIN_REACH)
    least = reach.min(axis=1)
    rank = pixels.shape[1] - pixels.shape[1] // 2 - 1
    noise = 1.4826 * np.sort(grain, axis=1, kind="stable")[:, rank]  # of few levels, by counting
    loudest = _NOISE_FACTOR * noise * 255
    floors = np.maximum(MIN_CONTRAST, np.rint(loudest / reach.mean(axis=1)).astype(np.intp))
    floors[loudest <= MIN_CONTRAST * least.astype(np.float64)] = MIN_CONTRAST
    return contrast_of(papers, pixels, reach), floors


def noise_of(pixels: Grey, around: tuple[int, int] = (5, 5)) -> float:
    """Standard deviation of the grain, in grey levels: the median absolute deviation of pixels from
    the mean of their neighbourhood, so many columns and rows, which strokes, shadows and desks
    hardly touch. Of a large picture, strips tell as much: single rows apart from each other, where
    each row is its own neighbourhood."""
    if pixels.size <= _MANY:
        deviations = cv2.absdiff(pixels, cv2.blur(pixels, around))
    elif around[1] == 1:
        rows = _fewer(pixels[::_APART])
        deviations = cv2.absdiff(rows, cv2.blur(rows, around))
    else:
        apart = max(2, pixels.size // _MANY) * _STRIP
        strips = [pixels[top : top + _STRIP] for top in range(0, len(pixels), apart)]
        deviations = np.concatenate([cv2.absdiff(each, cv2.blur(each, around)) for each in strips])
    above, median = deviations, 0  # which is low: trying levels costs less than a histogram
    while 2 * cv2.countNonZero(above) > deviations.size:
        median += 1
        above = cv2.threshold(deviations, median, 1, cv2.THRESH_BINARY)[1]
    return 1.4826 * median


def histogram(image: Grey, most: int = _MANY) -> Histogram:
    """How often each level occurs, on a large image in some of its rows: in about `most` pixels."""
    if image.size < _FEW:  # where a call costs more than the counting
        return np.bincount(image.ravel(), minlength=256).astype(np.float64)
    counts = cv2.calcHist([_fewer(image, most)], [0], None, [256], [0, 256])
    return counts.ravel().astype(np.float64)


def _histograms(images: Grey) -> Histogram:
    """How often each level occurs on each of many small images, (N, h, w) uint8: (N, 256)."""
    count = len(images)
    levels = images.reshape(count, -1).astype(np.intp)
    levels += 256 * np.arange(count)[:, None]
    return np.bincount(levels.ravel(), minlength=256 * count).reshape(count, 256).astype(np.float64)


def _fewer(image: Grey, most: int = _MANY) -> Grey:
    """The image, of a large one rows at even distances: with about so many pixels as tell all."""
    return image if image.size <= most else image[:: max(2, image.size // most)]


def _interior(image: Grey) -> Grey:
    """An image, or each of several, (..., h, w), without its border, where frames and shadows would
    set the threshold."""
    height, width = image.shape[-2:]
    rows, columns = round(_BORDER * height), round(_BORDER * width)
    return image[..., rows : height - rows, columns : width - columns]


def _strong(contrast: Grey, mask: Grey, *, ruled: bool) -> Grey | None:
    if max(contrast.shape) <= SMALL:
        return None
    kinds, share = _TWO_KINDS, _STRONG_SHARE
    if ruled:
        kinds, share = _TWO_KINDS_RULED, _STRONG_SHARE_RULED
    # One pixel in twenty, as a rule.
    inked = _fewer(contrast, _ENOUGH)[_fewer(mask, _ENOUGH).view(np.bool_)]
    counts = np.bincount(inked, minlength=256).astype(np.float64)
    level = split(counts)
    if _separation(counts, level) < kinds or counts[level + 1 :].sum() < share * counts.sum():
        return None
    return (contrast > level).view(np.uint8)


def split(counts: Histogram) -> int:
    """Otsu's threshold (1979) of a histogram; 0 of an empty one."""
    below, moment = counts.cumsum(), (_LEVELS * counts).cumsum()
    total = below.item(-1)
    apart = moment.item(-1) / max(total, 1e-9) * below - moment
    return int((apart * apart / np.maximum(below * (total - below), 1e-9)).argmax())


def _splits(counts: Histogram) -> npt.NDArray[np.intp]:
    """The same of many histograms, (N, 256)."""
    below, moment = counts.cumsum(axis=1), (_LEVELS * counts).cumsum(axis=1)
    total = below[:, -1:]
    apart = moment[:, -1:] / np.maximum(total, 1e-9) * below - moment
    return np.asarray((apart * apart / np.maximum(below * (total - below), 1e-9)).argmax(axis=1))


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
