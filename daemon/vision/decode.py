"""Bytes -> pages: any image file or document becomes upright grey pages, or a reason why not.

Pure: the bytes are in memory, nothing is raised because of what they hold. Sizes are judged on the
header, before pixels are allocated; pages are decoded one at a time, as they are asked for, and at
the scale that reading needs. OpenCV decodes with IMREAD_UNCHANGED, because its other modes cut off
high bits, drop alpha and turn pictures by themselves; what is left to do is done in `develop`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from ..records import Limits, Page, Reason, RejectedPage, Rejection, Scan
from .develop import develop
from .formats import read_header
from .header import Frame, Header, UnfitError
from .pdf import PdfFile
from .pictures import decoder_of

MIN_SIDE = 8  # px

_FAULTS = {
    Reason.TRUNCATED: "the {} file is cut off, its end is missing: copy or scan it again",
    Reason.DAMAGED: "the {} file is damaged: copy or scan it again",
}

log = logging.getLogger(__name__)


def decode(scan: Scan, limits: Limits) -> Iterator[Page | RejectedPage] | Rejection:
    """The pages of a scan, each decoded when it is asked for, or why there are none.

    What is wrong with one page is a `RejectedPage` in its place; where a scan has nothing else,
    `rejection_of` makes one of them its `Rejection`.
    """
    try:
        return _pages(scan, _judged(scan.data, limits), limits)
    except UnfitError as unfit:
        return Rejection(scan.id, scan.file, scan.sha256, unfit.reason, unfit.message)


def first_page(scan: Scan, limits: Limits) -> Page | Rejection:
    """The first page of a scan, or why it cannot be read."""
    pages = decode(scan, limits)
    page = pages if isinstance(pages, Rejection) else next(pages)
    return rejection_of(scan, [page]) if isinstance(page, RejectedPage) else page


def rejection_of(scan: Scan, rejected: Sequence[RejectedPage]) -> Rejection:
    """Why nothing of a scan was read, where all its pages were rejected, one at least."""
    first, count = rejected[0], len(rejected)
    message = first.message if count == 1 else f"all {count} pages are rejected: {first.message}"
    return Rejection(scan.id, scan.file, scan.sha256, first.reason, message)


def _judged(data: bytes, limits: Limits) -> Header:
    """The header of a file that may be read. Raises UnfitError."""
    if not data:
        raise UnfitError(Reason.EMPTY_FILE, "the file holds 0 bytes: copy or scan it again")
    if len(data) > limits.max_file_mb * 1e6:
        raise UnfitError(
            Reason.TOO_LARGE,
            f"{len(data) / 1e6:.1f} MB are more than limits.max_file_mb ({limits.max_file_mb:g})",
        )
    header = read_header(data)
    _check_number(len(header.frames), limits)
    if header.fault and len(header.frames) == 1:
        _check_size(header.frames[0], limits)  # a bomb that is cut off is a bomb
        raise UnfitError(header.fault, _FAULTS[header.fault].format(header.format))
    return header


def _check_number(pages: int, limits: Limits) -> None:
    if pages > limits.max_pages:
        raise UnfitError(
            Reason.TOO_LARGE,
            f"{pages} pages are more than limits.max_pages ({limits.max_pages}): split it",
        )


def _check_size(frame: Frame, limits: Limits) -> None:
    """Raise UnfitError where a picture is too small or too large."""
    if min(frame.width, frame.height) < MIN_SIDE:
        raise UnfitError(
            Reason.TOO_SMALL,
            f"{frame.width}x{frame.height} pixels are too few to show a digit: "
            f"at least {MIN_SIDE}x{MIN_SIDE} are needed",
        )
    if frame.pixels > limits.max_megapixels * 1e6:
        raise UnfitError(
            Reason.TOO_LARGE,
            f"{frame.width}x{frame.height} pixels are {frame.pixels / 1e6:.0f} megapixels, more "
            f"than limits.max_megapixels ({limits.max_megapixels:g}): scan with fewer dots per inch"
            " or raise the limit",
        )


def _pages(scan: Scan, header: Header, limits: Limits) -> Iterator[Page | RejectedPage]:
    """Raises UnfitError at once where a file has no pages to offer."""
    if header.format == "PDF":
        file = PdfFile(header)
        _check_number(len(file), limits)
        return _pdf_pages(scan, file, limits)
    return _framed_pages(scan, header, limits)


def _framed_pages(scan: Scan, header: Header, limits: Limits) -> Iterator[Page | RejectedPage]:
    picture_of = decoder_of(header)
    shown = [(index, each) for index, each in enumerate(header.frames) if not each.thumbnail]
    for number, (index, frame) in enumerate(shown, start=1):
        try:
            if frame.fault is None or frame.pixels:
                _check_size(frame, limits)
            if frame.fault:
                raise frame.fault
            yield develop(number, frame, *picture_of(index))
        except UnfitError as unfit:
            yield RejectedPage(number, unfit.reason, unfit.message)
        except Exception as error:  # of a library, or a bug: it must not cost the other pages
            yield _failed(scan, number, error)


def _pdf_pages(scan: Scan, file: PdfFile, limits: Limits) -> Iterator[Page | RejectedPage]:
    with file:
        for number in range(1, len(file) + 1):
            try:
                drawn = file.draw(number - 1, limits.max_megapixels)
                height, width = drawn.pixels.shape[:2]
                frame = Frame(width, height, dpi=drawn.dpi)
                _check_size(frame, limits)
                yield develop(number, frame, drawn.pixels)
            except UnfitError as unfit:
                yield RejectedPage(number, unfit.reason, unfit.message)
            except Exception as error:  # as above
                yield _failed(scan, number, error)
        if file.is_cut_off:
            message = "the PDF file is cut off: pages may be missing here, copy or scan it again"
            yield RejectedPage(len(file) + 1, Reason.TRUNCATED, message)


def _failed(scan: Scan, number: int, error: Exception) -> RejectedPage:
    """A page whose decoding raised what nobody expected; called where that is caught."""
    log.exception("could not decode page %d of %s", number, scan.file)
    message = f"digitd failed on it ({type(error).__name__}); please report it"
    return RejectedPage(number, Reason.UNREADABLE, message)
