"""Files with bytes changed, cut out or repeated: pages or reasons, and never a crash or a hang."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from image_files import HEIC, drawing, encode, tried
from pdf_files import STROKE, drawn, image, scanned
from PIL import Image

from daemon.records import Limits, Page
from daemon.vision.counting import count_pixels

ROUNDS = 40  # mutations of each file
LIMITS = Limits(max_megapixels=4)


def tiff(compression: str, mode: str = "L") -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(drawing()).convert(mode)
    picture.save(
        file, "TIFF", save_all=True, append_images=[picture, picture], compression=compression
    )
    return file.getvalue()


FILES = {
    "lzw": tiff("tiff_lzw"),
    "deflate": tiff("tiff_adobe_deflate", "RGB"),
    "packbits": tiff("packbits", "P"),
    "jpeg in tiff": tiff("jpeg", "RGB"),
    "g3": tiff("group3", "1"),
    "g4": tiff("group4", "1"),
    "drawn": drawn(STROKE, STROKE, size=(30, 30)),
    "scanned": scanned(image(drawing()), image(drawing()), size=(60, 48)),
    "jpeg in pdf": scanned(
        image(drawing(), b"/Filter /DCTDecode", encode(".jpg", drawing())), size=(60, 48)
    ),
    "heic": HEIC,
    "webp": encode(".webp", drawing()),
    "jpeg": encode(".jpg", drawing()),
} | ({"avif": encode(".avif", cv2.merge([drawing()] * 3))} if cv2.haveImageWriter(".avif") else {})


def changed(data: bytes, rng: np.random.Generator) -> bytes:
    """The file with one of the things done to it that happen on the way."""
    at, length = (int(n) for n in rng.integers(0, len(data), 2))
    length = 1 + length % 40
    match int(rng.integers(6)):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[:at] + data[at : at + length] * 2 + data[at + length :]
        case 3:
            return data[:at] + rng.bytes(length) + data[at + length :]
        case 4:
            return data[:at] + b"\xff" * 4 + data[at + 4 :]
    return data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :]


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_changed_file_gives_pages_or_reasons(
    data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(len(data))
    for _ in range(ROUNDS):
        mutant = changed(data, rng)
        for number, each in enumerate(tried(mutant, LIMITS), start=1):
            assert each.number == number
            if isinstance(each, Page):
                assert each.pixels.dtype == np.uint8
                assert each.pixels.ndim == 2
                assert each.width * each.height <= LIMITS.max_megapixels * 1e6
            else:
                assert each.message
        assert count_pixels(mutant) >= 0
    told = capfd.readouterr().err
    assert not told or data.startswith(b"\xff\xd8")  # libjpeg has the last word
