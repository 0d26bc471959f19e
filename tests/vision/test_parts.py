"""What is cut out of a page as one digit's ink."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.records import Box
from daemon.vision.components import Components, LabelledPixels, Labels
from daemon.vision.parts import Part, cut_out


def labelled(labels: Labels) -> Components:
    return Components(
        (labels > 0).astype(np.uint8), [], 0, np.zeros((0, 5)), LabelledPixels(labels)
    )


def test_ink_is_measured_against_the_pen_from_below_the_noise_on() -> None:
    contrast = np.zeros((5, 7), np.uint8)
    contrast[1:4, 2:4] = 210  # the pen
    contrast[1:4, 1] = 110  # the stroke's grey edge
    contrast[1:4, 4] = 10  # noise
    contrast[1:4, 6] = 210  # a neighbour
    labels = np.zeros((5, 7), np.int32)
    labels[1:4, 2:4], labels[1:4, 6] = 1, 2
    for floor, edge in ((20, 0.5), (60, 80 / 180)):
        part = Part(Box(2, 1, 2, 3), (1,), 6)
        found = cut_out(contrast, floor, labelled(labels), part, 9)
        assert found.ink.shape == (5, 4)
        assert found.ink.dtype == np.float32
        np.testing.assert_allclose(found.ink[1:4], [[edge, 1, 1, 0]] * 3, atol=1e-6)
        assert not found.ink[[0, 4]].any()
        assert found.share == pytest.approx(6 / 9)


def test_a_neighbours_ink_beside_a_digit_is_not_its_own() -> None:
    contrast = np.full((3, 5), 200, np.uint8)
    labels = np.array([[1, 1, 2, 2, 2]] * 3, np.int32)
    ink = cut_out(contrast, 20, labelled(labels), Part(Box(0, 0, 2, 3), (1,), 6), 15).ink
    np.testing.assert_array_equal(ink, [[1, 1, 0]] * 3)
