"""The exception tree: what the user can mend, each class with its exit code.

A message says what happened and what to do about it. What goes wrong with one scan is not here:
that is a value, `records.Rejection`, so that one bad scan never stops a batch.
"""

from __future__ import annotations


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


class OutputUnwritable(DigitdError):
    """Results cannot be written where they should go."""

    exit_code = 73


class ConfigInvalid(DigitdError):
    """config.yaml holds mistakes."""

    exit_code = 78


class ModelUnavailable(DigitdError):
    """The model that the configuration names is missing, damaged or cannot be loaded."""

    exit_code = 78
