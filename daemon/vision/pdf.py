"""PDF: whether a file is one, and its pages, drawn by PDFium at the scale that reading needs.

What a scanner or a person put on a page is a picture, lines, or both; a page is drawn whole, and
upright as its own rotation asks for. A scanned page is drawn pixel by pixel, or at a whole fraction
of that.
`read_pdf` looks at the bytes only: it runs where files of strangers must not do harm.
Source: ISO 32000-2; PDFium's public headers by way of pypdfium2.
"""

from __future__ import annotations

import math
import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..records import Grey, Reason
from .header import MAX_SIDE, Header, UnfitError

if TYPE_CHECKING:
    import pypdfium2

_MAGIC = b"%PDF-"
_HEAD, _TAIL = 1024, 2048  # bytes in which readers look for the magic and for the end
_END = b"%%EOF"
_PAGE = re.compile(rb"/Type\s*/Page\b")
_POINTS = 72  # an inch
_MAX_DPI = 300  # of a page that was drawn, and of one with pictures beside other things
_ROUNDING = 1e-6  # a page's size and its picture's are given in single precision
_WHOLE_PAGE = 0.9  # of the page that the picture on a scanned one covers
_ALL = 0.98  # of a picture's bytes: some programs leave out the last ones
_FEWER = {8: (2, 4), 24: (6, 12, 16)}  # bits a pixel that PDFium takes for so many
_COARSE = (
    1 / 2
)  # of the scale that reading needs: a picture as coarse as that is a ground to write on
_JPEG_END = b"\xff\xd9"
_IMAGE, _FORM = 3, 5  # FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_FORM
_MASK = re.compile(rb"/S?Mask\s+(\d+)\s+(\d+)\s+R\b")
_STREAM = re.compile(rb"\b(\d{1,9})\s{1,9}(\d{1,9})\s{1,9}obj\b(.{0,2000}?)\bstream\b", re.DOTALL)
_WIDTH, _HEIGHT = re.compile(rb"/Width\s+(\d{1,9})"), re.compile(rb"/Height\s+(\d{1,9})")
_LOCKED = (4, 5)  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY


def is_pdf(data: bytes) -> bool:
    """Whether this is a PDF file; other bytes may stand before it."""
    return _MAGIC in data[:_HEAD]


def read_pdf(data: bytes) -> Header:
    """The header of a PDF file; its pages are known when it is opened."""
    fault = None if _END in data[-_TAIL:] else Reason.TRUNCATED
    return Header("PDF", (), data, fault)


def guess_pages(data: bytes) -> int:
    """About how many pages a PDF file has, by looking at its bytes only; one at least."""
    return max(1, len(_PAGE.findall(data)))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as it was drawn: (H, W, 3) uint8 BGR."""

    pixels: Grey
    dpi: float


class PdfFile:
    """The pages of a PDF file. Use in a `with` block; one thread at a time in a process."""

    def __init__(self, header: Header) -> None:
        """Raises UnfitError."""
        import pypdfium2  # takes its time: only who meets a PDF waits

        self._error = pypdfium2.PdfiumError
        self._length_of = pypdfium2.raw.FPDFImageObj_GetImageDataDecoded
        self._mask = _largest_mask(header.data) / 1e6  # megapixels: PDFium tells of no mask
        self.is_cut_off = header.is_cut_off
        try:
            self._file = pypdfium2.PdfDocument(header.data)
        except pypdfium2.PdfiumError as error:
            raise _unfit(error.err_code, header) from None
        if not len(self._file):
            raise UnfitError(Reason.DAMAGED, "the PDF file has no pages: save or scan it again")

    def __enter__(self) -> PdfFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._file)

    def draw(self, index: int, max_megapixels: float) -> Drawn:
        """Draw the page `index`, from 0, with at most MAX_SIDE pixels a side.

        Raises UnfitError, also where its pictures hold more than `max_megapixels`.
        """
        try:
            with closing(self._file[index]) as page:
                return self._draw(page, max_megapixels)
        except self._error:
            message = "this page of the PDF file is damaged: copy or scan it again"
            raise UnfitError(Reason.DAMAGED, message) from None

    def _draw(self, page: pypdfium2.PdfPage, max_megapixels: float) -> Drawn:
        sides = page.get_size()
        if not 0 < min(sides) <= max(sides) < math.inf:
            raise UnfitError(Reason.DAMAGED, "this page of the PDF file has no size: save it again")
        objects = [each for each in page.get_objects() if each.type != _FORM]
        images = [each for each in objects if each.type == _IMAGE]
        megapixels = sum(math.prod(image.get_px_size()) for image in images) / 1e6
        if images:
            megapixels = max(megapixels, self._mask)
        if megapixels > max_megapixels:
            raise UnfitError(
                Reason.TOO_LARGE,
                f"the pictures on this page are {megapixels:.0f} megapixels, more than "
                f"limits.max_megapixels ({max_megapixels:g}): raise the limit",
            )
        scale = _scale(sides, images, alone=len(objects) == 1)
        drawn = page.render(scale=scale * (1 - _ROUNDING)).to_numpy()  # it rounds sides up
        is_plain = drawn.min() == drawn.max()
        if not all(self._is_whole(image, decode=is_plain) for image in images):
            message = "the picture on this page of the PDF file is damaged: copy or scan it again"
            raise UnfitError(Reason.DAMAGED, message)
        return Drawn(drawn[..., :3].copy(), scale * _POINTS)

    def _is_whole(self, image: pypdfium2.PdfImage, *, decode: bool) -> bool:
        """Whether a picture's data are all there; PDFium draws what it has, and says nothing. With
        `decode` of every kind of data, for nothing is to be seen of it."""
        try:
            filters = image.get_filters(skip_simple=True)
            if not filters:
                about = image.get_metadata()
                depths = about.bits_per_pixel, *_FEWER.get(about.bits_per_pixel, ())
                expected, *fewer = (-(-about.width * bits // 8) * about.height for bits in depths)
                length: int = self._length_of(image, None, 0)
                is_whole = length >= _ALL * expected or length in fewer
                return is_whole or (length == 0 and not decode)
            if filters[-1] == "DCTDecode" and _JPEG_END not in bytes(image.get_data()):
                return False
            if decode:
                image.get_bitmap()
        except self._error:
            return False
        return True


def _scale(sides: tuple[float, float], images: list[pypdfium2.PdfImage], *, alone: bool) -> float:
    """Pixels a point: where a picture covers the page, its own or a whole fraction of them, unless
    it is coarse and not `alone` on the page."""
    needed = min(_MAX_DPI / _POINTS, MAX_SIDE / max(sides))
    densest = 0.0
    for image in images:
        left, bottom, right, top = image.get_bounds()
        width, height = abs(right - left), abs(top - bottom)
        if width * height >= _WHOLE_PAGE * sides[0] * sides[1]:
            densest = max(densest, max(image.get_px_size()) / max(width, height))
    if not densest or (densest < _COARSE * needed and not alone):
        return needed
    return densest / max(1, math.ceil(densest * max(sides) / MAX_SIDE - _ROUNDING))


def _largest_mask(data: bytes) -> int:
    """Pixels of the largest picture that masks another. It stands in the file as it is: no stream
    is part of another."""
    largest = 0
    masks = set(_MASK.findall(data))
    for head in _STREAM.finditer(data) if masks else ():
        width, height = _WIDTH.search(head[3]), _HEIGHT.search(head[3])
        if head.group(1, 2) in masks and width and height:
            largest = max(largest, int(width[1]) * int(height[1]))
    return largest


def _unfit(code: int | None, header: Header) -> UnfitError:
    """Why PDFium did not open a file, by its error code: at times that of an earlier file."""
    if code in _LOCKED and b"/Encrypt" in header.data:
        return UnfitError(
            Reason.ENCRYPTED, "the PDF file asks for a password: save it without one, or print it"
        )
    reason = header.fault or Reason.DAMAGED
    what = "is cut off, its end is missing" if header.fault else "is damaged"
    return UnfitError(reason, f"the PDF file {what}: copy or scan it again")
