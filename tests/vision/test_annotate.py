"""Annotated pictures: what a person sees, measured on the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.records import Box, Digit, Grey, Line, Page, PageReading, Status
from daemon.vision.annotate import MAX_SIDE, MIN_WIDTH, annotate, encode_jpeg

PAPER = 201  # a shade that nothing else in a picture has
PROBABILITIES = (0.1,) * 10


def digit(box: Box, value: int = 7, confidence: float = 0.99) -> Digit:
    return Digit(box, value, confidence, PROBABILITIES)


def line(*digits: Digit, status: Status = Status.READ) -> Line:
    box = digits[0].box
    for other in digits:
        box = box.union(other.box)
    text = "".join(str(d.digit) for d in digits)
    return Line(digits, text, min(d.confidence for d in digits), box, status)


def picture_of(
    width: int,
    height: int,
    lines: Sequence[Line] = (),
    *,
    status: Status = Status.READ,
    title: str = "scan.png",
    review_below: float | None = None,
) -> Grey:
    page = Page(1, np.full((height, width), PAPER, np.uint8))
    reading = PageReading(1, width, height, tuple(lines))
    return annotate(page, reading, title=title, status=status, review_below=review_below)


def paper_of(picture: Grey) -> npt.NDArray[np.bool_]:
    return (picture == PAPER).all(axis=2)


def amber(picture: Grey) -> int:
    blue, green, red = (picture[..., k].astype(int) for k in range(3))
    return int(((red > 200) & (green > 120) & (blue < 60)).sum())


def green(picture: Grey) -> int:
    blue, green, red = (picture[..., k].astype(int) for k in range(3))
    return int(((green > 100) & (red < 40) & (blue < 120)).sum())


sides = st.one_of(
    st.tuples(st.integers(8, 500), st.integers(8, 500)),
    st.tuples(st.integers(8, 10_000), st.integers(8, 60)),
    st.tuples(st.integers(8, 60), st.integers(8, 10_000)),
)


@settings(max_examples=60, deadline=None)
@given(sides, st.data())
def test_every_page_becomes_a_picture_of_a_size_that_a_person_can_look_at(size, data):
    width, height = size
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    picture = picture_of(width, height, [line(digit(box))])
    assert MIN_WIDTH <= picture.shape[1] <= MAX_SIDE
    assert picture.shape[0] <= MAX_SIDE
    assert green(picture) > 0


@pytest.mark.parametrize("size", [(30, 30), (400, 300)])
def test_the_header_says_why_a_person_should_look(size: tuple[int, int]) -> None:
    doubtful = line(digit(Box(3, 3, 9, 9)), status=Status.REVIEW)
    told = replace(doubtful, reason="5 digits expected, 1 found")
    long_name = "a-very-long-name-of-a-scan-that-fills-the-header.png" * 3
    plain, with_reason = (
        picture_of(*size, [each], status=Status.REVIEW, title=long_name)
        for each in (doubtful, told)
    )
    half = slice(0, 20), slice(plain.shape[1] // 2, None)
    assert amber(plain[half]) == 0
    assert amber(with_reason[half]) > 40
    assert np.array_equal(plain[30:], with_reason[30:])


@settings(max_examples=40, deadline=None)
@given(sides, st.data())
def test_the_frame_of_a_digit_lies_inside_the_picture(size, data):
    width, height = size
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(x, y, width - x, height - y)
    picture = picture_of(width, height, [line(digit(box))])
    for edge in (picture[-1:], picture[125:, :1], picture[125:, -1:]):  # below the header
        assert green(edge) == 0


def test_tiny_pages_are_enlarged_with_crisp_pixels():
    pixels = np.random.default_rng(1).choice(np.array([11, 99, PAPER], np.uint8), (28, 28))
    picture = annotate(
        Page(1, pixels), PageReading(1, 28, 28, ()), title="a.png", status=Status.EMPTY
    )
    inner = picture[70:170, 30:130]
    assert set(np.unique(inner)) == {11, 99, PAPER}


def test_the_pixels_of_a_tiny_page_stay_as_they_are_in_the_file():
    pixels = np.random.default_rng(1).choice(np.array([40, 99, PAPER], np.uint8), (28, 28))
    picture = annotate(
        Page(1, pixels), PageReading(1, 28, 28, ()), title="a.png", status=Status.EMPTY
    )
    file = cv2.imdecode(np.frombuffer(encode_jpeg(picture), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture.shape[:2] == (194, MIN_WIDTH), "small: there may be millions of them"
    shown = file[64 : 64 + 112, 24 : 24 + 112].astype(int)
    enlarged = pixels.repeat(4, axis=0).repeat(4, axis=1).astype(int)
    assert np.abs(shown - enlarged).max() <= 12


@pytest.mark.parametrize(
    "told",
    [
        {"title": "sheet-0001-row-03-column-12-again.png"},
        {"lines": [replace(line(digit(Box(6, 6, 14, 16))), reason="may be 1, which has no check")]},
        {"lines": [replace(line(digit(Box(6, 6, 14, 16))), text="1234567890")]},
    ],
)
def test_the_picture_of_a_tiny_page_is_wider_where_there_is_more_to_say(told):
    assert picture_of(28, 28).shape[1] == MIN_WIDTH
    assert MIN_WIDTH < picture_of(28, 28, **told).shape[1] <= 240


def test_nothing_covers_a_digit_that_has_room_around_it():
    boxes = [Box(10 + 60 * k, 40, 24, 36) for k in range(5)]
    picture = picture_of(320, 120, [line(*(digit(box) for box in boxes))])
    paper = paper_of(picture)
    top, left = np.argwhere(paper).min(axis=0)
    for box in boxes:
        inside = paper[top + box.y : top + box.bottom, left + box.x : left + box.right]
        assert inside.all()


def test_read_is_green_and_review_is_amber():
    box = Box(6, 6, 14, 16)
    read = picture_of(28, 28, [line(digit(box))])
    review = picture_of(28, 28, [line(digit(box), status=Status.REVIEW)], status=Status.REVIEW)
    assert green(read) > 1000
    assert amber(read) == 0
    assert amber(review) > 1000
    assert green(review) == 0


def test_a_doubtful_digit_differs_without_its_colour_too():
    box = Box(6, 6, 14, 16)

    def frame_pixels(status: Status) -> int:
        picture = picture_of(28, 28, [line(digit(box), status=status)])
        return int((~paper_of(picture))[96:174, 24:136].sum())

    assert frame_pixels(Status.REVIEW) < 0.8 * frame_pixels(Status.READ), "dashed, not solid"


def test_only_digits_below_the_threshold_are_amber_or_all_where_none_is():
    def amber_of(review_below):
        sure, doubtful = (digit(Box(x, 6, 14, 16), confidence=c) for x, c in ((4, 0.8), (34, 0.4)))
        review = line(sure, doubtful, status=Status.REVIEW)
        return amber(picture_of(52, 28, [review], review_below=review_below))

    assert 0 < amber_of(0.5) < 0.7 * amber_of(None)
    assert amber_of(0.3) == amber_of(0.9) == amber_of(None)


def header_of(picture: Grey) -> Grey:
    return picture[:42]


def test_the_header_states_text_name_fate_and_confidence():
    box = Box(6, 6, 14, 16)
    header = header_of(picture_of(28, 28, [line(digit(box))]))
    others = [
        picture_of(28, 28, [line(digit(box, value=1))]),
        picture_of(28, 28, [line(digit(box))], title="other.png"),
        picture_of(28, 28, [line(digit(box, confidence=0.5))]),
        picture_of(28, 28, [line(digit(box))], status=Status.REVIEW),
        picture_of(28, 28, []),
    ]
    for other in others:
        assert not np.array_equal(header, header_of(other))
    again = header_of(picture_of(28, 28, [line(digit(Box(2, 2, 9, 9)))]))
    assert np.array_equal(header, again), "the header depends on nothing else"


def test_long_text_and_long_names_do_not_run_over_the_badge():
    digits = [digit(Box(2 + 4 * k, 8, 3, 10)) for k in range(60)]
    short = picture_of(256, 28, [line(*digits[:1])])
    long = picture_of(256, 28, [line(*digits)], title="name " * 300)
    badge = np.s_[30:50, short.shape[1] - 90 :]
    assert np.array_equal(header_of(short)[badge], header_of(long)[badge])


@pytest.mark.parametrize("title", ["\udcff\udc80.png", "a\nb\t\x00.png", "扫描件-œ-скан.png", ""])
def test_any_file_name_can_be_drawn(title):
    assert picture_of(28, 28, title=title, status=Status.EMPTY).any()


def test_colour_stays_colour_and_becomes_a_jpeg():
    colour = np.zeros((200, 150, 3), np.uint8)
    colour[...] = (250, 20, 20)
    page = Page(1, colour[..., 1].copy(), colour)
    picture = annotate(page, PageReading(1, 150, 200, ()), title="a", status=Status.EMPTY)
    back = cv2.imdecode(np.frombuffer(encode_jpeg(picture), np.uint8), cv2.IMREAD_COLOR)
    assert back.shape == picture.shape
    middle = back[back.shape[0] // 2, back.shape[1] // 2].astype(int)
    assert np.abs(middle - (250, 20, 20)).max() < 12


def test_a_crowded_page_keeps_its_digits_visible():
    boxes = [Box(4 + 34 * x, 4 + 34 * y, 24, 24) for y in range(12) for x in range(12)]
    picture = picture_of(420, 420, [line(*(digit(box) for box in boxes))])
    paper = paper_of(picture)
    top, left = np.argwhere(paper).min(axis=0)
    seen = [paper[top + b.y : top + b.bottom, left + b.x : left + b.right].mean() for b in boxes]
    assert min(seen) > 0.5
