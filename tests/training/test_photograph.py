"""Photographed sheets: the truth stays with the ink, whatever the picture goes through."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from daemon.training.page_hands import draw_own_hand
from daemon.training.page_sheet import Sheet
from daemon.training.photograph import Light, Photo, Setting, Shot, Tones, photograph

STILL = Shot(noise=0, blur=0)


def take(shot: Shot, seed: int = 1) -> Photo:
    rng = np.random.default_rng(seed)
    sheet = Sheet(100, 140, 4, 12, draw_own_hand(rng), rng, ink=(0, 0, 0))
    sheet.rows.append((sheet.write("358", 25, 40), sheet.write("12,5", 60, 40)))
    sheet.rows.append((sheet.write("-", 25, 90), sheet.write("7", 60, 90)))
    return photograph(sheet, shot, np.random.default_rng(seed))


def grey(photo: Photo) -> np.ndarray:
    if photo.pixels.ndim == 2:
        return photo.pixels
    return cv2.cvtColor(photo.pixels, cv2.COLOR_BGR2GRAY)


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"turns": 1},
        {"turns": 2, "resize": 0.5},
        {"turns": 3, "light": Light.SHADOW},
        {"resize": 2.0, "light": Light.UNEVEN, "exposure": 0.6},
        {"tones": Tones.GREY, "bleed": True},
    ],
)
def test_every_box_is_drawn_tightly_round_its_digit(setting: Setting, change: dict) -> None:
    shot = replace(STILL, setting=setting, angle=2.0, **change)
    photo = take(shot)
    page = grey(photo)
    assert photo.label == "358 12,5|- 7"
    digits = [digit for row in photo.rows for group in row for digit in group.digits]
    assert [digit.label for digit in digits] == [3, 5, 8, 1, 2, 5, 7]
    for digit in digits:
        box = digit.box
        window = page[box.y : box.bottom, box.x : box.right].astype(int)
        assert window.size
        ink = window < (window.max() + window.min()) / 2
        rows, columns = np.nonzero(ink)
        slack = 3 + 2 * shot.resize
        assert rows.min() <= slack
        assert columns.min() <= slack
        assert rows.max() >= box.height - 1 - slack
        assert columns.max() >= box.width - 1 - slack


def test_turns_and_sizes_are_what_was_asked_for() -> None:
    upright = take(STILL).pixels
    right, half = take(replace(STILL, turns=1)).pixels, take(replace(STILL, resize=0.5)).pixels
    np.testing.assert_array_equal(right, np.rot90(upright, -1))
    assert half.shape[:2] == (upright.shape[0] // 2, upright.shape[1] // 2)


def test_an_askew_sheet_lies_on_the_desk_as_a_whole() -> None:
    photo = take(replace(STILL, setting=Setting.DESK, angle=20))
    sides = np.concatenate([grey(photo)[0], grey(photo)[-1], grey(photo)[:, 0], grey(photo)[:, -1]])
    assert sides.max() < 170 < np.percentile(grey(photo), 80)


def test_black_and_white_has_two_tones() -> None:
    page = take(replace(STILL, tones=Tones.BILEVEL)).pixels
    assert page.ndim == 2
    assert set(np.unique(page)) == {0, 255}


def test_shadow_and_dim_light_darken() -> None:
    even = grey(take(replace(STILL, setting=Setting.CLOSE))).mean()
    for change in ({"light": Light.SHADOW}, {"light": Light.UNEVEN}, {"exposure": 0.6}):
        assert grey(take(replace(STILL, setting=Setting.CLOSE, **change))).mean() < even - 8


def test_a_seed_is_a_picture() -> None:
    shot = Shot(Setting.DESK, angle=9, light=Light.SHADOW)
    np.testing.assert_array_equal(take(shot).pixels, take(shot).pixels)
    assert take(shot, 2).pixels.shape != take(shot).pixels.shape
