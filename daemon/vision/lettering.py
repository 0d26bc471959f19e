"""Text in pictures: OpenCV's built-in outline font, measured, shortened and drawn.

The font covers Latin, Greek, Cyrillic, Arabic and CJK, so that a file keeps its own name.
"""

from __future__ import annotations

from functools import cache, lru_cache

import cv2

from ..records import Grey

REGULAR, BOLD = 450, 700  # weights
_CAPITALS = 0.70  # height of capitals and digits, in sizes
_UNBOUNDED = 1 << 15  # px: no line is ever wrapped
_LONGEST = 400  # characters: no picture has room for more


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def printable(text: str) -> str:
    """The text without what cannot be drawn: bytes that are no UTF-8 and control characters.

    A lone surrogate (a file name's undecodable byte) would crash OpenCV.
    """
    if text.isprintable():
        return text
    text = text.encode(errors="backslashreplace").decode()
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def width_of(text: str, size: int, weight: int = REGULAR) -> int:
    """Width in px of printable text at a font size in px."""
    return _width(text, size, weight)


@lru_cache(maxsize=4096)
def _width(text: str, size: int, weight: int) -> int:
    _, _, width, _ = cv2.getTextSize((_UNBOUNDED, 1), text, (0, 0), _font(), size, weight)
    return int(width)


def surely_fits(text: str, width: int, size: int) -> bool:
    """Whether the text has room in `width` px, told without measuring it: no letter of ASCII is
    wider than its font size."""
    return text.isascii() and len(text) * size <= width


def shorten(text: str, width: int, size: int, weight: int = REGULAR, *, tail: float = 0.0) -> str:
    """The text if it fits into `width` px, else as much of it as does, with an ellipsis.

    `tail` is the share of what is kept that comes from the end (a file's extension tells more than
    its middle).
    """
    if surely_fits(text, width, size):
        return text
    if len(text) <= _LONGEST and width_of(text, size, weight) <= width:
        return text

    def cut(kept: int) -> str:
        end = round(kept * tail)
        return text[: kept - end] + "…" + text[len(text) - end :]

    fits, too_long = 0, min(len(text), _LONGEST)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if width_of(cut(middle), size, weight) <= width:
            fits = middle
        else:
            too_long = middle
    return cut(fits)


def write(
    picture: Grey,
    text: str,
    x: int,
    middle: float,
    colour: tuple[int, int, int],
    size: int,
    weight: int = REGULAR,
) -> None:
    """Draw printable text into `picture` (H, W, 3), from column `x`, its capitals centred on row
    `middle`."""
    baseline = round(middle + _CAPITALS * size / 2)
    cv2.putText(picture, text, (x, baseline), colour, _font(), size, weight, 0, (0, _UNBOUNDED))
