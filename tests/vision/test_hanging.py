"""Writing that hangs on the ring round it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Grey
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes
from daemon.vision.components import find_components
from daemon.vision.hanging import without_ring
from daemon.vision.ink import find_ink
from daemon.vision.layout import RINGED_COST, propose


def page(label: int, *, ring: int = 0, turn: int = 360, pen: float = 7) -> Grey:
    """A digit, and a ring that touches it where it reaches as far as its radius, in pixels."""
    ink = render_strokes(own_digit(label, np.random.default_rng(4)), height=90, pen_width=pen)
    cover = np.zeros((240, 240), np.float32)
    top, left = 120 - len(ink) // 2, 120 - ink.shape[1] // 2
    cover[top : top + len(ink), left : left + ink.shape[1]] = ink
    paper = np.rint(225 * (1 - 0.8 * cover)).astype(np.uint8)
    if ring:
        cv2.ellipse(paper, (120, 120), (ring, ring + 2), 0, 0, turn, (70,), 5, cv2.LINE_AA)
    return paper


@pytest.mark.parametrize("label", [1, 3, 4, 6, 7, 8, 9])
def test_a_digit_that_touches_its_ring_is_tried_alone(label: int) -> None:
    (whole, *_) = propose(find_ink(page(label))[0])
    (alone,) = whole.candidates
    layouts = propose(find_ink(page(label, ring=46))[0])
    (found,) = [each for each in layouts if each.touched]
    (candidate,) = found.candidates
    assert candidate.box.height == pytest.approx(alone.box.height, rel=0.3)
    assert candidate.box.width == pytest.approx(alone.box.width, rel=0.3)
    assert found.cost >= RINGED_COST


def hangs(pixels: Grey, known: tuple[int, ...] = ()) -> bool:
    mask = find_ink(pixels)[0].mask
    return without_ring(mask, find_components(mask), known) is not None


@pytest.mark.parametrize("pen", [3, 7, 16])
@pytest.mark.parametrize("label", range(10))
def test_a_digit_alone_hangs_on_no_ring(label: int, pen: float) -> None:
    assert not hangs(page(label, pen=pen))


def test_a_ring_is_closed_large_and_no_frame() -> None:
    assert hangs(page(3, ring=46))
    assert not hangs(page(3, ring=46, turn=200))
    assert not hangs(page(3, ring=46), known=(1,))
    small = cv2.copyMakeBorder(page(3, ring=46), 200, 200, 200, 200, cv2.BORDER_REPLICATE)
    assert not hangs(small)
    assert not hangs(page(3, ring=60))  # it touches nothing
    assert not hangs(np.full((90, 90), 225, np.uint8))
