"""Pages that are turned, and parts of pages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.records import Box, Digit, Hints, Line, Page, PageReading, Status
from daemon.vision.region import MIN_SIDE, turned, view


def page(width: int = 40, height: int = 30, reduction: int = 1) -> Page:
    pixels = np.arange(width * height, dtype=np.uint32).reshape(height, width).astype(np.uint8)
    colour = np.dstack([pixels] * 3)
    full = (width * reduction - 1, height * reduction) if reduction > 1 else None
    return Page(1, pixels, colour, 300.0, reduction, full)


def reading(box: Box, of: Page) -> PageReading:
    digit = Digit(box, 7, 0.9, (0.1,) * 10)
    return PageReading(1, of.width, of.height, (Line((digit,), "7", 0.9, box, Status.READ),))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_is_turned_clockwise(degrees: int) -> None:
    was, now = page(reduction=2), turned(page(reduction=2), degrees)
    assert np.array_equal(now.pixels, np.rot90(was.pixels, -degrees // 90))
    assert now.colour is not None
    assert np.array_equal(now.colour[..., 0], now.pixels)
    sides = (was.width, was.height)
    assert (now.width, now.height) == (sides if degrees == 180 else sides[::-1])


def test_without_a_hint_the_page_is_looked_at_as_it_is() -> None:
    whole = page()
    seen = view(whole, Hints())
    assert seen.page is seen.part is seen.shown is whole
    assert view(whole, Hints(rotate=0)).page is whole


def test_a_region_counts_after_turning() -> None:
    seen = view(page(), Hints(rotate=90, region=(0, 0.5, 1, 0.5)))
    assert (seen.page.width, seen.page.height) == (30, 40)
    assert np.array_equal(seen.part.pixels, seen.page.pixels[20:])
    assert (seen.x, seen.y) == (0, 20)


@pytest.mark.parametrize("reduction", [1, 2])
def test_what_is_read_of_a_part_has_its_place_on_the_page(reduction: int) -> None:
    seen = view(page(reduction=reduction), Hints(region=(0.25, 0.5, 0.5, 0.5)))
    assert seen.part.pixels.shape == (15, 20)
    placed = seen.placed(reading(Box(1, 2, 3, 4), seen.part))
    assert (placed.width, placed.height) == (seen.page.width, seen.page.height)
    (line,) = placed.lines
    assert line.box == line.digits[0].box
    assert line.box == Box(10 * reduction + 1, 15 * reduction + 2, 3, 4)


def test_on_a_picture_only_the_part_that_counts_is_plain() -> None:
    seen = view(page(), Hints(region=(0.5, 0, 0.5, 1)))
    shown = seen.shown
    assert np.array_equal(shown.pixels[:, 20:], seen.page.pixels[:, 20:])
    assert shown.pixels[:, :20].min() > 150
    assert shown.colour is not None
    assert shown.colour[:, :20].min() > 150
    assert seen.page.pixels[:, :20].min() == 0


@settings(deadline=None)
@given(
    st.integers(MIN_SIDE, 60),
    st.integers(MIN_SIDE, 60),
    st.integers(1, 3),
    st.tuples(*(st.floats(0, 1) for _ in range(4))),
)
def test_a_part_lies_inside_its_page(
    width: int, height: int, reduction: int, shares: tuple[float, float, float, float]
) -> None:
    x, y, w, h = shares
    region = (x, y, max(1e-6, w * (1 - x)), max(1e-6, h * (1 - y)))
    seen = view(page(width, height, reduction), Hints(region=region))
    assert min(seen.part.pixels.shape) >= MIN_SIDE
    assert seen.x >= 0
    assert seen.x + seen.part.width <= seen.page.width
    assert seen.y >= 0
    assert seen.y + seen.part.height <= seen.page.height
