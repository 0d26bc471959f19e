"""Training seen from a terminal and from a log."""

from __future__ import annotations

import io
import math

from rich.console import Console

from daemon.training.fit import Step
from daemon.training.progress import describe, shown

MIDDLE = Step(2, 10, False, 0.125, 30.0, 0.4567, 0.87, 0.5, 0.91)
END = Step(10, 10, True, 1.0, 3725.0, 0.1, 0.98, 0.2, 0.99)
FIRST = Step(1, 10, False, 0.0, 0.0, 2.3, 0.1, math.nan, math.nan)


def test_a_step_is_told_with_the_time_left() -> None:
    assert describe(MIDDLE) == (
        "epoch  2/10  loss 0.4567  accuracy 0.8700  validation 0.9100  3:30 left"
    )


def test_the_last_step_tells_the_time_taken() -> None:
    assert describe(END).endswith("validation 0.9900  1:02:05 taken; calibrating")


def test_the_first_step_needs_no_validation() -> None:
    assert describe(FIRST) == "epoch  1/10  loss 2.3000  accuracy 0.1000  0:00 left"


def test_a_log_gets_one_line_an_epoch() -> None:
    log = io.StringIO()
    with shown(Console(file=log)) as progress:
        for step in (FIRST, MIDDLE, END):
            progress(step)
    assert log.getvalue() == describe(END) + "\n"


def test_a_terminal_gets_a_bar() -> None:
    screen = io.StringIO()
    with shown(Console(file=screen, force_terminal=True, width=120)) as progress:
        progress(MIDDLE)
        progress(END)
    assert "epoch 10/10" in screen.getvalue()
    assert "━" in screen.getvalue()
