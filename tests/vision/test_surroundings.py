"""What surrounds a digit is no digit: printed boxes, the edge of a shadow, cut neighbours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.components import find_components
from daemon.vision.frames import HUNDREDS, surroundings, without_frames
from daemon.vision.ink import find_ink
from daemon.vision.layout import CUT_COST, FLUSH_COST, GRAFT_COST, propose


def paper(height: int = 240, width: int = 240) -> np.ndarray:
    return np.full((height, width), 225, np.uint8)


def write(page: np.ndarray, label: int, x: int, y: int, height: int = 90) -> None:
    ink = render_strokes(own_digit(label, np.random.default_rng(4)), height=height, pen_width=8)
    part = page[y : y + len(ink), x : x + ink.shape[1]]
    part[:] = part * (1 - 0.85 * ink[: len(part), : part.shape[1]])


def widths(page: np.ndarray) -> list[int]:
    """Of the candidates of the likeliest layout."""
    return [candidate.box.width for candidate in propose(find_ink(page)[0])[0].candidates]


@pytest.mark.parametrize("corners", [(40, 30, 200, 210), (-9, 30, 200, 210), (40, 30, 200, 270)])
@pytest.mark.parametrize("tilt", [0, 6])
def test_a_printed_box_around_a_digit_is_left_out(corners: tuple[int, ...], tilt: int) -> None:
    page = paper()
    write(page, 5, 85, 75)
    alone = widths(page)
    left, top, right, bottom = corners
    outline = [(left + tilt, top), (right, top + tilt), (right - tilt, bottom), (left, bottom)]
    cv2.polylines(page, [np.array(outline)], True, 70, 4, cv2.LINE_AA)
    assert widths(page) == pytest.approx(alone, abs=3)


def ring(page: np.ndarray, axes: tuple[int, int], start: int = 0, pen: int = 6) -> None:
    cv2.ellipse(page, (118, 120), axes, 20, start, 340 + start, (60,), pen, cv2.LINE_AA)


@pytest.mark.parametrize("label", [0, 1, 4, 8])
@pytest.mark.parametrize(("axes", "pen"), [((80, 75), 8), ((70, 92), 3), ((100, 80), 5)])
@pytest.mark.parametrize("start", [0, 200])
def test_a_ring_around_a_digit_is_left_out(
    label: int, axes: tuple[int, int], pen: int, start: int
) -> None:
    page = paper()
    write(page, label, 90, 75)
    alone = widths(page)
    ring(page, axes, start, pen)
    assert widths(page) == pytest.approx(alone, abs=3)
    (found, *_) = propose(find_ink(page)[0])
    assert found.boxes is not None
    assert found.boxes[120, 118 - axes[0] : 118].any()


def corners(page: np.ndarray, *which: tuple[int, int], arm: int = 30) -> np.ndarray:
    """The page with the corners of a frame on it, given as signs from its middle."""
    for across, down in which:
        x, y = 118 + 80 * across, 120 + 85 * down
        cv2.line(page, (x, y), (x - arm * across, y), (70,), 5)
        cv2.line(page, (x, y), (x, y - arm * down), (70,), 5)
    return page


ALL_CORNERS = (-1, -1), (1, -1), (-1, 1), (1, 1)


def test_the_corners_of_a_frame_are_left_out() -> None:
    page = paper()
    write(page, 5, 90, 75)
    alone = widths(page)
    assert widths(corners(page.copy(), *ALL_CORNERS)) == pytest.approx(alone, abs=3)
    assert widths(corners(page.copy(), *ALL_CORNERS[1:])) == pytest.approx(alone, abs=3)


def test_two_corners_or_what_is_none_may_be_writing() -> None:
    def left_out(page: np.ndarray) -> int:
        return len(surroundings(find_components(find_ink(page)[0].mask)).frames)

    page = paper()
    write(page, 5, 90, 75)
    assert left_out(corners(page.copy(), *ALL_CORNERS)) == 4
    assert left_out(corners(page.copy(), *ALL_CORNERS[2:])) == 0
    for x, y in ((20, 20), (190, 20), (20, 180), (190, 180)):
        write(page, 4, x, y, 40)
    assert left_out(page) == 0


def number(*columns: int, axes: tuple[int, int] = (150, 70)) -> np.ndarray:
    """A mask with strokes at these columns, and a long ring round the middle of it."""
    mask = np.zeros((240, 400), np.uint8)
    for x in columns:
        cv2.line(mask, (x, 85), (x, 155), 1, 6)
    cv2.ellipse(mask, (200, 120), axes, 0, 15, 350, 1, 6)
    return mask


def test_a_ring_may_be_long_about_several_marks_but_not_about_one_nor_upright() -> None:
    assert len(surroundings(find_components(number(150, 240))).boxes) == 1
    assert surroundings(find_components(number(200))).boxes == []
    assert surroundings(find_components(number(150, 240, axes=(190, 50)))).boxes == []
    upright = np.ascontiguousarray(number(150, 240).T)
    assert surroundings(find_components(upright)).boxes == []


@pytest.mark.parametrize("touched", [False, True])
def test_writing_that_touches_its_ring_is_told(touched: bool) -> None:
    mask = number(200, 240)
    cv2.line(mask, (55 if touched else 80, 120), (110, 120), (1,), 6)
    assert surroundings(find_components(mask)).touched == touched
    layouts = [each for each in propose(find_ink(240 - 190 * mask)[0]) if each.boxes is not None]
    assert layouts
    assert all(each.touched == touched for each in layouts)


@pytest.mark.parametrize("label", range(10))
@pytest.mark.parametrize("height", [20, 90, 200])
def test_a_digit_is_no_ring(label: int, height: int) -> None:
    page = paper()
    write(page, label, 20, 20, height)
    (found, *_) = propose(find_ink(page)[0])
    assert found.boxes is None


@pytest.mark.parametrize("width", [24, 30, 38])
def test_a_zero_with_a_slash_that_touches_nothing_is_no_ring(width: int) -> None:
    mask = np.zeros((120, 120), np.uint8)
    cv2.ellipse(mask, (60, 60), (width, 40), 0, 0, 360, 1, 5)
    cv2.line(mask, (60 - width // 2, 80), (60 + width // 2, 40), 1, 5)
    found = find_components(mask)
    assert surroundings(found).boxes == []
    assert len(without_frames(found, surroundings(found)).components) == 2


def test_frames_are_found_among_hundreds_of_specks() -> None:
    mask = np.zeros((400, 400), np.uint8)
    cv2.rectangle(mask, (100, 100), (300, 300), 1, 3)
    cv2.putText(mask, "4", (160, 260), cv2.FONT_HERSHEY_SIMPLEX, 5, 1, 9)
    mask[:, 397:] = 1  # the edge of the desk
    alone = surroundings(find_components(mask))
    specks = np.zeros_like(mask)
    specks[5::20, ::20] = 1
    mask |= specks & ~cv2.dilate(mask, np.ones((5, 5), np.uint8))
    found = find_components(mask)
    assert len(found.components) > HUNDREDS
    among = surroundings(found)
    assert [box[1:5] for box in among.boxes] == [box[1:5] for box in alone.boxes] != []
    single = [each for each in among.frames if each.area == 1]
    assert len(among.frames) - len(single) == len(alone.frames) == 2
    assert {each.x for each in single} == {0}  # they lie at the border, too


def test_an_eight_in_pieces_is_no_ring() -> None:
    mask = np.zeros((140, 120), np.uint8)
    cv2.ellipse(mask, (60, 42), (26, 28), 0, 0, 360, 1, 6)
    cv2.ellipse(mask, (60, 98), (34, 28), 0, 0, 360, 1, 6)
    cv2.line(mask, (60, 20), (60, 58), 1, 3)  # within the upper loop
    found = find_components(mask)
    assert surroundings(found).boxes == []


@pytest.mark.parametrize("corners", [0, 2])
def test_what_runs_into_the_corners_of_the_page_is_no_ring(corners: int) -> None:
    mask = np.zeros((200, 200), np.uint8)
    cv2.ellipse(mask, (100, 100), (84, 84), 0, 0, 360, 1, 8)
    cv2.line(mask, (100, 70), (100, 130), 1, 9)
    for near, corner in (((40, 40), (3, 3)), ((160, 160), (196, 196)))[:corners]:
        cv2.line(mask, near, corner, 1, 8)
    assert len(surroundings(find_components(mask)).boxes) == (1 if corners == 0 else 0)


def test_a_box_that_alone_can_be_writing_is_not_left_out() -> None:
    page = paper()
    ring(page, (80, 80))
    cv2.line(page, (110, 120), (126, 120), (60,), 3)
    (found, *_) = propose(find_ink(page)[0])
    assert found.boxes is None


def test_a_zero_around_a_speck_is_no_box() -> None:
    mask = np.zeros((100, 100), np.uint8)
    cv2.ellipse(mask, (50, 50), (30, 40), 0, 0, 360, 1, 6)
    cv2.circle(mask, (50, 50), 4, 1, -1)
    found = find_components(mask)
    assert len(without_frames(found, surroundings(found)).components) == 2


def test_a_digit_in_pieces_is_no_box() -> None:
    mask = np.zeros((120, 120), np.uint8)
    cv2.polylines(mask, [np.array([(30, 20), (30, 70), (90, 70)])], False, 1, 7)  # an open 4
    cv2.line(mask, (62, 35), (62, 60), 1, 7)
    found = find_components(mask)
    assert len(without_frames(found, surroundings(found)).components) == 2


def test_what_lies_along_the_border_is_an_unlikely_digit() -> None:
    page = paper(200, 120)
    page[:, :20] = 40  # the edge of a shadow, or of a book
    layouts = propose(find_ink(page)[0])
    assert layouts
    assert all(layout.cost >= FLUSH_COST for layout in layouts)


def test_a_neighbour_that_the_border_cuts_costs_and_joined_to_the_digit_more() -> None:
    page = paper(200, 150)
    write(page, 2, 40, 50)
    write(page, 0, 45, 160, height=60)
    layouts = propose(find_ink(page)[0])
    assert {len(layout.candidates): layout.cost for layout in layouts if not layout.partial} == {
        2: pytest.approx(CUT_COST),
        1: pytest.approx(GRAFT_COST),
    }
    assert any(layout.partial and layout.cost == 0 for layout in layouts)


def test_digits_of_one_height_may_touch_the_border() -> None:
    page = paper(100, 200)
    for number, label in enumerate((5, 3)):
        write(page, label, 20 + 90 * number, 1 + number, height=98)
    assert propose(find_ink(page)[0])[0].cost < CUT_COST


@pytest.mark.parametrize("scraps", [1, 2, 4])
def test_a_digit_may_stand_without_the_scraps_at_it(scraps: int) -> None:
    page = paper()
    write(page, 3, 90, 75)
    (alone,) = widths(page)
    right = 90 + alone
    for number in range(scraps):
        y = 85 + 20 * number
        page[y : y + 15, right + 8 : right + 16] = 60
    layouts = propose(find_ink(page)[0])
    found = [each for each in layouts if [c.box.width for c in each.candidates] == [alone]]
    assert [each.partial for each in found] == [True] * (scraps > 1)
