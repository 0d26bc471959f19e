"""Text in pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.vision.lettering import BOLD, REGULAR, printable, shorten, surely_fits, width_of, write


@given(st.text(st.characters(exclude_categories=())))
def test_printable_text_has_nothing_that_cannot_be_drawn(text):
    clean = printable(text)
    clean.encode()
    assert all(c.isprintable() for c in clean)


def test_printable_text_stays_as_it_is():
    assert printable("Übertrag №5 扫描.png") == "Übertrag №5 扫描.png"


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=80), st.integers(40, 300))
def test_shortened_text_fits(text, width):
    text = printable(text)
    assert width_of(shorten(text, width, 14), 14) <= width


def test_text_that_fits_is_not_shortened():
    assert shorten("scan.png", 200, 14) == "scan.png"


@pytest.mark.parametrize(("tail", "end"), [(0.5, ".png"), (0.0, "…")])
def test_the_end_is_kept_on_demand(tail, end):
    short = shorten("a-very-long-name-of-a-scan-that-goes-on-and-on.png", 150, 14, tail=tail)
    assert short.startswith("a-very")
    assert short.endswith(end)
    assert "…" in short


def test_endless_text_costs_no_endless_time():
    assert len(shorten("x" * 10_000_000, 100_000, 14)) <= 401


def test_text_is_centred_on_its_row():
    picture = np.zeros((60, 200, 3), np.uint8)
    write(picture, "0123456789", 5, 30, (255, 255, 255), 24, BOLD)
    rows = np.nonzero(picture.max(axis=(1, 2)) > 128)[0]
    assert abs((rows.min() + rows.max()) / 2 - 30) <= 1.5


@pytest.mark.parametrize("size", [12, 13, 24, 48])
@pytest.mark.parametrize("weight", [REGULAR, BOLD])
def test_what_surely_fits_does(size: int, weight: int) -> None:
    for letter in map(chr, range(32, 127)):
        text = letter * 10
        assert surely_fits(text, 10 * size, size)
        assert width_of(text, size, weight) <= 10 * size
    assert not surely_fits("12345", 5 * 13 - 1, 13)
    assert not surely_fits("扫描", 1000, 13)
