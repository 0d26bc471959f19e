"""The pages of a TIFF file, one at a time: decoded by Pillow's libtiff, else by OpenCV's.

Pillow comes first, for it notices damage where OpenCV returns half a page and no error (LZW,
deflate, PackBits), reads 2 and 4 bits a sample, and goes straight to a page. What it does not know
(64-bit floats, 12 bits in 12, big-endian BigTIFF, Lab), or coarsely (colours of 16 bits), OpenCV
does.
"""

from __future__ import annotations

import io
import warnings

import cv2
import numpy as np
from PIL import Image

from ..records import Reason
from .develop import Pixels
from .header import Header, UnfitError
from .silence import native_stderr_discarded

# Pillow's mode -> the mode to convert to; one that is not here is left to OpenCV.
_MODES = {
    **{mode: mode for mode in ("L", "RGB", "RGBA", "I", "F", "I;16", "I;16B", "I;16L")},
    "1": "L",
    **dict.fromkeys(("P", "CMYK", "YCbCr", "RGBX"), "RGB"),
    **dict.fromkeys(("LA", "PA", "RGBa"), "RGBA"),
}
_COARSENED = ("RGB", "RGBA")  # of 16 bits a sample Pillow keeps the upper 8, which may be 0
_BITS = 258  # the tag BitsPerSample
_TO_BGR = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}

Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and was checked on the header


class TiffPages:
    """The pictures of a TIFF file, upright as their tags ask for."""

    def __init__(self, header: Header) -> None:
        self._data = header.data
        self._file = self._open()

    def picture(self, index: int) -> Pixels:
        """The picture of the directory `index`, from 0, (H, W) or BGR(A) (H, W, 3 or 4), of any
        number type. Raises UnfitError."""
        picture = self._by_pillow(index)
        if picture is None:
            picture = self._by_opencv(index)
        if picture is None:
            message = "this page of the TIFF file is damaged: copy or scan it again"
            raise UnfitError(Reason.DAMAGED, message)
        return picture

    def _open(self) -> Image.Image | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # it warns of what it cannot make sense of
                return Image.open(io.BytesIO(self._data), formats=("TIFF",))
        except Exception:  # of any kind, by what the bytes hold; OpenCV has a look as well
            return None

    def _by_pillow(self, index: int) -> Pixels | None:
        """None where Pillow does not know this kind of picture. Raises UnfitError."""
        if self._file is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                self._file.seek(index)
        except Exception:  # as above
            return None
        if self._file.mode not in _MODES:
            return None
        try:
            with native_stderr_discarded():
                self._file.load()
        except Exception:  # as above, and here it has said that it can read this kind
            message = "this page of the TIFF file is damaged: copy or scan it again"
            raise UnfitError(Reason.DAMAGED, message) from None
        if self._file.mode in _COARSENED and max(self._file.tag_v2.get(_BITS, (8,))) > 8:  # type: ignore[attr-defined]
            finer = self._by_opencv(index)
            if finer is not None:
                return finer
        mode = _MODES[self._file.mode]
        picture = np.asarray(self._file if mode == self._file.mode else self._file.convert(mode))
        return cv2.cvtColor(picture, _TO_BGR[picture.shape[2]]) if picture.ndim == 3 else picture

    def _by_opencv(self, index: int) -> Pixels | None:
        data = np.frombuffer(self._data, np.uint8)
        try:
            _, pictures = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED, range=(index, index + 1))
        except cv2.error:
            return None
        return pictures[0] if pictures else None
