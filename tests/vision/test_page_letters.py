"""An A is no 4, and a B no 8, though networks are as sure of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from daemon.vision.lettering import BOLD, REGULAR, write
from daemon.vision.page_letters import may_be_letter


def drawn(text: str, size: int, weight: int, lean: float = 0.0) -> np.ndarray:
    """A character as a mark's ink, which leans by so much of its height."""
    picture = np.full((2 * size, 2 * size, 3), 255, np.uint8)
    write(picture, text, size // 2, size, (0, 0, 0), size, weight)
    ink = (255 - picture[:, :, 0]).astype(np.float32) / 255
    leaning = np.array([[1, -lean, lean * size], [0, 1, 0]])
    return cv2.warpAffine(ink, leaning, ink.shape[::-1])


@pytest.mark.parametrize("weight", [REGULAR, BOLD])
@pytest.mark.parametrize("size", [24, 60])
def test_letters_are_told_from_the_digits_that_they_read_as(size: int, weight: int) -> None:
    for letter, digit in (("A", 4), ("B", 8)):
        assert may_be_letter(drawn(letter, size, weight), digit)
        assert not may_be_letter(drawn(str(digit), size, weight), digit)


def test_an_a_may_lean() -> None:
    assert may_be_letter(drawn("A", 60, REGULAR, lean=0.15), 4)


def test_no_other_digit_and_no_blank_is_a_letter() -> None:
    assert not may_be_letter(drawn("A", 40, REGULAR), 9)
    assert not may_be_letter(np.zeros((20, 20), np.float32), 4)
