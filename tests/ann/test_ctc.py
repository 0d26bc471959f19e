"""Decoding posteriors, against sums over all paths and against posteriors made by hand."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.ann.ctc import BLANK, align, greedy, greedy_batch, k_best


def posteriors(*frames: dict[int, float]) -> npt.NDArray[np.float64]:
    """Log probabilities (F, 11) of frames that name their classes' probabilities; the rest of
    each is spread over all classes."""
    rows = np.zeros((len(frames), BLANK + 1))
    for row, frame in zip(rows, frames, strict=True):
        row += (1 - sum(frame.values())) / len(row)
        for label, probability in frame.items():
            row[label] += probability
    return np.log(rows)


def random_posteriors(seed: int, frames: int, sharpness: float = 2.0) -> npt.NDArray[np.float64]:
    logits = np.random.default_rng(seed).normal(0, sharpness, (frames, BLANK + 1))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(path) if label != BLANK)


def all_readings(frames: npt.NDArray[np.float64]) -> dict[tuple[int, ...], float]:
    """The probability of every reading: the sum over its paths."""
    sums: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(BLANK + 1), repeat=len(frames)):
        log = sum(frame[label] for frame, label in zip(frames, path, strict=True))
        sums[collapsed(path)] += float(np.exp(log))
    return sums


SURE = posteriors(
    {BLANK: 0.98}, {1: 0.97}, {1: 0.96}, {BLANK: 0.98}, {1: 0.97}, {7: 0.97}, {BLANK: 0.98}
)


def test_greedy_leaves_out_repeats_and_blanks() -> None:
    assert greedy(SURE) == (1, 1, 7)


def test_greedy_reads_a_batch_as_it_reads_each_line() -> None:
    lines = np.stack([random_posteriors(seed, 9) for seed in range(20)])
    assert greedy_batch(lines) == [greedy(line) for line in lines]


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_the_sums_over_all_paths(seed: int) -> None:
    frames = random_posteriors(seed, 4, sharpness=3.0)
    exact = all_readings(frames)
    found = k_best(frames, 5, beams=2000)
    best = sorted(exact.values(), reverse=True)[:5]
    assert [np.exp(each.log_probability) for each in found] == pytest.approx(best, rel=1e-3)
    for each in found:
        assert np.exp(each.log_probability) == pytest.approx(exact[each.digits], rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_a_given_length_finds_the_best_reading_of_that_length(seed: int) -> None:
    frames = random_posteriors(seed, 4, sharpness=3.0)
    exact = {
        digits: value for digits, value in all_readings(frames).items() if len(digits) in (2, 3)
    }
    found = k_best(frames, 3, lengths=range(2, 4), beams=4000)
    best = sorted(exact, key=lambda digits: -exact[digits])[:3]
    assert [each.digits for each in found] == best


def test_a_length_that_is_unlikely_is_still_found() -> None:
    frames = posteriors(*[{BLANK: 0.999}] * 3, {4: 0.99}, *[{BLANK: 0.999}] * 3)
    assert k_best(frames, 1)[0].digits == (4,)
    (three,) = k_best(frames, 1, lengths=range(3, 4))
    assert len(three.digits) == 3
    assert 4 in three.digits


def test_a_length_that_the_frames_cannot_hold_has_no_reading() -> None:
    assert k_best(random_posteriors(1, 3), 5, lengths=range(4, 9)) == []


def test_many_sure_digits_where_few_are_wanted_leave_an_unlikely_reading() -> None:
    sure = np.full((60, BLANK + 1), -60.0)
    sure[np.arange(60), [BLANK if n % 2 else n // 2 % 10 for n in range(60)]] = 0
    assert len(greedy(sure)) == 30
    (found,) = k_best(sure, 5, lengths=range(1, 4))
    assert found.log_probability < -1000


def test_two_paths_of_a_reading_outweigh_the_best_path() -> None:
    """Where the most probable path is not the most probable reading."""
    frames = posteriors({BLANK: 0.59, 3: 0.4}, {BLANK: 0.59, 3: 0.4})
    assert greedy(frames) == ()
    assert k_best(frames, 1)[0].digits == (3,)


def parted(seed: int) -> npt.NDArray[np.float64]:
    """A doubtful frame and two more, and between them a frame that is surely blank."""
    frames = random_posteriors(seed, 4, sharpness=3.0)
    frames[1] = np.log([1e-6] * BLANK + [1 - 1e-5])
    return frames


@pytest.mark.parametrize("seed", range(3))
def test_a_line_is_read_in_stretches_as_it_is_read_at_once(seed: int) -> None:
    exact = all_readings(parted(seed))
    found = k_best(parted(seed), 5, beams=2000)
    assert [each.digits for each in found] == sorted(exact, key=lambda digits: -exact[digits])[:5]
    for each in found:
        assert np.exp(each.log_probability) == pytest.approx(exact[each.digits], rel=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_a_given_length_is_put_together_from_stretches(seed: int) -> None:
    exact = {
        digits: value for digits, value in all_readings(parted(seed)).items() if len(digits) == 2
    }
    (best,) = k_best(parted(seed), 1, lengths=range(2, 3), beams=4000)
    assert best.digits == max(exact, key=lambda digits: exact[digits])


def test_the_same_digit_twice_needs_a_blank_between() -> None:
    joined = posteriors({5: 0.99}, {5: 0.99})
    parted = posteriors({5: 0.99}, {BLANK: 0.99}, {5: 0.99})
    assert k_best(joined, 1)[0].digits == (5,)
    assert k_best(parted, 1)[0].digits == (5, 5)


@settings(deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 30))
def test_readings_are_ranked_told_apart_and_never_above_one(seed: int, frames: int) -> None:
    found = k_best(random_posteriors(seed, frames), 5)
    logs = [each.log_probability for each in found]
    assert logs == sorted(logs, reverse=True)
    assert len({each.digits for each in found}) == len(found)
    assert sum(np.exp(logs)) <= 1 + 1e-6


def test_digits_are_aligned_with_the_frames_where_they_show_most() -> None:
    assert align(SURE, (1, 1, 7)) == [1, 4, 5]
    assert align(SURE, ()) == []


@settings(deadline=None)
@given(st.integers(0, 2**16))
def test_alignment_of_a_reading_rises_from_frame_to_frame(seed: int) -> None:
    frames = random_posteriors(seed, 24)
    places = align(frames, greedy(frames))
    assert places == sorted(set(places))


@pytest.mark.parametrize("seed", range(3))
def test_a_reading_that_is_not_the_likeliest_is_aligned_by_its_best_path(seed: int) -> None:
    frames = random_posteriors(seed, 4, sharpness=3.0)
    digits = k_best(frames, 4, beams=200)[3].digits
    paths = [
        path
        for path in itertools.product(range(BLANK + 1), repeat=len(frames))
        if collapsed(path) == digits
    ]
    best = max(paths, key=lambda path: sum(frames[n, label] for n, label in enumerate(path)))
    runs = [
        (label, [n for n, _ in run])
        for label, run in itertools.groupby(enumerate(best), key=lambda pair: pair[1])
        if label != BLANK
    ]
    shown = [max(places, key=lambda n: frames[n, label]) for label, places in runs]
    assert align(frames, digits) == shown
