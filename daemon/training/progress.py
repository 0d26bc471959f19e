"""Training seen from a terminal: a bar on a terminal, a plain line an epoch elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from .fit import Step


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Step], None]]:
    """Give the function to report steps to; what it draws stays while the block runs."""
    if not console.is_terminal:
        yield lambda step: _print_line(console, step)
        return
    bar = Progress(
        BarColumn(bar_width=24),
        TextColumn("{task.fields[text]}"),
        console=console,
        transient=False,
    )
    with bar:
        task = bar.add_task("", total=1.0, text="starting")
        yield lambda step: bar.update(task, completed=step.share, text=describe(step))


def describe(step: Step) -> str:
    """One line: how far, how well, how long still."""
    parts = [
        f"epoch {step.epoch:>{len(str(step.epochs))}}/{step.epochs}",
        f"loss {step.loss:.4f}",
        f"accuracy {step.accuracy:.4f}",
    ]
    if not math.isnan(step.val_accuracy):
        parts.append(f"validation {step.val_accuracy:.4f}")
    left_s = step.elapsed_s * (1 - step.share) / step.share if step.share else 0.0
    parts.append(
        f"{_clock(left_s)} left"
        if step.share < 1
        else f"{_clock(step.elapsed_s)} taken; calibrating"
    )
    return "  ".join(parts)


def _print_line(console: Console, step: Step) -> None:
    if step.ends_epoch:
        console.print(describe(step), highlight=False, soft_wrap=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
