"""What is taken for a page of few marks and may be none: large digits, of which a page's ink has
pieces only.

A page's ink is made for small writing: of bold strokes it keeps the edges, upright ones are taken
for rules. So what holds few marks is read both as a page and as none, and the better reading wins.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from statistics import median

import numpy as np

from ..records import DIGITS, Box, Digit, Line, Status
from .choice import STROKE, Probabilities
from .glyph import LARGE as INK_LARGE
from .glyph import stroke_width
from .page_stage import PageLook
from .parts import Candidate, are_one_mark, overlap
from .stubs import is_comb

FEW_MARKS = 70  # on a page
DIRT = 0.3  # of the digits' height: what is lower is none of them
MOST_DIRT = 2  # such marks for each digit
MOST_PIECES = 5  # of a digit; a rule or a frame, taken for one, may hold many a digit
LARGER = 4  # times as high as all that is read as a page: that is print around it, or pieces of it
PIECE = 0.62  # of a digit's height: what is no higher and lies in it is a piece of it
SURE, SEEN = 0.9, 0.95  # confidence of a digit of which a page has pieces, or nothing
AS_HIGH = 0.6  # of the page's digits: so high at least is one that it lacks, or the inverse of it
HELD = 0.7  # of a piece's box, that lies in the box of the digit that it is a piece of
LARGE = 0.1  # of the picture's longer side: digits so high have holes in a page's ink
STUB = 0.6  # of the digits' height: a lower stroke is a piece of a rule
SMALL = 640  # px, the longer side of a picture that costs little to be read in two ways
_BOLD = 0.014  # of the page's longer side: of strokes twice as bold its ink has the edges only
_LIST = 4  # rows at least: fewer may be one number, or lie on their side
ASKEW = 5.0  # degrees: by more, few digits may only seem to slope


def may_be_no_page(look: PageLook) -> bool:
    """Whether what looks like a page is to be read as none, too."""
    return len(look.marks.all) <= FEW_MARKS or look.longer <= SMALL


def stands_clear(look: PageLook) -> bool:
    """Whether a page is a list in large writing: rows below each other, of thin strokes that are
    higher than wide, without rules and without anything else as large. None of its marks is a piece
    of a digit then, or two that touch, and to read it as no page says no more."""
    if not look.halvings or len(look.marks.rows) < _LIST or look.writing.rules.any:
        return False
    widest = _BOLD * max(look.writing.mask.shape)
    for mark in look.marks.all:
        if mark.box.width > mark.box.height or stroke_width(mark.ink) > widest:
            return False
    rows = sorted(_height_of(row) for row in look.marks.rows)
    if any(below[0] < above[1] for above, below in itertools.pairwise(rows)):
        return False
    return _hold_all_large(look)


def are_digits(look: PageLook, rows: Probabilities) -> bool:
    """Whether all marks of a page are surely digits as it lies, most of them no strokes; `rows` are
    those of its glyphs."""
    digits = rows[:, :DIGITS]
    strokes = np.count_nonzero(digits.argmax(axis=1) == STROKE)
    upright = not look.turns and not look.may_lie_otherwise
    return bool(upright and 2 * strokes < len(rows) and (digits.max(axis=1) >= SURE).all())


def _height_of(row: Sequence[Candidate]) -> tuple[int, int]:
    """Where a row begins and ends on the way down."""
    return min(mark.box.y for mark in row), max(mark.box.bottom for mark in row)


def _hold_all_large(look: PageLook) -> bool:
    """Whether the middle of all that is as large as a mark may be lies in one."""
    x, y, width, height, _ = look.writing.found.boxes.T
    large = np.maximum(width, height) >= INK_LARGE
    middles = np.stack([x + width / 2, y + height / 2], axis=1)[large]  # (n, 2)
    boxes = [(box.x, box.y, box.right, box.bottom) for box in (mark.box for mark in look.marks.all)]
    left, top, right, bottom = np.array(boxes).T[:, None]  # (1, marks) each
    across = (left < middles[:, :1]) & (middles[:, :1] < right)
    down = (top < middles[:, 1:]) & (middles[:, 1:] < bottom)
    return bool((across & down).any(axis=1).all())


def holds_little(look: PageLook, lines: Sequence[Line]) -> bool:
    """Whether half of the marks of a page that is read so are no digits, and the others stand
    alone."""
    alone = all(len(line.digits) == 1 for line in lines)
    return alone and 2 * len(lines) <= len(look.marks.all)


def is_better(lines: Sequence[Line], as_page: Sequence[Line], look: PageLook, longer: int) -> bool:
    """Whether a picture, whose `longer` side has so many pixels, is read better as no page, by
    these lines: by any where nothing is read `as_page`, by a single one where that holds little or
    one digit, or by sure ones that have all its digits, whole ones where it has pieces, or more of
    them, or other and surer ones that are large, or any that are far larger, as what is drawn on a
    screen is than the words around it, or that are sure and large as it lies where a page that was
    turned is in doubt, or has few of them. Strokes alone, where a page lies turned, are its rules;
    large ones may be. Combs of strokes are nothing."""
    as_page = [line for line in as_page if not is_comb(line)]
    alone = len(_digits(as_page)) == 1
    if not as_page or (len(lines) == 1 and (alone or holds_little(look, as_page))):
        return True
    if may_lie_upright(lines, look, longer) and len(_digits(lines)) > 2 * len(_digits(as_page)):
        return True
    if not lines or any(line.status is not Status.READ for line in lines):
        return False
    wholes = _digits(lines)
    are_strokes = all(whole.digit == STROKE for whole in wholes)
    if look.turns and are_strokes:
        return False
    if not are_strokes and _are_larger(wholes, _digits(as_page)):
        return True
    height = median(whole.box.height for whole in wholes)
    pieces = [piece for piece in _digits(as_page) if piece.box.height >= DIRT * height]
    if len(_digits(as_page)) - len(pieces) > MOST_DIRT * len(wholes):
        return False
    same = [piece for piece in pieces if any(are_one_mark(piece.box, w.box) for w in wholes)]
    rest = [piece for piece in pieces if piece not in same]
    held = [next((w for w in wholes if _holds(w.box, piece.box)), None) for piece in rest]
    doubtful = any(line.status is not Status.READ for line in as_page)
    is_large = height >= LARGE * longer
    if is_large and doubtful and look.turns:
        return True
    if is_large and (doubtful or _is_askew(look) or _differ(wholes, pieces)):
        strangers = [piece for piece, whole in zip(rest, held, strict=True) if whole is None]
        return all(_is_nothing_else(piece, wholes, height) for piece in strangers)
    if None in held or any(count > MOST_PIECES for count in Counter(map(id, held)).values()):
        return False
    return bool(rest) or len(wholes) > len(same)


def _is_nothing_else(piece: Digit, wholes: Sequence[Digit], height: float) -> bool:
    """Whether what a page has beside whole digits so high is a rule's stub, or one of them in a
    larger box."""
    stub = piece.digit == STROKE and piece.box.height < STUB * height
    return stub or any(_holds(piece.box, whole.box) for whole in wholes)


def contradicts(lines: Sequence[Line], line: Line, look: PageLook) -> bool:
    """Whether other digits are read, for sure, in the places of some of a page's line, or far
    larger ones beside it. Where the page lies turned, a 6 is read as a 9 there, which says
    nothing."""
    if look.turns:
        return False
    others = _digits([each for each in lines if each.status is Status.READ])
    if others and _are_larger(others, line.digits):
        return True
    return any(
        other.digit != digit.digit and are_one_mark(other.box, digit.box)
        for digit in line.digits
        for other in others
    )


def adds_a_stroke(lines: Sequence[Line], line: Line, longer: int) -> bool:
    """Whether a page's line has a stroke where all of another reading, of sure and large digits,
    has nothing: it may be an edge or a rule."""
    wholes = _digits(lines)
    if not wholes or any(each.status is not Status.READ for each in lines):
        return False
    if median(whole.box.height for whole in wholes) < LARGE * longer:
        return False
    strokes = [digit for digit in line.digits if digit.digit == STROKE]
    return any(not any(overlap(each.box, w.box) for w in wholes) for each in strokes)


def may_lie_upright(lines: Sequence[Line], look: PageLook, longer: int) -> bool:
    """Whether most large digits, strokes aside, are sure on a page as it lies, which was turned."""
    digits = [digit for digit in _digits(lines) if digit.digit != STROKE]
    sure = [digit for digit in digits if digit.confidence >= SURE]
    if not look.turns or 2 * len(sure) <= len(digits):
        return False
    return median(digit.box.height for digit in sure) >= LARGE * longer


def leaves_out(lines: Sequence[Line], as_page: Sequence[Line], look: PageLook) -> bool:
    """Whether a digit that is read, sure enough and no stroke, is one of which the page has nothing
    but pieces, or nothing at all though it is as high as others there."""
    own = _digits(as_page)
    if look.turns or not own:
        return False
    usual = median(digit.box.height for digit in own)
    others = [each for each in _digits(lines) if each.digit != STROKE and each.confidence >= SURE]
    return any(_is_torn(each, own) or _is_missing(each, own, usual) for each in others)


def _is_torn(whole: Digit, digits: Sequence[Digit]) -> bool:
    pieces = [each for each in digits if each.box.height <= PIECE * whole.box.height]
    return 0 < sum(_holds(whole.box, piece.box) for piece in pieces) <= MOST_PIECES


def _is_missing(other: Digit, digits: Sequence[Digit], usual: float) -> bool:
    box = other.box
    if other.confidence < SEEN or not AS_HIGH * usual <= box.height <= usual / AS_HIGH:
        return False
    return not any(overlap(box, each.box) for each in digits)


def _digits(lines: Sequence[Line]) -> list[Digit]:
    return [digit for line in lines for digit in line.digits]


def _is_askew(look: PageLook) -> bool:
    """Whether the rows of a page were found to slope: of large digits there are few to tell."""
    along = look.back @ [1, 0, 0]
    slope = np.rad2deg(np.arctan2(along[1], along[0]))
    return bool(abs((slope + 45) % 90 - 45) > ASKEW)


def _differ(some: Sequence[Digit], others: Sequence[Digit]) -> bool:
    """Whether other digits are read, wherever they stand."""
    return Counter(each.digit for each in some) != Counter(each.digit for each in others)


def _are_larger(wholes: Sequence[Digit], others: Sequence[Digit]) -> bool:
    """Whether the lowest of some digits is far higher than the highest of others."""
    lowest = min(whole.box.height for whole in wholes)
    return lowest >= LARGER * max(other.box.height for other in others)


def _holds(whole: Box, piece: Box) -> bool:
    width = min(whole.right, piece.right) - max(whole.x, piece.x)
    height = min(whole.bottom, piece.bottom) - max(whole.y, piece.y)
    return min(width, height) > 0 and width * height >= HELD * piece.width * piece.height
