"""What is cut out of a page as one digit's ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.records import Box
from daemon.vision.components import Components, LabelledPixels, Labels, find_components
from daemon.vision.levels import Levels
from daemon.vision.parts import JOIN_GAP, Cutter, Part, belongs, cut_out, join, merge, part_of


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


@given(st.integers(0, 2**31), st.integers(1, 9))
def test_many_are_cut_out_as_each_is(seed: int, digits: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((40, 60), np.uint8)
    for _ in range(digits):  # at the sides, apart, side by side or one in the other
        x, y, radius = rng.integers(0, 60), rng.integers(0, 40), rng.integers(0, 9)
        cv2.circle(mask, (int(x), int(y)), int(radius), (1,), 1)
    contrast = rng.integers(1, 256, mask.shape, dtype=np.uint8)
    found = find_components(mask)
    cutter = Cutter(contrast, 14, found, 99, Levels(found, contrast))
    for part in map(part_of, found.components):
        one, same = cutter.cut_out(part), cut_out(contrast, 14, found, part, 99)
        assert (one.box, one.share) == (same.box, same.share)
        np.testing.assert_array_equal(one.ink, same.ink)


@given(st.integers(0, 2**31), st.integers(2, 40))
def test_pieces_are_joined_as_if_each_were_held_against_all(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    height = 20.0
    parts = [
        Part(Box(*rng.integers(1, (120, 80, 20, 25)).tolist()), (n,), int(rng.integers(1, 400)))
        for n in range(count)
    ]
    groups, expected = sorted(parts, key=lambda part: part.area), []
    while groups:
        small = groups.pop(0)
        gaps = [_gap(small.box, each.box) for each in groups]
        near = [
            n
            for n, gap in enumerate(gaps)
            if gap <= JOIN_GAP * height and belongs(small.box, groups[n].box, height)
        ]
        if near:
            host = min(near, key=gaps.__getitem__)
            groups[host] = merge((groups[host], small))
        else:
            expected.append(small)
    assert join(parts, height) == expected


def _gap(a: Box, b: Box) -> int:
    across = max(a.x, b.x) - min(a.right, b.right)
    return max(across, max(a.y, b.y) - min(a.bottom, b.bottom))
