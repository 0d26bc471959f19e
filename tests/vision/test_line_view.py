"""The view of a line: its band of ink at one height, whatever the picture and its surroundings."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Box, Grey
from daemon.vision.line_view import (
    BAND,
    FURTHER,
    HEIGHT,
    STRIDE,
    find_band,
    further_looks,
    line_view,
    padded,
    view_of,
)


def written(
    scale: float = 1.0, *, paper: int = 230, ink: int = 40, top: int = 30, height: int = 100
) -> Grey:
    """Two bars and a ring, 40 pixels high, from row `top`; the first bar begins at column 20."""
    page = np.full((height, 200), paper, np.uint8)
    cv2.rectangle(page, (20, top), (24, top + 39), ink, -1)
    cv2.ellipse(page, (70, top + 20), (14, 17), 0, 0, 360, ink, 4)
    cv2.rectangle(page, (120, top), (124, top + 39), ink, -1)
    return cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def test_the_band_is_the_height_of_the_ink() -> None:
    band = find_band(written())
    assert (band.left, band.right) == (20, 125)
    assert band.top == pytest.approx(30, abs=1)
    assert band.bottom == pytest.approx(70, abs=1)
    assert band.stroke == pytest.approx(5, abs=1)


@pytest.mark.parametrize("scale", [0.5, 1, 2.3, 12])
def test_a_view_has_one_size_of_ink_whatever_the_pictures(scale: float) -> None:
    view = line_view(written(scale)).pixels
    assert view.shape[0] == HEIGHT
    assert view.shape[1] % STRIDE == 0
    assert view.dtype == np.float32
    rows = np.flatnonzero((view > 0.5).any(axis=1))
    assert rows[-1] - rows[0] + 1 == pytest.approx(BAND, abs=2.5)
    assert rows[0] + rows[-1] + 1 == pytest.approx(HEIGHT, abs=2.5)
    assert view.shape[1] == pytest.approx((105 + 2 * 0.35 * 40) * BAND / 40, abs=STRIDE + 2)


@pytest.mark.parametrize(("paper", "ink"), [(230, 40), (250, 200), (120, 60)])
def test_paper_is_nought_and_ink_is_one(paper: int, ink: int) -> None:
    view = line_view(written(paper=paper, ink=ink)).pixels
    assert np.median(view) == pytest.approx(0, abs=0.05)
    assert view.max() == pytest.approx(1, abs=0.15)


def test_further_looks_are_wider_and_narrower() -> None:
    grey = written()
    usual, *further = (line_view(grey).pixels, *further_looks(grey, find_band(grey)))
    widths = [np.ptp(np.flatnonzero((view > 0.5).any(axis=0))) + 1 for view in (usual, *further)]
    assert [width / widths[0] for width in widths[1:]] == pytest.approx(FURTHER, abs=0.03)


@pytest.mark.parametrize("stretch", [1.0, *FURTHER])
def test_boxes_find_their_way_back(stretch: float) -> None:
    view = view_of(written(), find_band(written()), stretch)
    columns = np.flatnonzero((view.pixels > 0.5).any(axis=0))
    rows = np.flatnonzero((view.pixels > 0.5).any(axis=1))
    found = view.box_in_picture(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    true = Box(20, 30, 105, 40)
    assert abs(found.x - true.x) <= 1
    assert abs(found.y - true.y) <= 1
    assert abs(found.right - true.right) <= 2
    assert abs(found.bottom - true.bottom) <= 2


@pytest.mark.parametrize("tilt", [0, 3])
def test_rules_and_frames_are_no_ink(tilt: int) -> None:
    page = written()
    cv2.line(page, (0, 84), (199, 84 + tilt), 40, 2)  # a rule below
    cv2.line(page, (0, 2), (0, 99), 40, 3)  # a frame's edge
    page[:8, 60:80] = 40  # the tail of what is written above
    band = find_band(page)
    assert band.top == pytest.approx(30, abs=2)
    assert band.bottom == pytest.approx(70, abs=2)
    assert band.left >= 18


def test_points_do_not_stretch_the_band_but_are_seen() -> None:
    page = written()
    cv2.circle(page, (150, 74), 3, 40, -1)
    band = find_band(page)
    assert band.bottom == pytest.approx(70, abs=1)
    assert band.right >= 153


def test_hairlines_survive() -> None:
    page = np.full((600, 900), 235, np.uint8)
    cv2.ellipse(page, (300, 300), (150, 200), 0, 0, 360, 60, 2, cv2.LINE_AA)
    assert line_view(page).pixels.max() > 0.6


@pytest.mark.parametrize("shape", [(8, 8), (1, 1), (3, 400), (400, 3)])
def test_pictures_without_ink_have_a_flat_view(shape: tuple[int, int]) -> None:
    view = line_view(np.full(shape, 200, np.uint8)).pixels
    assert view.shape[0] == HEIGHT
    assert np.abs(view).max() < 0.05


def test_a_batch_is_padded_with_paper() -> None:
    views = [np.ones((HEIGHT, 8), np.float32), np.ones((HEIGHT, 12), np.float32)]
    batch = padded(views)
    assert batch.shape == (2, HEIGHT, 12)
    assert batch[0, :, 8:].max() == 0
    assert padded(views, 20).shape == (2, HEIGHT, 20)
    assert padded([]).shape == (0, HEIGHT, 0)
