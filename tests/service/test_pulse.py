from __future__ import annotations

from functools import partial

import pytest

from daemon.service.pulse import BEATS, EVERY_S, Pulse


def test_signs_of_life_come_no_more_often_than_somebody_needs_them() -> None:
    times = [0.0, 0.5 * EVERY_S, EVERY_S, 1.5 * EVERY_S, 3 * EVERY_S]
    pulse = Pulse(iter([0.0, *times]).__next__)
    heard: list[float] = []
    for time in times:
        pulse.listener = partial(heard.append, time)
        pulse.beat()
    assert heard == [EVERY_S, 3 * EVERY_S]


@pytest.mark.parametrize(
    ("timeout_s", "every_s"), [(None, EVERY_S), (60, EVERY_S), (0.5, 0.5 / BEATS)]
)
def test_who_waits_for_less_than_some_seconds_hears_more_often(
    timeout_s: float | None, every_s: float
) -> None:
    heard: list[None] = []
    pulse = Pulse(iter([0.0, 0.9 * every_s, every_s, 1.9 * every_s, 2 * every_s]).__next__)
    pulse.tell(lambda: heard.append(None), timeout_s)
    for beats in (0, 1, 1, 2):
        pulse.beat()
        assert len(heard) == beats


def test_where_nobody_listens_nothing_happens() -> None:
    pulse = Pulse(iter([0.0, 10.0]).__next__)
    pulse.beat()
