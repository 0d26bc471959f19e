"""What is taken for a page of few marks and may be none: large digits, of which a page's ink has
pieces only.

A page's ink is made for small writing: of bold strokes it keeps the edges, upright ones are taken
for rules. So what holds few marks is read both as a page and as none, and the better reading wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..records import Box, Line, Status
from .doubts import are_one_mark
from .page_stage import PageLook

FEW_MARKS = 40  # on a page
HELD = 0.7  # of a piece's box, that lies in the box of the digit that it is a piece of


def may_be_no_page(look: PageLook) -> bool:
    """Whether what looks like a page is to be read as none, too."""
    return len(look.marks.all) <= FEW_MARKS


def holds_little(look: PageLook, lines: Sequence[Line]) -> bool:
    """Whether half of the marks of a page that is read so are no digits, and the others stand
    alone."""
    alone = all(len(line.digits) == 1 for line in lines)
    return alone and 2 * len(lines) <= len(look.marks.all)


def is_better(lines: Sequence[Line], as_page: Sequence[Line], look: PageLook) -> bool:
    """Whether a picture is read better as no page, by these lines: by any where nothing is read
    `as_page`, by a single one where that holds little, or by sure ones that hold all its digits:
    not the same ones, but those that it has pieces of."""
    pieces, wholes = _boxes(as_page), _boxes(lines)
    if not pieces or (len(lines) == 1 and holds_little(look, as_page)):
        return True
    if any(line.status is not Status.READ for line in lines):
        return False
    if not all(any(_holds(whole, piece) for whole in wholes) for piece in pieces):
        return False
    return len(wholes) != len(pieces) or not all(
        any(are_one_mark(whole, piece) for piece in pieces) for whole in wholes
    )


def _boxes(lines: Sequence[Line]) -> list[Box]:
    return [digit.box for line in lines for digit in line.digits]


def _holds(whole: Box, piece: Box) -> bool:
    width = min(whole.right, piece.right) - max(whole.x, piece.x)
    height = min(whole.bottom, piece.bottom) - max(whole.y, piece.y)
    return min(width, height) > 0 and width * height >= HELD * piece.width * piece.height
