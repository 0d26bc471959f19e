"""Layouts of large writing, found on a picture made smaller: a digit that is several times as large
as the glyph it becomes is found there just as well, in a fraction of the time. What noise leaves of
a dark photo, specks by the thousand, is averaged away with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ..records import Grey
from .glyph import LARGE, stroke_width
from .grain import find_ink_under_grain, is_grainy, is_noise
from .ink import Ink, find_ink
from .layout import Layout, Proposal, proposals
from .parts import Candidate
from .polarity import Shades

LEAST_HALVED = 700  # px, the longer side of the smallest picture that is halved
_STROKE = 1.0  # px: of a finer one parts may have gone

Seen: TypeAlias = list[tuple[Ink, tuple[Proposal, ...]]]  # each ink of a page, and its layouts


def find_layouts(
    pixels: Grey, shades: Shades | None = None, *, halve: bool = True
) -> tuple[Grey, Seen]:
    """The ink of an upright page, (H, W) uint8, and its layouts, found at the smallest scale at
    which all that may be digits is large, unless it is not to be halved; and the page, smoothed
    where it is grainy. `shades` are the page's, where they are known."""
    shades, is_known = shades or Shades(pixels), False
    for times in range(_most_halvings(shades.pixels) if halve else 0, 0, -1):
        smaller = shades.halved(times)
        inks = find_ink(smaller.pixels, smaller)
        is_known = is_noise(inks[0])
        if is_known or is_grainy(inks[0]):
            continue
        seen = [(ink, proposals(ink)) for ink in inks]
        found = (layout for _, made in seen for each in made for layout in each.layouts)
        if are_large(candidates_of(found)):
            return pixels, seen
    smooth, inks = find_ink_under_grain(pixels, shades, is_known=is_known)
    return smooth, [(ink, proposals(ink)) for ink in inks]


def _most_halvings(pixels: Grey) -> int:
    """How often a page, (H, W) uint8, can be halved and is not too small then."""
    return int(2 * max(pixels.shape) // LEAST_HALVED).bit_length() - 1


def are_large(marks: Sequence[Candidate]) -> bool:
    """Whether there are marks, and all of them are large and their strokes there."""
    if not marks or any(max(mark.box.width, mark.box.height) < LARGE for mark in marks):
        return False
    return all(stroke_width(mark.ink) >= _STROKE for mark in marks)


def candidates_of(layouts: Iterable[Layout]) -> list[Candidate]:
    """What may be digits in any of some layouts, each once: they share them."""
    return list({id(mark): mark for layout in layouts for mark in layout.candidates}.values())
