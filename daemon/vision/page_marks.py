"""What may be digits on a page: marks of its ink, without rules, joined and chained to rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Box, Grey
from .components import Components, find_components
from .levels import Levels
from .page_boxes import find_boxes
from .page_dashes import find_dashes
from .page_ink import STRONG_SHARE, PageInk
from .page_pen import darker_than, thicker_than
from .page_rules import Rules, find_rules, without_rules
from .parts import Candidate, Cutter, Part, belongs, chain, join, part_of

MAX_COMPONENTS = 20_000  # more is noise or texture, not writing
MAX_MARKS = 5000  # digits and letters of a page: more is texture
_MANY = 500  # components: dirt, or the back shows through
MIN_HEIGHT = 7  # px: smaller writing cannot be told from dirt
_COVERED = 0.4  # of the page: so much ink is no writing
_SPECK = 0.16  # of the digit height: smaller components are dirt
_LARGEST = (4.0, 3.2)  # digit heights: wider or higher components are no digits
_MUCH_LOWER = 0.75  # times the height that was expected of digits
_TALLEST = 1 / 6  # of the page's height
_WHOLE = 0.7  # digit heights: what is a digit without its pieces
_BELOW, _COMMA_WIDTH = 0.15, 0.45  # digit heights: how far down a comma's middle lies, its width
_CHARACTER = 0.3  # digit heights
_BESIDE = 0.4  # of the lower of two boxes: what lies at the height of both
_LONG = 0.2  # of the page's longer side: no digit is as long
_LINES = 30  # of digits, as many as are usual from a page's top to its bottom
_LEAST_TALL = 0.5  # of the height of taller digits: what is one of them
_SAME_HEIGHT = 0.6  # of a height: what is lower is of another one
_FEW, _MUCH_WRITING = 3, 40  # marks of one height: fewer are no digits where so much is lower
_SQUAT, _SLIM = 2.2, 14  # width over height and height over width of what tells the digit height


@dataclass(frozen=True, slots=True)
class Writing:
    """A page's ink and what is writing in it: `mask` (h, w) uint8 is 1 there, `found` are its
    components, `height` is that of digits in pixels; `printed` are the rules that are known by
    their shape, whatever that height. `levels` are those of its contrast."""

    ink: PageInk
    rules: Rules
    mask: Grey
    found: Components
    levels: Levels
    height: float
    printed: tuple[Rules, ...] = ()

    def part(self, left: Box, right: Box) -> bool:
        """Whether the border of a cell runs between two neighbours of a line."""
        return self.rules.part(left, right, self.height)

    def cutter(self, total: int) -> Cutter:
        """What cuts marks out of it, of `total` pixels."""
        return Cutter(self.ink.contrast, self.ink.floor, self.found, total, self.levels)


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks on rows in reading order, and of each row its candidates, and how high digits like
    those on it are."""

    rows: tuple[tuple[Candidate, ...], ...]
    heights: tuple[float, ...] = ()

    @property
    def all(self) -> tuple[Candidate, ...]:
        """In reading order."""
        return tuple(itertools.chain.from_iterable(self.rows))


def find_writing(ink: PageInk) -> Writing | None:
    """The writing in a page's ink; None where there is none, or nothing but grain or texture."""
    if ink.is_loud or cv2.countNonZero(ink.mask) > _COVERED * ink.mask.size:
        return None
    boxes, everything = find_boxes(find_components(ink.mask, MAX_COMPONENTS))
    dashes, everything = find_dashes(everything)
    printed = tuple(each for each in (boxes, dashes) if each is not None)
    height = _first_height(ink, everything, printed)
    if not height:
        return None
    writing: Writing | None = None
    for _ in range(2):
        found = _writing_of(ink, printed, height, everything)
        last = height
        height = _digit_height(_written(found.found, ink, found.levels), 0.4 * height, 2)
        height = height or last
        if writing is not None and _MUCH_LOWER * height > last:
            break  # too low: what is left of rules is taken for writing
        writing = replace(found, height=height)
        if _MUCH_LOWER < height / last < 1 / _MUCH_LOWER:
            break  # else rules were taken for writing, which hid lower digits, or strokes for rules
    return writing


def find_taller(writing: Writing, height: float) -> Writing:
    """The writing of the same page among digits of another, greater `height`."""
    return _writing_of(writing.ink, writing.printed, height)


def _writing_of(
    ink: PageInk, printed: tuple[Rules, ...], height: float, everything: Components | None = None
) -> Writing:
    rules = find_rules(ink.faint, height).with_those(printed)
    whole, ink = ink.mask, darker_than(rules, ink)
    mask = without_rules(ink.mask, rules, height)
    thick = thicker_than(rules, whole) if ink.mask is whole else None
    if thick is not None:
        mask = cv2.bitwise_or(mask, thick)
    if everything is None or mask is not whole:
        everything = find_components(mask, MAX_COMPONENTS)
    levels = Levels(everything, ink.contrast)
    return Writing(ink, rules, mask, everything, levels, height, printed)


def find_marks(writing: Writing, taller: Writing | None = None) -> Marks:
    """What may be digits; none where there is too much of it. Beside those among `taller` writing
    no piece of them is one."""
    groups = [(writing, each) for each in _groups(writing)]
    if taller is not None:
        tall = [each for each in _groups(taller) if _is_tall(each.box, taller.height)]
        groups = [(own, each) for own, each in groups if not _is_piece(each.box, tall)]
        groups += [(taller, each) for each in tall]
    if not 0 < len(groups) <= MAX_MARKS:
        return Marks(())
    total = sum(group.area for _, group in groups)
    rows: list[list[Part]] = []
    written: dict[int, tuple[Writing, Cutter]] = {}
    for whose in (writing, taller):
        if whose is not None:
            own = chain(
                [each for owner, each in groups if owner is whose], whose.height, whose.part
            )
            rows += own
            written |= dict.fromkeys(map(id, own), (whose, whose.cutter(total)))
    rows = _in_order(rows)
    cut: list[tuple[Candidate, ...]] = []
    heights: list[float] = []
    for row in rows:
        whose, cutter = written[id(row)]
        cut.append(tuple(map(cutter.cut_out, row)))
        heights.append(whose.height)
    return Marks(tuple(cut), tuple(heights))


def _groups(writing: Writing) -> list[Part]:
    """What belongs to one character each."""
    parts = [part_of(each) for each in _clear(writing).components]
    joined = join(parts, writing.height, _belongs) if parts else []
    return [group for group in joined if _is_character(group.box, writing.height)]


def _is_tall(box: Box, height: float) -> bool:
    """Whether a mark among lower ones has the shape of a digit so high, and no word's."""
    return box.height >= _LEAST_TALL * height and box.width <= _SQUAT * height


def _is_piece(box: Box, tall: Sequence[Part]) -> bool:
    """Whether the middle of a mark lies within a taller one."""
    x, y = box.x + box.width // 2, box.y + box.height // 2
    return any(
        each.box.x <= x < each.box.right and each.box.y <= y < each.box.bottom for each in tall
    )


def _is_character(box: Box, height: float) -> bool:
    """Whether a mark is as large as small letters, which tell words from numbers."""
    return box.height >= _CHARACTER * height or box.width >= 0.5 * height


def _in_order(rows: list[list[Part]]) -> list[list[Part]]:
    """From top to bottom, and what stands side by side from left to right: what begins further
    right goes on with the row whose end lies at its height."""
    bands: list[list[list[Part]]] = []
    ends: list[Box] = []
    for row in sorted(rows, key=lambda row: row[0].box.x):
        first = row[0].box
        top, bottom = first.y, first.bottom
        best, most = len(bands), (0, 0)
        for number, end in enumerate(ends):
            if end.y >= bottom or end.y + end.height <= top:
                continue
            shared = _beside(end, first), end.x  # of as many, with what is nearer
            if shared[0] and shared > most:  # the most: a stub of a rule lies wholly at any height
                best, most = number, shared
        if best == len(bands):
            bands.append([])
            ends.append(first)
        bands[best].append(row)
        ends[best] = row[-1].box
    bands.sort(key=lambda band: sum(row[0].box.y + row[0].box.bottom for row in band) / len(band))
    return [row for band in bands for row in band]


def _beside(left: Box, right: Box) -> int:
    """How many pixels of the lower box lie at the other's height, where they are a good share of
    it; 0 where the boxes do not follow each other."""
    if right.x < left.right:
        return 0
    shared = min(left.bottom, right.bottom) - max(left.y, right.y)
    return shared if shared > _BESIDE * min(left.height, right.height) else 0


def _belongs(small: Box, large: Box, height: float) -> bool:
    """Whether a piece is part of the same digit. What hangs below a whole digit is a comma."""
    whole = large.height >= _WHOLE * height
    below = small.y + small.height / 2 > large.bottom - _BELOW * height
    slim = small.width <= _COMMA_WIDTH * height
    return not (whole and below and slim) and belongs(small, large, height)


def _first_height(ink: PageInk, everything: Components, printed: Sequence[Rules]) -> float:
    """About how high digits are, before rules are known; 0 where there is nothing. What is long may
    be rules that hold most digits together: then without what is surely one. `everything` are the
    components of all ink but that of rules which are known by their shape, `printed`."""
    found = _written(everything, ink, Levels(everything, ink.contrast))
    longest = max(ink.mask.shape)
    if found.boxes[:, 2:4].max(initial=0) > _LONG * longest:
        usual = longest / _LINES
        rules = find_rules(ink.faint, usual).with_those(printed)
        rest = find_components(without_rules(ink.mask, rules, usual), MAX_COMPONENTS)
        found = _written(rest, ink, Levels(rest, ink.contrast))
    large = _digit_height(found, power=2, may_lie=True)
    return _digit_height(found, 0.4 * large, may_lie=True)


def _written(found: Components, ink: PageInk, levels: Levels) -> Components:
    """A mask's components; of many, those that do not show through from the back, by the `levels`
    of their contrast."""
    return found if len(found.listed) <= _MANY else _strong(found, ink, levels)


def _strong(found: Components, ink: PageInk, levels: Levels) -> Components:
    """The components that do not show through from the back."""
    strong = levels.reaching(ink.strong)[found.listed - 1]
    return found.chosen(strong >= STRONG_SHARE * found.boxes[:, 4])


def _clear(writing: Writing) -> Components:
    """The components that have a digit's size at most, stand free, and do not show through from
    the back."""
    found = _strong(writing.found, writing.ink, writing.levels)
    *_, width, height, _ = found.boxes.T
    is_speck = np.maximum(width, height) < _SPECK * writing.height
    is_large = (width > _LARGEST[0] * writing.height) | (height > _LARGEST[1] * writing.height)
    return found.chosen(_are_free(found) & ~is_speck & ~is_large)


def _are_free(found: Components) -> npt.NDArray[np.bool_]:
    """Which components, (n,), touch no side of the page."""
    x, y, width, height, _ = found.boxes.T
    rows, columns = found.mask.shape
    return np.asarray(
        (x > 1) & (y > 1) & (x + width < columns - 1) & (y + height < rows - 1), np.bool_
    )


def _digit_height(
    found: Components, least: float = 0, power: int = 1, *, may_lie: bool = False
) -> float:
    """The median height of what has the shape of a digit, upright or, if they `may_lie`, either
    way, where each counts by a power of its own, so that specks do not; a few large ones
    on a page of writing do not count either. 0 where there is nothing."""
    *_, width, height, _ = found.boxes.T
    is_high = (height >= max(MIN_HEIGHT, least)) & (height < _TALLEST * len(found.mask))
    is_shaped = (width <= _SQUAT * height) & (height <= _SLIM * width)
    sides = np.maximum(height, width) if may_lie else height
    heights = np.sort(sides[is_high & is_shaped & _are_free(found)])
    while len(heights):
        passed = (heights.astype(np.float64) ** power).cumsum()
        middle = float(heights[passed.searchsorted(passed[-1] / 2)])
        lower = int(heights.searchsorted(_SAME_HEIGHT * middle))
        if len(heights) - lower >= _FEW or lower < _MUCH_WRITING:
            return middle
        heights = heights[:lower]  # stains, stamps and drawings
    return 0.0
