"""Pictures put together from blocks: captioned panels that flow into rows, like words on a page.

A block is (H, W, 3) uint8 BGR on white.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from ..records import Grey
from .labels import Colour
from .lettering import BOLD, shorten, width_of, write
from .look import FAINT, SLATE

GAP = 16  # px between blocks
MIN_PANEL = 176  # px: room for a caption
TEXT = 13  # font size
_LINE = 17  # px from one line of text to the next
_RIM = 3  # px of frame round a panel's picture


def blank(width: int, height: int) -> Grey:
    """A white block."""
    return np.full((height, width, 3), 255, np.uint8)


def text_block(text: str, width: int, size: int = TEXT, weight: int = BOLD) -> Grey:
    """Printable text, in as many lines of at most `width` px as it takes."""
    lines = list(_wrap(text, width, size, weight))
    pitch = round(_LINE / TEXT * size)
    block = blank(max(width_of(line, size, weight) for line in lines) + 1, pitch * len(lines))
    for number, line in enumerate(lines):
        write(block, line, 0, (number + 0.5) * pitch, SLATE, size, weight)
    return block


def panel(picture: Grey, title: str, note: str, frame: Colour | None = None) -> Grey:
    """A picture in a frame, its title and a note above it. `frame` makes it stand out."""
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    height, width = picture.shape[:2]
    wide = max(width + 2 * _RIM, MIN_PANEL)
    caption = stack([text_block(title, wide), text_block(note, wide, TEXT - 1, 450)], gap=0)
    framed = blank(width + 2 * _RIM, height + 2 * _RIM)
    inset = 0 if frame else _RIM - 1
    thickness = _RIM if frame else 1
    for step in range(inset, inset + thickness):
        corner = (framed.shape[1] - 1 - step, framed.shape[0] - 1 - step)
        cv2.rectangle(framed, (step, step), corner, frame or FAINT)
    framed[_RIM:-_RIM, _RIM:-_RIM] = picture
    return stack([caption, framed], gap=4)


def flow(blocks: Sequence[Grey], width: int) -> Grey:
    """The blocks from left to right in rows of at most `width` px, their feet on one line."""
    rows: list[list[Grey]] = [[]]
    used = 0
    for block in blocks:
        if rows[-1] and used + block.shape[1] > width:
            rows.append([])
            used = 0
        rows[-1].append(block)
        used += block.shape[1] + GAP
    return stack([_beside(row) for row in rows])


def stack(blocks: Sequence[Grey], gap: int = GAP) -> Grey:
    """The blocks one below the other, flush left."""
    width = max(block.shape[1] for block in blocks)
    whole = blank(width, sum(len(block) + gap for block in blocks) - gap)
    top = 0
    for block in blocks:
        whole[top : top + len(block), : block.shape[1]] = block
        top += len(block) + gap
    return whole


def _beside(blocks: Sequence[Grey]) -> Grey:
    whole = blank(
        sum(block.shape[1] + GAP for block in blocks) - GAP, max(len(block) for block in blocks)
    )
    left = 0
    for block in blocks:
        whole[len(whole) - len(block) :, left : left + block.shape[1]] = block
        left += block.shape[1] + GAP
    return whole


def _wrap(text: str, width: int, size: int, weight: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and width_of(longer, size, weight) > width:
            yield shorten(line, width, size, weight)
            longer = word
        line = longer
    yield shorten(line, width, size, weight)
