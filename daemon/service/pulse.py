"""Signs of life of a process that reads: who waits for it knows that it does not hang."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_S = 1.0  # at most
BEATS = 4  # at least, in the time after which silence is taken for a hang


class Pulse:
    """Tells `listener` that a page was finished, at most once in `every_s` by `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.every_s = EVERY_S
        self.listener: Callable[[], None] | None = None

    def tell(self, listener: Callable[[], None], timeout_s: float | None) -> None:
        """Tell `listener` from now on, who waits for `timeout_s`."""
        self.listener = listener
        if timeout_s is not None:
            self.every_s = min(EVERY_S, timeout_s / BEATS)

    def beat(self) -> None:
        """Hear that a page was finished."""
        now = self._clock()
        if self.listener is not None and now - self._last >= self.every_s:
            self._last = now
            self.listener()


PULSE = Pulse()  # of this process: a worker's has its parent for a listener
