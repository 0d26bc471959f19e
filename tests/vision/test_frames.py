import cv2
import numpy as np
import pytest

from daemon.vision.components import find_components
from daemon.vision.frames import frame_region, is_surrounded, surroundings, without_frames


def sheet() -> np.ndarray:
    """A page with one mark in the middle, the size of writing."""
    mask = np.zeros((200, 260), np.uint8)
    cv2.ellipse(mask, (130, 100), (25, 40), 0, 0, 360, 1, 6)
    return mask


def frame(mask: np.ndarray, kind: str) -> np.ndarray:
    if kind == "box":
        cv2.rectangle(mask, (6, 6), (253, 193), 1, 3)
    elif kind == "desk":
        mask[:18] = mask[:, :25] = 1
    elif kind == "edge":
        mask[10:150, :4] = 1
    return mask


@pytest.mark.parametrize("kind", ["box", "desk", "edge"])
def test_what_surrounds_the_writing_is_left_out(kind: str) -> None:
    found = find_components(frame(sheet(), kind))
    (kept,) = without_frames(found, surroundings(found)).components
    assert (kept.x, kept.y) == (102, 57)
    region = frame_region(found, surroundings(found).frames)
    assert not (region & sheet()).any()
    assert region.sum() >= frame(sheet() * 0, kind).sum()


def test_writing_alone_is_no_frame() -> None:
    found = find_components(sheet())
    assert without_frames(found, surroundings(found)) is found
    assert surroundings(found).frames == []


def test_a_frame_with_nothing_in_it_is_kept() -> None:
    found = find_components(frame(sheet() * 0, "box"))
    assert without_frames(found, surroundings(found)) is found


def test_a_page_is_surrounded_where_much_of_its_ink_is_at_the_border() -> None:
    assert is_surrounded(frame(sheet(), "desk"))
    assert not is_surrounded(sheet())
