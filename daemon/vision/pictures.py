"""Header -> the stored pixels of its pictures, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import cv2
import numpy as np

from ..records import Reason
from .develop import Pixels
from .header import Frame, Header, UnfitError
from .heic import decode_heic
from .reduce import reduction_of

Decoder: TypeAlias = Callable[[int], tuple[Pixels, int]]

_REDUCED = {  # by what libjpeg can reduce while it decodes; colour stays as it is stored
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4 | cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2 | cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION,
}

# What is wrong with a scan is told by its Rejection; OpenCV would print it on stderr as well.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def decoder_of(header: Header) -> Decoder:
    """What gives the picture of a frame by its index, and by what whole factor it is reduced
    already. It raises UnfitError."""
    if header.format == "TIFF":
        from .tiff_pages import TiffPages  # Pillow takes its time: only who meets a TIFF waits

        pages = TiffPages(header)
        return lambda index: (_fitting(pages.picture(index), header, header.frames[index]), 1)
    if header.format == "HEIC":
        return lambda _: (_fitting(decode_heic(header), header, header.frames[0]), 1)
    return lambda _: _by_opencv(header, header.frames[0])


def _by_opencv(header: Header, frame: Frame) -> tuple[Pixels, int]:
    reduced = _reduction(frame) if header.format == "JPEG" else 1
    data = np.frombuffer(header.data, np.uint8)
    try:
        picture: Any = cv2.imdecode(data, _REDUCED.get(reduced, cv2.IMREAD_UNCHANGED))
    except cv2.error:
        picture = None
    return _fitting(picture, header, frame, reduced), reduced


def _reduction(frame: Frame) -> int:
    """By what a JPEG is reduced while it is decoded: what goes into the factor for reading."""
    wanted = reduction_of(frame.height, frame.width)
    return next((factor for factor in _REDUCED if wanted % factor == 0), 1)


def _fitting(picture: Pixels | None, header: Header, frame: Frame, reduced: int = 1) -> Pixels:
    """The picture, if it is one of its frame's size. Raises UnfitError."""
    sides = sorted(-(-side // reduced) for side in (frame.width, frame.height))
    if picture is None or sorted(picture.shape[:2]) != sides:
        raise UnfitError(
            Reason.DAMAGED,
            f"the {header.format} file is damaged, or of an unusual kind: copy it again, or save "
            "it as PNG",
        )
    return picture
