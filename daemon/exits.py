"""How a command ends: as expected, by Ctrl-C, for want of a permission or of room, or by a bug."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn, TextIO

from .errors import (
    DigitdError,
    NoPermission,
    OutputUnwritable,
    ResourcesExhausted,
    shortage_of,
)

RIGHT_USER = "call digitd as a user who may: for the service, sudo -u digitd digitd ..."


def run(command: Callable[[], None]) -> None:
    """Call `command`; whatever it raises becomes a last line on stderr and an exit code."""
    _name_files_in_utf8()
    _open_streams()
    try:
        try:
            command()
        except SystemExit:
            sys.stdout.flush()  # at the interpreter's own end, nobody could tell any more
            raise
    except DigitdError as error:
        _end(error)
    except KeyboardInterrupt:
        print("digitd: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # `digitd status | head -1`: who reads it has read enough
        _drop_output()
        sys.exit(1)
    except PermissionError as error:
        _end(NoPermission(f"{error.filename or 'a file'}: {error.strerror}; {RIGHT_USER}"))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            _end_by_bug(error)
        _drop_output()
        _end(OutputUnwritable(f"{error.filename or 'the output'}: {error.strerror}"))
    except Exception as error:
        _end_by_bug(error)


def _name_files_in_utf8() -> None:
    """Begin anew where the locale has an encoding of its own for names of files, such as Latin-1,
    which lacks most characters: scans whose names have these could not be written about."""
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        encoding = sys.stdout.encoding if sys.stdout else "utf-8"  # the terminal's stays
        environment = {"PYTHONIOENCODING": encoding, **os.environ, "PYTHONUTF8": "1"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _end(error: DigitdError) -> NoReturn:
    print(f"digitd: {error}", file=sys.stderr)
    sys.exit(error.exit_code)


def _end_by_bug(error: Exception) -> NoReturn:
    """A bug is no usage error and no rejected scan: its exit code says so. What the system has none
    left of is no bug."""
    if lacking := shortage_of(error):
        _end(ResourcesExhausted(lacking))
    traceback.print_exc()
    print("digitd: this is a bug; please report it with the lines above", file=sys.stderr)
    sys.exit(70)


def _open_streams() -> None:
    """Let stdout and stderr take everything, names of files that are no text and marks that the
    terminal lacks; and be there, where the caller closed them."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    """A stream to print to in vain; processes that are started have it as well, for it takes the
    number of the one that was closed."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.set_inheritable(descriptor, True)
    return os.fdopen(descriptor, "w")


def _drop_output() -> None:
    """Let what is left to print go nowhere: the interpreter prints it when it ends."""
    with _nowhere() as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
