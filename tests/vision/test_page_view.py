"""Pages are laid flat and straight, and what is found on them leads back."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from daemon.records import Box
from daemon.vision.flat import enlarging
from daemon.vision.page_ink import PageInk, find_page_ink
from daemon.vision.page_marks import find_marks, find_writing
from daemon.vision.page_view import box_on_page, boxes_on_page, flat_view, levelled
from daemon.vision.rectify import SheetSearch


def lines(shape: tuple[int, int] = (500, 400)) -> np.ndarray:
    """A page of six rows of strokes."""
    page = np.full(shape, 235, np.uint8)
    for y in range(60, 440, 70):
        for x in range(50, 350, 24):
            cv2.rectangle(page, (x, y), (x + 12, y + 22), (40,), 3)
    return page


def turned(page: np.ndarray, angle: float) -> np.ndarray:
    height, width = page.shape
    about = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    return cv2.warpAffine(page, about, (width, height), borderValue=(235,))


def test_a_straight_page_is_left_as_it_is() -> None:
    page = lines()
    view = levelled(*flat_view(page, None, may_be_light=True))
    assert np.array_equal(view.onto, np.eye(3))
    assert view.ink.mask.shape == page.shape
    assert not view.is_sheet


def test_rows_become_level_and_boxes_lead_back() -> None:
    page = turned(lines(), 8)
    view = levelled(*flat_view(page, None, may_be_light=True))
    assert np.count_nonzero(view.ink.mask.sum(axis=1) == 0) > 150  # between the rows
    back = np.linalg.inv(view.onto)
    rows, columns = np.nonzero(page < 120)
    ends = np.stack([columns, rows], axis=1)[:1].astype(np.float64)
    there = cv2.perspectiveTransform(ends[None], view.onto)[0, 0]
    box = box_on_page(Box(int(there[0]), int(there[1]), 2, 2), back, 400, 500)
    assert abs(box.x - ends[0, 0]) <= 2
    assert abs(box.y - ends[0, 1]) <= 2


def test_light_ink_becomes_dark() -> None:
    light, dark = (
        levelled(*flat_view(page, None, may_be_light=True)) for page in (255 - lines(), lines())
    )
    assert np.array_equal(light.ink.mask, dark.ink.mask)


@pytest.mark.parametrize(
    ("floor", "usual", "grainy"), [(14, 20, False), (20, 97, False), (60, 97, True)]
)
def test_a_page_is_grainy_where_noise_says_what_is_ink(
    floor: int, usual: int, grainy: bool
) -> None:
    nothing = np.zeros((4, 4), np.uint8)
    assert PageInk(nothing, nothing, nothing, floor, usual).is_grainy == grainy


def test_grain_is_smoothed_where_the_writing_is_large() -> None:
    page = lines()
    noise = np.random.default_rng(1).normal(0, 18, page.shape)
    grainy = np.clip(page * 0.5 + noise, 0, 255).astype(np.uint8)
    usual, large = (
        flat_view(grainy, None, may_be_light=False, is_large=large)[0].ink
        for large in (False, True)
    )
    assert usual.is_grainy
    assert large.floor < usual.floor
    quiet, same = (
        flat_view(page, None, may_be_light=False, is_large=large)[0].ink for large in (False, True)
    )
    assert not quiet.is_grainy
    assert np.array_equal(quiet.mask, same.mask)


def test_a_page_whose_noise_is_as_strong_as_its_ink_is_smoothed() -> None:
    grain = np.random.default_rng(5).normal(0, 18, (500, 400))
    page = np.clip(lines() * 0.35 + 35 + grain, 0, 255).astype(np.uint8)
    view, pixels = flat_view(page, None, may_be_light=False)
    assert find_writing(find_page_ink(page)) is None
    writing = find_writing(view.ink)
    assert writing is not None
    assert len(find_marks(writing).all) == pytest.approx(78, abs=2)
    assert pixels.std() < page.std()
    quiet, same = flat_view(lines(), None, may_be_light=False)
    assert not quiet.ink.is_loud
    assert np.array_equal(same, lines())


def test_nothing_of_the_desk_comes_back_where_rows_slope_on_a_sheet() -> None:
    desk = np.full((700, 600), 60, np.uint8)
    desk[::6] = 90
    desk[100:600, 100:500] = turned(lines(), 5)
    view = levelled(*flat_view(desk, SheetSearch(desk).flat, may_be_light=True))
    assert view.is_sheet
    mask = view.ink.mask
    assert not any(edge.any() for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    assert np.count_nonzero(mask.sum(axis=1) == 0) > 150  # between the rows, level now


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_box_of_a_reduced_page_is_so_many_times_larger(factor: int) -> None:
    box = box_on_page(Box(10, 20, 5, 8), enlarging(factor), 1000, 1000)
    assert box == Box(10 * factor, 20 * factor, 5 * factor, 8 * factor)


def test_a_box_never_leaves_its_page() -> None:
    assert box_on_page(Box(90, 90, 50, 50), enlarging(1), 100, 95) == Box(90, 90, 10, 5)
    assert box_on_page(Box(300, 300, 5, 5), enlarging(1), 100, 95) == Box(99, 94, 1, 1)


def test_many_boxes_lead_back_as_each_does() -> None:
    boxes = [Box(9 * n, 7 * n, 5 + n, 12) for n in range(6)]
    back = np.array([[0.9, 0.2, 3], [-0.1, 1.1, 8], [1e-4, 2e-4, 1]])
    assert boxes_on_page(boxes, back, 90, 80) == [box_on_page(box, back, 90, 80) for box in boxes]
    assert boxes_on_page([], back, 90, 80) == []


def test_scattered_digits_leave_a_sheet_as_straight_as_its_edges_are() -> None:
    rng = np.random.default_rng(5)
    desk = np.full((700, 900), 90, np.uint8)
    desk[100:600, 100:800] = 230
    for _ in range(9):
        at = int(rng.integers(160, 700)), int(rng.integers(160, 520))
        digit = str(rng.integers(0, 10))
        cv2.putText(desk, digit, at, cv2.FONT_HERSHEY_SIMPLEX, 2.2, (40,), 6)
    flat, pixels = flat_view(desk, SheetSearch(desk).flat, may_be_light=False)
    assert levelled(flat, pixels) is flat
    as_if_none = replace(flat, is_sheet=False)
    assert levelled(as_if_none, pixels) is not as_if_none
