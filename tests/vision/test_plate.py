"""Paper that is darker than the even margin round it is read alone."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest

from daemon.records import Box, Grey, Limits, Page, Reading, Scan
from daemon.vision.plate import plate_in
from daemon.vision.reader import read_batch
from daemon.vision.region import View

MARK = Box(110, 80, 24, 60)


def picture(*, margin: int = 30, round_by: int = 30, shade: int = 160, pen: int = 60) -> Grey:
    """Paper of 200 x 160 px with rounded corners, a stroke on it, and a white margin."""
    paper = np.full((160, 200), 255, np.uint8)
    left, top, right, bottom = round_by, round_by, 199 - round_by, 159 - round_by
    cv2.rectangle(paper, (left, 0), (right, 159), (shade,), -1)
    cv2.rectangle(paper, (0, top), (199, bottom), (shade,), -1)
    for corner in ((left, top), (right, top), (left, bottom), (right, bottom)):
        cv2.circle(paper, corner, round_by, (shade,), -1)
    x, y = MARK.x - 30, MARK.y - 30
    cv2.rectangle(paper, (x + 3, y + 3), (x + 20, y + 56), (pen,), 6)
    return np.pad(paper, margin, constant_values=255)


def seen(pixels: Grey) -> View | None:
    page = Page(1, pixels)
    return plate_in(View(page, page))


@pytest.mark.parametrize("margin", [0, 30])
def test_paper_is_cut_out_without_its_margin_and_its_corners_are_filled(margin: int) -> None:
    found = seen(picture(margin=margin))
    assert found is not None
    assert abs(found.x - margin) <= 12
    assert abs(found.part.width - 200) <= 24
    assert found.part.pixels.max() == 160
    assert found.part.pixels.min() == 60


def test_without_writing_or_four_sides_or_an_even_margin_it_is_no_paper() -> None:
    assert seen(picture(pen=160)) is None
    assert seen(picture(round_by=79)) is None
    assert seen(picture(shade=245)) is None
    lit = picture()
    lit[:60, :60] = np.minimum(lit[:60, :60], 240)
    assert seen(lit) is None
    small = cv2.resize(picture(), (76, 60), interpolation=cv2.INTER_AREA)
    assert seen(small) is None
    alone = np.full((220, 260), 255, np.uint8)
    cv2.rectangle(alone, (90, 70), (140, 150), (60,), 14)  # a digit, and what its ring holds
    assert seen(alone) is None


class Sevens:
    """Holds a glyph that is higher than wide for a 7, and others for none."""

    name, review_below = "sevens-1", 0.9

    def classify(self, glyphs: np.ndarray) -> np.ndarray:
        high, wide = (np.count_nonzero(glyphs.any(axis=axis), axis=1) for axis in (2, 1))
        return np.eye(11, dtype=np.float32)[np.where(high > wide, 7, 10)] * np.float32(0.999)


def test_reading_sees_the_paper_alone_and_gives_the_boxes_of_the_picture() -> None:
    shaded = (picture() * np.linspace(1, 0.8, 260)).astype(np.uint8)
    shaded[picture() == 255] = 255
    data = cv2.imencode(".png", shaded)[1].tobytes()
    scan = Scan("0" * 32, "a.png", hashlib.sha256(data).hexdigest(), data)
    (outcome,) = read_batch([scan], Sevens(), limits=Limits(), annotated="none")
    assert isinstance(outcome, Reading)
    (line,) = outcome.pages[0].lines
    edges = (line.box.x, line.box.y, line.box.right, line.box.bottom)
    assert np.abs(np.subtract(edges, (MARK.x, MARK.y, MARK.right, MARK.bottom))).max() <= 3
