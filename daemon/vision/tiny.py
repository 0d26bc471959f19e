"""Many tiny pictures at once: digits of data sets, of forms' fields, of drawing pads.

Of a tiny picture not the pixels cost but the calls, some two hundred. Where one mark stands free on
clean paper, nothing is open: its ink, its layout and its glyph are found here for many pictures
together, by what `ink`, `layout`, `parts` and `glyph` do for one, and with the same result. Any
other picture is left to these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import DIGITS, Box, Grey, Ink, Page, PageReading, Status
from .assemble import digit_of, line_of
from .choice import STROKE, Probabilities
from .doubts import LEAST_HEIGHT, ZERO, holds_writing
from .frames import SPANS, are_around
from .glyph import FAINT, placed, sized, stroke_widths
from .ink import contrasts_and_floors, floor_of_small, thresholds_of
from .layout import MIN_HEIGHT, Layout
from .paper import MIN_CONTRAST, SMALL, WIDEST_STROKE, square_of
from .parts import LEVEL, Candidate
from .polarity import clean_polarities
from .questions import ONE_LINE, SMALL_PAGE
from .rules import MIN_SPAN

_AT_ONCE = 128  # pictures: OpenCV takes as many for channels of one
_GRAIN = (5, 5)  # pixels around one that tell its grain
_LIKELY = 0.5  # probability of a digit, from which the mark is none that is left out
_NEAR = np.ones((3, 3), np.uint8)


class Clear(NamedTuple):
    """The only mark on a tiny picture: its `box`, its `ink` (h, w) float32 as a candidate's, its
    `glyph` (28, 28) float32, and whether it is light on dark."""

    box: Box
    ink: Ink
    glyph: Ink
    light_on_dark: bool

    @property
    def layout(self) -> Layout:
        """What the picture allows."""
        return Layout(((Candidate(self.box, 1.0, self.ink),),), light_on_dark=self.light_on_dark)

    def read(self, page: Page, row: Probabilities, threshold: float) -> PageReading | None:
        """How the picture is read if nothing is in doubt; None where something may be, so that it
        takes all that reading knows. `row` (10 or 11,) is what the network says of the glyph."""
        box, digit = self.box, int(row[:DIGITS].argmax())
        if row[digit] < _LIKELY or box.height < LEAST_HEIGHT:
            return None
        if digit == STROKE and box.width > box.height:
            return None
        if digit == ZERO and holds_writing(self.ink):
            return None
        line = line_of((digit_of(box, row, digit),), threshold, whole=True)
        if line.status is not Status.READ:
            return None
        return PageReading(page.number, page.width, page.height, (line,))


def is_tiny(pixels: Grey) -> bool:
    """Whether a page, (H, W) uint8, is so small, and no row of digits, that nothing but its ink
    tells what stands on it."""
    height, width = pixels.shape
    is_small = max(height, width) <= SMALL and min(height, width) < SMALL_PAGE
    return bool(is_small and width < ONE_LINE * height)


def find_clear(pictures: Sequence[Grey]) -> list[Clear | None]:
    """What stands free and alone on each of these tiny pictures; None of others."""
    found: list[Clear | None] = [None] * len(pictures)
    of_a_size: dict[tuple[int, ...], list[int]] = {}
    for number, picture in enumerate(pictures):
        of_a_size.setdefault(picture.shape, []).append(number)
    for numbers in of_a_size.values():
        for first in range(0, len(numbers), _AT_ONCE):
            some = numbers[first : first + _AT_ONCE]
            for at, clear in _find(np.stack([pictures[number] for number in some])):
                found[some[at]] = clear
    return found


def _find(pictures: Grey) -> list[tuple[int, Clear]]:
    """What is clear of pictures of one size, (N, h, w) uint8, and on which of them."""
    sides = clean_polarities(pictures)
    is_light = sides.light & sides.known
    dark = np.where(is_light[:, None, None], ~pictures, pictures)
    contrasts, floors = _contrasts(dark)
    loud: list[int] = np.flatnonzero(sides.known & (floors > MIN_CONTRAST)).tolist()
    for number in loud:
        floors[number] = floor_of_small(contrasts[number], int(floors[number]))
    masks = (contrasts > thresholds_of(contrasts, floors)[:, None, None]).view(np.uint8)
    boxes = _only_marks(masks)
    chosen = np.flatnonzero(sides.known & _are_writing(masks, boxes))
    if not len(chosen):
        return []
    boxes = boxes[chosen]
    inks = _cut_out(contrasts[chosen], masks[chosen], boxes[:, 4], floors[chosen])
    glyphs, light = _glyphs(inks), is_light[chosen].tolist()
    places = [Box(*box) for box in boxes[:, :4].tolist()]
    found = map(Clear, places, map(_around, places, inks), glyphs, light)
    return list(zip(chosen.tolist(), found, strict=True))


def _contrasts(pictures: Grey) -> tuple[Grey, npt.NDArray[np.intp]]:
    """The contrasts of dark ink to its paper, (N, h, w) uint8 as the pictures, and which contrast
    the noise of each reaches, (N,)."""
    count = len(pictures)
    channels = np.ascontiguousarray(pictures.transpose(1, 2, 0))
    kernel = square_of(WIDEST_STROKE, pictures[0])
    papers = cv2.erode(cv2.dilate(channels, kernel), kernel)
    grain = cv2.absdiff(channels, cv2.blur(channels, _GRAIN))
    rows = (np.ascontiguousarray(each.reshape(-1, count).T) for each in (papers, grain))
    contrasts, floors = contrasts_and_floors(pictures.reshape(count, -1), *rows)
    return contrasts.reshape(pictures.shape), floors


def _only_marks(masks: Grey) -> npt.NDArray[np.intp]:
    """The only mark on each of many masks, (N, h, w) uint8 of 0 and 1: its x, y, width, height and
    area, (N, 5); all 0 where there are none or several."""
    count, height, width = masks.shape
    column = np.zeros((count, height + 1, width), np.uint8)  # an empty row keeps them apart
    column[:, :-1] = masks
    _, _, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        column.reshape(-1, width), 8, cv2.CV_32S, cv2.CCL_BBDT
    )
    marks = stats[1:].astype(np.intp)
    owners, marks[:, 1] = np.divmod(marks[:, 1], height + 1)
    only = np.bincount(owners, minlength=count)[owners] == 1
    boxes = np.zeros((count, 5), np.intp)
    boxes[owners[only]] = marks[only]
    return boxes


def _are_writing(masks: Grey, boxes: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Which of the only marks, (N, 5), on masks, (N, h, w) uint8 of 0 and 1, are as high as
    writing, touch no side, and are neither a frame nor a rule."""
    down, across = masks.shape[1:]
    x, y, width, height, area = boxes.T
    apart = np.minimum(np.minimum(x, y), np.minimum(across - x - width, down - y - height))
    spans = (width >= SPANS * across) | (height >= SPANS * down)
    may_be_a_rule = (width >= MIN_SPAN * across) | (height >= MIN_SPAN * down)
    writing = np.asarray((height >= MIN_HEIGHT) & (apart > 0) & ~may_be_a_rule)
    asked = np.flatnonzero(writing & (spans | (apart == 1)))
    writing[asked] = ~are_around(masks[asked], area[asked], spans[asked])
    return writing


def _cut_out(
    contrasts: Grey,
    masks: Grey,
    areas: npt.NDArray[np.intp],
    floors: npt.NDArray[np.intp],
) -> npt.NDArray[np.float32]:
    """The ink of the only marks, (N, h, w) float32, scaled so that each pen is 1."""
    count, _, width = masks.shape
    rows = contrasts.reshape(count, -1)
    own = np.sort(rows * masks.reshape(count, -1), axis=1, kind="stable")  # by counting
    ranks = own.shape[1] - areas + np.floor(LEVEL * (areas - 1)).astype(np.intp)
    pens = own[np.arange(count), ranks].astype(np.float64)
    grounds = floors / 2
    spans = np.maximum(1.0, pens - grounds)
    near = cv2.dilate(masks.reshape(-1, width), _NEAR).reshape(count, -1)  # none is at a side
    inks = (rows * near).astype(np.float32) - grounds.astype(np.float32)[:, None]
    inks *= (1 / spans).astype(np.float32)[:, None]
    return np.clip(inks, 0, 1, out=inks).reshape(masks.shape)


def _around(box: Box, ink: Ink) -> Ink:
    """The ink of a box and of the pixels next to it."""
    return ink[box.y - 1 : box.bottom + 1, box.x - 1 : box.right + 1]


def _glyphs(inks: Ink) -> Ink:
    """The glyphs of the only marks, (N, 28, 28) float32."""
    height, width = inks.shape[1:]
    clear: npt.NDArray[np.bool_] = np.greater(inks, FAINT)
    rows = np.asarray(clear.any(axis=2))
    columns = np.asarray(clear.any(axis=1))
    top, bottom = rows.argmax(axis=1), height - rows[:, ::-1].argmax(axis=1)
    left, right = columns.argmax(axis=1), width - columns[:, ::-1].argmax(axis=1)
    across, down = np.arange(width), np.arange(height)
    within_x = (across >= left[:, None]) & (across < right[:, None])
    within_y = (down >= top[:, None]) & (down < bottom[:, None])
    own = inks * (within_y[:, :, None] & within_x[:, None])
    edges = zip(*(each.tolist() for each in (top, bottom, left, right)), strict=True)
    cropped = [ink[y:last, x:end] for ink, (y, last, x, end) in zip(inks, edges, strict=True)]
    return placed(list(map(sized, cropped, stroke_widths(own).tolist())))
