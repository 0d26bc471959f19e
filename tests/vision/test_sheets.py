"""A sheet on a desk is read alone, laid flat; what is read lies where it stands on the page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from daemon.records import (
    AskedLine,
    Doubt,
    Evidence,
    Expect,
    Grey,
    Hints,
    Limits,
    Page,
    Reading,
    Scan,
    SeenDigit,
    SeenLine,
    Status,
)
from daemon.vision import draft
from daemon.vision.explain import Explanation
from daemon.vision.flat import Matrix
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose
from daemon.vision.reader import _Batch, read_batch
from daemon.vision.rectify import SheetSearch
from daemon.vision.region import View
from daemon.vision.second import Found
from daemon.vision.sheet import LEAST_SIDE, may_be_a_stroke, sheets_in
from daemon.vision.verdict import LineNetwork

MARKS = ((90, 70), (150, 70))  # left and top on the sheet of what stands there, 24 x 60 px
SLIP = (210, 320)


def slip(shape: tuple[int, int] = SLIP, marks: tuple[tuple[int, int], ...] = MARKS) -> Grey:
    """Paper with strokes."""
    sheet = np.full(shape, 230, np.uint8)
    for x, y in marks:
        cv2.rectangle(sheet, (x + 3, y + 3), (x + 20, y + 56), (30,), 6)
    return sheet


def on_desk(
    sheet: Grey, angle: float = 0, ground: int = 80
) -> tuple[Grey, npt.NDArray[np.float64]]:
    """The sheet on a desk with grain, and what brings its pixels to the picture's, (2, 3)."""
    height, width = sheet.shape
    onto = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    onto[:, 2] += 75
    size = (width + 150, height + 150)
    rng = np.random.default_rng(2)
    grain = cv2.resize(rng.integers(0, 24, (size[1], 30), np.uint8), size)
    laid = cv2.warpAffine(sheet, onto, size, flags=cv2.INTER_LINEAR)
    shape = cv2.warpAffine(np.full_like(sheet, 255), onto, size)
    return np.where(shape > 127, laid, ground + grain).astype(np.uint8), onto


def stood(mark: tuple[int, int], onto: Matrix) -> npt.NDArray[np.float64]:
    """Left, top, right and bottom of a mark in the picture."""
    x, y = mark
    ends = np.array([[x, y], [x + 24, y], [x + 24, y + 60], [x, y + 60]]) @ onto[:, :2].T
    ends += onto[:, 2]
    return np.concatenate([ends.min(axis=0), ends.max(axis=0)])


class Sevens:
    """Holds the glyphs for sevens; of those of its first call as many as are told, and of the
    second, which asks about other turns of a page, none."""

    name = "fake-1"
    review_below = 0.9

    def __init__(self, first: int | None = None) -> None:
        self.first = first
        self.calls = 0

    def classify(self, glyphs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        self.calls += 1
        rows = np.full((len(glyphs), 11), 0.001, np.float32)
        rows[:, 7] = 0.99
        if self.first is not None and self.calls <= 2:
            rows[(self.first, 0)[self.calls - 1] :] = np.eye(11, dtype=np.float32)[10]
        return rows


def scan(pixels: Grey, hints: Hints | None = None) -> Scan:
    data = cv2.imencode(".png", pixels)[1].tobytes()
    return Scan("0" * 32, "a.png", hashlib.sha256(data).hexdigest(), data, hints or Hints())


def read(
    pixels: Grey,
    classifier: Sevens | None = None,
    *,
    hints: Hints | None = None,
    explained: bool = False,
    line_network: LineNetwork | None = None,
) -> Reading:
    (outcome,) = read_batch(
        [scan(pixels, hints)],
        classifier or Sevens(),
        limits=Limits(),
        annotated="none",
        explained=explained,
        line_network=line_network,
    )
    assert isinstance(outcome, Reading)
    return outcome


def boxes(reading: Reading) -> npt.NDArray[np.float64]:
    """Left, top, right and bottom of all digits, (n, 4)."""
    digits = [digit.box for line in reading.pages[0].lines for digit in line.digits]
    return np.array([(box.x, box.y, box.right, box.bottom) for box in digits], np.float64)


def seen(pixels: Grey) -> View | None:
    page = Page(1, pixels)
    return next((view for view, _ in sheets_in(View(page, page), SheetSearch(pixels))), None)


@pytest.mark.parametrize("angle", [-14, 0, 9])
@pytest.mark.parametrize("ground", [20, 80, 185])
def test_a_slip_is_read_without_its_desk_and_boxes_are_the_pictures_own(
    angle: float, ground: int
) -> None:
    picture, onto = on_desk(slip(), angle, ground)
    (line,) = read(picture).pages[0].lines
    assert (line.text, line.status) == ("77", Status.READ)
    found = np.array([(d.box.x, d.box.y, d.box.right, d.box.bottom) for d in line.digits])
    wanted = np.array([stood(mark, onto) for mark in MARKS])
    np.testing.assert_allclose(found, wanted, atol=4)
    assert line.box == line.digits[0].box.union(line.digits[1].box)


@pytest.mark.parametrize("angle", [0, 7])
def test_nothing_is_read_on_a_blank_sheet(angle: float) -> None:
    picture, _ = on_desk(slip(marks=()), angle)
    assert read(picture).status is Status.EMPTY


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("reduction", [1, 3])
def test_boxes_are_the_pages_own_however_it_was_reduced(factor: int, reduction: int) -> None:
    picture, onto = on_desk(slip(), 9)
    large = cv2.resize(picture, None, fx=5 * factor, fy=5 * factor)  # 2350 px wide, or twice
    page = Page(1, large, None, None, reduction, tuple(reduction * n for n in large.shape[::-1]))
    search = SheetSearch(large)
    assert search.factor == factor
    height, width = SLIP
    x, y = 0.02 * width, 0.02 * height  # so much is trimmed
    top = np.array([[x, y, 1], [width - x, y, 1]]) @ onto.T
    views = list(sheets_in(View(page, page), search))
    assert [is_whole for _, is_whole in views] == [False, True]
    for smaller, (view, _) in zip((2, 1), views, strict=True):
        assert max(view.part.pixels.shape) <= 2400 / smaller
        assert view.part.reduction == smaller * reduction * factor
        assert view.part.width == view.part.reduction * view.part.pixels.shape[1]
        ends = np.array([[[0, 0], [view.part.width, 0]]], np.float64)
        assert view.back is not None
        there = cv2.perspectiveTransform(ends, view.back)[0] / (5 * factor * reduction)
        np.testing.assert_allclose(there, top, atol=2.5)


@pytest.mark.parametrize(("height", "tried"), [(180, [2]), (36, [2, 1])])
def test_large_writing_on_a_sheet_is_found_on_a_smaller_one(
    height: int, tried: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def layouts_of(*given: Any, **how: Any) -> Found:
        reductions.append(given[1].part.reduction)
        return layouts_on(*given, **how)

    reductions: list[int] = []
    layouts_on = _Batch._layouts_of
    monkeypatch.setattr(_Batch, "_layouts_of", layouts_of)
    sheet = np.full((630, 960), 230, np.uint8)
    places = [(300, 200), (300 + height, 200)]
    for x, y in places:
        cv2.rectangle(sheet, (x, y), (x + height // 3, y + height), (30,), height // 9)
    picture, onto = on_desk(sheet, 4)
    (line,) = read(picture).pages[0].lines
    assert line.text == "77"
    assert reductions == tried
    for digit, place in zip(line.digits, places, strict=True):
        middle = np.array([place[0] + height / 6, place[1] + height / 2, 1]) @ onto.T
        box = digit.box
        found = (box.x + box.width / 2, box.y + box.height / 2)
        np.testing.assert_allclose(found, middle, atol=5)


def test_light_writing_on_a_dark_card_is_read_on_the_card_alone() -> None:
    card = np.full(SLIP, 110, np.uint8)
    for x, y in MARKS:
        cv2.rectangle(card, (x + 3, y + 3), (x + 20, y + 56), (240,), 6)
    picture, onto = on_desk(card, 6, ground=10)
    wanted = np.array([stood(mark, onto) for mark in MARKS])
    np.testing.assert_allclose(boxes(read(picture)), wanted, atol=4)


def test_a_sheet_may_run_out_of_the_picture_where_it_is_much_brighter_than_the_desk() -> None:
    picture, onto = on_desk(slip(), 6, ground=40)
    cut = np.ascontiguousarray(picture[:, :350])
    wanted = np.array([stood(mark, onto) for mark in MARKS])
    np.testing.assert_allclose(boxes(read(cut)), wanted, atol=4)


def test_a_cell_beside_that_in_the_middle_is_no_sheet() -> None:
    def cells(left: int, *, darkest: float) -> View | None:
        table = slip((200, 240), ((110, 70),))
        table[:, left : left + 14] = table[:, 180:194] = table[170:184] = 80
        return seen((table * np.linspace(1, darkest, 240)).astype(np.uint8))

    assert cells(60, darkest=0.7) is None
    beside = cells(60, darkest=0.15)  # what is so dark beyond its side may be a desk
    assert beside is not None
    assert beside.part.width < 60
    middle = cells(40, darkest=0.7)
    assert middle is not None
    assert middle.part.width > 100


def test_a_bold_light_stroke_is_no_sheet() -> None:
    board = np.full((260, 130), 40, np.uint8)
    board[30:230, 45:85] = 235
    (found,) = boxes(read(board))
    np.testing.assert_allclose(found, (45, 30, 85, 230), atol=3)


def test_a_long_sheet_is_one_if_something_as_high_as_writing_stands_on_it() -> None:
    def on(sheet: Grey) -> bool:
        ink = find_ink(sheet)[0]
        return may_be_a_stroke(sheet, ink.factor, propose(ink))

    assert not on(slip((100, 300), ((90, 20), (150, 20))))
    assert on(slip((100, 300), ()))
    assert not on(slip((150, 300), ()))


def test_of_plain_pictures_no_sheet_is_looked_for() -> None:
    for picture in (slip(), 255 - slip(), np.full((LEAST_SIDE - 1, 300), 40, np.uint8)):
        picture[:, :1] = 230
        search = SheetSearch(picture)
        page = Page(1, picture)
        assert not any(sheets_in(View(page, page), search))
        assert not {"clear", "faint"} & vars(search).keys()


def test_a_small_picture_is_read_as_it_is() -> None:
    picture, _ = on_desk(slip())
    height = LEAST_SIDE - 1
    small = cv2.resize(picture, (round(height * 470 / 360), height), interpolation=cv2.INTER_AREA)
    assert seen(small) is None
    assert seen(picture) is not None


def test_in_a_region_no_sheet_is_looked_for() -> None:
    picture, _ = on_desk(slip(marks=()))
    reading = read(picture, hints=Hints(region=(0, 0, 1, 1)))
    assert reading.status is not Status.EMPTY  # the sheet's edges are strokes


def test_a_page_turned_by_a_hint_has_its_boxes_as_it_was_turned() -> None:
    picture, onto = on_desk(slip(), 9)
    lying = np.ascontiguousarray(np.rot90(picture))
    wanted = np.array([stood(mark, onto) for mark in MARKS])
    np.testing.assert_allclose(boxes(read(lying, hints=Hints(rotate=90))), wanted, atol=4)


class SevenAtEachStroke:
    """A line reader that reads a seven wherever columns of its view hold ink."""

    review_below = 0.9

    def read_lines(self, asked: Sequence[AskedLine]) -> list[SeenLine]:
        return [SeenLine(tuple(self._digits(each.look)), 0.9, ()) for each in asked]

    def probabilities(self, texts: Sequence[Evidence], _doubt: Doubt) -> list[float]:
        return [0.99 * (each.seen > 0.5) for each in texts]

    def _digits(self, look: npt.NDArray[np.float32]) -> Iterator[SeenDigit]:
        row = (0.0,) * 7 + (1.0, 0.0, 0.0)
        inked = np.pad(look.max(axis=0) > 0.5, 1).astype(int)
        for left, right in zip(*(np.nonzero(np.diff(inked) == n)[0] for n in (1, -1)), strict=True):
            rows = np.nonzero(look[:, left:right].max(axis=1) > 0.5)[0]
            yield SeenDigit(7, int(left), int(rows[0]), int(right), int(rows[-1]) + 1, row)


def test_the_line_reader_sees_the_sheet_and_no_desk_and_its_boxes_are_the_pictures_own() -> None:
    picture, onto = on_desk(slip((150, 320), ((90, 45), (150, 45))), 14, ground=20)
    reading = read(picture, Sevens(0), line_network=SevenAtEachStroke())
    (line,) = reading.pages[0].lines
    assert line.text == "77"
    wanted = np.array([stood(mark, onto) for mark in ((90, 45), (150, 45))])
    np.testing.assert_allclose(boxes(reading), wanted, atol=8)


def test_what_is_kept_of_a_first_look_as_a_page_lies_where_it_stands() -> None:
    marks = tuple((120, 30 + 90 * row) for row in range(9))
    picture, onto = on_desk(slip((860, 300), marks), 5)
    as_page = read(picture, Sevens(4), hints=Hints(expect=Expect.PAGE))
    kept = read(picture, Sevens(4))
    wanted = np.array([stood(mark, onto) for mark in marks[:4]])
    np.testing.assert_allclose(boxes(kept), wanted, atol=6)
    assert np.array_equal(boxes(kept), boxes(as_page))


def test_on_a_picture_for_people_the_page_is_whole_and_in_colour() -> None:
    picture, _ = on_desk(slip())
    page = Page(1, picture, np.dstack([picture] * 3))
    (view, _) = next(sheets_in(View(page, page), SheetSearch(picture)))
    assert view.shown is page


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> list[Explanation]:
    """What is explained from now on."""

    def explain(one: Explanation) -> bytes:
        shown.append(one)
        return b""

    shown: list[Explanation] = []
    monkeypatch.setattr(draft, "explain", explain)
    return shown


def test_an_explanation_shows_the_page_and_the_sheet(explained: list[Explanation]) -> None:
    picture, _ = on_desk(slip(), 9)
    read(picture, explained=True)
    (one,) = explained
    assert np.array_equal(one.page.pixels, picture)
    first = one.sights[0].stages[0]
    assert first.title == "sheet"
    assert first.pixels[[0, -1]].min() > 200
    assert first.pixels[:, [0, -1]].min() > 200


def test_an_explanation_says_at_what_scale_a_sheet_was_read(explained: list[Explanation]) -> None:
    sheet = cv2.resize(slip(), None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    picture, _ = on_desk(sheet, 4)
    read(picture, explained=True)
    (shown,) = explained
    assert shown.sights[0].factor == 2
