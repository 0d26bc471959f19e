"""Lines as the network learns them: a target per frame."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.training.datasets import DigitSet
from daemon.training.hands import Copybook, Digits
from daemon.training.line_batches import (
    BLANK,
    UNCERTAIN,
    LineBatch,
    LineExample,
    as_batch,
    draw_lines,
    lines_ahead,
)
from daemon.vision.line_view import HEIGHT


def line(width: int, labels: tuple[int, ...], *boxes: tuple[float, ...]) -> LineExample:
    view = np.full((HEIGHT, width), 0.5, np.float32)
    return LineExample(view, labels, np.array(boxes, np.float32).reshape(-1, 4))


def test_the_middle_of_a_digit_is_its_frame() -> None:
    batch = as_batch([line(48, (7, 1), (4, 3, 19, 30), (30, 2, 34, 31))])
    frames = batch.frames[0].tolist()
    assert frames[2] == 7  # columns 8 to 11
    assert frames[8] == 1
    assert frames[1] == frames[3] == frames[4 - 1] == UNCERTAIN
    assert frames[0] == frames[5] == frames[6] == BLANK
    assert batch.labels[:, :3].tolist() == [[7, 1, -1]]


def test_boxes_are_told_from_the_middle_of_the_frame() -> None:
    batch = as_batch([line(48, (7,), (4, 3, 19, 30))])
    np.testing.assert_allclose(batch.boxes[0, 2] * HEIGHT, [10 - 4, 19 - 10, 3, 30])
    np.testing.assert_allclose(batch.boxes[0, 3] * HEIGHT, [14 - 4, 19 - 14, 3, 30])
    assert batch.boxed[0].tolist() == [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_close_digits_keep_their_own_frames() -> None:
    batch = as_batch([line(32, (1, 1), (8, 0, 12, 30), (13, 0, 17, 30))])
    assert batch.frames[0].tolist().count(1) == 2
    np.testing.assert_allclose(batch.boxes[0, 2, 0] * HEIGHT, 2)
    np.testing.assert_allclose(batch.boxes[0, 3, 0] * HEIGHT, 1)


def test_shorter_lines_are_padded_with_paper_and_blanks() -> None:
    batch = as_batch([line(48, (), *()), line(20, (4,), (2, 2, 18, 30))])
    assert batch.views.shape == (2, HEIGHT, 48)
    assert batch.views[1, :, 20:].max() == 0
    assert (batch.frames[1, 5:] == BLANK).all()
    assert batch.labels[:, :1].tolist() == [[-1], [4]]
    assert batch.lengths.tolist() == [0, 1]


@pytest.fixture(scope="module")
def digits(train_digits: DigitSet) -> Digits:
    return Digits(train_digits.images, train_digits.labels, ())


def test_batches_hold_lines_of_similar_width(digits: Digits) -> None:
    batches = draw_lines(Copybook(digits), 1, 0, 4, 12, papers=2)
    widths = sorted(batch.views.shape[2] for batch in batches)
    assert len(batches) == 4
    assert widths[0] < widths[-1]
    for batch in batches:
        assert batch.views.shape[:2] == (12, HEIGHT)
        assert batch.frames.shape == (12, batch.views.shape[2] // 4)
        per_line = [sum(row < BLANK for row in rows if row >= 0) for rows in batch.frames.tolist()]
        assert per_line == pytest.approx(batch.lengths.tolist(), abs=2)


def test_a_block_of_lines_depends_on_seed_and_number_alone(digits: Digits) -> None:
    def draw(seed: int, number: int) -> LineBatch:
        (batch,) = draw_lines(Copybook(digits), seed, number, 1, 6, papers=2)
        return batch

    block = draw(1, 3)
    np.testing.assert_array_equal(block.views, draw(1, 3).views)
    for other in (draw(2, 3), draw(1, 4)):
        assert not np.array_equal(other.views, block.views)


def test_processes_of_their_own_draw_the_same_blocks_in_order(digits: Digits) -> None:
    with lines_ahead(digits, 5, 2, 3) as batches:
        ahead = [next(batches) for _ in range(6)]
    book = Copybook(digits)
    drawn = [batch for number in range(3) for batch in draw_lines(book, 5, number, 2, 3)]
    for batch, expected in zip(ahead, drawn, strict=True):
        np.testing.assert_array_equal(batch.views, expected.views)
        np.testing.assert_array_equal(batch.labels, expected.labels)
