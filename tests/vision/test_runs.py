import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daemon.vision.runs import connect, find_runs, places_of


def test_runs_come_in_reading_order_and_end_at_the_sides() -> None:
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 1]], np.uint8)
    found = [tuple(int(value) for value in run) for run in zip(*find_runs(mask), strict=True)]
    assert found == [(0, 0, 2), (0, 3, 4), (2, 1, 4)]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31))
def test_runs_say_all_of_a_mask(height: int, width: int, seed: int) -> None:
    mask = np.random.default_rng(seed).integers(0, 2, (height, width), dtype=np.uint8)
    again = np.zeros_like(mask)
    for row, start, stop in zip(*find_runs(mask), strict=True):
        again[row, start:stop] = 1
    assert np.array_equal(again, mask)


@given(st.integers(1, 12), st.integers(1, 30), st.integers(0, 2**31))
def test_ink_is_where_a_mask_is_not_0(height: int, width: int, seed: int) -> None:
    mask = (np.random.default_rng(seed).random((height, width)) < 0.2).astype(np.uint8)
    assert places_of(mask).tolist() == np.flatnonzero(mask).tolist()
    inner = mask[1:-1, 1:-1]
    assert places_of(inner).tolist() == np.flatnonzero(inner).tolist()


@given(st.integers(1, 12), st.integers(1, 30), st.integers(0, 2**31))
def test_connected_are_the_runs_of_a_component(height: int, width: int, seed: int) -> None:
    mask = (np.random.default_rng(seed).random((height, width)) < 0.4).astype(np.uint8)
    runs = find_runs(mask)
    _, labels = cv2.connectedComponents(mask, connectivity=8)
    wanted = labels[runs.rows, runs.starts].tolist()
    in_order = {label: number for number, label in enumerate(dict.fromkeys(wanted), 1)}
    assert connect(runs).tolist() == [in_order[label] for label in wanted]
