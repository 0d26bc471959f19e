"""Writers of lines: digits from MNIST-like bitmaps, recorded pen strokes, own styles and print.

A written digit is measured in heights: its baseline is y = 0, y grows downwards, an ordinary digit
reaches up to -1. A bitmap stays one until the line is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import NothingReadable
from ..records import Grey
from .datasets import Labels
from .handwriting import draw_skeleton
from .strokes import PenDigit, Stroke
from .styles import STYLES

BITMAP_HEIGHT = 20  # pixels of the digit in a 28x28 bitmap
FAINT = 60  # of 255: what a bitmap's ink exceeds
POINTS = 22  # of a stroke, at most: more cost time and show nothing at a line's size
FLAG = 0.5  # heights: recorded 1s whose flag is wider would be 7s elsewhere
SHARES = (0.36, 0.22, 0.34, 0.05, 0.03)  # of lines: bitmaps, one pen writer, own, mixed, print
TAPER, RAISED = 0.14, 0.13  # standard deviations: wider above than below, a higher waist
PRINT_SIZE = 40  # pixels, at which print is drawn
CAPITAL = 0.75  # of that, a capital's height
FONTS = ("sans", "italic", "uni")


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A digit as pixels: `ink` (h, w) uint8 cropped to the digit, 255 = ink, whose strokes are
    `stroke` pixels wide; `height` in heights."""

    ink: Grey
    stroke: float
    height: float


@dataclass(frozen=True, slots=True)
class Glyph:
    """One written digit or mark: strokes in heights, or a bitmap."""

    label: int | None
    strokes: tuple[Stroke, ...] = ()
    bitmap: Bitmap | None = None

    @property
    def extent(self) -> tuple[float, float]:
        """From where to where it reaches horizontally, in heights."""
        if self.bitmap is not None:
            return 0.0, self.bitmap.height * self.bitmap.ink.shape[1] / self.bitmap.ink.shape[0]
        columns = np.concatenate([stroke[:, 0] for stroke in self.strokes])
        return float(columns.min()), float(columns.max())


@dataclass(frozen=True, slots=True)
class Digits:
    """What lines are written with: `images` (N, 28, 28) uint8 with `labels` (N,), ink = 255, and
    digits recorded from pens."""

    images: Grey
    labels: Labels
    pens: tuple[PenDigit, ...]

    @property
    def lacking(self) -> tuple[int, ...]:
        """Digits of which there is no bitmap: lines cannot be written then."""
        return tuple(np.setdiff1d(np.arange(10), self.labels).tolist())


def need_all_ten(digits: Digits, part: str, purpose: str, way_out: str) -> None:
    """Check, before hours are spent, that lines can be written with `digits`, the `part` of the
    data that serves the `purpose`. Raises NothingReadable, which names the `way_out`."""
    if digits.lacking:
        *others, last = (f"{'an' if label == 8 else 'a'} {label}" for label in digits.lacking)
        missing = f"{', '.join(others)} or {last}" if others else last
        raise NothingReadable(
            f"too few digits to {purpose}: of {len(digits.labels):,} {part} none is {missing}; "
            f"{way_out}"
        )


class Copybook:
    """Digits, sorted for quick picking."""

    def __init__(self, digits: Digits) -> None:
        self.digits = digits
        self._by_label = [np.flatnonzero(digits.labels == label) for label in range(10)]
        if digits.lacking:
            raise ValueError("lines need bitmaps of all ten digits")
        writers: dict[int, list[list[PenDigit]]] = {}
        for pen in digits.pens:
            if pen.label != 1 or not _has_flat_flag(pen):
                writers.setdefault(pen.writer, [[] for _ in range(10)])[pen.label].append(pen)
        self._writers = list(writers.values())

    def hand(self, rng: np.random.Generator) -> Hand:
        """Somebody who writes a line."""
        kind = int(np.searchsorted(np.cumsum(SHARES), rng.random()))
        writer = int(rng.integers(len(self._writers))) if self._writers else None
        if kind == 1 and writer is None:
            kind = 0
        return Hand(self, kind, writer, rng)

    def bitmap(self, label: int, rng: np.random.Generator) -> Glyph:
        """A bitmap of the digit."""
        among = self._by_label[label]
        return Glyph(label, bitmap=_bitmap(self.digits.images[among[rng.integers(len(among))]]))

    def recorded(self, label: int, writer: int, rng: np.random.Generator) -> Glyph | None:
        """A digit of that writer, if there is one."""
        known = self._writers[writer][label]
        if not known:
            return None
        strokes = _in_heights(known[rng.integers(len(known))].strokes)
        return Glyph(label, _reshaped(strokes, rng))


class Hand:
    """One writer: keeps to a source of digits, to one or two styles of each, to a width."""

    def __init__(
        self, book: Copybook, kind: int, writer: int | None, rng: np.random.Generator
    ) -> None:
        self._book, self._kind, self._writer = book, kind, writer
        self._styles = [int(rng.integers(len(styles))) for styles in STYLES]
        self._steady = rng.random() < 0.75
        self._width = float(rng.uniform(0.55, 1.1))
        self._font = FONTS[rng.integers(len(FONTS))]
        self._weight = int(rng.integers(200, 900))

    @property
    def prints(self) -> bool:
        """Whether it is a machine."""
        return self._kind == 4

    def write(self, label: int, rng: np.random.Generator) -> Glyph:
        """Write one digit."""
        kind = int(rng.integers(3)) if self._kind == 3 else self._kind
        if kind == 4:
            return Glyph(label, bitmap=Bitmap(printed(str(label), self._font, self._weight), 0, 1))
        if kind == 1 and self._writer is not None:
            found = self._book.recorded(label, self._writer, rng)
            if found is not None:
                return found
        if kind == 0:
            return self._book.bitmap(label, rng)
        styles = STYLES[label]
        style = self._styles[label] if self._steady else int(rng.integers(len(styles)))
        width = self._width * rng.uniform(0.88, 1.12)
        lean = np.array([[width, 0], [rng.normal(0, 0.05), 1]], np.float32)
        strokes = _in_heights(draw_skeleton(styles[style], lean, rng))
        return Glyph(label, _reshaped(strokes, rng))


def _in_heights(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Move strokes onto the baseline, the left edge at 0, and scale them to a height of 1; flat
    ones less."""
    thinned = [_thinned(stroke) for stroke in strokes]
    points = np.concatenate(thinned)
    low, high = points.min(axis=0), points.max(axis=0)
    size = max(high[1] - low[1], 0.6 * (high[0] - low[0]), 1e-3)
    origin = np.array([low[0], high[1]], np.float32)
    return tuple((stroke - origin) / np.float32(size) for stroke in thinned)


def _reshaped(strokes: tuple[Stroke, ...], rng: np.random.Generator) -> tuple[Stroke, ...]:
    """Other proportions: narrower above or below, a higher or lower waist."""
    taper, raised = rng.normal(0, TAPER), np.exp(rng.normal(0, RAISED))
    middle = max(float(stroke[:, 0].max()) for stroke in strokes) / 2
    reshaped = []
    for stroke in strokes:
        x, up = stroke[:, 0], np.clip(-stroke[:, 1], 0, 1)
        wider = 1 + taper * (2 * up - 1)
        moved = np.stack([middle + (x - middle) * wider, -(up**raised)], axis=1)
        reshaped.append(moved.astype(np.float32))
    return tuple(reshaped)


def _thinned(stroke: Stroke) -> Stroke:
    if len(stroke) <= POINTS:
        return stroke if len(stroke) > 1 else np.repeat(stroke, 2, axis=0)
    return np.asarray(stroke[np.linspace(0, len(stroke) - 1, POINTS).round().astype(int)])


def _has_flat_flag(pen: PenDigit) -> bool:
    points = np.concatenate(_in_heights(pen.strokes))
    top = points[points[:, 1] < -0.65]
    return len(top) > 0 and float(np.ptp(top[:, 0])) > FLAG


def _bitmap(image: Grey) -> Bitmap:
    """The digit of a 28x28 picture."""
    left, top, width, height = cv2.boundingRect((image > FAINT).view(np.uint8))
    if not width:
        left, top, width, height = 4, 4, 20, 20
    ink = image[top : top + height, left : left + width]
    return Bitmap(ink, stroke_width(ink), height / BITMAP_HEIGHT)


def stroke_width(ink: Grey) -> float:
    """Twice the area over the outline, in pixels."""
    ink = np.pad(ink, 1)  # the outline of a 1 lies along the sides of its box
    edges = cv2.norm(ink[:, 1:], ink[:, :-1], cv2.NORM_L1) + cv2.norm(
        ink[1:], ink[:-1], cv2.NORM_L1
    )
    outline = np.pi / 4 * edges + 255.0
    return max(1.0, 2 * float(cv2.sumElems(ink)[0]) / outline)


@cache
def _font(name: str) -> Any:
    return cv2.FontFace(name)


@dataclass(frozen=True, slots=True)
class Print:
    """A line of print: `ink` (h, w) uint8 cropped to it, 255 = ink, of which `below` pixels lie
    below the baseline; a capital is `capital` pixels high."""

    ink: Grey
    below: int
    capital: int


def print_line(text: str, font: str, weight: int, size: int = PRINT_SIZE) -> Print:
    """A line of print."""
    field: npt.NDArray[np.uint8] = np.zeros((2 * size, (1 + len(text)) * size), np.uint8)
    baseline = 3 * size // 2
    cv2.putText(field, text, (size // 2, baseline), (255,), _font(font), size, weight)
    left, top, width, height = cv2.boundingRect(field)
    ink = field[top : top + max(1, height), left : left + max(1, width)]
    return Print(ink, top + height - baseline, round(CAPITAL * size))


def printed(text: str, font: str, weight: int, size: int = PRINT_SIZE) -> Grey:
    """Print, (h, w) uint8 cropped to it, 255 = ink."""
    return print_line(text, font, weight, size).ink
