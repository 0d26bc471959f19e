"""Lines of digits composed on the fly: a writer's digits, what stands between and beside them,
paper, pen and camera, with a box per digit. Everything is drawn from the generator that is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from .clutter import scene
from .hands import Copybook, Hand
from .line_ink import ComposedLine, LineDigit, Sheet, draw_slant, lay_ink
from .line_light import photograph
from .line_notes import crossed_out, label, unit
from .line_writing import Placed, side_by_side, write_digits, write_words
from .papers import KEPT, PaperBank
from .rows import draw_row

Rng: TypeAlias = np.random.Generator

EMPTY, PHOTOGRAPHS, SINGLE = 0.025, 0.025, 0.12  # shares of lines with nothing, of one digit,
WORDS = 0.085  # and of such that hold only what is no digit:
WORDS_CROSSED, WORDS_NOTED = 0.18, 0.12  # a number that was crossed out, a label or a unit, a word
ROWS = 0.1  # are digits as they are, which all others bend, stretch and draw with another pen
BESIDE = 0.05  # of the lines of digits have letters beside them,
LETTERS_BESIDE = 3  # of these so many at least: a single one may as well be a digit in a hurry
CROSSED = 0.03  # others have a number that was crossed out
LABELLED, UNITS = 0.05, 0.05  # have a label before them, a unit after them
APART, CLOSE_UNIT = (0.25, 1.0), (0.08, 0.6)  # heights between digits and these, and a unit
SLASHED = 0.05  # of several digits, have slashes between them,
SLASH_LEAN = (0.3, 0.8)  # which lean 17 to 39 degrees, in columns a row, and by so much more than
LEAST_LEAN = 0.2  # the digits do
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
        slant = draw_slant(rng)
        if kind < PHOTOGRAPHS:
            return ComposedLine(scene(rng), ())
        if kind < PHOTOGRAPHS + EMPTY:
            return self._seen([], slant, rng)
        if kind > 1 - ROWS:
            return draw_row(self._book.digits.images, self._book.digits.labels, rng)
        hand = self._book.hand(rng)
        if kind < PHOTOGRAPHS + EMPTY + WORDS:
            return self._seen(_no_digits(hand, rng), slant, rng)
        single = kind < PHOTOGRAPHS + EMPTY + WORDS + SINGLE
        labels = _labels(1 if single else LENGTHS[rng.integers(len(LENGTHS))], rng)
        marks = rng.random() < (MARKED_SINGLE if single else MARKED)
        if not single and rng.random() < SLASHED:
            lean = max(LEAST_LEAN, rng.uniform(*SLASH_LEAN) - slant)
            placed = write_digits(hand, labels, rng, marks=marks, slashes=lean)
        else:
            placed = write_digits(hand, labels, rng, marks=marks)
        return self._seen(_annotated(placed, hand, rng), slant, rng)

    def _seen(self, placed: Sequence[Placed], slant: float, rng: Rng) -> ComposedLine:
        sheet = Sheet.of(placed, slant, rng)
        ink, digits = lay_ink(placed, sheet, rng)
        line = ComposedLine(photograph(ink, sheet, self._papers, rng), digits)
        return _cut_out(line, rng) if digits else line


def _no_digits(hand: Hand, rng: Rng) -> list[Placed]:
    """What is written and no digit."""
    kind = rng.random()
    if kind < WORDS_CROSSED:
        return crossed_out(hand, rng)
    if kind < WORDS_CROSSED + WORDS_NOTED:
        return label(rng) if rng.random() < 0.5 else unit(hand, rng, alone=True)
    return write_words(hand, rng)


def _annotated(digits: list[Placed], hand: Hand, rng: Rng) -> list[Placed]:
    """The digits with what may stand beside them."""
    if rng.random() < UNITS:
        digits = side_by_side(digits, unit(hand, rng), rng.uniform(*CLOSE_UNIT))
    if rng.random() < LABELLED:
        digits = side_by_side(label(rng), digits, rng.uniform(*APART))
    kind = rng.random()
    if kind > BESIDE + CROSSED:
        return digits
    other = write_words(hand, rng, LETTERS_BESIDE) if kind < BESIDE else crossed_out(hand, rng)
    pair = (digits, other) if rng.random() < 0.5 else (other, digits)
    return side_by_side(*pair, rng.uniform(*APART))


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
