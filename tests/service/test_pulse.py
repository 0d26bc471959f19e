from __future__ import annotations

from functools import partial

from daemon.service.pulse import EVERY_S, Pulse


def test_signs_of_life_come_no_more_often_than_somebody_needs_them() -> None:
    times = [0.0, 0.5 * EVERY_S, EVERY_S, 1.5 * EVERY_S, 3 * EVERY_S]
    pulse = Pulse(iter([0.0, *times]).__next__)
    heard: list[float] = []
    for time in times:
        pulse.listener = partial(heard.append, time)
        pulse.beat()
    assert heard == [EVERY_S, 3 * EVERY_S]


def test_where_nobody_listens_nothing_happens() -> None:
    pulse = Pulse(iter([0.0, 10.0]).__next__)
    pulse.beat()
