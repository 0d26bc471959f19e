"""The exception tree: what the user can mend, each class with its exit code.

A message says what happened and what to do about it. What goes wrong with one scan is not here:
that is a value, `records.Rejection`, so that one bad scan never stops a batch.
"""

from __future__ import annotations

import errno


class DigitdError(Exception):
    """Base of every expected failure; `exit_code` is what the command returns."""

    exit_code = 70


class UsageError(DigitdError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class NothingReadable(DigitdError):
    """No readable scan was among what was given."""

    exit_code = 65


class InputMissing(DigitdError):
    """A path or a data set that was named does not exist or cannot be had."""

    exit_code = 66


class StateHeld(DigitdError):
    """Another digitd holds the state or results folder."""

    exit_code = 69


class ClusterUnavailable(DigitdError):
    """The cluster that is to read cannot be used."""

    exit_code = 69


class NoPermission(DigitdError):
    """This user may not read or write what the command needs."""

    exit_code = 77


class ResourcesExhausted(DigitdError):
    """The system has no memory, no process or no open file left for digitd."""

    exit_code = 71


class OutputUnwritable(DigitdError):
    """Results cannot be written where they should go."""

    exit_code = 73


class ConfigInvalid(DigitdError):
    """config.yaml holds mistakes."""

    exit_code = 78


class ModelUnavailable(DigitdError):
    """The model that the configuration names is missing, damaged or cannot be loaded."""

    exit_code = 78


_FILES = (
    "too many files are open: allow more (`ulimit -n`, or LimitNOFILE= of a service), or take "
    "fewer workers"
)
_MEMORY = (
    "not enough memory: free some, allow more (`ulimit -v`, or MemoryMax= of a service), or take "
    "fewer workers"
)
_PROCESSES = (
    "no further process or thread can start: end some, allow more (`ulimit -u`, or TasksMax= of a "
    "service), or take fewer workers"
)
_SHORTAGES = {
    errno.EMFILE: _FILES,
    errno.ENFILE: "this machine has too many files open: end other programs",
    errno.ENOMEM: _MEMORY,
    errno.EAGAIN: _PROCESSES,
}
_UNMAPPED = ("failed to map segment", "cannot allocate memory")  # of a library, by the C library
_NO_THREAD = "can't start new thread"  # by CPython


def shortage_of(error: BaseException) -> str | None:
    """What the system has none left of, if that is why something failed, and the way out."""
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, OSError) and error.errno:
        return _SHORTAGES.get(error.errno)
    text = str(error).lower()
    if isinstance(error, ImportError | OSError) and any(words in text for words in _UNMAPPED):
        return _MEMORY
    if isinstance(error, RuntimeError) and text == _NO_THREAD:
        return _PROCESSES
    return None
