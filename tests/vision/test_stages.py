from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.records import Grey
from daemon.vision.ink import find_ink
from daemon.vision.layout import Basis, proposals, propose
from daemon.vision.stages import MAX_HEIGHT, MAX_WIDTH, Sight, look_back, panel_size, with_sheet


def sheet(side: int = 200) -> Grey:
    page = np.full((side, side), 230, np.uint8)
    cv2.polylines(page, [np.array([[60, 50], [130, 52], [90, 150]])], False, 60, 7)
    return page


def sights(page: Grey) -> list[Sight]:
    return [look_back(ink, proposals(ink)) for ink in find_ink(page)]


def titles(page: Grey) -> list[str]:
    return [stage.title for stage in sights(page)[0].stages]


def test_a_plain_page_shows_contrast_and_ink() -> None:
    assert titles(sheet()) == ["contrast", Basis.ALL]


def test_rules_and_frames_show_what_is_left_without_them() -> None:
    ruled, framed = sheet(), sheet()
    ruled[100:103] = 60
    cv2.rectangle(framed, (0, 0), (199, 199), 60, 21)
    assert Basis.UNRULED in titles(ruled)
    assert Basis.INNER in titles(framed)


def test_every_layout_has_the_ground_it_was_found_on() -> None:
    page = sheet()
    page[100:103] = 110
    for ink, sight in zip(find_ink(page), sights(page), strict=True):
        assert len(sight.grounds) == len(propose(ink)) > 1
        for layout, ground in zip(propose(ink), sight.grounds, strict=True):
            assert ground.shape == ink.mask.shape
            for candidate in layout.candidates:
                box = candidate.box
                assert ground.mask[box.y : box.bottom, box.x : box.right].any()


def test_polarity_is_named() -> None:
    (dark,), (light, *_) = sights(sheet()), sights(255 - sheet())
    assert dark.stages[0].note.startswith("dark on light")
    assert light.stages[0].note.startswith("light on dark")


def test_what_is_kept_of_a_large_page_is_small() -> None:
    page = np.full((3000, 4000), 230, np.uint8)
    cv2.circle(page, (1500, 1500), 600, 40, 90)
    (sight,) = sights(page)
    kept = [stage.pixels for stage in sight.stages] + [ground.mask for ground in sight.grounds]
    assert sight.factor == 2
    assert all(pixels.shape[1::-1] == sight.size for pixels in kept)
    assert sum(pixels.nbytes for pixels in kept) < 0.2 * page.nbytes


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((28, 28), (224, 224)),
        ((200, 200), (200, 200)),
        ((1500, 2000), (492, 369)),
        ((8, 8000), (MAX_WIDTH, 2)),
        ((8000, 8), (1, MAX_HEIGHT)),
    ],
)
def test_panels_are_enlarged_by_whole_factors_and_fit(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    assert panel_size(shape) == size


def test_a_sheet_comes_first_and_is_reduced_as_its_page_was() -> None:
    page = sheet()
    (sight, *_) = sights(page)
    on_sheet = with_sheet(sight, page, 3)
    assert [stage.title for stage in on_sheet.stages[:2]] == ["sheet", "contrast"]
    assert on_sheet.stages[1:] == sight.stages
    assert on_sheet.factor == 3 * sight.factor
    height, width = on_sheet.stages[0].pixels.shape
    assert (width, height) <= on_sheet.size
