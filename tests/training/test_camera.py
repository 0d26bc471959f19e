"""Composed pictures and their truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.training.camera import Pen, Ruling, Scene, compose

SCENE = Scene(("5",), 120, 160, 80, 7, pen=Pen.BLACK, noise=0, shade=0)

scenes = st.builds(
    Scene,
    lines=st.lists(st.text("0123456789", min_size=1, max_size=4), min_size=1, max_size=3).map(
        tuple
    ),
    width=st.integers(80, 300),
    height=st.integers(80, 300),
    digit_height=st.floats(12, 200),
    pen_width=st.floats(1, 20),
    pen=st.sampled_from(Pen),
    ruling=st.sampled_from(Ruling),
    desk=st.booleans(),
    shade=st.floats(0, 0.6),
    blur=st.floats(0.3, 2),
    noise=st.floats(0, 8),
    light_on_dark=st.booleans(),
    grey=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(scenes, st.integers(0, 99))
def test_the_truth_names_every_digit_inside_the_picture(scene, seed):
    picture = compose(scene, np.random.default_rng(seed))
    assert picture.pixels.shape[:2] == (scene.height, scene.width)
    assert picture.pixels.ndim == (2 if scene.grey else 3)
    assert picture.pixels.dtype == np.uint8
    assert "".join(str(d.label) for d in picture.digits) == "".join(scene.lines)
    for digit in picture.digits:
        assert digit.box.x >= 0
        assert digit.box.y >= 0
        assert digit.box.right <= scene.width
        assert digit.box.bottom <= scene.height


def test_a_seed_is_a_picture():
    once, again = (compose(SCENE, np.random.default_rng(1)).pixels for _ in range(2))
    other = compose(SCENE, np.random.default_rng(2)).pixels
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_the_box_holds_the_ink_and_nothing_else_does():
    picture = compose(replace(SCENE, grey=True), np.random.default_rng(3))
    (digit,) = picture.digits
    dark = picture.pixels < 110
    rows, columns = np.nonzero(dark)
    assert abs(int(columns.min()) - digit.box.x) <= 2
    assert abs(int(rows.min()) - digit.box.y) <= 2
    assert abs(int(columns.max()) + 1 - digit.box.right) <= 2
    assert abs(int(rows.max()) + 1 - digit.box.bottom) <= 2


def test_separate_digits_do_not_touch():
    scene = replace(SCENE, lines=("1234", "5678"), width=400, height=240)
    for seed in range(10):
        boxes = [d.box for d in compose(scene, np.random.default_rng(seed)).digits]
        for n, a in enumerate(boxes):
            for b in boxes[n + 1 :]:
                apart = a.right < b.x or b.right < a.x or a.bottom < b.y or b.bottom < a.y
                assert apart


@pytest.mark.parametrize(
    ("change", "darker"),
    [
        ({"light_on_dark": True}, True),
        ({"desk": True}, True),
        ({"shade": 0.5}, True),
        ({"ruling": Ruling.SQUARED}, True),
        ({"pen": Pen.PENCIL}, False),
    ],
)
def test_paper_light_and_pen_show(change, darker):
    plain = compose(SCENE, np.random.default_rng(5)).pixels.mean()
    changed = compose(replace(SCENE, **change), np.random.default_rng(5)).pixels.mean()
    assert (changed < plain) == darker
