"""Signs of life of a process that reads: who waits for it knows that it does not hang."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_S = 1.0  # at most


class Pulse:
    """Tells `listener` that a page was finished, at most once in `EVERY_S` by `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.listener: Callable[[], None] | None = None

    def beat(self) -> None:
        """Hear that a page was finished."""
        now = self._clock()
        if self.listener is not None and now - self._last >= EVERY_S:
            self._last = now
            self.listener()


PULSE = Pulse()  # of this process: a worker's has its parent for a listener
