"""What a table's neighbouring cells reach into a picture of one."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest

from daemon.records import Box, Digit, Expect, Hints, Limits, Line, Page, Reading, Scan, Status
from daemon.vision.choice import Choice, weigh
from daemon.vision.doubts import CUT
from daemon.vision.ink import find_ink
from daemon.vision.layout import Layout, propose
from daemon.vision.neighbours import neighbours
from daemon.vision.parts import Candidate
from daemon.vision.reader import read_batch

PAGE = Page(1, np.zeros((100, 100), np.uint8))
FREE = Box(40, 30, 20, 40)


def line(*boxes: Box) -> Line:
    digits = tuple(Digit(box, 7, 0.99, (0.1,) * 10) for box in boxes)
    return Line(digits, "7" * len(boxes), 0.99, boxes[0], Status.READ)


def chosen(*boxes: Box, rules: tuple[int, ...] = (), contact: float = 1.0) -> Choice:
    """A layout of these marks, `contact` of whose sides is ink."""
    candidates = []
    for box in boxes:
        ink = np.ones((box.height, box.width), np.float32)
        ink[round(contact * box.height) :] = 0
        candidates.append(Candidate(box, 1 / len(boxes), ink, box != FREE))
    rows = np.full((len(boxes), 11), 0.001, np.float32)
    rows[:, 7] = 0.99
    (choice,) = weigh([Layout((tuple(candidates),), rules=rules)], rows)
    return choice


def found(*lines: Line, rules: tuple[int, ...] = (), contact: float = 1.0) -> list[Box]:
    boxes = [digit.box for line in lines for digit in line.digits]
    choice = chosen(*boxes, rules=rules, contact=contact)
    return [digit.box for digit in neighbours(lines, PAGE, 1, choice)]


def test_a_rule_parts_a_digit_at_the_side_from_one_that_stands_free() -> None:
    cut = Box(0, 30, 15, 40)
    assert found(line(cut, FREE)) == []
    assert found(line(cut, FREE), rules=(20,), contact=0.1) == [cut]
    assert found(line(cut, FREE), rules=(10, 60)) == []  # through them, or beyond
    assert found(line(Box(1, 30, 15, 40), FREE), rules=(20,)) == []  # all of it is there


@pytest.mark.parametrize("cut", [Box(0, 30, 15, 35), Box(85, 30, 15, 35)])
def test_a_lower_digit_in_the_row_may_be_a_neighbour_where_the_side_cuts_it(cut: Box) -> None:
    assert found(line(cut, FREE)) == [cut]
    assert found(line(cut, FREE), contact=0.2) == []


def test_what_stands_in_a_row_of_its_own_may_be_a_neighbour_unless_it_is_whole() -> None:
    low, high = Box(40, 80, 20, 20), Box(70, 60, 20, 40)
    assert found(line(FREE), line(low), contact=0.0) == [low]
    assert found(line(FREE), line(high), contact=0.0) == []
    assert found(line(low)) == []  # nothing stands free


class Zeros:
    """Holds a glyph that is higher than wide for a 0, and what is wide, as a table, for none."""

    name, review_below = "zeros-1", 0.9

    def classify(self, glyphs: np.ndarray) -> np.ndarray:
        high, wide = (np.count_nonzero(glyphs.any(axis=axis), axis=1) for axis in (2, 1))
        return np.eye(11, dtype=np.float32)[np.where(high > wide, 0, 10)] * np.float32(0.999)


def cell(*middles: tuple[int, int]) -> np.ndarray:
    """Rings at these places, and the rules of a cell from side to side."""
    picture = np.full((160, 200), 235, np.uint8)
    for at in (40, 145):
        cv2.line(picture, (at, 0), (at, 159), (150,), 2)
    for at in (25, 140):
        cv2.line(picture, (0, at), (199, at), (150,), 2)
    for middle in middles:
        cv2.ellipse(picture, middle, (18, 28), 0, 0, 360, (40,), 6)
    return picture


def read(picture: np.ndarray, hints: Hints) -> Reading:
    data = cv2.imencode(".png", picture)[1].tobytes()
    scan = Scan("0" * 32, "a.png", hashlib.sha256(data).hexdigest(), data, hints)
    (outcome,) = read_batch([scan], Zeros(), limits=Limits(), annotated="none")
    assert isinstance(outcome, Reading)
    return outcome


def test_candidates_tell_what_a_side_of_the_picture_may_cut() -> None:
    picture = np.full((160, 200), 235, np.uint8)
    for middle in ((95, 82), (182, 82)):
        cv2.ellipse(picture, middle, (18, 28), 0, 0, 360, (40,), 6)
    first, *_ = propose(find_ink(picture)[0])
    assert [candidate.cut for candidate in first.candidates] == [False, True]


def test_reading_doubts_what_is_cut_beyond_a_rule_unless_told_what_stands_there() -> None:
    rings = cell((95, 82), (182, 82))
    reasons = {line.reason for line in read(rings, Hints()).pages[0].lines}
    assert reasons == {CUT}
    assert read(cell((95, 82)), Hints()).status is Status.READ
    (told,) = read(rings, Hints(expect=Expect.NUMBER)).pages[0].lines
    assert (told.text, told.reason) == ("00", "")
