import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.training.camera import Ruling, Scene, compose
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.ink import find_ink
from daemon.vision.layout import Basis, proposals, propose


def page(height=200, width=200):
    return np.full((height, width), 230, np.uint8)


def write(page, label, x, y, height=90, seed=0):
    ink = render_strokes(
        own_digit(label, np.random.default_rng(seed)), height=height, pen_width=height / 11
    )
    left, top = max(0, x), max(0, y)
    right, bottom = min(page.shape[1], x + ink.shape[1]), min(page.shape[0], y + ink.shape[0])
    part = ink[top - y : bottom - y, left - x : right - x]
    page[top:bottom, left:right] = page[top:bottom, left:right] * (1 - 0.8 * part)
    return page


def first(page):
    return propose(find_ink(page)[0])[0]


def boxes(page):
    return [candidate.box for candidate in first(page).candidates]


def test_no_ink_gives_no_layout():
    assert propose(find_ink(page())[0]) == ()


def test_a_layout_says_how_much_of_the_ink_may_be_writing():
    alone = write(page(), 3, 60, 50)
    assert first(alone).writing > 0.99
    boxed = cv2.rectangle(alone.copy(), (20, 20), (180, 180), (150,), 2)
    assert first(boxed).writing > 0.99
    edge = alone.copy()
    edge[50:140, :3] = 70
    assert 0.5 < first(edge).writing < 0.9


def test_one_digit_is_one_candidate_with_its_own_box():
    picture = compose(Scene(("3",), 200, 220, 120, 9, grey=True), np.random.default_rng(0))
    (box,) = boxes(picture.pixels)
    truth = picture.digits[0].box
    assert abs(box.x - truth.x) <= 3
    assert abs(box.y - truth.y) <= 3
    assert abs(box.width - truth.width) <= 6
    assert abs(box.height - truth.height) <= 6


@pytest.mark.parametrize("ruling", list(Ruling))
@pytest.mark.parametrize("lines", [("52",), ("318946",), ("27", "58"), ("01", "23", "45")])
def test_separate_digits_come_in_reading_order(lines, ruling):
    scene = Scene(
        lines, 110 * len(lines[0]), 150 * len(lines), 90, 8, ruling=ruling, grey=True, shade=0.3
    )
    picture = compose(scene, np.random.default_rng(7))
    layouts = propose(find_ink(picture.pixels)[0])
    wanted = [digit.box for digit in picture.digits]

    def fits(layout):
        found = [candidate.box for candidate in layout.candidates]
        return len(found) == len(wanted) and all(
            abs(a.x - b.x) < 12 and abs(a.y - b.y) < 12 for a, b in zip(found, wanted, strict=True)
        )

    assert any(fits(layout) for layout in layouts)


@pytest.mark.parametrize("label", range(10))
def test_a_digit_on_an_answer_line_is_found_without_it(label):
    alone = write(page(), label, 70, 50)
    (box,) = boxes(alone)
    lined = cv2.line(alone.copy(), (20, 150), (180, 150), (60,), 3)
    assert boxes(lined) == [box]
    assert all(layout.candidates[0].box == box for layout in propose(find_ink(lined)[0]))


def test_a_line_that_a_digit_stands_on_is_offered_as_its_foot_as_well():
    lined = cv2.line(write(page(), 1, 90, 50), (20, 140), (180, 140), (60,), 4)
    whole, *_, without = propose(find_ink(lined)[0])
    assert whole.candidates[0].box.width > 150
    assert without.candidates[0].box.width < 70
    assert without.cost > whole.cost


def test_a_row_that_hangs_on_the_bar_above_a_total_is_found_without_it():
    sum_of = page(300, 200)
    for label, x, y in ((3, 45, 20), (6, 110, 20), (2, 45, 110), (8, 110, 110), (5, 45, 205)):
        write(sum_of, label, x, y, height=60)
    barred = cv2.line(write(sum_of, 1, 120, 205, height=60), (25, 172), (180, 172), (60,), 5)
    unruled, whole, *_ = propose(find_ink(barred)[0])
    assert [len(line) for line in unruled.lines] == [2, 2, 2]
    assert [len(line) for line in whole.lines] != [2, 2, 2]
    assert whole.cost > unruled.cost


def test_the_loose_bar_of_a_five_belongs_to_it():
    sheet = page()
    cv2.ellipse(sheet, (90, 120), (30, 34), 0, -110, 150, 40, 8)
    cv2.line(sheet, (74, 62), (72, 96), 40, 8)
    cv2.line(sheet, (84, 56), (120, 52), 40, 8)  # a gap of a few pixels to the rest
    assert len(boxes(sheet)) == 1


def test_specks_are_no_candidates():
    sheet = write(page(), 7, 60, 50)
    for x, y in ((20, 30), (180, 60), (30, 180)):
        cv2.circle(sheet, (x, y), 3, 40, -1)
    assert len(boxes(sheet)) == 1


def test_a_frame_around_the_digit_is_no_candidate():
    sheet = write(page(), 8, 70, 55)
    cv2.rectangle(sheet, (8, 8), (191, 191), 40, 3)
    assert all(box.width < 100 for box in boxes(sheet))


def test_the_desk_around_a_sheet_is_no_candidate():
    desk = np.full((300, 300), 60, np.uint8)
    desk[30:270, 40:262] = write(page(240, 222), 2, 60, 70)
    (box,) = boxes(desk)
    assert box.height < 110


def test_a_neighbour_cut_by_the_crop_is_left_out_and_said_so():
    sheet = write(write(page(), 3, 90, 50), 8, -22, 50)
    layout = first(sheet)
    assert [candidate.box.x > 60 for candidate in layout.candidates] == [True]
    assert layout.partial


def test_a_digit_that_fills_its_crop_is_kept_with_a_speck_in_it():
    sheet = page(120, 80)
    cv2.ellipse(sheet, (40, 60), (37, 57), 0, 0, 360, 40, 6)
    cv2.circle(sheet, (40, 60), 2, 40, -1)
    assert max(box.height for box in boxes(sheet)) > 110


def test_every_candidate_holds_its_own_ink_only():
    sheet = write(write(page(200, 300), 6, 40, 50), 1, 180, 50)
    for candidate in first(sheet).candidates:
        height, width = candidate.ink.shape
        assert height <= candidate.box.height + 2
        assert width <= candidate.box.width + 2
        assert candidate.ink.max() == 1
        assert candidate.ink.dtype == np.float32


def test_a_page_of_salt_and_pepper_bails_out():
    noise = np.random.default_rng(1).random((1000, 1000))
    assert propose(find_ink(np.where(noise < 0.1, 0, 255).astype(np.uint8))[0]) == ()


@given(st.integers(8, 90), st.integers(8, 90), st.integers(0, 2**31), st.booleans())
@settings(max_examples=80, deadline=None)
def test_boxes_lie_inside_any_page(height, width, seed, blurred):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (height, width), dtype=np.uint8)
    if blurred:
        noise = cv2.GaussianBlur(noise, (0, 0), 3)
    for layout in propose(find_ink(noise)[0]):
        for candidate in layout.candidates:
            assert candidate.box.x >= 0
            assert candidate.box.y >= 0
            assert candidate.box.right <= width
            assert candidate.box.bottom <= height
            assert 0 < candidate.share <= 1


def test_an_open_four_may_be_one_digit_in_two_strokes() -> None:
    sheet = page()
    cv2.polylines(sheet, [np.array([[70, 50], [55, 110], [95, 110]])], False, 40, 7)
    cv2.line(sheet, (112, 60), (100, 150), 40, 7)
    sizes = {len(layout.candidates) for layout in propose(find_ink(sheet)[0])}
    assert {1, 2} <= sizes


@pytest.mark.parametrize(("gap", "merged"), [(10, True), (60, False)])
def test_pieces_far_apart_are_not_one_digit(gap: int, merged: bool) -> None:
    sheet = write(page(280, 180), 0, 60, 30)
    (only,) = boxes(sheet)
    layouts = propose(find_ink(write(sheet, 7, 60, only.bottom + gap))[0])
    tallest = max(mark.box.height for layout in layouts for mark in layout.candidates)
    assert (tallest > 1.5 * only.height) == merged


def test_a_layout_that_leaves_a_digit_out_says_so() -> None:
    sheet = write(write(page(200, 300), 6, 40, 50), 1, 180, 50)
    layouts = propose(find_ink(sheet)[0])
    assert {(len(layout.candidates), layout.partial) for layout in layouts} == {
        (2, False),
        (1, True),
    }


@pytest.mark.parametrize("side", [60, 130, 300])
@pytest.mark.parametrize("desk", [25, 110])
@pytest.mark.parametrize("tilt", [0, 5])
def test_a_digit_is_found_on_a_sheet_that_lies_on_a_desk(side: int, desk: int, tilt: int) -> None:
    sheet = write(page(side, side), 5, side // 3, side // 4, height=side // 2)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), tilt, 0.74)
    photo = cv2.warpAffine(sheet, turn, (side, side), borderValue=desk)
    photo = cv2.GaussianBlur(photo, (3, 3), 0)
    found = [
        [candidate.box for candidate in layout.candidates]
        for ink in find_ink(photo)
        for layout in propose(ink)
    ]
    assert any(
        len(boxes) == 1 and boxes[0].height < 0.5 * side and boxes[0].x > 0.25 * side
        for boxes in found
    )


def test_faint_writing_inside_a_bold_frame_has_its_own_threshold() -> None:
    sheet = page()
    cv2.ellipse(sheet, (100, 100), (30, 42), 0, 0, 360, 190, 5)
    cv2.rectangle(sheet, (0, 0), (199, 199), 10, 24)
    assert any(
        [candidate.box.width < 80 for candidate in layout.candidates] == [True]
        for layout in propose(find_ink(sheet)[0])
    )


def test_strong_ink_of_the_same_parts_is_not_looked_at_twice() -> None:
    ground = cv2.GaussianBlur(write(page(), 5, 50, 50), (0, 0), 2)  # soft edges: two kinds of ink
    soft = find_ink(np.where(ground < 100, ground // 2, ground).astype(np.uint8))[0]
    assert soft.strong is not None
    bases = {proposal.basis: len(proposal.layouts) for proposal in proposals(soft)}
    assert bases[Basis.ALL] > 0
    assert bases[Basis.STRONG] == 0


def test_digits_on_a_sheet_are_not_looked_at_once_more_with_the_desk_round_it() -> None:
    desk = np.full((400, 400), 70, np.uint8)
    desk[30:-30, 30:-30] = write(np.full((340, 340), 225, np.uint8), 7, 130, 110)
    bases = {each.basis: len(each.layouts) for each in proposals(find_ink(desk)[0])}
    assert bases[Basis.INNER] > 0
    assert bases[Basis.ALL] == 0


def test_strong_ink_without_what_shows_through_is_looked_at() -> None:
    through = 255 - (255 - write(page(), 8, 110, 60)) // 2
    written = np.minimum(write(page(), 5, 20, 50), through)
    ink = find_ink(written)[0]
    assert ink.strong is not None
    bases = {proposal.basis: proposal.layouts for proposal in proposals(ink)}
    assert next(len(layout.candidates) for layout in bases[Basis.STRONG]) == 1


def test_a_large_page_that_is_mostly_dust_bails_out() -> None:
    dusty = page(400, 400)
    rng = np.random.default_rng(5)
    dusty[rng.integers(0, 400, 3000), rng.integers(0, 400, 3000)] = 20
    cv2.line(dusty, (100, 100), (104, 112), 20, 2)
    assert propose(find_ink(dusty)[0]) == ()


def test_a_digit_is_found_in_a_frame_of_dots_that_have_more_ink() -> None:
    dotted = write(page(), 3, 75, 60, height=80)
    (alone,) = boxes(dotted)
    for at in range(20, 180, 6):
        for x, y in ((at, 20), (at, 176), (20, at), (176, at)):
            dotted[y : y + 4, x : x + 4] = 40
    inked = find_ink(dotted)[0].mask
    assert inked.sum() > 2 * inked[alone.y : alone.bottom, alone.x : alone.right].sum()
    assert alone in [
        each.box for layout in propose(find_ink(dotted)[0]) for each in layout.candidates
    ]
