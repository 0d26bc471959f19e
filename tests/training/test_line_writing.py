"""What is written on a line: how close digits stand, slashes between them, and slashed zeros."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from daemon.training import line_writing
from daemon.training.datasets import DigitSet
from daemon.training.hands import Bitmap, Copybook, Digits, Glyph, stroke_width
from daemon.training.line_writing import OVERLAP, Placed, side_by_side, write_digits

LEAN = 0.5  # columns a row


class Stamp:
    """A hand that always writes the same bitmap: two strokes, 3 pixels wide."""

    prints = False

    def __init__(self, stroke: float = 3.0) -> None:
        self.ink = np.zeros((20, 18), np.uint8)
        self.ink[:, 1:4] = self.ink[:, 12:15] = 255
        self._stroke = stroke

    def write(self, label: int, _rng: np.random.Generator) -> Glyph:
        return Glyph(label, bitmap=Bitmap(self.ink, self._stroke, 1.0))


@pytest.fixture(scope="module")
def book(train_digits: DigitSet) -> Copybook:
    return Copybook(Digits(train_digits.images, train_digits.labels, ()))


def lines(
    book: Copybook, labels: list[int], count: int = 80, slashes: float | None = None
) -> list[list[Placed]]:
    rng = np.random.default_rng(3)
    return [
        write_digits(book.hand(rng), labels, rng, marks=False, slashes=slashes)
        for _ in range(count)
    ]


def span(item: Placed) -> tuple[float, float]:
    start, end = item.glyph.extent
    return item.x + start * item.size, item.x + end * item.size


def test_no_digit_covers_more_than_half_of_the_narrower_neighbour(book: Copybook) -> None:
    overlaps = []
    for line in lines(book, [8, 1, 4, 0, 0, 7, 2]):
        for one, other in pairwise(line):
            (left, right), (start, end) = span(one), span(other)
            narrower = min(right - left, end - start)
            assert right - start <= OVERLAP * narrower + 1e-6
            overlaps.append((right - start) / max(narrower, 0.05))
    assert max(overlaps) > 0.4  # some do come that close


def slash_of(line: list[Placed]) -> Placed:
    (slash,) = (item for item in line if item.glyph.label is None)
    return slash


def test_a_slash_between_digits_is_taller_than_they_are_and_leans(book: Copybook) -> None:
    for line in lines(book, [7, 3], slashes=LEAN):
        slash = slash_of(line)
        (points,) = slash.glyph.strokes
        foot, *_, head = points
        assert foot[1] > 0.05  # below the baseline
        assert head[1] < -1.05
        assert (head[0] - foot[0]) / (foot[1] - head[1]) == pytest.approx(LEAN, abs=0.01)


def test_a_slash_keeps_a_distance_to_its_digits(book: Copybook) -> None:
    for line in lines(book, [7, 3], slashes=LEAN):
        slash, (seven, three) = slash_of(line), (item for item in line if item.glyph.label)
        at_foot = np.interp(0, *reversed_line(slash))
        at_head = np.interp(-1, *reversed_line(slash))
        assert at_foot >= span(seven)[1] - 0.05
        assert at_head <= span(three)[0] + 0.05


def reversed_line(slash: Placed) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """The slash's rows, growing, and the columns that go with them."""
    (points,) = slash.glyph.strokes
    return points[::-1, 1], points[::-1, 0] + slash.x


@pytest.mark.parametrize(("digits", "most"), [(2, 1), (3, 1), (6, 2)])
def test_one_slash_or_two_stand_within_the_number(book: Copybook, digits: int, most: int) -> None:
    counts = set()
    for line in lines(book, list(range(2, 2 + digits)), count=30, slashes=LEAN):
        labels = [item.glyph.label for item in line]
        assert labels[0] is not None
        assert labels[-1] is not None
        assert all(one is not None or other is not None for one, other in pairwise(labels))
        counts.add(labels.count(None))
    assert counts == set(range(1, most + 1))


class Pen:
    """A hand that writes 1s which lean this way and that, and zeros which end where they began, or
    do not."""

    prints = False

    def write(self, label: int, rng: np.random.Generator) -> Glyph:
        if label == 1:
            lean = rng.uniform(-0.7, 0.7)
            return Glyph(1, (np.array([[max(0, -lean), -1], [max(0, lean), 0]], np.float32),))
        angle = np.linspace(0, rng.choice((1.0, 1.7)) * 2 * np.pi, 30)
        circle = np.stack([0.3 * np.cos(angle), 0.5 * np.sin(angle) - 0.5], axis=1)
        return Glyph(0, (circle.astype(np.float32),))


def test_1s_beside_slashes_stand_upright_and_are_no_taller_than_others() -> None:
    rng = np.random.default_rng(0)

    def ones(slashes: float | None) -> list[Placed]:
        pen = Pen()
        lines = [
            write_digits(pen, [1, 0], rng, marks=False, slashes=slashes)  # type: ignore[arg-type]
            for _ in range(100)
        ]
        return [line[0] for line in lines]

    def lean(item: Placed) -> float:
        return float(np.ptp(item.glyph.strokes[0][:, 0]))

    assert np.quantile([lean(one) for one in ones(None)], 0.5) > 0.25
    assert np.quantile([lean(one) for one in ones(LEAN)], 0.8) < 0.25
    assert np.quantile([one.size for one in ones(None)], 0.9) > 1.15
    assert np.quantile([one.size for one in ones(LEAN)], 0.9) < 1.15


def test_strokes_of_a_widened_bitmap_are_as_wide_as_they_are_then() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for _ in range(20):
        (item,) = write_digits(Stamp(), [4], rng, marks=False)  # type: ignore[arg-type]
        bitmap = item.glyph.bitmap
        assert bitmap is not None
        assert bitmap.stroke == pytest.approx(stroke_width(bitmap.ink))
        widths.append((bitmap.ink.shape[1], bitmap.stroke))
    (_, narrow), *_, (_, wide) = sorted(widths)
    assert wide > 1.3 * narrow


def test_print_keeps_its_strokes_when_it_is_widened() -> None:
    rng = np.random.default_rng(0)
    (item,) = write_digits(Stamp(stroke=0), [4], rng, marks=False)  # type: ignore[arg-type]
    assert item.glyph.bitmap is not None
    assert item.glyph.bitmap.stroke == 0


def test_some_zeros_that_are_closed_have_a_slash_and_stay_zeros(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def zeros(share: float) -> list[Glyph]:
        rng = np.random.default_rng(0)
        monkeypatch.setattr(line_writing, "CROSSED_ZEROS", share)
        pen = Pen()
        return [
            write_digits(pen, [0], rng, marks=False)[0].glyph  # type: ignore[arg-type]
            for _ in range(40)
        ]

    def slashes(zero: Glyph) -> int:
        return sum(len(stroke) == 2 for stroke in zero.strokes)

    assert all(slashes(zero) == 0 for zero in zeros(0))
    for zero in zeros(1):
        circle = zero.strokes[0]
        assert zero.label == 0
        assert slashes(zero) == (np.hypot(*(circle[0] - circle[-1])) < 0.25)


def test_a_bitmap_of_a_zero_has_no_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_writing, "CROSSED_ZEROS", 1)
    (item,) = write_digits(Stamp(), [0], np.random.default_rng(0), marks=False)  # type: ignore[arg-type]
    assert item.glyph.strokes == ()


def test_side_by_side_is_one_after_the_other_with_a_gap() -> None:
    def bar(x: float) -> Placed:
        return Placed(Glyph(1, (np.array([[0.1, 0], [0.3, -1]], np.float32),)), 2.0, x, 0.0)

    placed = side_by_side([bar(0), bar(3)], [bar(-7), bar(-5)], 0.5)
    assert [item.x for item in placed] == pytest.approx([0, 3, 3.9, 5.9])
    assert span(placed[2])[0] - span(placed[1])[1] == pytest.approx(0.5)
