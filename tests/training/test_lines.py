"""Composed lines: what is written stands in its boxes, in every source of digits."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training import lines as lines_module
from daemon.training.datasets import DigitSet
from daemon.training.hands import Copybook, Digits
from daemon.training.line_ink import ComposedLine
from daemon.training.line_writing import Placed, write_digits
from daemon.training.lines import LineComposer
from daemon.training.strokes import PenDigit

PENS = tuple(
    PenDigit(label, writer, (np.array([[0, 0], [9, 3 * label], [2, 40]], np.float32),))
    for label in range(10)
    for writer in (1, 2)
)


@pytest.fixture(scope="module")
def composer(train_digits: DigitSet) -> LineComposer:
    book = Copybook(Digits(train_digits.images, train_digits.labels, PENS))
    return LineComposer(book, np.random.default_rng(0), papers=3)


@pytest.fixture(scope="module")
def lines(composer: LineComposer) -> list[ComposedLine]:
    rng = np.random.default_rng(1)
    return [composer.compose(rng) for _ in range(200)]


def test_lines_hold_none_one_or_several_digits(lines: list[ComposedLine]) -> None:
    lengths = [len(line.digits) for line in lines]
    assert {0, 1, 3, 4, 5} <= set(lengths)
    assert max(lengths) <= 10
    assert 0.05 < lengths.count(0) / len(lengths) < 0.3


def test_pictures_are_grey_and_of_many_heights(lines: list[ComposedLine]) -> None:
    heights = {line.pixels.shape[0] for line in lines}
    assert len(heights) > 20
    assert all(line.pixels.dtype == np.uint8 and line.pixels.ndim == 2 for line in lines)


def test_boxes_lie_on_the_picture_from_left_to_right(lines: list[ComposedLine]) -> None:
    for line in lines:
        height, width = line.pixels.shape
        middles = [(digit.left + digit.right) / 2 for digit in line.digits]
        assert middles == sorted(middles)
        for digit in line.digits:
            assert digit.left < digit.right
            assert digit.top < digit.bottom
            assert -0.5 * height < digit.left
            assert digit.right < width + 0.5 * height


def test_boxes_hold_the_darker_part_of_a_line(lines: list[ComposedLine]) -> None:
    darker = []
    for line in lines:
        inside = np.zeros(line.pixels.shape, bool)
        for digit in line.digits:
            rows = slice(max(0, round(digit.top)), round(digit.bottom))
            inside[rows, max(0, round(digit.left)) : round(digit.right)] = True
        if inside.any() and not inside.all():
            darker.append(line.pixels[~inside].mean() > line.pixels[inside].mean())
    assert np.mean(darker) > 0.85


def test_some_lines_are_cut_out_closely_and_even_into_the_digits(
    lines: list[ComposedLine],
) -> None:
    room = np.array(
        [
            (line.digits[0].left, line.pixels.shape[0] - max(digit.bottom for digit in line.digits))
            for line in lines
            if line.digits
        ]
    )
    assert ((room < 2).mean(axis=0) > 0.1).all()
    assert ((room > 4).mean(axis=0) > 0.4).all()


def test_some_lines_are_digits_as_they_are_on_clean_paper(lines: list[ComposedLine]) -> None:
    clean = [
        line
        for line in lines
        if line.pixels.shape[0] == 44 and line.digits and (line.pixels[:6] == 255).all()
    ]
    assert 0.04 < len(clean) / len(lines) < 0.18
    assert len({len(line.digits) for line in clean}) > 4


@pytest.mark.parametrize(
    ("share", "made"),
    [
        ("UNITS", "unit"),
        ("LABELLED", "label"),
        ("CROSSED", "crossed_out"),
        ("BESIDE", "write_words"),
    ],
)
def test_what_stands_beside_digits_is_not_read(
    share: str, made: str, composer: LineComposer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind is made for some lines, more where its share is larger, and adds no digit."""

    def composed(part: float) -> tuple[int, list[str]]:
        rng, kept = np.random.default_rng(2), []
        monkeypatch.setattr(lines_module, share, part)
        make = getattr(lines_module, made)

        def watched(*arguments: object, **options: object) -> list[Placed]:
            placed: list[Placed] = make(*arguments, **options)
            kept.append(sum(item.glyph.label is not None for item in placed))
            return placed

        with monkeypatch.context() as patch:
            patch.setattr(lines_module, made, watched)
            texts = [composer.compose(rng).text for _ in range(60)]
        assert set(kept) <= {0}
        return len(kept), texts

    few, _ = composed(0)
    many, texts = composed(0.9)
    assert many > few + 20
    assert 0.05 < texts.count("") / len(texts) < 0.4


def test_slashes_lean_to_the_right_whatever_the_writer_s_slant(
    composer: LineComposer, monkeypatch: pytest.MonkeyPatch
) -> None:
    leans = []

    def watched(*arguments: object, slashes: float | None = None, **options: object) -> object:
        if slashes is not None:
            leans.append(slashes)
        return write_digits(*arguments, slashes=slashes, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(lines_module, "SLASHED", 1)
    monkeypatch.setattr(lines_module, "write_digits", watched)
    for slant in (-0.4, 0.0, 0.7):
        leans.clear()
        monkeypatch.setattr(lines_module, "draw_slant", lambda _rng, slant=slant: slant)
        rng = np.random.default_rng(3)
        for _ in range(40):
            composer.compose(rng)
        assert len(leans) > 15
        assert all(0.27 < lean + slant < 0.91 for lean in leans)  # 15 to 42 degrees
        assert min(leans) >= 0.2  # more than the digits do


def test_the_same_seed_composes_the_same_lines(train_digits: DigitSet) -> None:
    book = Copybook(Digits(train_digits.images, train_digits.labels, PENS))

    def compose() -> list[ComposedLine]:
        rng = np.random.default_rng(7)
        composer = LineComposer(book, rng, papers=2)
        return [composer.compose(rng) for _ in range(5)]

    for one, again in zip(compose(), compose(), strict=True):
        assert one.digits == again.digits
        np.testing.assert_array_equal(one.pixels, again.pixels)


def test_lines_need_all_ten_digits(train_digits: DigitSet) -> None:
    few = train_digits.labels < 9
    with pytest.raises(ValueError, match="bitmaps of all ten digits"):
        Copybook(Digits(train_digits.images[few], train_digits.labels[few], ()))
