"""A page and what was read on it, drawn so that a person checks it at a glance.

A header band states file, text, fate and confidence. Below it the page lies on a mat, with a box
round each digit and a chip beside it: the digit and its confidence. Read digits are dark green and
solid, doubtful ones bright amber, dashed and marked "?", so that nobody depends on the hue. Tiny
pages are enlarged with crisp pixels, huge ones shrunk. Pictures of tiny pages are small themselves:
there may be millions of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from ..records import Digit, Grey, Page, PageReading, Status
from .chips import Rect, Size, place
from .labels import Label, Word, fill, label, lay
from .lettering import BOLD, printable, width_of
from .look import HEADER, LOOKS, PAPER, draw_header, fate_of, header_of, header_width, percent
from .reduce import quickly_resized

MIN_WIDTH = 160  # of a picture, px
MAX_SIDE = 1600  # of a picture, px

_JPEG_QUALITY = 85
_BLOCK = 8  # px: of JPEG, whose blocks hold whole enlarged pixels of a tiny page: crisp and cheap

# Lengths in px; those "times the unit" grow with the picture.
_MAX_UNIT = 2.0
_MAT = 24  # round the page, times the unit: a chip fits in
_RIM = 3  # at the edges of the picture, that no chip touches
_MAX_PAGE = (
    int(MAX_SIDE - 2 * _MAT * _MAX_UNIT),
    int(MAX_SIDE - (2 * _MAT + HEADER) * _MAX_UNIT - _BLOCK),
)
_CHIP_TEXT = (12, 17)  # font size, smallest and largest; the largest times the unit
_CONFIDENCE = 0.85  # font size of the confidence, in those of the digit
_TINY_SIDE = 32  # of a tiny page, px, its longer side


class _Format(NamedTuple):
    """How small a picture may be: longer and shorter side that its page is enlarged to, unit,
    width, and how wide it may become where its header needs the room."""

    longer: int
    shorter: int
    unit: float
    width: int
    roomy: int


_TINY = _Format(112, 56, 0.75, MIN_WIDTH, 240)
_USUAL = _Format(272, 96, 1.0, 272, 320)


class _Mark(NamedTuple):
    """One digit on the picture: the frame round it, and what its chip says."""

    frame: Rect
    digit: str  # "?" behind it says that a person should look
    confidence: str
    fate: Status


class _Sizes(NamedTuple):
    """Lengths on a picture, px: the page on it, `picture` wide, up to `roomy` where its header
    needs the room, the page's first row."""

    scale: float
    width: int
    height: int
    unit: float
    mat: int
    header: int
    picture: int
    roomy: int
    top: int


def annotate(
    page: Page,
    reading: PageReading,
    *,
    title: str,
    status: Status,
    review_below: float | None = None,
) -> Grey:
    """The page with what was read: (H, W, 3) uint8 BGR, 160 <= W, both sides <= 1600 px.

    `title` is the file's name. In a line to review, digits below the confidence `review_below` are
    amber; without it, all of them.
    """
    source = page.pixels if page.colour is None else page.colour
    header = header_of(reading.lines, printable(title), status)
    size = _sizes(*source.shape[:2])
    width, unit = size.picture, size.unit
    if width < size.roomy:
        width = min(header_width(header, width, unit), size.roomy)
    left = (width - size.width) // 2 // _BLOCK * _BLOCK
    bottom = size.top + size.height

    picture = np.empty((bottom + size.mat, width, 3), np.uint8)
    draw_header(picture[: size.header], header, unit)
    band = picture[size.top : bottom]
    for mat in (
        picture[size.header : size.top],
        band[:, :left],
        band[:, left + size.width :],
        picture[bottom:],
    ):
        fill(mat, PAPER)
    _show(source, band[:, left : left + size.width])

    corner = (left - _RIM, size.top - size.header - _RIM)
    shown = size.scale / page.reduction  # boxes are in the page's own pixels
    marks = [
        _mark(digit, fate_of(digit, line, review_below), _frame(digit, shown, corner, unit))
        for line in reading.lines
        for digit in line.digits
    ]
    _draw_marks(picture[size.header + _RIM : -_RIM, _RIM:-_RIM], marks, unit)
    return picture


def encode_jpeg(picture: Grey) -> bytes:
    """The picture as a JPEG file."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()


@lru_cache(maxsize=64)
def _sizes(page_height: int, page_width: int) -> _Sizes:
    """The sizes for a page: those of a pile of scans are the same."""
    form = _TINY if max(page_width, page_height) <= _TINY_SIDE else _USUAL
    scale = _scale(page_height, page_width, form)
    width, height = (max(1, round(side * scale)) for side in (page_width, page_height))
    unit = min(max((width * height) ** 0.5 / 400, form.unit), _MAX_UNIT)
    mat, header = round(_MAT * unit), round(HEADER * unit)
    top = math.ceil((header + mat) / _BLOCK) * _BLOCK
    picture = max(width + 2 * mat, form.width)
    return _Sizes(scale, width, height, unit, mat, header, picture, form.roomy, top)


def _scale(height: int, width: int, form: _Format) -> float:
    """A whole number that enlarges a small page, or the fraction that shrinks a huge one."""
    room: float = min(_MAX_PAGE[0] / width, _MAX_PAGE[1] / height)
    if room < 1:
        return room
    wanted = math.ceil(
        max(form.longer / max(width, height), form.shorter / min(width, height), 1.0)
    )
    return min(wanted, math.floor(room))


def _show(source: Grey, place: Grey) -> None:
    """Draw the page, grey or (H, W, 3), at the size of `place`: shrunk, or enlarged a whole number
    of times."""
    height, width = place.shape[:2]
    size = width, height
    if len(source) < height:
        sized = cv2.resize(source, size, interpolation=cv2.INTER_NEAREST)
    else:
        sized = quickly_resized(source, size)
    if sized.ndim == 2:
        cv2.cvtColor(sized, cv2.COLOR_GRAY2BGR, place)
    else:
        place[...] = sized


def _frame(digit: Digit, scale: float, corner: tuple[int, int], unit: float) -> Rect:
    """Where the digit's frame runs: just outside its box, so that no ink is covered. `corner` is
    where the page's first pixel lies."""
    (left, top), box, gap = corner, digit.box, round(2 * unit)
    return Rect(
        left + math.floor(box.x * scale) - gap,
        top + math.floor(box.y * scale) - gap,
        left + math.ceil(box.right * scale) + gap,
        top + math.ceil(box.bottom * scale) + gap,
    )


def _mark(digit: Digit, fate: Status, frame: Rect) -> _Mark:
    label = f"{digit.digit}?" if fate is Status.REVIEW else str(digit.digit)
    return _Mark(frame, label, percent(digit.confidence, decimals=0), fate)


def _draw_marks(area: Grey, marks: Sequence[_Mark], unit: float) -> None:
    """A frame round each digit and its chip beside it.

    The chip is one row, or two where room is scarce; on a crowded page only doubtful digits tell
    their confidence, so that the digits themselves stay visible.
    """
    if not marks:
        return
    heights = sorted(mark.frame.bottom - mark.frame.top for mark in marks)
    smallest, largest = _CHIP_TEXT
    size = round(min(max(0.3 * heights[len(heights) // 2], smallest), largest * unit))
    shapes = ((False, 1), (False, 2), (True, 1))  # whether they are brief, and their rows
    chosen, places = place(
        [mark.frame for mark in marks],
        (
            [_chip_size(mark.digit, _said(mark, brief), size, rows) for mark in marks]
            for brief, rows in shapes
        ),
        Size(area.shape[1], area.shape[0]),
    )
    thickness = max(2, round(1.5 * unit))
    for mark in marks:
        _draw_frame(area, mark, thickness)
    brief, rows = shapes[chosen]
    for mark, rect in zip(marks, places, strict=True):
        chip = _chip(mark.digit, _said(mark, brief), mark.fate, size, rows)
        lay(area, rect.left, rect.top, chip)


def _said(mark: _Mark, brief: bool) -> str:
    """What a chip says of the confidence."""
    return "" if brief and mark.fate is not Status.REVIEW else mark.confidence


def _draw_frame(area: Grey, mark: _Mark, thickness: int) -> None:
    left, top, right, bottom = mark.frame
    colour = LOOKS[mark.fate].fill
    if mark.fate is Status.READ:
        half = thickness // 2
        for inset in range(-half, half + 1):
            corner, opposite = (left + inset, top + inset), (right - 1 - inset, bottom - 1 - inset)
            cv2.rectangle(area, corner, opposite, colour)
        return
    for start, stop in _dashes(right - left, 5 * thickness):
        for y in (top, bottom - 1):
            cv2.line(area, (left + start, y), (left + stop, y), colour, thickness)
    for start, stop in _dashes(bottom - top, 5 * thickness):
        for x in (left, right - 1):
            cv2.line(area, (x, top + start), (x, top + stop), colour, thickness)


def _dashes(length: int, dash: int) -> list[tuple[int, int]]:
    """Dashes of about `dash` px with gaps as long, one at each end of `length`."""
    count = max(1, round(length / dash / 2))
    ends = np.linspace(0, length - 1, 2 * count + 2).round().astype(int).tolist()
    return list(zip(ends[::2], ends[1::2], strict=True))


@lru_cache(maxsize=4096)
def _chip_size(digit: str, confidence: str, size: int, rows: int) -> Size:
    """How large the chip is that says this in so many rows: those of a pile of scans say little
    else but a digit and a percentage."""
    width, pad = width_of(digit, size, BOLD), size // 3
    if confidence:
        beside = width_of(confidence, round(_CONFIDENCE * size))
        width = width + pad + beside if rows == 1 else max(width, beside)
    return Size(width + 2 * pad, round(rows * 1.1 * size + 0.25 * size))


@lru_cache(maxsize=512)
def _chip(digit: str, confidence: str, fate: Status, size: int, rows: int) -> Label:
    look = LOOKS[fate]
    width, height = whole = _chip_size(digit, confidence, size, rows)
    small, pad = round(_CONFIDENCE * size), size // 3
    apart = (rows - 1) * 0.55 * size
    words = [Word(digit, pad, height / 2 - apart, size, BOLD)]
    if confidence:
        left = width - pad - width_of(confidence, small)
        words.append(Word(confidence, left, height / 2 + apart, small))
    return label(whole, tuple(words), look.fill, look.text)
