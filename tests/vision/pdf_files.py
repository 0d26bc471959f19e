"""PDF files made object by object, for what no encoder writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from daemon.records import Grey

STROKE = b"0 0 0.8 RG 12 w 150 40 m 150 260 l S"  # an upright pen stroke, of a page 300 x 300


def pdf(*objects: bytes, root: int = 1, trailer: bytes = b"") -> bytes:
    """A PDF file of these objects, numbered from 1."""
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root %d 0 R %s >>\n" % (size, root, trailer)
        + b"startxref\n%d\n%%%%EOF\n" % len(data)
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def image(pixels: Grey, entries: bytes = b"", content: bytes | None = None) -> bytes:
    """An image object of (H, W) grey pixels, or of other content under their size."""
    height, width = pixels.shape
    about = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8"
    about += b" /Width %d /Height %d %s" % (width, height, entries)
    return stream(pixels.tobytes() if content is None else content, about)


def drawn(*contents: bytes, size: tuple[float, float] = (300, 300), entries: bytes = b"") -> bytes:
    """A PDF file with a page for each of the contents; `entries` are those of all its pages."""
    return document([(content, b"") for content in contents], size, entries)


def scanned(*images: bytes, size: tuple[float, float], entries: bytes = b"") -> bytes:
    """A PDF file with a page for each of these image objects, which fills it."""
    place = b"q %g 0 0 %g 0 0 cm /X Do Q" % size
    return document([(place, each) for each in images], size, entries)


def document(
    pages: Sequence[tuple[bytes, bytes]], size: tuple[float, float], entries: bytes
) -> bytes:
    """Pages of a content and perhaps an image object."""
    kids = b" ".join(b"%d 0 R" % (3 + 3 * n) for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), kids),
    ]
    for content, picture in pages:
        at = len(objects) + 1
        resources = b"<< /XObject << /X %d 0 R >> >>" % (at + 2) if picture else b"<< >>"
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] " % size
            + b"/Contents %d 0 R /Resources %s %s >>" % (at + 1, resources, entries),
            stream(content),
            picture or b"null",
        ]
    return pdf(*objects)


def blank(height: int, width: int) -> Grey:
    """White pixels."""
    return np.full((height, width), 255, np.uint8)
