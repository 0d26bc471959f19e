"""Which pictures may be pages is told by the marks on a sketch."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.training.camera import Ruling, Scene, compose
from daemon.vision import page_sketch
from daemon.vision.components import find_components
from daemon.vision.page_ink import find_page_ink
from daemon.vision.page_sketch import (
    LEAST_MARKS,
    LEAST_ON_SHEET,
    Prospect,
    may_hold,
    prospect_of,
)
from daemon.vision.rectify import SheetSearch


def paper(count: int, shape: tuple[int, int] = (700, 900)) -> np.ndarray:
    """That many strokes in rows."""
    page = np.full(shape, 230, np.uint8)
    for number in range(count):
        x, y = 120 + 90 * (number % 7), 150 + 110 * (number // 7)
        cv2.rectangle(page, (x, y), (x + 20, y + 40), (30,), 5)
    return page


def on_desk(sheet: np.ndarray, *, grain: bool = False) -> np.ndarray:
    """A sheet on a dark ground that may have dark grain."""
    height, width = sheet.shape
    desk = np.full((height + 300, width + 300), 110, np.uint8)
    if grain:
        for y in range(20, len(desk), 60):
            for x in range(15, desk.shape[1], 40):
                desk[y : y + 22, x : x + 6] = 40
    desk[150:-150, 150:-150] = sheet
    return desk


def seen(picture: np.ndarray) -> Prospect:
    found = prospect_of(SheetSearch(picture))
    assert found is not None
    return found


def test_what_is_all_sheet_needs_more_marks_than_a_sheet_on_a_desk() -> None:
    assert prospect_of(SheetSearch(paper(LEAST_MARKS - 1))) is None
    whole = seen(paper(LEAST_MARKS))
    assert whole.sheet is None
    assert whole.least_marks == LEAST_MARKS
    assert prospect_of(SheetSearch(on_desk(paper(LEAST_ON_SHEET - 1)))) is None
    cut = seen(on_desk(paper(LEAST_ON_SHEET)))
    assert cut.sheet is not None
    assert cut.least_marks == LEAST_ON_SHEET


def test_light_marks_count_as_well() -> None:
    assert seen(255 - paper(LEAST_MARKS)).least_marks == LEAST_MARKS


def test_the_grain_of_a_desk_makes_no_page_of_a_sheet_with_one_number() -> None:
    assert prospect_of(SheetSearch(on_desk(paper(3), grain=True))) is None
    assert seen(on_desk(paper(12), grain=True)).sheet is not None


@pytest.mark.parametrize(
    ("more", "is_looked_at"),
    [
        ((), False),
        (((500, 150, 560, 290),), False),  # a third one
        (((500, 150, 560, 290), (650, 150, 710, 290)), True),
        (((500, 350, 504, 362),), True),  # small print
        (((120, 400, 700, 401),), True),  # a rule
        (((460, 110, 466, 500),), True),
    ],
)
def test_a_sheet_with_a_few_large_marks_alone_is_no_page_at_a_glance(
    more: tuple[tuple[int, int, int, int], ...],
    is_looked_at: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[np.ndarray] = []
    monkeypatch.setattr(
        page_sketch, "find_page_ink", lambda page: looks.append(page) or find_page_ink(page)
    )
    sheet = paper(0)
    for x, y, right, bottom in ((120, 150, 180, 290), (300, 150, 360, 290), *more):
        cv2.rectangle(sheet, (x, y), (right, bottom), (30,), 8 if bottom - y > 99 else 2)
    found = prospect_of(SheetSearch(on_desk(sheet, grain=True)))
    assert bool(looks) is is_looked_at
    if not is_looked_at:
        assert found is None


def test_a_sheet_on_which_nothing_shows_at_a_glance_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        SheetSearch, "marks", np.zeros((262, 320), np.uint8)
    )  # as faint hairlines may
    assert prospect_of(SheetSearch(on_desk(paper(12)))) is not None


def test_of_many_marks_on_a_sheet_no_outlines_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = paper(0)
    for y in range(60, 640, 60):
        sheet[y : y + 40, 60:840].reshape(40, 39, 20)[:, :, :8] = 30
    monkeypatch.setattr(page_sketch, "_few_boxes", lambda mask: pytest.fail(str(mask.shape)))
    assert prospect_of(SheetSearch(on_desk(sheet))) is not None


@pytest.mark.parametrize("strokes", [3, 90])
def test_boxes_of_few_marks_and_of_many_are_those_of_their_components(strokes: int) -> None:
    rng = np.random.default_rng(strokes)
    mask = np.zeros((400, 500), np.uint8)
    for _ in range(strokes):
        x, y, dx, dy = rng.integers(2, 380), rng.integers(2, 340), *rng.integers(2, 24, 2)
        cv2.rectangle(mask, (int(x), int(y)), (int(x + dx), int(y + dy)), (1,), 2)
    *some, every = page_sketch._boxes_of(mask)
    assert len(some) == (strokes > 3)
    wanted = find_components(mask).boxes[:, :4].tolist()
    assert sorted(every[:, :4].tolist()) == sorted(wanted)
    sizes = [box[2:] for box in wanted]
    assert all(len(boxes) for boxes in some)
    assert all(size in sizes for boxes in some for size in boxes[:, 2:4].tolist())


def test_marks_that_hang_on_rules_are_counted_without_them() -> None:
    page = paper(21)
    for y in (190, 300, 410):  # where the strokes stand
        cv2.line(page, (20, y), (880, y), (90,), 3)
    assert seen(page).least_marks == LEAST_MARKS


def digits(height: int, pen: float, shape: tuple[int, int] = (1400, 1100)) -> np.ndarray:
    """A page of twelve digits so high."""
    rows = ("407", "925", "316", "858")
    scene = Scene(rows, shape[1], shape[0], height, pen, shade=0, grey=True)
    return compose(scene, np.random.default_rng(2)).pixels


def test_large_writing_may_be_looked_at_on_a_smaller_page() -> None:
    assert seen(digits(150, 12)).halvings == 1  # of a page no larger than its sketch little is left
    assert seen(digits(150, 12, (2100, 1600))).halvings == 2
    assert seen(digits(60, 6, (2100, 1600))).halvings == 1
    assert seen(digits(36, 4, (2100, 1600))).halvings == 0
    assert seen(digits(150, 12, (900, 700))).halvings == 0


def test_among_small_marks_large_ones_are_looked_at_on_the_page_itself() -> None:
    page = digits(150, 12, (2100, 1600))
    for x in range(100, 1500, 40):
        cv2.line(page, (x, 2050), (x, 2075), (60,), 4)
    assert seen(page).halvings == 0


def squared(rows: tuple[str, ...], digit_height: int) -> np.ndarray:
    """A photo of numbers on squared paper, whose rules are broken on a sketch."""
    scene = Scene(
        rows, 1000, 750, digit_height, digit_height // 12, ruling=Ruling.SQUARED, grey=True
    )
    return compose(scene, np.random.default_rng(1)).pixels


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_pieces_of_faint_rules_are_told_from_marks(light_on_dark: bool) -> None:
    few, many = squared(("318", "946"), 150), squared(("3184", "9460", "5512"), 120)
    if light_on_dark:
        few, many = 255 - few, 255 - many
    assert prospect_of(SheetSearch(few)) is None
    assert not seen(many).may_be_fewer


def test_only_a_closer_look_tells_fine_strokes_from_faint_rules() -> None:
    page = paper(5)
    for number in range(6):
        cv2.circle(page, (150 + 90 * number, 520), 15, (120,), 1, cv2.LINE_AA)
    assert seen(page).may_be_fewer
    np.copyto(page[480:], cv2.addWeighted(page[480:], 0.6, page[480:], 0, 92))  # still fainter
    assert prospect_of(SheetSearch(page)) is None


def test_pieces_of_faint_rules_are_left_to_a_closer_look_at_small_pictures() -> None:
    few = squared(("318", "946"), 150)
    assert not seen(cv2.resize(few, (640, 480), interpolation=cv2.INTER_AREA)).may_be_fewer


def test_marks_that_strong_rules_join_may_be_many() -> None:
    page = paper(21)
    assert may_hold(find_page_ink(page), 21)
    assert not may_hold(find_page_ink(page), 22)
    cv2.line(page, (20, 190), (880, 190), (30,), 3)
    assert may_hold(find_page_ink(page), 22)


def test_the_teeth_of_a_comb_are_one_mark_though_the_middle_rows_show_them_apart() -> None:
    page = paper(0)
    for x in range(350, 550, 20):
        page[280:420, x : x + 6] = 30
    page[410:420, 350:536] = 30
    assert may_hold(find_page_ink(page), 1)
    assert not may_hold(find_page_ink(page), 2)


def test_a_small_picture_is_no_page() -> None:
    assert (
        prospect_of(SheetSearch(cv2.resize(paper(21), (320, 249), interpolation=cv2.INTER_AREA)))
        is None
    )


@pytest.mark.parametrize("last", [580, 330])
def test_what_rules_of_a_page_cross_is_no_edge_of_its_sheet(last: int) -> None:
    page = np.full((800, 600), 40, np.uint8)
    page[400:] = 110  # in shade
    page[40:400, 40:560] = 190  # in the light
    for x in range(100, 520, 60):
        cv2.line(page, (x, 90), (x, last), (20,), 3)
        for y in (130, 190, 250):
            cv2.putText(page, "3", (x + 18, y), cv2.FONT_HERSHEY_SIMPLEX, 1, (30,), 3)
    search = SheetSearch(page)
    assert search.clear is not None
    found = prospect_of(search)
    assert found is not None
    assert (found.sheet is None) == (last > 400)


def ruled(angle: float, rows: int) -> np.ndarray:
    """A page with a margin, turned by so many degrees, and rows of two rings that hang on rules."""
    page = np.full((900, 900), 235, np.uint8)
    cv2.line(page, (200, 150), (200, 750), (90,), 2)
    for row, y in enumerate(range(150, 760, 40)):
        cv2.line(page, (150, y), (750, y), (90,), 2)
        for x in (250, 310) if row < rows else ():
            cv2.circle(page, (x, y + 20), 23, (40,), 3)
    turn = cv2.getRotationMatrix2D((450, 450), -angle, 1)
    return cv2.warpAffine(page, turn, (900, 900), borderValue=(235,))


def test_a_patch_of_light_in_a_corner_is_no_sheet() -> None:
    page = paper(28, (1000, 900))
    shadow = np.array([[0, 700], [900, 350], [900, 1000], [810, 1000], [370, 670], [0, 745]])
    shaded = np.zeros_like(page)
    cv2.fillPoly(shaded, [shadow.astype(np.int32)], (1,))
    page[shaded > 0] = page[shaded > 0] * 0.65
    search = SheetSearch(page)
    assert search.clear is not None
    assert seen(page).sheet is None


@pytest.mark.parametrize("angle", [0, 18])
def test_marks_on_rules_that_slope_are_counted_as_well(angle: float) -> None:
    assert prospect_of(SheetSearch(ruled(angle, 5))) is not None
    assert prospect_of(SheetSearch(ruled(angle, 0))) is None
