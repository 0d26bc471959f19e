"""Whole pages: rows in order, any way up; other pictures are no pages."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Limits, Page, Reading, Scan, Status
from daemon.training.camera import Ruling, Scene, compose
from daemon.training.page_hands import draw_own_hand
from daemon.training.page_sheet import Sheet
from daemon.training.photograph import Photo, Setting, Shot, photograph
from daemon.vision import page_sketch, page_stage
from daemon.vision.page_ink import find_page_ink
from daemon.vision.page_lines import assemble_page, choose_marks
from daemon.vision.page_marks import find_writing
from daemon.vision.page_sight import look_back_at_page
from daemon.vision.page_stage import PageLook, look_at_page, turn_question, turned_look
from daemon.vision.page_view import boxes_on_page
from daemon.vision.reader import read_batch
from daemon.vision.rectify import SheetSearch
from daemon.vision.two_ways import TURNED

ROWS = ("1234", "507", "6", "98421", "33")


def taken(shot: Shot, *, words: bool = False, rules: bool = False) -> Photo:
    """A small sheet of five numbers."""
    rng = np.random.default_rng(5)
    sheet = Sheet(120, 110, 5, 8, draw_own_hand(rng), rng)
    for number, text in enumerate(ROWS):
        y = 18 + 18 * number
        sheet.rows.append((sheet.write(text, 16, y),))
        if rules:
            sheet.rule(6, y + 8, 114, y + 8, 0.3)
        if words:
            sheet.print_words("Water", 78, y, 7)
    return photograph(sheet, shot, np.random.default_rng(1))


def grey(photo: Photo) -> np.ndarray:
    return cv2.cvtColor(photo.pixels, cv2.COLOR_BGR2GRAY)


def look(page: np.ndarray) -> PageLook:
    found = look_at_page(SheetSearch(page))
    assert found is not None
    return found


def sevens(count: int, sure: float = 0.99) -> np.ndarray:
    rows = np.full((count, 11), (1 - sure) / 10, np.float32)
    rows[:, 7] = sure
    return rows


@pytest.mark.parametrize("rules", [False, True])
@pytest.mark.parametrize("shot", [Shot(), Shot(angle=7), Shot(Setting.DESK, angle=12)])
def test_rows_are_found_in_reading_order(shot: Shot, rules: bool) -> None:
    photo = taken(shot, rules=rules)
    found = look(grey(photo))
    assert [len(row) for row in found.marks.rows] == [len(text) for text in ROWS]


def large(height: float = 150, pen: float = 12) -> np.ndarray:
    """A photo of twelve digits so high."""
    scene = Scene(("407", "925", "316", "858"), 1600, 2100, height, pen, shade=0.1, grey=True)
    return compose(scene, np.random.default_rng(2)).pixels


def on_page(found: PageLook) -> list[list[tuple[int, int]]]:
    """Where the marks of each row begin on the page."""
    return [
        [(box.x, box.y) for box in boxes_on_page([m.box for m in row], found.back, 1600, 2100)]
        for row in found.marks.rows
    ]


def test_large_writing_is_looked_at_on_a_smaller_page_and_leads_back() -> None:
    page = large()
    smaller = look(page)
    assert smaller.halvings == 2
    assert smaller.longer == pytest.approx(2100, abs=8)
    assert look_back_at_page(Page(1, page), smaller).factor == 4
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_stage, "are_large", lambda _: False)
        whole = look(page)
    assert whole.halvings == 0
    for row, own in zip(on_page(smaller), on_page(whole), strict=True):
        np.testing.assert_allclose(row, own, atol=5)
    assert np.abs(smaller.glyphs - whole.glyphs).mean() < 0.05


def test_large_writing_that_lies_turned_is_still_that_of_a_smaller_page() -> None:
    page = np.rot90(large()).copy()
    found = look(page)
    rows = sevens(len(found.glyphs), 0.5)
    question = turn_question(found, rows)
    assert question is not None
    other, each = sevens(len(question.glyphs), 0.5), len(question.sampled)
    other[2 * each :] = sevens(each)
    upright = turned_look(found, question, rows, other)
    assert upright.turns == 3
    assert upright.halvings == found.halvings > 0
    assert upright.longer == pytest.approx(2100, abs=8)
    assert look_back_at_page(Page(1, page), upright).factor == 1 << found.halvings
    boxes = boxes_on_page([m.box for m in upright.marks.all], upright.back, 2100, 1600)
    own = [(y, 1600 - x) for row in on_page(look(large())) for x, y in row]  # their right ends
    ends = [(box.x, box.bottom) for box in boxes]
    np.testing.assert_allclose(sorted(ends), sorted(own), atol=8)


def test_a_small_digit_among_large_ones_is_not_lost() -> None:
    page = large(100, 10)
    assert look(page).halvings == 2
    cv2.ellipse(page, (200, 2040), (12, 18), 0, 0, 360, (60,), 4)
    found = look(page)
    assert found.halvings == 0
    assert len(found.marks.all) == 13


def test_large_writing_on_a_sheet_leads_back_to_the_picture() -> None:
    page = np.full((2500, 2000), 60, np.uint8)
    page[200:-200, 200:-200] = large()
    found = look(page)
    assert found.halvings >= 1
    boxes = boxes_on_page([m.box for m in found.marks.all], found.back, 2000, 2500)
    own = [(x + 200, y + 200) for row in on_page(look(large())) for x, y in row]
    np.testing.assert_allclose([(box.x, box.y) for box in boxes], own, atol=8)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_boxes_are_the_pages_own_whichever_way_up_it_lies(turns: int) -> None:
    photo = taken(Shot(turns=turns))
    found = look(grey(photo))
    rows = sevens(len(found.glyphs), 0.5)
    question = turn_question(found, rows)
    assert question is not None
    other, each = sevens(len(question.glyphs), 0.5), len(question.sampled)
    if turns:  # the sample in the right turn is what the network is sure of
        other[(turns - 1) * each : turns * each] = sevens(each)
        found = turned_look(found, question, rows, other)
        assert not found.may_lie_otherwise
    else:
        assert turned_look(found, question, rows, other).glyphs is found.glyphs
    rows = sevens(len(found.glyphs))
    pixels = grey(photo)
    reading = assemble_page(Page(1, pixels), found, choose_marks(found, rows), 0.9)
    digits = [digit for line in reading.lines for digit in line.digits]
    truth = [digit for row in photo.rows for group in row for digit in group.digits]
    assert len(digits) == len(truth)
    for digit, written in zip(digits, truth, strict=True):
        assert abs(digit.box.x - written.box.x) <= 5
        assert abs(digit.box.y - written.box.y) <= 5
        assert abs(digit.box.right - written.box.right) <= 5
        assert abs(digit.box.bottom - written.box.bottom) <= 5


def test_a_page_of_sure_digits_is_not_asked_about_in_other_turns() -> None:
    found = look(grey(taken(Shot())))
    assert turn_question(found, sevens(len(found.glyphs), 0.999)) is None
    assert turn_question(found, sevens(len(found.glyphs), 0.8)) is not None


def crossed(*, margin: bool) -> np.ndarray:
    """A page of rows that stand on rules and cross them, all of which meet a margin's."""
    rng = np.random.default_rng(5)
    sheet = Sheet(120, 110, 5, 8, draw_own_hand(rng), rng)
    if margin:
        sheet.rule(10, 4, 10, 106, 0.4)
    for y in range(18, 100, 9):
        sheet.rule(6, y + 3, 114, y + 3, 0.4)
    for number, text in enumerate(ROWS):
        sheet.rows.append((sheet.write(text, 16, 18 + 18 * number),))
    return grey(photograph(sheet, Shot(), np.random.default_rng(1)))


@pytest.mark.parametrize("margin", [False, True])
def test_a_page_whose_digits_all_touch_its_rules_is_one(margin: bool) -> None:
    page = crossed(margin=margin)
    digit = 8 / 110 * page.shape[0]
    found = look(page)
    assert 0.7 * digit < found.writing.height < 1.3 * digit
    assert len(found.marks.rows) == len(ROWS)


def test_specks_do_not_make_digits_low() -> None:
    page = grey(taken(Shot()))
    plain = look(page).writing.height
    rng = np.random.default_rng(2)
    for x, y in rng.integers(8, (page.shape[1] - 8, page.shape[0] - 8), (150, 2)):
        cv2.line(page, (int(x), int(y)), (int(x), int(y) + 7), (60,), 2)
    assert look(page).writing.height > 0.8 * plain


def under_grain(sigma: float, paper: int) -> np.ndarray:
    """Twelve sevens in the dark."""
    page = np.full((600, 900), paper, np.float64)
    for number in range(12):
        x, y = 90 + 200 * (number % 4), 80 + 170 * (number // 4)
        seven = np.array([[x, y], [x + 44, y], [x + 14, y + 80]], np.int32)
        cv2.polylines(page, [seven], isClosed=False, color=(15,), thickness=8)
    grain = np.random.default_rng(5).normal(0, sigma, page.shape)
    return np.clip(page + cv2.GaussianBlur(grain, (0, 0), 0.8), 0, 255).astype(np.uint8)


def test_grain_is_no_small_writing_where_smoothing_it_leaves_larger() -> None:
    found = look(under_grain(22, 60))
    assert len(found.marks.all) == 12
    assert found.writing.height > 70


def test_grain_that_hides_nothing_is_left_as_it_is() -> None:
    page = under_grain(31, 80)
    assert look(page).writing.ink.is_grainy
    assert len(look(page).marks.all) == 12


def test_where_grain_hides_all_writing_it_is_smoothed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        page_stage, "find_writing", lambda ink: None if ink.is_grainy else find_writing(ink)
    )
    assert len(look(under_grain(22, 60)).marks.all) == 12


def test_a_page_without_grain_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    views: list[np.ndarray] = []
    flat_view = page_stage.flat_view

    def counted(*given: object, **more: object) -> object:
        views.append(np.zeros(0))
        return flat_view(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(page_stage, "flat_view", counted)
    look(under_grain(0, 80))
    assert len(views) == 1
    look(cv2.resize(under_grain(22, 60), None, fx=2.5, fy=2.5))  # halved, with grain smoothed
    assert len(views) == 2
    look(under_grain(22, 60))
    assert len(views) == 4


def test_grain_of_which_smoothing_leaves_nothing_is_no_writing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = under_grain(22, 60)
    low = page_stage._look_at
    monkeypatch.setattr(
        page_stage,
        "_look_at",
        lambda *given, may_be_small: low(*given, may_be_small=True) if may_be_small else None,
    )
    assert look(page).writing.height < 30  # as there is nothing to compare it with
    monkeypatch.setattr(page_stage, "_LEGIBLE", 30)
    assert look_at_page(SheetSearch(page)) is None


def test_what_stands_at_the_border_does_not_make_digits_high() -> None:
    page = grey(taken(Shot()))
    plain = find_writing(find_page_ink(page))
    high = page.shape[0] // 7
    for top in range(4, page.shape[0], high + 9):
        page[top : top + high, -8:] = 20
    beside = find_writing(find_page_ink(page))
    assert plain is not None
    assert beside is not None
    assert beside.height == pytest.approx(plain.height, rel=0.1)


def test_what_shows_through_does_not_make_digits_low() -> None:
    page = grey(taken(Shot()))
    plain = look(page).writing.height
    for y in range(12, page.shape[0] - 30, 14):
        for x in range(12, page.shape[1] - 12, 12):
            window = page[y : y + 9, x : x + 4]
            np.minimum(window, 200, out=window)
    assert look(page).writing.height > 0.9 * plain


def test_what_is_no_page_is_left_to_others() -> None:
    rng = np.random.default_rng(3)
    grain = np.clip(rng.normal(200, 6, (400, 300)), 0, 255).astype(np.uint8)
    one = np.full((600, 500), 220, np.uint8)
    cv2.ellipse(one, (250, 300), (90, 160), 0, 0, 360, (60,), 20)
    small = cv2.resize(grey(taken(Shot())), (180, 220), interpolation=cv2.INTER_AREA)
    for picture in (grain, one, small, np.full((300, 300), 255, np.uint8)):
        assert look_at_page(SheetSearch(picture)) is None


@pytest.mark.parametrize(
    ("rows", "small", "looked_at"),
    [
        (("318", "946"), 640, False),
        (("3184", "9460", "5512"), 640, True),
        (("318", "946"), 1000, True),
    ],
)
def test_large_pictures_of_few_strong_marks_are_not_looked_at_closely(
    monkeypatch: pytest.MonkeyPatch, rows: tuple[str, ...], small: int, looked_at: bool
) -> None:
    scene = Scene(rows, 1000, 750, 120, 11, ruling=Ruling.SQUARED, grey=True)
    picture = compose(scene, np.random.default_rng(1)).pixels
    asked: list[float] = []
    monkeypatch.setattr(page_sketch, "_SMALL", small)
    monkeypatch.setattr(page_stage, "find_writing", lambda ink: asked.append(ink.usual))
    assert look_at_page(SheetSearch(picture)) is None
    assert bool(asked) == looked_at


@pytest.mark.parametrize(("shade", "thickness", "looked_at"), [(105, 1, True), (150, 3, False)])
def test_a_closer_look_tells_fine_strokes_from_pieces_of_rules(
    monkeypatch: pytest.MonkeyPatch, shade: int, thickness: int, looked_at: bool
) -> None:
    page = np.full((700, 900), 230, np.uint8)
    for number in range(6):
        x = 120 + 90 * number
        cv2.circle(page, (x + 30, 520), 15, (shade,), thickness, cv2.LINE_AA)
        if number < 5:
            cv2.rectangle(page, (x, 150), (x + 20, 190), (30,), 5)
    asked: list[float] = []
    prospect = page_sketch.prospect_of(SheetSearch(page))
    assert prospect is not None
    assert prospect.may_be_fewer
    monkeypatch.setattr(page_stage, "find_writing", lambda ink: asked.append(ink.usual))
    assert look_at_page(SheetSearch(page)) is None
    assert bool(asked) == looked_at


def test_light_ink_on_a_dark_page_is_found_as_well() -> None:
    found = look(255 - grey(taken(Shot())))
    assert [len(row) for row in found.marks.rows] == [len(text) for text in ROWS]


def test_a_row_of_letters_is_left_out_and_a_row_of_digits_stays() -> None:
    found = look(grey(taken(Shot(), words=True)))
    rows = sevens(len(found.marks.all))
    at = 0
    for row in found.marks.rows:
        for mark in row:
            if mark.box.x > 0.6 * found.writing.mask.shape[1]:
                rows[at] = np.eye(11, dtype=np.float32)[10]
            at += 1
    chosen = choose_marks(found, rows)
    assert sum(chosen.are_digits) == sum(map(len, ROWS))


def test_a_page_may_hold_some_thousand_digits() -> None:
    pixels = np.full((2400, 2000), 250, np.uint8)
    for number in range(1600):
        place = 40 + 48 * (number % 40), 60 + 58 * (number // 40)
        cv2.putText(pixels, str(number % 10), place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30,), 2)
    look = look_at_page(SheetSearch(pixels))
    assert look is not None
    assert len(look.marks.all) == 1600


class Everywhere:
    """Sees a seven in every mark, so surely in the marks of turned pages as well."""

    name, review_below = "everywhere", 0.1

    def __init__(self, sure: float) -> None:
        self._sure = sure

    def classify(self, glyphs: np.ndarray) -> np.ndarray:
        return sevens(len(glyphs), self._sure)


@pytest.mark.parametrize(("sure", "reason"), [(0.9, TURNED), (0.999, "")])
def test_a_page_that_reads_as_well_another_way_up_is_for_review(sure: float, reason: str) -> None:
    page = np.full((900, 500), 230, np.uint8)
    for y in range(80, 880, 80):
        for x in range(80, 400, 40):  # rings, which stand and hang as evenly
            cv2.circle(page, (x, y), 14, (30,), 4)
    scan = Scan("0" * 32, "page.png", "", cv2.imencode(".png", page)[1].tobytes())
    (outcome,) = read_batch([scan], Everywhere(sure), limits=Limits())
    assert isinstance(outcome, Reading)
    lines = outcome.pages[0].lines
    assert [line.text for line in lines] == ["7" * 8] * 10
    assert {line.reason for line in lines} == {reason}
    assert outcome.status is (Status.REVIEW if reason else Status.READ)
