"""A patch across whose sides ink goes on is light on paper; on a sheet, writing ends."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Grey, Page
from daemon.vision import crossing
from daemon.vision.crossing import is_crossed
from daemon.vision.rectify import SheetSearch
from daemon.vision.reduce import Halves
from daemon.vision.region import View
from daemon.vision.sheet import sheets_in

PATCH = np.array([[90, 40], [290, 60], [280, 240], [80, 220]])


def picture(*strokes: tuple[int, int, int, int], shade: float = 0.5, sigma: float = 1) -> Grey:
    """Paper with strokes, (280, 380), lit on a patch alone."""
    paper = np.full((280, 380), 230, np.float32)
    for x, y, right, bottom in strokes:
        cv2.line(paper, (x, y), (right, bottom), (50,), 8, cv2.LINE_AA)
    lit = np.full((280, 380), shade, np.float32)
    cv2.fillConvexPoly(lit, PATCH.astype(np.int32), (1,))
    return np.rint(paper * cv2.GaussianBlur(lit, (0, 0), sigma)).astype(np.uint8)


def is_sheet(pixels: Grey) -> bool:
    page = Page(1, pixels)
    return any(sheets_in(View(page, page), SheetSearch(pixels)))


def test_the_middle_row_of_a_strip_is_the_side_itself() -> None:
    start, end = np.array([30.0, 60.0]), np.array([190.0, 100.0])
    page = np.full((160, 220), 230, np.uint8)
    cv2.line(page, (30, 60), (190, 100), (20,), 1)
    strip = crossing._strip(page, start, end, 5)
    assert strip.shape == (11, 165)
    assert strip.mean(axis=1).argmin() == 5
    assert strip[5].mean() < 150
    assert np.array_equal(crossing._strip(page, start, end, 5, 5), strip[::5])
    beyond = crossing._strip(page, np.array([-40.0, 50.0]), np.array([60.0, 50.0]), 3)
    assert (beyond[:, :30] == 255).all()


def test_strokes_that_end_at_a_side_from_within_and_beyond_do_not_cross_it() -> None:
    page = np.full((100, 200), 230, np.uint8)
    page[30:51, 60:66] = page[50:71, 100:106] = 20
    start, end = np.array([20.0, 50.0]), np.array([180.0, 50.0])
    assert crossing._dark_in(crossing._strip(page, start, end, 5, 5), 31).any(axis=1).all()
    assert not crossing._has_stroke(page, start, end, 31, 5)
    page[50:71, 66:72] = 20
    assert crossing._has_stroke(page, start, end, 31, 5)


@pytest.mark.parametrize("sigma", [0.5, 3])
@pytest.mark.parametrize(
    "stroke", [(250, 120, 330, 140), (60, 100, 110, 170), (180, 20, 200, 90), (150, 180, 170, 260)]
)
def test_light_on_paper_is_no_sheet_where_a_stroke_crosses_its_side(
    stroke: tuple[int, int, int, int], sigma: float
) -> None:
    pixels = picture((150, 100, 200, 160), stroke, sigma=sigma)
    assert is_crossed(Halves(pixels), PATCH.astype(np.float64))
    assert not is_sheet(pixels)


@pytest.mark.parametrize(
    "stroke",
    [
        (150, 100, 200, 160),  # on it
        (330, 60, 340, 200),  # beside it
        (296, 60, 286, 240),  # along its side, as the shadow of its edge
    ],
)
def test_a_sheet_on_which_writing_ends_is_a_sheet(stroke: tuple[int, int, int, int]) -> None:
    pixels = picture((150, 100, 200, 160), stroke)
    assert not is_crossed(Halves(pixels), PATCH.astype(np.float64))
    assert is_sheet(pixels)


def test_a_finger_across_a_side_is_no_stroke() -> None:
    pixels = picture((150, 100, 200, 160), shade=0.6)
    cv2.line(pixels, (180, 216), (185, 300), (90,), 76)
    assert not is_crossed(Halves(pixels), PATCH.astype(np.float64))


def test_sides_beyond_the_picture_are_not_crossed() -> None:
    pixels = picture((150, 100, 200, 160), (0, 140, 60, 140))
    beyond = np.array([[-20, 40], [290, 60], [280, 240], [-20, 220]], np.float64)
    assert not is_crossed(Halves(pixels), beyond)
