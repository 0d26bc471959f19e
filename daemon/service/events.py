"""What wakes the loop: signals, and hints that something happened in the inbox.

Only hints: a queue of events overflows and network file systems send none, so the loop looks
through the whole folder when it wakes, and every now and then besides.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .mounts import network_kind

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

MAX_RENAMED = 10_000  # paths that are remembered between two looks

log = logging.getLogger(__name__)


class Bell:
    """Wakes one waiting thread. A pipe, for it is rung by signal handlers too, and a lock that a
    handler's own thread may hold is no place to wait at."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._lock = threading.Lock()
        self._renamed: set[Path] = set()

    def __enter__(self) -> Bell:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._reader)
        os.close(self._writer)

    def ring(self) -> None:
        """Wake the waiting thread, or the next one that would wait."""
        with suppress(BlockingIOError, OSError):  # full: it will wake; closed: nobody waits
            os.write(self._writer, b"!")

    @contextmanager
    def rung_by_signals(self) -> Iterator[None]:
        """Let every signal ring, even one that comes just before the thread begins to wait: its
        handler would run only when something else has woken the thread."""
        previous = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(previous)

    def wait(self, timeout_s: float) -> bool:
        """Wait until somebody rings, or for that long; whether somebody did."""
        rung, _, _ = select.select([self._reader], [], [], max(0.0, timeout_s))
        with suppress(BlockingIOError):
            while os.read(self._reader, 4096):
                pass
        return bool(rung)

    def renamed(self, path: Path) -> None:
        """Tell that a file appeared here by a rename, whole."""
        with self._lock:
            if len(self._renamed) < MAX_RENAMED:
                self._renamed.add(path)
        self.ring()

    def take_renamed(self) -> set[Path]:
        """What was renamed since the last call."""
        with self._lock:
            renamed, self._renamed = self._renamed, set()
        return renamed


def sees_events(folder: Path, observer: Literal["auto", "inotify", "polling"]) -> bool:
    """Whether the system is to tell of new files; else the loop looks again and again."""
    if observer == "polling" or sys.platform != "linux":
        return False
    return observer == "inotify" or network_kind(folder) is None


@contextmanager
def observing(folder: Path, hidden: Path, bell: Bell) -> Iterator[bool]:
    """Ring the bell for whatever appears below `folder`, but not below `hidden`. Yields whether the
    system could be made to tell; it has a limited number of watches."""
    from watchdog.events import (
        DirCreatedEvent,
        DirMovedEvent,
        FileClosedEvent,
        FileMovedEvent,
        FileSystemEventHandler,
    )
    from watchdog.observers.inotify import InotifyObserver

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            path = Path(os.fsdecode(event.dest_path or event.src_path))
            if path.is_relative_to(hidden):
                return
            # What is put back is no more whole than it was.
            was_hidden = Path(os.fsdecode(event.src_path)).is_relative_to(hidden)
            if isinstance(event, FileMovedEvent) and not was_hidden:
                bell.renamed(path)
            else:
                bell.ring()

    # It complains of events that come while it is being stopped.
    logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)
    observer = InotifyObserver(generate_full_events=True)
    wanted: list[type[FileSystemEvent]] = [
        DirCreatedEvent,
        DirMovedEvent,
        FileClosedEvent,
        FileMovedEvent,
    ]
    try:
        observer.schedule(Handler(), str(folder), recursive=True, event_filter=wanted)
        observer.start()
    except (OSError, RuntimeError) as error:  # no watch to be had, or no thread
        log.warning("the system does not tell of new files (%s): looking every few seconds", error)
        yield False
        return
    try:
        yield True
    finally:
        observer.stop()
        observer.join()
