"""Lines of digits composed on the fly: a writer's digits, what stands between and beside them,
paper, pen and camera, with a box per digit.

Everything is drawn from the generator that is given. Lengths are heights (a digit's height is 1)
until the line is laid onto its picture, then pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey, Ink
from . import words
from .clutter import scene
from .hands import Bitmap, Copybook, Glyph, Hand, printed
from .papers import PaperBank
from .strokes import Stroke

Rng: TypeAlias = np.random.Generator
Affine: TypeAlias = npt.NDArray[np.float64]  # (2, 3)

EMPTY, PHOTOGRAPHS, SINGLE = 0.025, 0.025, 0.12  # shares of lines with nothing, of one digit,
WORDS = 0.08  # and of such that hold only what is no digit
BESIDE = 0.10  # of the lines of digits have letters beside them
LENGTHS = (2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 7, 8, 9, 10)
HEIGHT = (27.0, 0.33, 12.0, 64.0)  # pixels: median, spread of the logarithm, least and most
PEN = (0.05, 0.19)  # heights
SLANT = (0.15, 0.25)  # mean and standard deviation
REPEN = (0.75, 1.7)  # how much thinner and thicker bitmaps' strokes may become
ELASTIC = 0.045  # heights, standard deviation of a control point's displacement

_SOFT = 0.3  # stroke widths, the blur before strokes change theirs


@dataclass(frozen=True, slots=True)
class LineDigit:
    """A digit's label, and the box of its ink in pixels of its picture."""

    label: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class ComposedLine:
    """`pixels` (H, W) uint8, dark ink on lighter paper; `digits` from left to right."""

    pixels: Grey
    digits: tuple[LineDigit, ...]

    @property
    def text(self) -> str:
        """The digits as they are read."""
        return "".join(str(digit.label) for digit in self.digits)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A glyph, how large and where its origin is, in heights."""

    glyph: Glyph
    size: float
    x: float
    y: float


class LineComposer:
    """Composes lines with the digits of a copybook."""

    def __init__(self, book: Copybook, rng: Rng, *, papers: int | None = None) -> None:
        """`papers` is how many patterns are kept at hand."""
        self._book = book
        self._papers = PaperBank(rng, papers) if papers else PaperBank(rng)

    def compose(self, rng: Rng) -> ComposedLine:
        """One line, of any kind."""
        kind = rng.random()
        if kind < PHOTOGRAPHS:
            return ComposedLine(scene(rng), ())
        if kind < PHOTOGRAPHS + EMPTY:
            return self._finished([], rng)
        hand = self._book.hand(rng)
        if kind < PHOTOGRAPHS + EMPTY + WORDS:
            return self._finished(_words(hand, rng), rng)
        single = kind < PHOTOGRAPHS + EMPTY + WORDS + SINGLE
        length = 1 if single else LENGTHS[rng.integers(len(LENGTHS))]
        labels = _labels(length, rng)
        placed = _written(hand, labels, rng, marks=rng.random() < (0.15 if single else 0.6))
        if rng.random() < BESIDE:
            placed = _beside(placed, _words(hand, rng), rng)
        return self._finished(placed, rng)

    def compose_digits(self, labels: list[int], rng: Rng) -> ComposedLine:
        """These digits and nothing else."""
        return self._finished(_written(self._book.hand(rng), labels, rng, marks=False), rng)

    def _finished(self, placed: list[_Placed], rng: Rng) -> ComposedLine:
        sheet = _Sheet.of(placed, rng)
        ink, digits = _inked(placed, sheet, rng)
        return ComposedLine(self._photographed(ink, sheet, rng), digits)

    def _photographed(self, ink: Ink, sheet: _Sheet, rng: Rng) -> Grey:
        """Ink on paper, with what is printed there, as a camera or scanner sees it."""
        height, width = ink.shape
        paper = rng.uniform(120, 252)
        darkness = paper * rng.uniform(0.25, 0.97) if rng.random() < 0.9 else rng.uniform(22, 60)
        printed_share = rng.random()
        light: Ink = np.full(ink.shape, paper, np.float32)
        if printed_share < 0.55:
            depth = darkness * rng.uniform(0.04, 0.42)
            light -= np.float32(depth) * self._papers.pattern(height, width, rng)
        grain = np.float32(rng.uniform(0, 0.35) if rng.random() < 0.5 else 0.0)
        cover = ink
        if grain:
            cover = ink * (1 - grain * np.abs(self._papers.noise(height, width, rng)))
        rules = _rules(sheet, rng)
        if rules is not None:
            light -= np.float32(darkness * rng.uniform(0.25, 1.1)) * rules
        light -= np.float32(darkness) * np.clip(cover, 0, 1)
        if rng.random() < 0.4:
            light *= _shade(height, width, rng)
        blur = rng.uniform(0.25, max(0.5, 0.036 * sheet.height))
        noise = rng.uniform(0, 0.045) * darkness + rng.uniform(0, 2)
        grains = np.float32(noise) * self._papers.noise(height, width, rng)
        seen = np.asarray(cv2.GaussianBlur(light, (0, 0), blur)) + grains
        pixels: Grey = np.clip(seen, 0, 255).astype(np.uint8)
        if rng.random() < 0.5:
            how = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
            _, data = cv2.imencode(".jpg", pixels, how)
            pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
        return pixels


def _labels(length: int, rng: Rng) -> list[int]:
    """Digits, with runs of zeros and of others as amounts have them."""
    labels = [int(label) for label in rng.integers(10, size=length)]
    choice = rng.random()
    if choice < 0.18 and length > 2:
        zeros = int(rng.integers(1, min(5, length)))
        labels[-zeros:] = [0] * zeros
    elif choice < 0.30 and length > 1:
        at = int(rng.integers(length - 1))
        labels[at + 1] = labels[at]
    return labels


def _written(hand: Hand, labels: list[int], rng: Rng, *, marks: bool) -> list[_Placed]:
    """The digits one after the other, upright, the first at x = 0."""
    gap = rng.uniform(-0.12, 0.25) if rng.random() < 0.7 else rng.uniform(0.2, 0.7)
    uneven = rng.uniform(0.02, 0.12)
    zeros = rng.uniform(0.6, 0.85) if rng.random() < 0.3 else 1.0
    drift = rng.normal(0, 0.03)
    tie = rng.random() < 0.15
    wide = rng.uniform(0.75, 1.15)
    placed: list[_Placed] = []
    at = 0.0
    separator = int(rng.integers(2, 4)) if len(labels) > 2 and rng.random() < 0.6 else 0
    if marks and rng.random() < 0.15:
        at = _add_mark(placed, words.BEFORE, at, rng)
    for number, label in enumerate(labels):
        left = len(labels) - number
        glyph = _widened(hand.write(label, rng), wide)
        size = float(np.clip(rng.normal(1, 0.09), 0.7, 1.4)) * (zeros if label == 0 else 1)
        start, end = glyph.extent
        low = rng.normal(0, 0.04) + drift * number
        placed.append(_Placed(glyph, size, at - start * size, low))
        at += (end - start) * size
        if marks and number and (left - 1 == separator or rng.random() < 0.04) and left > 1:
            hug = rng.random() < 0.5
            at = _add_mark(placed, words.BETWEEN, at - (0.08 if hug else 0), rng)
            at += rng.uniform(-0.12, 0.1) if hug else rng.uniform(0, 0.3)
        else:
            at += max(-0.2, rng.normal(gap, uneven))
            if tie and rng.random() < 0.5:
                _tie(placed, rng)
    if marks and rng.random() < 0.45:
        at += rng.uniform(-0.15, 0.25)
        for name in words.AFTER[rng.integers(len(words.AFTER))]:
            at = _add_mark(placed, (name,), at, rng) + rng.uniform(-0.05, 0.1)
    return placed


def _widened(glyph: Glyph, by: float) -> Glyph:
    """Strokes and bitmaps stretched horizontally."""
    if glyph.bitmap is None:
        stretch = np.array([by, 1], np.float32)
        return replace(glyph, strokes=tuple(stroke * stretch for stroke in glyph.strokes))
    bitmap = glyph.bitmap
    size = max(2, round(bitmap.ink.shape[1] * by)), bitmap.ink.shape[0]
    return replace(glyph, bitmap=replace(bitmap, ink=cv2.resize(bitmap.ink, size)))


def _add_mark(placed: list[_Placed], names: tuple[str, ...], at: float, rng: Rng) -> float:
    """Put one of the marks at `at`; where it ends."""
    glyph = Glyph(None, words.mark(names[rng.integers(len(names))], rng))
    start, end = glyph.extent
    placed.append(_Placed(glyph, 1.0, at - start, 0.0))
    return at + end - start + rng.uniform(0.03, 0.15)


def _tie(placed: list[_Placed], rng: Rng) -> None:
    """A pen that hardly left the paper: from the last digit's end towards the next one."""
    last = placed[-1]
    if last.glyph.bitmap is not None or last.glyph.label is None:
        return
    end = last.glyph.strokes[-1][-1]
    over = end + np.array([rng.uniform(0.15, 0.45), rng.uniform(-0.35, 0.1)], np.float32)
    bend = (end + over) / 2 + np.array([0, rng.uniform(-0.05, 0.12)], np.float32)
    line = np.stack([end, bend, over]).astype(np.float32)
    placed[-1] = replace(last, glyph=replace(last.glyph, strokes=(*last.glyph.strokes, line)))


def _words(hand: Hand, rng: Rng) -> list[_Placed]:
    """Something that is no digit: a word by hand or in print, letters, a scribble."""
    kind = rng.random()
    if kind < 0.3 or hand.prints:
        font = ("sans", "italic", "uni")[rng.integers(3)]
        ink = printed(words.print_word(rng), font, int(rng.integers(200, 900)))
        return [_Placed(Glyph(None, bitmap=Bitmap(ink, 0.0, 1.0)), rng.uniform(0.7, 1.1), 0.0, 0.0)]
    if kind < 0.6:
        strokes = words.cursive(rng, int(rng.integers(3, 10)))
    elif kind < 0.85:
        strokes = words.capitals(rng, int(rng.integers(1, 7)))
    else:
        strokes = words.scribble(rng)
    return [_Placed(Glyph(None, strokes), rng.uniform(0.7, 1.15), 0.0, 0.0)]


def _beside(digits: list[_Placed], others: list[_Placed], rng: Rng) -> list[_Placed]:
    """`others` before or after the digits."""
    before, after = (others, digits) if rng.random() < 0.5 else (digits, others)
    end = max(_end(item) for item in before)
    start = min(item.x + item.glyph.extent[0] * item.size for item in after)
    shift = end - start + rng.uniform(0.25, 1.0)
    return [*before, *(replace(item, x=item.x + shift) for item in after)]


def _end(item: _Placed) -> float:
    return item.x + item.glyph.extent[1] * item.size


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The picture that a line is laid onto: `shape` (H, W), how heights become pixels, the height
    of a digit and the pen's width in pixels, and the rows of baseline and of the digits' top."""

    shape: tuple[int, int]
    affine: Affine
    height: float
    pen: float
    baseline: float
    top: float
    left: float
    right: float

    @classmethod
    def of(cls, placed: list[_Placed], rng: Rng) -> _Sheet:
        """A sheet around the placed glyphs."""
        median, spread, least, most = HEIGHT
        height = float(np.clip(median * np.exp(rng.normal(0, spread)), least, most))
        slant = float(np.clip(rng.normal(*SLANT), -0.5, 0.9))
        if rng.random() < 0.25:
            slant *= 0.2
        pen = max(1.0, height * float(np.exp(rng.uniform(*np.log(PEN)))))
        turn = np.deg2rad(rng.normal(0, 1.2))
        start = min((item.x for item in placed), default=0.0)
        end = max((_end(item) for item in placed), default=rng.uniform(0.5, 5))
        above, below = rng.uniform(0.03, 0.5, 2)
        before, after = rng.uniform(0.05, 0.8, 2) + np.maximum(0, [-slant, slant])
        width = end - start + before + after
        rise = abs(np.sin(turn)) * width
        shape = max(12, round((1 + above + below + rise) * height)), max(12, round(width * height))
        origin_y = (1 + above + (rise if turn < 0 else 0)) * height
        linear = np.array([[1, -slant], [np.sin(turn), np.cos(turn)]]) * height
        offset = [(before - start) * height, origin_y]
        return cls(
            shape,
            np.column_stack([linear, offset]),
            height,
            pen,
            origin_y,
            origin_y - height,
            before * height,
            (before + end - start) * height,
        )


def _inked(placed: list[_Placed], sheet: _Sheet, rng: Rng) -> tuple[Ink, tuple[LineDigit, ...]]:
    """All ink in 0..1, (H, W) float32, and the boxes of the digits."""
    bitmaps = [item for item in placed if item.glyph.bitmap is not None]
    drawn = [item for item in placed if item.glyph.bitmap is None]
    ink, digits = _stamped(bitmaps, sheet)
    strokes: list[Stroke] = []
    linear, offset = sheet.affine[:, :2].T.astype(np.float32), sheet.affine[:, 2]
    for item in drawn:
        shift = (np.array([item.x, item.y]) @ sheet.affine[:, :2].T + offset).astype(np.float32)
        lines = [stroke @ (linear * np.float32(item.size)) + shift for stroke in item.glyph.strokes]
        strokes += lines
        if item.glyph.label is not None:
            digits.append(_boxed(item.glyph.label, lines, sheet.pen))
    strokes += _neighbours(sheet, rng)
    if strokes:
        ink = np.maximum(ink, _drawn(strokes, sheet))
    ink = _bent(ink, sheet.height, rng)
    return ink, tuple(sorted(digits, key=lambda digit: digit.left + digit.right))


def _boxed(label: int, strokes: list[Stroke], pen: float) -> LineDigit:
    points = np.concatenate(strokes)
    (left, top), (right, bottom) = points.min(axis=0) - pen / 2, points.max(axis=0) + pen / 2
    return LineDigit(label, float(left), float(top), float(right), float(bottom))


def _drawn(strokes: list[Stroke], sheet: _Sheet) -> Ink:
    """Strokes with the sheet's pen, anti-aliased: drawn finer, then reduced."""
    thickness = 3 if sheet.pen < 2.5 else 5
    finer = (thickness + 2) / sheet.pen  # OpenCV draws an odd thickness two pixels thicker
    height, width = sheet.shape
    size = round(width * finer), round(height * finer)
    by = np.array([size[0] / width, size[1] / height], np.float32)
    lines = [np.rint((stroke * by - 0.5) * 16).astype(np.int32) for stroke in strokes]
    fine = np.zeros((size[1], size[0]), np.uint8)
    cv2.polylines(fine, lines, False, 255, thickness, cv2.LINE_8, 4)
    ink = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return ink.astype(np.float32) * np.float32(1 / 255)


def _stamped(items: list[_Placed], sheet: _Sheet) -> tuple[Ink, list[LineDigit]]:
    """Bitmaps laid onto the sheet, their strokes as wide as the pen's, as far as that goes."""
    ink = np.zeros(sheet.shape, np.float32)
    digits = []
    for item in items:
        bitmap = item.glyph.bitmap
        assert bitmap is not None
        rows, columns = bitmap.ink.shape
        size = item.size * bitmap.height / rows  # heights a pixel
        own = np.array([[size, 0, item.x], [0, size, item.y - bitmap.height * item.size]])
        whole = sheet.affine @ np.vstack([own, [0, 0, 1]])
        corners = whole[:, :2] @ np.array([[0, columns, 0, columns], [0, 0, rows, rows]])
        corners += whole[:, 2:]
        (x0, y0), (x1, y1) = np.floor(corners.min(axis=1)) - 1, np.ceil(corners.max(axis=1)) + 1
        left, top = max(0, int(x0)), max(0, int(y0))
        right, bottom = min(sheet.shape[1], int(x1)), min(sheet.shape[0], int(y1))
        if right - left < 2 or bottom - top < 2:
            continue
        whole[:, 2] -= (left, top)
        source = bitmap.ink
        shrink = size * sheet.height
        if shrink < 0.7:
            source = cv2.GaussianBlur(source, (0, 0), 0.4 / shrink)
        stamp = cv2.warpAffine(source, whole, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        laid = stamp.astype(np.float32) * np.float32(1 / 255)
        if bitmap.stroke:
            laid = _repenned(laid, bitmap.stroke * shrink, sheet.pen)
        part = ink[top:bottom, left:right]
        np.maximum(part, laid, out=part)
        if item.glyph.label is not None:
            x, y, wide, high = cv2.boundingRect((laid > 0.4).view(np.uint8))
            box = (left + x, top + y, left + x + max(1, wide), top + y + max(1, high))
            digits.append(LineDigit(item.glyph.label, *map(float, box)))
    return ink, digits


def _repenned(ink: Ink, width: float, wanted: float) -> Ink:
    """Strokes about `width` pixels wide brought towards the `wanted` width: blurred, and cut at the
    level that a stroke of that width reaches."""
    sigma = _SOFT * width
    half = float(np.clip(wanted / width, *REPEN)) / 2
    level = _normal((half + 0.5) / _SOFT) - _normal((half - 0.5) / _SOFT)
    steep = np.float32(max(1.5, 1.8 * sigma))
    blurred = cv2.GaussianBlur(ink, (0, 0), sigma)
    return np.asarray(np.clip((blurred - level) * steep + 0.5, 0, 1))


def _normal(x: float) -> float:
    """The normal distribution's cumulative share, by Page's approximation (1977)."""
    return float(1 / (1 + np.exp(-1.5976 * x - 0.07056 * x**3)))


def _bent(ink: Ink, height: float, rng: Rng) -> Ink:
    """An elastic distortion of the whole line (Simard et al., 2003)."""
    rows, columns = ink.shape
    nodes = 4, max(3, round(columns / height * 2.5))
    bend = rng.normal(0, ELASTIC * height * rng.random(), (*nodes, 2)).astype(np.float32)
    field: Ink = cv2.resize(bend, (columns, rows), interpolation=cv2.INTER_CUBIC)
    map_x = field[..., 0] + np.arange(columns, dtype=np.float32)
    map_y = field[..., 1] + np.arange(rows, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(ink, map_x, map_y, cv2.INTER_LINEAR))


def _neighbours(sheet: _Sheet, rng: Rng) -> list[Stroke]:
    """Tips of what is written on the lines above and below, and beside."""
    if rng.random() > 0.2:
        return []
    strokes: list[Stroke] = []
    rows, columns = sheet.shape
    for _ in range(int(rng.integers(1, 4))):
        drawn = words.piece_of_digit(rng)
        above = rng.random() < 0.5
        seen = rng.uniform(0.05, 0.28) * sheet.height
        size = sheet.height * rng.uniform(0.8, 1.2)
        y = seen if above else rows - seen + size
        at = np.array([rng.uniform(0, columns), y], np.float32)
        strokes += [stroke * np.float32(size) + at for stroke in drawn]
    return strokes


def _rules(sheet: _Sheet, rng: Rng) -> Ink | None:
    """Printed lines: below the digits, above, at the ends, a box around, or a cell per digit."""
    if rng.random() > 0.45:
        return None
    rows, columns = sheet.shape
    ink = np.zeros(sheet.shape, np.uint8)
    thickness = max(1, round(sheet.height * rng.uniform(0.02, 0.09)))
    lean = rng.normal(0, 0.006) * columns

    def lying(y: float) -> None:
        first, last = (0, round((y - lean / 2) * 8)), (columns * 8, round((y + lean / 2) * 8))
        cv2.line(ink, first, last, 255, thickness, cv2.LINE_AA, 3)

    def standing(x: float) -> None:
        first, last = (round((x + lean / 9) * 8), 0), (round((x - lean / 9) * 8), rows * 8)
        cv2.line(ink, first, last, 255, thickness, cv2.LINE_AA, 3)

    below = sheet.baseline + sheet.height * rng.uniform(-0.03, 0.3)
    above = sheet.top - sheet.height * rng.uniform(0.02, 0.3)
    kind = rng.random()
    if kind < 0.6:
        lying(min(below, rows - 1))
    if 0.5 < kind < 0.8:
        lying(max(above, 0))
    if 0.55 < kind < 0.9:
        before, after = sheet.height * rng.uniform(0.05, 0.4, 2)
        if rng.random() < 0.7:
            standing(max(0.0, sheet.left - before))
        if rng.random() < 0.5:
            standing(min(columns - 1.0, sheet.right + sheet.height * 0.3 + after))
    if kind > 0.95:
        lying(min(below, rows - 1))
        pitch = sheet.height * rng.uniform(0.5, 1.1)
        for x in np.arange(sheet.left - pitch * rng.uniform(0, 1), columns, pitch):
            standing(x)
    return ink.astype(np.float32) * np.float32(1 / 255)


def _shade(height: int, width: int, rng: Rng) -> Ink:
    """Uneven light, 1 where it is full."""
    nodes = rng.uniform(1 - rng.uniform(0.05, 0.45), 1, (2, int(rng.integers(2, 6))))
    return cv2.resize(nodes.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
