"""One digitd per folder: an advisory lock that the kernel releases, however its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StateHeld
from .durable import writing_to
from .names import printable, shown


def holder(folder: Path) -> int | None:
    """The process id of who holds `folder`, None where nobody does."""
    try:
        file = (folder / "lock").open(encoding="ascii")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0)
    return None


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold `folder` (which exists) for the time of the block.

    The file `lock` in it names the holder's process id and is never removed: removing it would let
    two holders lock two different files.

    Raises:
        StateHeld: another process holds it; the message names its process id.
    """
    with writing_to(folder):
        file = (folder / "lock").open("a+")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise StateHeld(
                f"another digitd (pid {holder}) is writing to {printable(shown(folder.parent))}; "
                "wait for it, or name another folder"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
