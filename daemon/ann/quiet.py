"""Keep what native libraries write to file descriptor 2 off the user's terminal."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_stderr_logged(log: logging.Logger) -> Iterator[None]:
    """Send what is written to file descriptor 2 to `log` at DEBUG instead.

    TensorFlow and LiteRT announce themselves there, past `sys.stderr` and whatever the settings
    say. The redirection holds for the whole process: keep what it encloses short.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as caught:
        terminal = os.dup(2)
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
