"""Scans that come with hints, the whole way from bytes to readings."""

from __future__ import annotations

import hashlib
import pickle

import cv2
import numpy as np
import numpy.typing as npt

from daemon.records import Box, Expect, Expected, Hints, Limits, Reading, Scan, Status
from daemon.training.camera import Scene, compose
from daemon.vision.reader import read_batch

WIDE = 120  # px that a digit takes
HIGH = 160  # px that a line takes


class Sure:
    """Holds every glyph for a 7, or for no digit at all."""

    name = "sure-1"
    review_below = 0.9

    def __init__(self, digit: float = 0.99, none: float = 0.005) -> None:
        self.row = np.full(11, (1 - digit - none) / 9, np.float32)
        self.row[7], self.row[10] = digit, none

    def classify(self, glyphs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.tile(self.row, (len(glyphs), 1))


def page(*lines: str) -> npt.NDArray[np.uint8]:
    width = WIDE * max(map(len, lines))
    scene = Scene(lines, width, HIGH * len(lines), 95, 8, grey=True)
    return np.asarray(compose(scene, np.random.default_rng(0)).pixels, np.uint8)


def read(pixels: npt.NDArray[np.uint8], hints: Hints, sure: Sure | None = None) -> Reading:
    data = cv2.imencode(".png", pixels)[1].tobytes()
    scan = Scan("0" * 32, "a.png", hashlib.sha256(data).hexdigest(), data, hints)
    scan = pickle.loads(pickle.dumps(scan))  # as it comes to a worker process
    (outcome,) = read_batch([scan], sure or Sure(), limits=Limits(), explained=True)
    assert isinstance(outcome, Reading)
    return outcome


def test_a_number_that_fits_is_read() -> None:
    outcome = read(page("123"), Hints(expect=Expect.NUMBER, line=Expected(3, 3)))
    assert outcome.status is Status.READ
    assert [line.text for line in outcome.pages[0].lines] == ["777"]
    assert outcome.pages[0].lines[0].reason == ""


def test_a_number_that_cannot_fit_is_for_review_with_the_reason() -> None:
    outcome = read(page("123"), Hints(line=Expected(5, 5)))
    assert outcome.status is Status.REVIEW
    (line,) = outcome.pages[0].lines
    assert (line.text, line.reason) == ("777", "5 digits expected, 3 found")


def test_a_single_digit_is_never_taken_for_nothing() -> None:
    nothing = Sure(digit=0.002, none=0.9975)
    assert read(page("4"), Hints(), nothing).status is Status.EMPTY
    outcome = read(page("4"), Hints(expect=Expect.DIGIT), nothing)
    assert outcome.status is Status.REVIEW
    assert [line.text for line in outcome.pages[0].lines] == ["7"]


def test_a_page_without_ink_stays_empty() -> None:
    blank = np.full((90, 90), 255, np.uint8)
    assert read(blank, Hints(expect=Expect.DIGIT)).status is Status.EMPTY


def test_only_a_region_is_read_and_boxes_are_those_of_the_page() -> None:
    pixels = page("123", "456")
    whole = read(pixels, Hints()).pages[0]
    below = read(pixels, Hints(region=(0, 0.5, 1, 0.5))).pages[0]
    assert (below.width, below.height) == (whole.width, whole.height)
    assert len(whole.lines) == 2
    (line,) = below.lines
    assert near(line.box, whole.lines[1].box)


def test_a_page_on_its_side_is_turned_and_boxes_are_those_of_the_turned_page() -> None:
    pixels = page("1234")
    upright = read(pixels, Hints()).pages[0]
    lying = np.ascontiguousarray(np.rot90(pixels))  # to the left
    turned = read(lying, Hints(rotate=90)).pages[0]
    assert (turned.width, turned.height) == (upright.width, upright.height)
    assert [line.box for line in turned.lines] == [line.box for line in upright.lines]


def near(one: Box, other: Box) -> bool:
    return max(abs(one.x - other.x), abs(one.y - other.y), abs(one.right - other.right)) <= 4
