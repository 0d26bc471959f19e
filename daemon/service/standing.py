"""How the daemon stands: what it tells `digitd status` and systemd. Nothing depends on it."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..spool.inbox import Blocked
from ..spool.names import printable
from ..spool.scanner import View

RATE_SHARE = 0.2  # of the last batch in the running rate
MAX_TOLD = 1000  # files that cannot be moved; of more, nobody needs the names


class Standing:
    """Keeps the file `path` up to date; `model` reads, `paused` says why nothing does, and
    `immovable` are the files that could not be claimed, which a look does not tell."""

    def __init__(self, path: Path, model: str) -> None:
        self._path = path
        self._since = time.time()
        self._scans = 0
        self._rate: float | None = None
        self._view = View()
        self._error: str | None = None
        self.model = model
        self.paused: str | None = None
        self.immovable: list[Blocked] = []

    def look(self, view: View) -> None:
        """Hear what lies in the inbox."""
        self._view = view

    def delivered(self, scans: int, seconds: float) -> None:
        """Hear of a batch."""
        self._scans += scans
        if seconds > 0:
            rate = scans / seconds
            self._rate = rate if self._rate is None else _mixed(self._rate, rate)

    def error(self, message: str) -> None:
        """Hear of something that a person should know; it is told on one line."""
        told = "; ".join(message.splitlines())
        self._error = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {told}"

    def pause(self, why: str) -> None:
        """Hear that nothing goes on."""
        if self.paused != why:
            self.error(why)
        self.paused = why

    def resumed(self) -> None:
        """Hear that it does again."""
        self.paused = None

    def line(self) -> str:
        """All of it on one line."""
        if self.paused is not None:
            return printable(f"paused: {self.paused}")
        rate = "" if self._rate is None else f", {self._rate:.0f} a second"
        return f"{self._view.waiting} waiting, {self._scans} read since the start{rate}"

    def write(self) -> None:
        """Write the file; it is no matter if that fails."""
        values = {
            "pid": os.getpid(),
            "since": self._since,
            "updated": time.time(),
            "model": self.model,
            "paused": self.paused,
            "last_error": self._error,
            "scans_since_start": self._scans,
            "scans_per_second": self._rate,
            "immovable": [
                {"path": str(each.path), "cure": each.cure} for each in self.immovable[:MAX_TOLD]
            ],
        }
        with suppress(OSError):
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(values), encoding="utf-8")
            new.replace(self._path)


def told_immovable(told: dict[str, Any]) -> list[Blocked]:
    """The files that a daemon could not move, of what it wrote."""
    try:
        return [Blocked(Path(each["path"]), each["cure"]) for each in told["immovable"]]
    except (KeyError, TypeError):  # an older one, or damaged
        return []


def _mixed(old: float, new: float) -> float:
    return (1 - RATE_SHARE) * old + RATE_SHARE * new
