"""Lines of digits composed on the fly: a writer's digits, what stands between and beside them,
paper, pen and camera, with a box per digit. Everything is drawn from the generator that is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from .clutter import scene
from .hands import Copybook
from .line_ink import ComposedLine, LineDigit, Sheet, lay_ink
from .line_light import photograph
from .line_writing import Placed, beside, write_digits, write_words
from .papers import KEPT, PaperBank
from .rows import draw_row

Rng: TypeAlias = np.random.Generator

EMPTY, PHOTOGRAPHS, SINGLE = 0.025, 0.025, 0.12  # shares of lines with nothing, of one digit,
WORDS = 0.07  # and of such that hold only what is no digit
ROWS = 0.1  # are digits as they are, which all others bend, stretch and draw with another pen
BESIDE = 0.06  # of the lines of digits have letters beside them,
LETTERS_BESIDE = 3  # of these so many at least: a single one may as well be a digit in a hurry
MARKED, MARKED_SINGLE = 0.6, 0.15  # of several digits, and of single ones, have marks
LENGTHS = (2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 7, 8, 9, 10)
TIGHT, CLOSE = 0.2, (-0.05, 0.12)  # of a line's edges lie so close to the digits, in heights
ZEROS, TWICE = 0.18, 0.2  # of the lines end in zeros, or have a digit twice running


class LineComposer:
    """Composes lines with the digits of a copybook."""

    def __init__(self, book: Copybook, rng: Rng, *, papers: int = KEPT) -> None:
        """`papers` is how many patterns are kept at hand."""
        self._book = book
        self._papers = PaperBank(rng, papers)

    def compose(self, rng: Rng) -> ComposedLine:
        """One line, of any kind."""
        kind = rng.random()
        if kind < PHOTOGRAPHS:
            return ComposedLine(scene(rng), ())
        if kind < PHOTOGRAPHS + EMPTY:
            return self._seen([], rng)
        if kind > 1 - ROWS:
            return draw_row(self._book.digits.images, self._book.digits.labels, rng)
        hand = self._book.hand(rng)
        if kind < PHOTOGRAPHS + EMPTY + WORDS:
            return self._seen(write_words(hand, rng), rng)
        single = kind < PHOTOGRAPHS + EMPTY + WORDS + SINGLE
        labels = _labels(1 if single else LENGTHS[rng.integers(len(LENGTHS))], rng)
        marks = rng.random() < (MARKED_SINGLE if single else MARKED)
        placed = write_digits(hand, labels, rng, marks=marks)
        if rng.random() < BESIDE:
            placed = beside(placed, write_words(hand, rng, LETTERS_BESIDE), rng)
        return self._seen(placed, rng)

    def _seen(self, placed: Sequence[Placed], rng: Rng) -> ComposedLine:
        sheet = Sheet.of(placed, rng)
        ink, digits = lay_ink(placed, sheet, rng)
        line = ComposedLine(photograph(ink, sheet, self._papers, rng), digits)
        return _cut_out(line, rng) if digits else line


def _cut_out(line: ComposedLine, rng: Rng) -> ComposedLine:
    """The line as a form's field or a hasty crop leaves it: at each side the edge may lie close to
    the digits, or a little within them."""
    digits = line.digits
    lefts, tops = [digit.left for digit in digits], [digit.top for digit in digits]
    rights, bottoms = [digit.right for digit in digits], [digit.bottom for digit in digits]
    height, width = line.pixels.shape
    tall = max(bottoms) - min(tops)
    cut = rng.random(4) < TIGHT
    beyond = tall * np.where(cut, rng.uniform(*CLOSE, 4), np.inf)
    left = int(max(0, min(lefts) - beyond[0]))
    top = int(max(0, min(tops) - beyond[1]))
    right = int(min(width, np.ceil(max(rights) + beyond[2])))
    bottom = int(min(height, np.ceil(max(bottoms) + beyond[3])))
    kept = tuple(
        LineDigit(
            digit.label,
            max(0.0, digit.left - left),
            max(0.0, digit.top - top),
            min(float(right), digit.right) - left,
            min(float(bottom), digit.bottom) - top,
        )
        for digit in digits
    )
    return ComposedLine(np.ascontiguousarray(line.pixels[top:bottom, left:right]), kept)


def _labels(length: int, rng: Rng) -> list[int]:
    """Digits, with runs of zeros and of others as amounts have them."""
    labels = [int(label) for label in rng.integers(10, size=length)]
    choice = rng.random()
    if choice < ZEROS and length > 2:
        zeros = int(rng.integers(1, min(5, length)))
        labels[-zeros:] = [0] * zeros
    elif choice < ZEROS + TWICE and length > 1:
        at = int(rng.integers(length - 1))
        labels[at + 1] = labels[at]
    return labels
