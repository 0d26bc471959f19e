"""On a screen, the dark canvas alone is read; what is dark and none stays as it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Box, Grey, Page
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.canvas import canvas_in
from daemon.vision.ink import find_ink
from daemon.vision.layout import propose
from daemon.vision.region import View

CANVAS = Box(70, 90, 260, 240)


def screen(ground: int = 0, light: int = 255) -> Grey:
    """A white screen, (420, 400), with a canvas, a 3 on it, words above and a button below."""
    pixels = np.full((420, 400), light, np.uint8)
    cv2.putText(pixels, "Draw a digit", (70, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (40,), 2)
    pixels[350:385, 70:170] = 120
    pixels[CANVAS.y : CANVAS.bottom, CANVAS.x : CANVAS.right] = ground
    ink = render_strokes(own_digit(3, np.random.default_rng(4)), height=150, pen_width=22)
    part = pixels[135 : 135 + len(ink), 150 : 150 + ink.shape[1]]
    part[:] = part + (255 - part) * ink
    return pixels


def part(pixels: Grey) -> View | None:
    page = Page(1, pixels)
    return canvas_in(View(page, page))


@pytest.mark.parametrize("ground", [0, 40])
@pytest.mark.parametrize("enlarged", [1, 3])
def test_the_canvas_of_a_drawing_app_is_read_alone(ground: int, enlarged: int) -> None:
    pixels = np.repeat(np.repeat(screen(ground), enlarged, axis=0), enlarged, axis=1)
    found = part(pixels)
    assert found is not None
    edges = (found.x, found.y, found.x + found.part.width, found.y + found.part.height)
    canvas = (CANVAS.x, CANVAS.y, CANVAS.right, CANVAS.bottom)
    assert edges == pytest.approx([enlarged * edge for edge in canvas], abs=14 * enlarged)
    assert int(np.concatenate([found.part.pixels[0], found.part.pixels[:, -1]]).max()) <= ground
    ((only,), *_) = (layout.candidates for layout in propose(find_ink(found.part.pixels)[0]))
    assert only.box.height == pytest.approx(150 * enlarged, abs=6 * enlarged)


def test_a_stroke_that_the_canvas_cuts_leaves_it_one() -> None:
    pixels = screen()
    pixels[120:150, 250 : CANVAS.right] = 255
    assert part(pixels) is not None


def written(label: int) -> Grey:
    """A digit on paper, as bold as it gets."""
    ink = render_strokes(own_digit(label, np.random.default_rng(4)), height=180, pen_width=60)
    return np.rint(230 * (1 - np.pad(ink, 40))).astype(np.uint8)


@pytest.mark.parametrize("label", [0, 1, 6, 8])
def test_a_bold_digit_is_no_canvas(label: int) -> None:
    assert part(written(label)) is None


def test_what_holds_nothing_or_little_or_lies_at_a_side_is_none() -> None:
    pixels = screen()
    dark = pixels.copy()
    dark[CANVAS.y : CANVAS.bottom, CANVAS.x : CANVAS.right] = 0
    assert part(dark) is None  # no writing
    framed = pixels.copy()
    framed[CANVAS.y + 20 : CANVAS.bottom - 20, CANVAS.x + 20 : CANVAS.right - 20] = 255
    assert part(framed) is None  # a frame
    assert part(pixels[:, CANVAS.x :]) is None
    assert part(screen(light=70)) is None  # hardly darker
    beside = pixels.copy()
    beside[100:300, 350:366] = 0
    assert part(beside) is None  # a digit may stand there
    assert part(np.ascontiguousarray(pixels[::8, ::8])) is None  # too small
    strip = np.full((64, 1400), 255, np.uint8)
    strip[16:48, 200:1000] = 0
    assert part(strip) is None
