"""The common look of all pictures for people: colours, header, badges, percentages.

Green was read with confidence, amber asks a person to look, grey is no digit, red is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..records import Digit, Grey, Line, Status
from .chips import Size
from .labels import Colour, Word, fill, label, lay
from .lettering import BOLD, shorten, surely_fits, width_of, write

HEADER = 60  # px, times the unit: height of the header

_NOTE = 0.75  # of the header's width, that a reason may take from the file name
_MARGIN = 12  # px, times the unit, like the font sizes
_SMALL, _LARGE = 13, 24
_NARROW = 240  # px: a header of a tiny scan's picture
_TELLING = 80  # characters of a name or reason: more have no room in the narrowest of headers

SLATE: Colour = (56, 44, 34)
PAPER: Colour = (232, 229, 226)
WHITE: Colour = (255, 255, 255)
FAINT: Colour = (214, 203, 192)
BLACK: Colour = (0, 0, 0)


class Look(NamedTuple):
    """How a fate is shown."""

    fill: Colour  # of boxes and chips
    text: Colour  # on a chip


LOOKS = {
    Status.READ: Look((84, 122, 0), WHITE),
    Status.REVIEW: Look((0, 170, 250), BLACK),
    Status.EMPTY: Look((140, 128, 116), WHITE),
    Status.REJECTED: Look((60, 50, 190), WHITE),
}


def fate_of(digit: Digit, line: Line, review_below: float | None) -> Status:
    """READ or REVIEW: in a line to review, digits below the confidence `review_below` are for a
    person to look at; without it, or where none is below it, all of them."""
    if line.status is not Status.REVIEW:
        return Status.READ
    lowest = min(each.confidence for each in line.digits)
    sure = review_below is not None and digit.confidence >= review_below > lowest
    return Status.READ if sure else Status.REVIEW


def percent(confidence: float, *, decimals: int) -> str:
    """Rounded down and below 100 %, which would claim what no classifier knows."""
    steps = 10**decimals
    return f"{min(math.floor(confidence * 100 * steps), 100 * steps - 1) / steps:.{decimals}f} %"


class Header(NamedTuple):
    """What a header says; `text` is "" where nothing was read, `note` where there is no reason for
    a person to look."""

    title: str
    text: str
    note: str
    badge: str
    status: Status


def header_of(lines: Sequence[Line], title: str, status: Status) -> Header:
    """File name above, and why a person should look where there is a reason; below it what was
    read, and a badge with fate and confidence. `title` is printable."""
    badge = status.value
    if lines:
        badge = f"{badge}  {percent(min(line.confidence for line in lines), decimals=1)}"
    return Header(title, " · ".join([line.text for line in lines]), _note(lines), badge, status)


def draw_header(band: Grey, header: Header, unit: float = 1.0) -> None:
    """Draw a header on `band`, (60 times the unit, W, 3)."""
    height, width = band.shape[:2]
    below = header.text, header.badge, header.status
    if width <= _NARROW:
        band[...] = _narrow_ground(height, width, *below, unit)
    else:
        _draw_ground(band, *below, unit)
    margin, small = round(_MARGIN * unit), round(_SMALL * unit)
    room = beside = width - 2 * margin
    if header.note:
        note = shorten(header.note, round(_NOTE * room), small)
        left = width - margin - width_of(note, small)
        write(band, note, left, 15 * unit, LOOKS[header.status].fill, small)
        beside = left - 2 * margin
    write(band, shorten(header.title, beside, small, tail=0.5), margin, 15 * unit, FAINT, small)


@lru_cache(maxsize=128)
def _narrow_ground(
    height: int, width: int, text: str, badge: str, status: Status, unit: float
) -> Grey:
    """What of a narrow header is the same for many tiny scans, to be looked at only: digits and
    percentages are few."""
    band = np.empty((height, width, 3), np.uint8)
    _draw_ground(band, text, badge, status, unit)
    return band


def _draw_ground(band: Grey, text: str, badge: str, status: Status, unit: float) -> None:
    """Draw what of a header does not depend on the scan's name: its lower row, and what both rows
    lie on."""
    height, width = band.shape[:2]
    margin, stripe = round(_MARGIN * unit), round(4 * unit)
    small, large = round(_SMALL * unit), round(_LARGE * unit)
    look = LOOKS[status]
    fill(band[: height - stripe], SLATE)
    fill(band[height - stripe :], look.fill)
    middle, half = round(39 * unit), round(11 * unit)
    size = Size(_badge_width(badge, unit), 2 * half)
    words = (Word(badge, round(7 * unit), half, small, BOLD),)
    lay(band, width - margin - size.width, middle - half, label(size, words, look.fill, look.text))

    room = width - 3 * margin - size.width
    if text:
        write(band, shorten(text, room, large, BOLD), margin, middle, WHITE, large, BOLD)
    else:
        text = "not read" if status is Status.REJECTED else "no digits found"
        write(band, text, margin, middle, WHITE, round(18 * unit))


def header_width(header: Header, least: int, unit: float = 1.0) -> int:
    """How wide a header has to be where it is to shorten nothing, in px, `least` at least; or some
    width beyond any that is wanted, where name or reason are long."""
    margin, small, large = round(_MARGIN * unit), round(_SMALL * unit), round(_LARGE * unit)
    above = 0
    if header.note or not surely_fits(header.title, least - 2 * margin, small):
        above = width_of(header.title[:_TELLING], small)
    if header.note:
        above += 2 * margin + width_of(header.note[:_TELLING], small)
    below = width_of(header.text[:_TELLING], large, BOLD)
    below += margin + _badge_width(header.badge, unit)
    return max(above + 2 * margin, below + 2 * margin, least)


def _badge_width(badge: str, unit: float) -> int:
    return width_of(badge, round(_SMALL * unit), BOLD) + round(14 * unit)


def _note(lines: Sequence[Line]) -> str:
    """The first reason for a person to look, and how many other ones there are."""
    reasons = list(dict.fromkeys([line.reason for line in lines if line.reason]))
    more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""
