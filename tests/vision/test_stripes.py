"""Shadows that go across a picture are no strokes, and the light between them is no sheet."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Box, Digit, Expected, Grey, Line, Page, PageReading, Status
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose
from daemon.vision.questions import questions
from daemon.vision.rectify import SheetSearch
from daemon.vision.region import View
from daemon.vision.sheet import sheets_in
from daemon.vision.stripes import widest_in_stripes


def written(paper: Grey, height: int = 110, pen: float = 8) -> Grey:
    """A 5 in the middle of a paper, in its light."""
    ink = render_strokes(own_digit(5, np.random.default_rng(4)), height=height, pen_width=pen)
    top, left = (paper.shape[0] - len(ink)) // 2, (paper.shape[1] - ink.shape[1]) // 2
    cover = np.zeros(paper.shape, np.float32)
    cover[top : top + len(ink), left : left + ink.shape[1]] = ink
    return np.rint(paper * (1 - 0.75 * cover)).astype(np.uint8)


def stripes(angle: float, pitch: float = 60, shade: float = 0.5, side: int = 240) -> Grey:
    """Paper, (240, 240), under shadows 0.4 of `pitch` wide that lie at an angle, in degrees."""
    across, down = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    y, x = np.mgrid[:side, :side]
    in_shade = ((x * across + y * down) / pitch % 1 < 0.4).astype(np.float32)
    return (225 * (1 - shade * cv2.GaussianBlur(in_shade, (0, 0), 2))).astype(np.uint8)


def widths(pixels: Grey, number: int) -> list[int]:
    """Of the candidates of the first layout of one of a page's inks."""
    return [candidate.box.width for candidate in propose(find_ink(pixels)[number])[0].candidates]


@pytest.mark.parametrize("angle", [0, 25, 45, 90, 160])
@pytest.mark.parametrize(("pitch", "shade"), [(60, 0.5), (75, 0.35), (120, 0.6)])
def test_a_digit_under_stripes_of_shadow_stands_alone(
    angle: float, pitch: float, shade: float
) -> None:
    (alone,) = widths(written(np.full((240, 240), 225, np.uint8)), 0)
    paper = stripes(angle, pitch, shade)
    assert widest_in_stripes(cv2.resize(paper, (96, 96), interpolation=cv2.INTER_AREA))
    assert widths(written(paper), -1) == [pytest.approx(alone, abs=6)]


def test_in_stripes_the_ink_with_them_is_less_likely() -> None:
    *others, last = find_ink(written(stripes(30)))
    assert last.likely
    assert last.widest < 0.1
    assert others
    assert not any(ink.likely for ink in others if not ink.light_on_dark)


@pytest.mark.parametrize(("pitch", "widest"), [(24, 0.06), (30, 0.08), (60, 0.09)])
def test_strokes_are_narrower_than_stripes(pitch: float, widest: float) -> None:
    assert widest_in_stripes(stripes(45, pitch, side=96)) == pytest.approx(widest, abs=0.015)


def ruled() -> Grey:
    paper = np.full((240, 240), 225, np.uint8)
    paper[30::60] = paper[31::60] = paper[32::60] = 140
    return paper


def one_shadow() -> Grey:
    paper = np.full((240, 240), 225, np.uint8)
    cv2.fillConvexPoly(paper, np.array([(0, 0), (150, 0), (60, 240), (0, 240)]), (120,))
    return paper


def desk() -> Grey:
    paper = np.full((240, 240), 70, np.uint8)
    cv2.fillConvexPoly(paper, np.array([(30, 20), (210, 30), (225, 220), (20, 200)]), (225,))
    return paper


@pytest.mark.parametrize("paper", [ruled(), one_shadow(), desk()])
def test_rules_a_shadow_and_a_desk_are_no_stripes(paper: Grey) -> None:
    sketch = cv2.resize(written(paper), (96, 96), interpolation=cv2.INTER_AREA)
    assert widest_in_stripes(sketch) == 0
    assert widest_in_stripes(sketch[::3, ::3]) == 0
    assert widest_in_stripes(255 - sketch) == 0


@pytest.mark.parametrize(("shade", "told"), [(0.08, False), (0.3, True), (0.6, True), (0.8, False)])
def test_stripes_keep_some_of_the_light(shade: float, told: bool) -> None:
    assert bool(widest_in_stripes(stripes(20, shade=shade, side=96))) is told


def test_texture_is_no_stripes() -> None:
    noise = np.random.default_rng(1).integers(0, 2, (96, 96), np.uint8)
    assert widest_in_stripes(120 + 100 * noise) == 0


def test_the_light_between_two_shadows_is_no_sheet() -> None:
    paper = np.full((240, 240), 100, np.uint8)
    cv2.fillConvexPoly(paper, np.array([(60, 0), (185, 0), (180, 240), (65, 240)]), (225,))

    def is_sheet() -> bool:
        pixels = written(paper)
        search = SheetSearch(pixels)
        assert search.clear is not None
        return any(sheets_in(View(Page(1, pixels), Page(1, pixels)), search))

    assert is_sheet()  # or a sheet on a desk
    paper[:, :25] = 225
    assert not is_sheet()


@pytest.mark.parametrize(("widest", "shaded"), [(0.09, False), (0.28, True), (0.03, True)])
def test_the_line_reader_is_shown_a_page_without_its_stripes(widest: float, shaded: bool) -> None:
    pixels = written(stripes(90, 75))
    box = Box(80, 65, 80, 110)
    digit = Digit(box, 5, 0.9, (0.0,) * 10)
    line = Line((digit,), "5", 0.9, box, Status.REVIEW, "")
    (asked,) = questions(
        Page(1, pixels),
        PageReading(1, 240, 240, (line,)),
        Expected(),
        light_on_dark=False,
        widest=widest,
    )
    beside = asked.view.pixels[:, :4]
    assert bool(np.ptp(beside) > 0.4) is shaded
