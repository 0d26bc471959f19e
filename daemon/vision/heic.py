"""HEIC pictures, decoded by libheif where the extra `heic` is installed."""

from __future__ import annotations

import io

import cv2
import numpy as np

from ..records import Grey, Reason
from .header import Header, UnfitError


def decode_heic(header: Header) -> Grey:
    """The main picture, (H, W, 3 or 4) uint8 BGR(A), turned as the file asks for.

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
        file = pi_heif.open_heif(io.BytesIO(header.data), bgr_mode=True)
        picture = np.array(file)  # a copy: the file's own memory goes with it
    except Exception:  # of many kinds, by what the bytes hold
        message = "the HEIC file is damaged: copy it again, or save it as PNG or JPEG"
        raise UnfitError(Reason.DAMAGED, message) from None
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture
