"""The common look of all pictures for people: colours, header, badges, percentages.

Green was read with confidence, amber asks a person to look, grey is no digit, red is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import cv2

from ..records import Digit, Grey, Line, Status
from .chips import Rect
from .lettering import BOLD, shorten, width_of, write

HEADER = 60  # px, times the unit: height of the header

_NOTE = 0.75  # of the header's width, that a reason may take from the file name

Colour: TypeAlias = tuple[int, int, int]  # BGR
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


def draw_header(
    band: Grey, lines: Sequence[Line], title: str, status: Status, unit: float = 1.0
) -> None:
    """File name above, and why a person should look where there is a reason; below it what was
    read, and a badge with fate and confidence. `band` is (60 times the unit, W, 3), `title`
    printable."""
    height, width = band.shape[:2]
    margin, stripe = round(12 * unit), round(4 * unit)
    small, large = round(13 * unit), round(24 * unit)
    look = LOOKS[status]
    cv2.rectangle(band, (0, 0), (width, height), SLATE, cv2.FILLED)
    cv2.rectangle(band, (0, height - stripe), (width, height), look.fill, cv2.FILLED)

    room = beside = width - 2 * margin
    if note := _note(lines):
        note = shorten(note, round(_NOTE * room), small)
        left = width - margin - width_of(note, small)
        write(band, note, left, 15 * unit, look.fill, small)
        beside = left - 2 * margin
    write(band, shorten(title, beside, small, tail=0.5), margin, 15 * unit, FAINT, small)

    badge = status.value
    if lines:
        badge += f"  {percent(min(line.confidence for line in lines), decimals=1)}"
    badge_width = width_of(badge, small, BOLD) + round(14 * unit)
    left, middle = width - margin - badge_width, round(39 * unit)
    half = round(11 * unit)
    fill_rounded(band, Rect(left, middle - half, width - margin, middle + half), look.fill)
    write(band, badge, left + round(7 * unit), middle, look.text, small, BOLD)

    room -= badge_width + margin
    if lines:
        text = shorten(" · ".join(line.text for line in lines), room, large, BOLD)
        write(band, text, margin, middle, WHITE, large, BOLD)
    else:
        text = "not read" if status is Status.REJECTED else "no digits found"
        write(band, text, margin, middle, WHITE, round(18 * unit))


def _note(lines: Sequence[Line]) -> str:
    """The first reason for a person to look, and how many other ones there are."""
    reasons = list(dict.fromkeys(line.reason for line in lines if line.reason))
    more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""


def fill_rounded(area: Grey, rect: Rect, colour: Colour) -> None:
    """Fill a rectangle with rounded corners: OpenCV joins thick lines with a round."""
    radius = min(4, (rect.bottom - rect.top) // 4)
    corner = (rect.left + radius, rect.top + radius)
    opposite = (rect.right - 1 - radius, rect.bottom - 1 - radius)
    cv2.rectangle(area, corner, opposite, colour, cv2.FILLED)
    cv2.rectangle(area, corner, opposite, colour, 2 * radius, cv2.LINE_AA)
