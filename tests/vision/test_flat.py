"""A sheet is laid flat, and what is trimmed of it still leads back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.vision.flat import enlarging, laid_flat
from daemon.vision.reduce import Halves

CORNERS = np.array([[60, 40], [330, 70], [310, 260], [40, 250]], np.float64)
MARK = (180, 150)  # px, where a blot lies on the page


def page() -> np.ndarray:
    """A sheet with a blot on a dark ground."""
    pixels = np.full((300, 400), 40, np.uint8)
    cv2.fillConvexPoly(pixels, CORNERS.astype(np.int32), (230,))
    return cv2.circle(pixels, MARK, 5, (90,), -1)


def place_of_the_blot(pixels: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(pixels < 150)
    return np.array([columns.mean(), rows.mean()])


def test_nothing_but_the_sheet_is_laid_flat() -> None:
    flat = laid_flat(Halves(page()), CORNERS)
    height, width = flat.pixels.shape
    assert width / height == pytest.approx(270 / 200, rel=0.05)
    assert np.count_nonzero(flat.pixels < 60) == 0
    there = cv2.perspectiveTransform(np.array([[MARK]], np.float64), flat.onto)[0, 0]
    np.testing.assert_allclose(place_of_the_blot(flat.pixels), there, atol=1)


@pytest.mark.parametrize("times", [0, 1, 2])
def test_what_is_halved_is_smaller_and_leads_back_too(times: int) -> None:
    flat = laid_flat(Halves(page()), CORNERS)
    smaller = flat.halved(times)
    assert smaller.pixels.shape == tuple(side >> times for side in flat.pixels.shape)
    np.testing.assert_allclose(enlarging(1 << times) @ smaller.onto, flat.onto, atol=1e-9)
    means = Halves(flat.pixels).halved(times).pixels  # half a pixel off, it would differ by 1.5
    assert np.abs(smaller.pixels.astype(int) - means).mean() < 0.5
    there = cv2.perspectiveTransform(np.array([[MARK]], np.float64), smaller.onto)[0, 0]
    np.testing.assert_allclose(place_of_the_blot(smaller.pixels), there, atol=1)


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_halved_shows_the_same_places(times: int) -> None:
    noise = np.random.default_rng(1).normal(128, 400, (300, 400))
    texture = np.clip(cv2.GaussianBlur(noise, (0, 0), 4), 0, 255).astype(np.uint8)
    flat = laid_flat(Halves(texture), CORNERS)
    smaller, means = flat.halved(times).pixels, Halves(flat.pixels).halved(times).pixels
    inner = np.s_[4:-4, 4:-4]
    off = np.abs(smaller[inner].astype(int) - means[inner]).mean()
    slope = np.abs(np.diff(means[inner].astype(int), axis=1)).mean()  # from a pixel to the next
    assert off < 0.2 * slope  # half a pixel aside, it would be a third and a half


def test_what_is_trimmed_is_smaller_by_that_share_and_leads_back_too() -> None:
    flat = laid_flat(Halves(page()), CORNERS)
    pixels, onto = flat.trimmed(0.9)
    for left, whole in zip(pixels.shape, flat.pixels.shape, strict=True):
        assert left == pytest.approx(0.9 / 0.985 * whole, abs=2)
    there = cv2.perspectiveTransform(np.array([[MARK]], np.float64), onto)[0, 0]
    np.testing.assert_allclose(place_of_the_blot(pixels), there, atol=1)


def test_a_sketch_is_drawn_no_larger_than_it_needs_to_be() -> None:
    flat = laid_flat(Halves(page()), CORNERS)
    assert max(flat.glance(500).shape) == max(flat.size)
    assert max(flat.glance(max(flat.size) // 2 + 10).shape) == max(flat.size) // 2
    assert max(flat.glance(60).shape) == 60
    assert flat.halved(1) is flat.halved(1)
