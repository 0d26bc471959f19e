"""Many tiny pictures at once: what is found and read is what is found and read one by one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Box, Expect, Grey, Hints, Limits, Page, Reading, Scan, Status
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision import reader
from daemon.vision.glyph import normalise
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose
from daemon.vision.reader import TOGETHER, read_batch
from daemon.vision.tiny import Clear, find_clear, is_tiny


def drawn(label: int, rng: np.random.Generator, shape: tuple[int, int] = (28, 28)) -> Grey:
    """A digit, light on dark or dark on light; noise, light and pens differ."""
    height = int(rng.integers(9, min(shape) - 4))
    ink = render_strokes(
        own_digit(label, rng), height=float(height), pen_width=float(rng.uniform(0.8, 4))
    )
    ink = ink[: shape[0] - 3, : shape[1] - 3]
    y, x = (int(rng.integers(1, side - size)) for side, size in zip(shape, ink.shape, strict=True))
    page = np.zeros(shape)
    page[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    paper, pen = rng.uniform(0, 60), rng.uniform(110, 195)
    light = np.linspace(0, rng.choice([0, 30]), shape[1])
    page = paper + pen * page + light + rng.normal(0, rng.choice([0, 0, 3, 9]), shape)
    picture = np.clip(np.rint(page), 0, 255).astype(np.uint8)
    return 255 - picture if rng.random() < 0.5 else picture


def pictures(count: int = 200) -> list[Grey]:
    rng = np.random.default_rng(20)
    shapes = ((28, 28), (28, 28), (31, 24), (20, 22), (46, 28))
    return [drawn(n % 10, rng, shapes[n % len(shapes)]) for n in range(count)]


def soft_ring() -> Grey:
    """Small and without a sharp edge: most of it passes for noise."""
    picture = np.full((20, 20), 235, np.uint8)
    cv2.circle(picture, (10, 10), 5, (30,), 2)
    return cv2.GaussianBlur(picture, (0, 0), 1)


def alone(picture: Grey) -> Clear | None:
    (found,) = find_clear([picture])
    return found


def test_what_is_clear_is_found_as_if_alone() -> None:
    given = [*pictures(), soft_ring()]
    found = find_clear(given)
    assert found[-1] is not None
    assert 2 * sum(each is not None for each in found) > len(given)
    for picture, clear in zip(given, found, strict=True):
        if clear is None:
            continue
        (ink,) = find_ink(picture)
        (layout,) = propose(ink)
        (candidate,) = layout.candidates
        assert clear.layout.light_on_dark == layout.light_on_dark
        (own,) = clear.layout.candidates
        assert (own.box, own.share, own.cut) == (candidate.box, candidate.share, candidate.cut)
        np.testing.assert_array_equal(own.ink, candidate.ink)
        np.testing.assert_array_equal(clear.glyph, normalise(candidate.ink))


def test_other_pictures_of_the_batch_change_nothing() -> None:
    given = pictures(150)  # more than are looked at together
    for together, picture in zip(find_clear(given), given, strict=True):
        by_itself = alone(picture)
        assert (together is None) == (by_itself is None)
        if together is not None and by_itself is not None:
            assert together.box == by_itself.box
            np.testing.assert_array_equal(together.glyph, by_itself.glyph)


def bars(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (28, 28)) -> Grey:
    """Black bars on white: x, y, width, height."""
    picture = np.full(shape, 255, np.uint8)
    for x, y, width, height in boxes:
        picture[y : y + height, x : x + width] = 0
    return picture


def test_a_mark_alone_is_clear() -> None:
    clear = alone(bars((12, 6, 3, 16)))
    assert clear is not None
    assert clear.box == Box(12, 6, 3, 16)
    assert not clear.light_on_dark


@pytest.mark.parametrize(
    "picture",
    [
        bars(),
        bars((6, 6, 3, 16), (18, 6, 3, 16)),
        bars((12, 6, 3, 16), (20, 20, 1, 1)),
        bars((12, 0, 3, 16)),
        bars((1, 6, 2, 16)),
        bars((2, 2, 3, 22), (2, 21, 23, 3), shape=(26, 28)),
        bars((12, 2, 3, 24)),
        bars((2, 12, 24, 8)),
        bars((12, 10, 3, 6)),
        bars((2, 2, 16, 24)),
    ],
    ids=["none", "two", "speck", "cut", "edge", "frame", "high", "wide", "low", "most"],
)
def test_anything_else_is_left_to_a_closer_look(picture: Grey) -> None:
    assert alone(picture) is None


@pytest.mark.parametrize(
    ("shape", "tiny"),
    [((28, 28), True), ((31, 31), True), ((32, 32), False), ((48, 20), True), ((49, 20), False)],
)
def test_tiny_is_what_no_other_question_is_asked_about(shape: tuple[int, int], tiny: bool) -> None:
    assert is_tiny(np.zeros(shape, np.uint8)) is tiny


def test_a_row_of_digits_is_not_tiny() -> None:
    assert not is_tiny(np.zeros((20, 24), np.uint8))


class Classifier:
    """Holds glyphs for digits by their ink: any answer will do, if it is always the same one."""

    name = "fake"
    review_below = 0.9

    def __init__(self) -> None:
        self.asked = 0

    def classify(self, glyphs: np.ndarray) -> np.ndarray:
        self.asked += 1
        rows = np.zeros((len(glyphs), 11), np.float32)
        for row, glyph in zip(rows, glyphs, strict=True):
            told = int(np.rint(glyph.sum() * 100))
            sure = (0.3, 0.7, 0.95, 0.99)[told % 4]
            row[:] = (1 - sure) / 10
            row[told % 11] = sure
        return rows


def read(given: list[Grey], classifier: Classifier, **options: object) -> list[Reading]:
    scans = [
        Scan(f"{n:032d}", f"{n}.png", "0" * 64, cv2.imencode(".png", picture)[1].tobytes())
        for n, picture in enumerate(given)
    ]
    outcomes = read_batch(scans, classifier, limits=Limits(), annotated="all", **options)
    assert all(isinstance(outcome, Reading) for outcome in outcomes)
    return [outcome for outcome in outcomes if isinstance(outcome, Reading)]


def test_a_batch_is_read_as_its_pictures_are_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    given = [*pictures(120), bars((3, 12, 14, 9)), bars((6, 6, 3, 16), (18, 6, 3, 16))]
    given += [rng.integers(0, 255, (28, 28), np.uint8), drawn(0, rng, (40, 60))]
    classifier = Classifier()
    together = read(given, classifier)
    assert classifier.asked == 1
    monkeypatch.setattr(reader, "is_tiny", lambda _: False)
    one_by_one = read(given, Classifier())
    assert {each.status for each in together} == {Status.READ, Status.REVIEW, Status.EMPTY}
    for ours, theirs in zip(together, one_by_one, strict=True):
        assert ours.file == theirs.file
        assert ours.status is theirs.status
        assert ours.pages == theirs.pages
        assert ours.pictures == theirs.pictures


def test_a_failure_costs_no_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read(pictures(12), Classifier())

    def fail(_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(reader, "find_clear", fail)
    found = read(pictures(12), Classifier())
    assert [each.pages for each in found] == [each.pages for each in expected]


@pytest.mark.parametrize("hints", [Hints(expect=Expect.DIGIT), Hints(rotate=90)])
def test_what_is_known_of_a_picture_is_heeded(
    hints: Hints, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[object]()
    monkeypatch.setattr(reader, "find_clear", asked.append)
    scans = [
        Scan(f"{n:032d}", "a.png", "0" * 64, cv2.imencode(".png", picture)[1].tobytes(), hints)
        for n, picture in enumerate(pictures(2 * TOGETHER))
    ]
    outcomes = read_batch(scans, Classifier(), limits=Limits())
    assert all(isinstance(outcome, Reading) for outcome in outcomes)
    assert not asked


def read_as(picture: Grey, row: tuple[float, ...], threshold: float = 0.9) -> str | None:
    clear = alone(picture)
    assert clear is not None
    reading = clear.read(Page(1, picture), np.array(row, np.float32), threshold)
    return None if reading is None else reading.lines[0].text


def row_of(digit: int, sure: float = 0.99) -> tuple[float, ...]:
    row = [(1 - sure) / 10] * 11
    row[digit] = sure
    return tuple(row)


def test_what_is_sure_is_read() -> None:
    assert read_as(bars((10, 6, 8, 16)), row_of(3)) == "3"


def test_what_may_be_in_doubt_is_left_to_all_that_reading_knows() -> None:
    upright, lying, low = bars((12, 6, 3, 16)), bars((6, 10, 16, 8)), bars((12, 10, 3, 7))
    assert read_as(upright, row_of(3, 0.85)) is None
    assert read_as(upright, row_of(3, 0.45), threshold=0.3) is None  # it may be no digit
    assert read_as(upright, row_of(10)) is None
    assert read_as(lying, row_of(1)) is None
    assert read_as(lying, row_of(7)) == "7"
    assert read_as(low, row_of(3)) is None


def test_a_ring_with_writing_inside_is_left_to_all_that_reading_knows() -> None:
    ink = np.zeros((22, 22), np.float32)
    ink[1:21, 1:21] = 1
    ink[3:19, 3:19] = 0
    ring = Clear(Box(3, 3, 20, 20), ink.copy(), np.zeros((28, 28), np.float32), False)
    ink[6:16, 6:8] = ink[6:16, 12:14] = 0.6
    stamp = ring._replace(ink=ink)
    page, row = Page(1, bars((3, 3, 20, 20))), np.array(row_of(0), np.float32)
    assert ring.read(page, row, 0.9) is not None
    assert stamp.read(page, row, 0.9) is None
