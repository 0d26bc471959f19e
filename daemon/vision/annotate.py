"""A page and what was read on it, drawn so that a person checks it at a glance.

A header band states file, text, fate and confidence. Below it the page lies on a mat, with a box
round each digit and a chip beside it: the digit and its confidence. Read digits are dark green and
solid, doubtful ones bright amber, dashed and marked "?", so that nobody depends on the hue. Tiny
pages are enlarged with crisp pixels, huge ones shrunk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from ..records import Digit, Grey, Page, PageReading, Status
from .chips import Rect, Size, place
from .lettering import BOLD, printable, width_of, write
from .look import HEADER, LOOKS, PAPER, draw_header, fate_of, fill_rounded, percent

MIN_WIDTH = 320  # of a picture, px
MAX_SIDE = 1600  # of a picture, px

_JPEG_QUALITY = 85

# Lengths in px; those "times the unit" grow with the picture.
_MAX_UNIT = 2.0
_MAT = 24  # round the page, times the unit: a chip fits in
_RIM = 3  # at the edges of the picture, that no chip touches
_MAX_PAGE = (int(MAX_SIDE - 2 * _MAT * _MAX_UNIT), int(MAX_SIDE - (2 * _MAT + HEADER) * _MAX_UNIT))
_CHIP_TEXT = (12, 17)  # font size, smallest and largest; the largest times the unit
_CONFIDENCE = 0.85  # font size of the confidence, in those of the digit
_LEGIBLE = (MIN_WIDTH - 2 * _MAT, 96)  # longer and shorter side that a tiny page is enlarged to


class _Mark(NamedTuple):
    """One digit on the picture: the frame round it, and what its chip says."""

    frame: Rect
    digit: str  # "?" behind it says that a person should look
    confidence: str
    fate: Status


def annotate(
    page: Page,
    reading: PageReading,
    *,
    title: str,
    status: Status,
    review_below: float | None = None,
) -> Grey:
    """The page with what was read: (H, W, 3) uint8 BGR, 320 <= W, both sides <= 1600 px.

    `title` is the file's name. In a line to review, digits below the confidence `review_below` are
    amber; without it, all of them.
    """
    source = page.pixels if page.colour is None else page.colour
    scale = _scale(source)
    height, width = (max(1, round(side * scale)) for side in source.shape[:2])
    unit = min(max((width * height) ** 0.5 / 400, 1.0), _MAX_UNIT)
    mat, header = round(_MAT * unit), round(HEADER * unit)
    picture_width = max(width + 2 * mat, MIN_WIDTH)
    left, top = (picture_width - width) // 2, header + mat

    picture = np.empty((top + height + mat, picture_width, 3), np.uint8)
    cv2.rectangle(picture, (0, header), (picture_width, top + height + mat), PAPER, cv2.FILLED)
    crisp_or_smooth = cv2.INTER_NEAREST if scale > 1 else cv2.INTER_AREA
    sized = cv2.resize(source, (width, height), interpolation=crisp_or_smooth)
    if sized.ndim == 2:
        sized = cv2.cvtColor(sized, cv2.COLOR_GRAY2BGR)
    picture[top : top + height, left : left + width] = sized

    corner = (left - _RIM, mat - _RIM)
    draw_header(picture[:header], reading.lines, printable(title), status, unit)
    shown = scale / page.reduction  # boxes are in the page's own pixels
    marks = [
        _mark(digit, fate_of(digit, line, review_below), _frame(digit, shown, corner, unit))
        for line in reading.lines
        for digit in line.digits
    ]
    _draw_marks(picture[header + _RIM : -_RIM, _RIM:-_RIM], marks, unit)
    return picture


def encode_jpeg(picture: Grey) -> bytes:
    """The picture as a JPEG file."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()


def _scale(source: Grey) -> float:
    """A whole number that enlarges a tiny page, or the fraction that shrinks a huge one."""
    height, width = source.shape[:2]
    room: float = min(_MAX_PAGE[0] / width, _MAX_PAGE[1] / height)
    if room < 1:
        return room
    wanted: float = max(_LEGIBLE[0] / max(width, height), _LEGIBLE[1] / min(width, height))
    return max(1, min(math.ceil(wanted), math.floor(room)))


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
    brief = [m if m.fate is Status.REVIEW else m._replace(confidence="") for m in marks]
    shapes = ((marks, 1), (marks, 2), (brief, 1))
    chosen, places = place(
        [mark.frame for mark in marks],
        ([_chip_size(mark, size, rows) for mark in worded] for worded, rows in shapes),
        Size(area.shape[1], area.shape[0]),
    )
    thickness = max(2, round(1.5 * unit))
    for mark in marks:
        _draw_frame(area, mark, thickness)
    worded, rows = shapes[chosen]
    for mark, rect in zip(worded, places, strict=True):
        _draw_chip(area, mark, rect, size, rows)


def _draw_frame(area: Grey, mark: _Mark, thickness: int) -> None:
    left, top, right, bottom = mark.frame
    colour = LOOKS[mark.fate].fill
    if mark.fate is Status.READ:
        cv2.rectangle(area, (left, top), (right - 1, bottom - 1), colour, thickness)
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


def _chip_size(mark: _Mark, size: int, rows: int) -> Size:
    width, pad = width_of(mark.digit, size, BOLD), size // 3
    if mark.confidence:
        confidence = width_of(mark.confidence, round(_CONFIDENCE * size))
        width = width + pad + confidence if rows == 1 else max(width, confidence)
    return Size(width + 2 * pad, round(rows * 1.1 * size + 0.25 * size))


def _draw_chip(area: Grey, mark: _Mark, rect: Rect, size: int, rows: int) -> None:
    look = LOOKS[mark.fate]
    fill_rounded(area, rect, look.fill)
    small, pad = round(_CONFIDENCE * size), size // 3
    middle = (rect.top + rect.bottom) / 2
    apart = (rows - 1) * 0.55 * size
    write(area, mark.digit, rect.left + pad, middle - apart, look.text, size, BOLD)
    if mark.confidence:
        left = rect.right - pad - width_of(mark.confidence, small)
        write(area, mark.confidence, left, middle + apart, look.text, small)
