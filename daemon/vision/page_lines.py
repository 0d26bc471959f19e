"""The rows of a page that are digits, as lines in the page's own pixels.

A row is kept or dropped as a whole, by what the network makes of all its marks: a word has letters
that look like digits, but not many. What has not the height of the page's sure digits is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import numpy as np
import numpy.typing as npt

from ..records import DIGITS, Box, Line, Page, PageReading
from .assemble import digit_of, line_of
from .choice import NO_DIGIT, STROKE, Choice, Probabilities, Score
from .flat import enlarging
from .layout import Layout
from .page_letters import LETTER, may_be_letter
from .page_marks import Marks
from .page_stage import PageLook
from .page_view import boxes_on_page
from .parts import SPLIT_GAP, Candidate

STROKE_ALONE = "a stroke alone may be no digit"
BESIDE_A_STUB = "a digit beside a stroke that is none"

_NUMBERS = 0.2  # of a page's marks are digits at least, unless it is a picture, or all words
_SURE = 0.95  # probability of a digit whose height counts
_HEIGHTS = (0.58, 1.9)  # of the median height of sure digits: what a digit may have
_SURE_HEIGHTS, _SURE_FLAT = (0.45, 1.9), 2.2  # the same of a sure digit, and for the next
_FLAT = 1.6  # times its height: what is wider is a dash
_DASH = 0.35  # of that height: what is flat and no higher is a dash, else letters that touch
_LETTER = 0.42  # of that height: a mark so high may be a letter, however narrow
_SMALL = (0.28, 0.3)  # of that height: the width and height of small letters at least
_TALL = 0.75  # of that height: what tells a row's top and foot
_HANGS = 0.12  # of that height: how far from them a sign is at least
_SIGN, _APART = (0.4, 0.65), 0.6  # of that height: how large a sign is, and how far from digits
_ROWS = (0.5, 0.55, 0.7, 0.75)  # mean probability of digits that a row of 1, 2, 3, more needs
_SEVERAL = 0.9  # times that height: what is as wide may be two digits that touch
_MANY_STROKES, _MOSTLY = 8, 0.5  # rows of strokes alone, and their share of all that are read
_PIECE = (0.35, 0.3)  # of that height: width and height of a piece of a digit at least
_STUB = 0.3  # of its height: what is wider is no piece of a rule
_MARK = 0.5  # probability of no digit from which a mark in a row of digits is left out


def part_at_signs(look: PageLook, rows: Probabilities) -> PageLook:
    """The look with rows parted where nothing but signs stands in a gap too wide for one number: a
    sum is several. `rows` are those of all marks in reading order."""
    are_none = _none(rows) >= _MARK
    if not are_none.any():
        return look
    heights = _sure_heights(look.marks, _likely(rows).tolist())
    parted: list[tuple[Candidate, ...]] = []
    usual: list[float] = []
    at = 0
    for row, own in zip(look.marks.rows, look.marks.heights, strict=True):
        height, none = heights[at], are_none[at : at + len(row)]
        signs = (none & _are_signs(row, height)).tolist()
        pieces = _pieces(row, signs, SPLIT_GAP * height)
        parted += pieces
        usual += [own] * len(pieces)
        at += len(row)
    return replace(look, marks=Marks(tuple(parted), tuple(usual)))


def choose_marks(look: PageLook, rows: Probabilities) -> Choice:
    """The marks of a page, which of them are digits, and what the network says; `rows` are those of
    all marks in reading order."""
    marks = look.marks.all
    likely, are_none = _likely(rows).tolist(), (_none(rows) >= _MARK).tolist()
    heights = _sure_heights(look.marks, likely)
    sized = [
        _is_sized(mark, height, p > _SURE)
        for mark, height, p in zip(marks, heights, likely, strict=True)
    ]
    are_digits: list[bool] = []
    for row in look.marks.rows:
        height = heights[len(are_digits)]
        own = slice(len(are_digits), len(are_digits) + len(row))
        fit, none, signs = sized[own], are_none[own], _are_signs(row, height)
        kept = _is_beside_a_stub(row, rows[own], fit) or _is_number(
            [
                p if fits else 0.0
                for mark, p, fits, is_none, is_sign in zip(
                    row, likely[own], fit, none, signs, strict=True
                )
                if not (is_sign and is_none) and (fits or _is_character(mark, height))
            ]
        )
        are_digits += [
            kept and fits and not is_none for fits, is_none in zip(fit, none, strict=True)
        ]
    sure = float(np.log(np.maximum(rows.max(axis=1), 1e-6)).sum()) if len(rows) else 0.0
    return Choice(Layout(look.marks.rows), rows, Score(sure, 0.0, 0.0, 0.0), tuple(are_digits))


def assemble_page(page: Page, look: PageLook, chosen: Choice, threshold: float) -> PageReading:
    """A page's reading; lines with a digit below the confidence `threshold` are for review, and so
    are those from which something was left out that may be a digit, and strokes that stand alone
    where most marks are no digits."""
    every = iter(zip(_boxes(page, look, chosen), chosen.rows, chosen.digits, strict=True))
    found = sum(chosen.are_digits)
    all_else = found < _NUMBERS * sum(
        _is_character(mark, look.writing.height) for mark in look.marks.all
    )
    all_else = all_else or _are_strokes(chosen)  # as the grain of a desk is read
    lines: list[Line] = []
    for row, height in zip(chosen.layout.lines, look.marks.heights, strict=True):
        marks = [(mark, *next(every)) for mark in row]
        digits = tuple(
            digit_of(box, own, digit) for _, box, own, digit in marks if digit is not None
        )
        signs = _are_signs(row, height) if len(digits) < len(row) else [False] * len(row)
        whole = len(digits) == len(row) or all(
            digit is not None
            or not (_may_be_digits(mark, own, height) or (_is_piece(mark, height) and not is_sign))
            for (mark, _, own, digit), is_sign in zip(marks, signs, strict=True)
        )
        if digits:
            are_digits = [digit is not None for *_, digit in marks]
            stub = _is_beside_a_stub(row, [own for _, _, own, _ in marks], are_digits)
            alone = all_else and {digit.digit for digit in digits} == {STROKE}
            letter = len(row) == 1 and may_be_letter(row[0].ink, digits[0].digit)
            reason = STROKE_ALONE if alone else BESIDE_A_STUB if stub else LETTER if letter else ""
            lines.append(line_of(digits, threshold, whole=whole, reason=reason))
    return PageReading(page.number, page.width, page.height, tuple(lines))


def _are_strokes(chosen: Choice) -> bool:
    """Whether many rows are read, and most of them are nothing but strokes."""
    digits = iter(chosen.digits)
    rows = [[d for _ in row if (d := next(digits)) is not None] for row in chosen.layout.lines]
    read = [row for row in rows if row]
    strokes = sum(set(row) == {STROKE} for row in read)
    return strokes >= max(_MANY_STROKES, _MOSTLY * len(read))


def _boxes(page: Page, look: PageLook, chosen: Choice) -> list[Box]:
    """Where the marks lie on the page."""
    back = enlarging(page.reduction) @ look.back
    boxes = [mark.box for mark in chosen.layout.candidates]
    return boxes_on_page(boxes, back, page.width, page.height)


def _sure_heights(marks: Marks, likely: Sequence[float]) -> list[float]:
    """Of each mark, the height of sure digits: the median on all rows for digits as high; `likely`
    says how much each mark is one."""
    usual = [height for row, height in zip(marks.rows, marks.heights, strict=True) for _ in row]
    known: dict[float, float] = {}
    for height in set(usual):
        sure = [
            mark.box.height
            for mark, own, p in zip(marks.all, usual, likely, strict=True)
            if p > _SURE and own == height
        ]
        known[height] = float(np.median(sure)) if sure else height
    return [known[height] for height in usual]


def _pieces(
    row: Sequence[Candidate], are_signs: Sequence[bool], widest: float
) -> list[tuple[Candidate, ...]]:
    """What stands between signs in gaps wider than `widest`, and these signs, in their order."""
    pieces: list[list[Candidate]] = [[]]
    signs: list[Candidate] = []  # since the last mark that is none
    for mark, is_sign in zip(row, are_signs, strict=True):
        if is_sign:
            signs.append(mark)
            continue
        if signs and pieces[-1] and mark.box.x - pieces[-1][-1].box.right > widest:
            pieces += [signs, []]
        else:
            pieces[-1] += signs
        pieces[-1].append(mark)
        signs = []
    pieces[-1] += signs
    return [tuple(piece) for piece in pieces]


def _is_number(likely: Sequence[float]) -> bool:
    """Whether a row is one, by how likely each of its characters is a digit."""
    if not likely:
        return False
    return sum(likely) >= len(likely) * _ROWS[min(len(likely), len(_ROWS)) - 1]


def _is_beside_a_stub(
    row: Sequence[Candidate],
    rows: Sequence[npt.NDArray[np.float32]] | Probabilities,
    sized: Sequence[bool],
) -> bool:
    """Whether a row is a sure digit and an upright stroke that is none, as what is left of a rule:
    of a word of two letters neither is so thin. `rows` are those of its marks, and `sized` says
    which may be digits by their size."""
    if len(row) != 2:
        return False
    digits = [
        fits and own[:DIGITS].max() > _SURE and own[:DIGITS].argmax() != STROKE
        for own, fits in zip(rows, sized, strict=True)
    ]
    thin = [mark.box.width <= _STUB * mark.box.height for mark in row]
    none = _none(np.asarray(rows)).tolist()
    stubs = [is_thin and share >= _MARK for is_thin, share in zip(thin, none, strict=True)]
    return any(digits) and any(stubs)


def _is_character(mark: Candidate, height: float) -> bool:
    """Whether a mark may be a small letter: no dot, comma or dash."""
    box = mark.box
    if box.width > _FLAT * box.height and box.height < _DASH * height:
        return False
    small = box.height >= _SMALL[1] * height and box.width >= _SMALL[0] * height
    return small or box.height >= _LETTER * height


def _are_signs(row: Sequence[Candidate], height: float) -> list[bool]:
    """Which marks hang between the tops and the feet of their row as +, = and - do, or stand apart
    from it, and letters do not: they stand among numbers."""
    tall = [mark.box for mark in row if mark.box.height >= _TALL * height]
    if len(row) == 1 or not tall:  # a mark alone is its own top and foot
        return [False] * len(row)
    room = _HANGS * height
    top = median([box.y for box in tall]) + room
    foot = median([box.bottom for box in tall]) - room
    return [
        (mark.box.y > top and mark.box.bottom < foot) or _stands_apart(row, at, height)
        for at, mark in enumerate(row)
    ]


def _stands_apart(row: Sequence[Candidate], at: int, height: float) -> bool:
    """Whether one of a row's marks is as small as signs are, and further from its neighbours than
    the letters of a word, and the pieces of a digit."""
    box = row[at].box
    wide, high = box.width / height, box.height / height
    if not (_SIGN[0] <= wide <= _SIGN[1] and high <= _SIGN[1]):
        return False
    room = _APART * height
    is_free = at == 0 or box.x - row[at - 1].box.right >= room
    return is_free and (at + 1 == len(row) or row[at + 1].box.x - box.right >= room)


def _is_sized(mark: Candidate, height: float, sure: bool = False) -> bool:
    """Whether a mark is as large as digits are; what is surely one may be low and wide."""
    low, high = _SURE_HEIGHTS if sure else _HEIGHTS
    flat = _SURE_FLAT if sure else _FLAT
    box = mark.box
    return low * height <= box.height <= high * height and box.width <= flat * box.height


def _may_be_digits(mark: Candidate, row: npt.NDArray[np.float32], height: float) -> bool:
    """Whether what was left out may be a digit, or is as wide and high as two that touch."""
    low, high = (share * height for share in _HEIGHTS)
    if mark.box.width >= _SEVERAL * height:
        return low <= mark.box.height <= high
    return _is_sized(mark, height) and bool(_none(row[None])[0] < NO_DIGIT)


def _is_piece(mark: Candidate, height: float) -> bool:
    """Whether what was left out is as large as the pieces of a broken digit."""
    return mark.box.width >= _PIECE[0] * height and mark.box.height >= _PIECE[1] * height


def _likely(rows: Probabilities) -> npt.NDArray[np.float32]:
    return np.asarray(rows[:, :DIGITS].max(axis=1, initial=0))


def _none(rows: Probabilities) -> npt.NDArray[np.float32]:
    """The probability of no digit; a network that does not know it says 0."""
    return rows[:, DIGITS] if rows.shape[1] > DIGITS else np.zeros(len(rows), np.float32)
