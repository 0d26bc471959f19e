"""HEIC pictures, decoded by libheif where the extra `heic` is installed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..records import Grey, Reason
from .header import Header, UnfitError

if TYPE_CHECKING:
    import pi_heif

_CHANNELS = {"L": 1, "I": 1, "RGB": 3, "RGBA": 4, "RGBa": 4}  # by Pillow's name of the mode
_TO_BGR = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}


def decode_heic(header: Header) -> Grey:
    """The main picture, (H, W) or BGR(A) (H, W, 3 or 4), uint8 or uint16, turned as it asks for.

    Raises UnfitError.
    """
    try:
        import pi_heif
    except ImportError:
        raise UnfitError(
            Reason.UNSUPPORTED,
            "HEIC files need an extra: pip install 'digitd[heic]', or save it as PNG or JPEG",
        ) from None
    try:
        # As libheif leaves it: pi-heif's own steps after that trust a depth that the header states,
        # and write beyond their memory where the picture has another.
        file = pi_heif.open_heif(io.BytesIO(header.data), remove_stride=False, hdr_to_16bit=False)
        return _pixels(file)
    except Exception:  # of many kinds, by what the bytes hold
        message = "the HEIC file is damaged: copy it again, or save it as PNG or JPEG"
        raise UnfitError(Reason.DAMAGED, message) from None


def _pixels(file: pi_heif.HeifFile) -> Grey:
    """Raises ValueError where memory and header do not agree, KeyError for an unknown mode."""
    data = np.frombuffer(file.data, np.uint8)
    kind, _, depth = file.mode.partition(";")
    channels, sample = _CHANNELS[kind], np.dtype(np.uint16 if depth else np.uint8)
    (width, height), stride = file.size, file.stride
    row = width * channels * sample.itemsize
    if stride < row or len(data) < stride * height:
        raise ValueError("fewer bytes than the header promises")
    rows = data[: stride * height].reshape(height, stride)[:, :row].copy().view(sample)
    if channels == 1:
        return rows
    return cv2.cvtColor(rows.reshape(height, width, channels), _TO_BGR[channels])
