"""Bytes -> pages: any image file becomes upright grey pages, or a reason why not.

Pure: the bytes are in memory, nothing is raised because of what they hold. Sizes are judged on the
header, before pixels are allocated. OpenCV decodes with IMREAD_UNCHANGED, because its other modes
cut off high bits, drop alpha and turn pictures by themselves; what is left to do is done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Limits, Page, Reason, Rejection, Scan
from .formats import read_header
from .header import Frame, Header, UnfitError

Pixels: TypeAlias = npt.NDArray[Any]  # (H, W) or (H, W, 3 or 4): OpenCV's types state no more

MIN_SIDE = 8  # px

_FAULTS = {
    Reason.TRUNCATED: "the {} file is cut off, its end is missing: copy or scan it again",
    Reason.DAMAGED: "the {} file is damaged: copy or scan it again",
}
_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}  # EXIF orientation -> cv2.flip, after transposing
_ENOUGH = 20_000  # pixels that tell the tone of a picture
_CONTRAST = 64  # between ink and paper, where a picture holds both; grey levels

# What is wrong with a scan is told by its Rejection; OpenCV would print it on stderr as well.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def decode(scan: Scan, limits: Limits) -> tuple[Page, ...] | Rejection:
    """Decode all pages of a scan, or say why it cannot be.

    `limits.max_megapixels` holds for all pages of the scan together.
    """
    try:
        return _decode(scan.data, limits)
    except UnfitError as unfit:
        return Rejection(scan.id, scan.file, scan.sha256, unfit.reason, unfit.message)


def count_pixels(data: bytes) -> int:
    """How many pixels the pictures of a file hold, by its header; 0 where it is no image."""
    try:
        return sum(frame.width * frame.height for frame in read_header(data).frames)
    except UnfitError:
        return 0


def _decode(data: bytes, limits: Limits) -> tuple[Page, ...]:
    if not data:
        raise UnfitError(Reason.EMPTY_FILE, "the file holds 0 bytes: copy or scan it again")
    if len(data) > limits.max_file_mb * 1e6:
        raise UnfitError(
            Reason.TOO_LARGE,
            f"{len(data) / 1e6:.1f} MB are more than limits.max_file_mb ({limits.max_file_mb:g})",
        )
    header = read_header(data)
    _check_sizes(header.frames, limits)
    if header.fault:
        raise UnfitError(header.fault, _FAULTS[header.fault].format(header.format))
    shown = [
        (frame, picture)
        for frame, picture in zip(header.frames, _pictures(header), strict=True)
        if not frame.thumbnail
    ]
    return tuple(_page(number, *both) for number, both in enumerate(shown, start=1))


def _check_sizes(frames: Sequence[Frame], limits: Limits) -> None:
    """Raise UnfitError where the pictures of a file are too small, too large or too many."""
    for frame in frames:
        if min(frame.width, frame.height) < MIN_SIDE and not frame.thumbnail:
            raise UnfitError(
                Reason.TOO_SMALL,
                f"{frame.width}x{frame.height} pixels are too few to show a digit: "
                f"at least {MIN_SIDE}x{MIN_SIDE} are needed",
            )
    megapixels = sum(frame.width * frame.height for frame in frames) / 1e6
    if megapixels > limits.max_megapixels:
        largest = max(frames, key=lambda frame: frame.width * frame.height)
        pages = f"{len(frames)} pages of up to " if len(frames) > 1 else ""
        raise UnfitError(
            Reason.TOO_LARGE,
            f"{pages}{largest.width}x{largest.height} pixels are {megapixels:.0f} megapixels, more "
            f"than limits.max_megapixels ({limits.max_megapixels:g}): scan with fewer dots per inch"
            " or raise the limit",
        )
    if len(frames) > limits.max_pages:
        raise UnfitError(
            Reason.TOO_LARGE,
            f"{len(frames)} pages are more than limits.max_pages ({limits.max_pages}): split it",
        )


def _pictures(header: Header) -> Sequence[Pixels]:
    """The frames' pixels as they are stored. Raises UnfitError."""
    data = np.frombuffer(header.data, np.uint8)
    try:
        if len(header.frames) == 1:
            pictures: Sequence[Any] = (cv2.imdecode(data, cv2.IMREAD_UNCHANGED),)
        else:
            pictures = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED)[1]
    except cv2.error:
        pictures = ()
    sizes = [sorted((frame.height, frame.width)) for frame in header.frames]
    if [None if each is None else sorted(each.shape[:2]) for each in pictures] != sizes:
        raise UnfitError(
            Reason.DAMAGED,
            f"the {header.format} file is damaged, or of an unusual kind: copy it again, or save "
            "it as PNG",
        )
    for picture in pictures:
        if picture.dtype not in (np.uint8, np.uint16):
            raise UnfitError(
                Reason.UNSUPPORTED,
                f"{header.format} with {picture.dtype} samples: save it with 8 or 16 bits",
            )
    return pictures


def _page(number: int, frame: Frame, picture: Pixels) -> Page:
    picture = _eight_bits(picture, frame.white)
    if picture.ndim == 3 and picture.shape[2] == 4:
        picture = _flatten(picture)
    picture = _upright(picture, frame.orientation)
    if picture.ndim == 2:
        return Page(number, picture, dpi=frame.dpi)
    channels: Sequence[Pixels] = cv2.split(picture)
    if all(np.array_equal(channels[0], channel) for channel in channels[1:]):
        return Page(number, channels[0], dpi=frame.dpi)
    return Page(number, _grey(picture, channels), picture, frame.dpi)


def _eight_bits(picture: Pixels, white: int | None = None) -> Pixels:
    """Scale samples to 0..255 so that `white` becomes 255.

    Where the file does not say what white is, it is the largest value of as many bits as the
    picture uses: scanners put 10, 12 or 14 bits into 16.
    """
    if picture.dtype == np.uint8 and white in (None, 255):
        return picture
    if white is None:
        white = (1 << max(8, int(picture.max()).bit_length())) - 1
    return cv2.convertScaleAbs(picture, alpha=255 / white)


def _flatten(picture: Pixels) -> Pixels:
    """Lay a uint8 BGRA picture on white or on black: (H, W, 3) uint8.

    A drawing on nothing needs the ground that it stands out from. Where the visible part holds ink
    and paper, the ground continues the paper.
    """
    colour = cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR)
    alpha = cv2.extractChannel(picture, 3)
    if alpha.min() == 255 or alpha.max() == 0:  # nothing shines through, or alpha was never filled
        return colour
    tones = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)[alpha >= alpha.max() / 2]
    low, middle, high = np.percentile(_some(tones), (5, 50, 95))
    is_page = len(tones) > alpha.size / 2 and high - low > _CONTRAST
    opacity = cv2.merge((alpha, alpha, alpha))
    if (middle > 127) == is_page:
        return cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(colour), opacity, scale=1 / 255))
    return cv2.multiply(colour, opacity, scale=1 / 255)


def _upright(picture: Pixels, orientation: int) -> Pixels:
    """Turn a picture as its EXIF orientation, 1 to 8, asks for."""
    if orientation > 4:
        picture = cv2.transpose(picture)
    if orientation in _FLIPS:
        picture = cv2.flip(picture, _FLIPS[orientation])
    return picture


def _grey(picture: Pixels, channels: Sequence[Pixels]) -> Pixels:
    """Pixels of a BGR picture in which ink of any colour stays visible.

    Luminance alone loses yellow on white and blue on black; the darkest channel (the brightest, on
    a dark ground) keeps every pen but has the noise of the worst channel. Half of each keeps both
    in bounds.
    """
    luminance = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    low, ground, high = np.percentile(_some(luminance.reshape(-1)), (2, 50, 98))
    pick = cv2.min if ground - low >= high - ground else cv2.max
    return cv2.addWeighted(luminance, 0.5, reduce(pick, channels), 0.5, 0)


def _some(values: Pixels) -> Pixels:
    """An even sample of (N,) values, at most twice _ENOUGH of them."""
    return values[:: max(1, len(values) // _ENOUGH)]
