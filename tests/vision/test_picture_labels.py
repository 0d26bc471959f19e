"""Labels that are laid on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.vision.chips import Size
from daemon.vision.labels import Word, fill, label, lay

GREEN, WHITE = (84, 122, 0), (255, 255, 255)
SIZE = Size(60, 23)


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_label_covers_what_lies_below_it_but_for_its_round_corners(ground):
    area = np.full((40, 80, 3), ground, np.uint8)
    lay(area, 10, 8, label(SIZE, (), GREEN, WHITE))
    there = area[8:31, 10:70]
    assert (there[4:-4] == GREEN).all()
    assert (there[:, 4:-4] == GREEN).all()
    for corner in (there[0, 0], there[0, -1], there[-1, 0], there[-1, -1]):
        assert np.abs(corner.astype(int) - ground).max() < 30
    there[...] = ground
    assert (area == ground).all(), "nothing beside it was touched"


def test_a_label_bears_its_words():
    words = (Word("7", 5, 11.5, 17),)
    bare, told, again = (label(SIZE, each, GREEN, WHITE) for each in ((), words, words))
    different = np.argwhere((bare.paint != told.paint).any(axis=2))
    assert len(different) > 30
    (top, left), (bottom, right) = different.min(axis=0), different.max(axis=0)
    assert left >= 5
    assert right < 20
    assert abs((top + bottom + 1) / 2 - 11.5) <= 1
    assert told is again, "drawn once"


def test_filling_leaves_nothing_as_it_was():
    area = np.zeros((5, 7, 3), np.uint8)
    fill(area[1:], GREEN)
    assert (area[1:] == GREEN).all()
    assert (area[0] == 0).all()
