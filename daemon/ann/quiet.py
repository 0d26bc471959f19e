"""Keep what native libraries write to file descriptor 2 off the user's terminal."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


@contextmanager
def native_stderr_logged(log: logging.Logger) -> Iterator[None]:
    """Send what is written to file descriptor 2 to `log` at DEBUG instead.

    TensorFlow and LiteRT announce themselves there, past `sys.stderr` and whatever the settings
    say. The redirection holds for the whole process: keep what it encloses short.
    """
    if sys.stderr is None:  # then descriptor 2 is closed, or of something else
        yield
        return
    terminal = os.dup(2)
    sys.stderr.flush()
    with _file_in_memory() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            caught.seek(0)
            for line in caught.read().decode(errors="replace").splitlines():
                log.debug("%s", line)


def _file_in_memory() -> IO[bytes]:
    """A file for a moment: in memory where that can be, for the disk may be read-only."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "w+b")
    return tempfile.TemporaryFile()
