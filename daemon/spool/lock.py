"""One digitd per folder: an advisory lock that the kernel releases, however its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..errors import StateHeld
from .durable import writing_to
from .names import printable, shown

PAUSE_S, PAUSES = 0.05, 20  # for those who only look who the holder is


def holder(folder: Path) -> int | None:
    """The process id of who holds `folder`, None where nobody does."""
    try:
        file = (folder / "lock").open(encoding="ascii")
    except FileNotFoundError:
        return None
    with file:
        return None if _try(file, fcntl.LOCK_SH) else int(file.read() or 0)


@contextmanager
def hold(
    folder: Path, sleep: Callable[[float], None] = time.sleep, *, called: Path | None = None
) -> Iterator[None]:
    """Hold `folder` (which exists) for the time of the block; `called` is what a person knows of
    it, if that is another one.

    Whoever asks for the `holder` shares the lock for a moment; it is waited for, up to a second.
    The file `lock` in it names the holder's process id and is never removed: removing it would let
    two holders lock two different files.

    Raises:
        StateHeld: another process holds it; the message names its process id.
    """
    with writing_to(folder):
        file = (folder / "lock").open("a+")
    with file:
        if not _lock(file, sleep):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            place = printable(shown(called or folder))
            raise StateHeld(
                f"another digitd (pid {holder}) is at work in {place}; wait for it or end it, "
                "or name another folder"
            )
        with writing_to(folder):  # at once: what is left in a buffer fails again when it is closed
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), f"{os.getpid()}\n".encode())
        yield


@contextmanager
def occupy(folder: Path) -> Iterator[None]:
    """Be the only one in `folder` for the time of the block, as far as its disk knows locks. No
    file is made for that: `folder` is one whose files are swept up.

    Raises:
        StateHeld: another process is in it.
        OSError: it is gone.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            if not _try(descriptor, fcntl.LOCK_EX):
                raise StateHeld(
                    f"another digitd is writing to {printable(shown(folder.parent))}; end it, or "
                    "name another folder"
                )
        yield
    finally:
        os.close(descriptor)


def _lock(file: IO[str], sleep: Callable[[float], None]) -> bool:
    """Lock a file for ourselves; False where another process has."""
    for _ in range(PAUSES):
        if _try(file, fcntl.LOCK_EX):
            return True
        if not _try(file, fcntl.LOCK_SH):
            return False
        fcntl.flock(file, fcntl.LOCK_UN)  # it was shared only
        sleep(PAUSE_S)
    return _try(file, fcntl.LOCK_EX)


def _try(file: IO[str] | int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
