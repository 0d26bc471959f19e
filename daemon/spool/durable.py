"""Writing so that it survives a power cut: contents before names, and few calls to the disk."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ..errors import OutputUnwritable, shortage_of
from .names import printable, shown

_FEW = 8  # files: below, one fsync each is cheaper than waiting for all that the disk has to write


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn an error of the disk into one that names the folder and the way out."""
    try:
        yield
    except OSError as error:
        raise OutputUnwritable(
            f"cannot write to {printable(shown(folder))}: {_reason(error, folder)}; when that is "
            "mended, digitd goes on where it stopped"
        ) from error


def is_read_only(folder: Path) -> bool:
    """Whether the disk of a folder takes nothing, whoever writes."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _reason(error: OSError, folder: Path) -> str:
    """What the disk says; and what it leaves out where it has room, but for no further file."""
    if error.errno == errno.ENOSPC and _has_no_inodes(folder):
        return "its disk holds as many files as it can (`df -i`): remove some"
    return shortage_of(error) or error.strerror or str(error)


def _has_no_inodes(folder: Path) -> bool:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_files > 0 and disk.f_favail == 0 and disk.f_bavail > 0


def write_file(path: str, data: bytes) -> None:
    """Write a file anew, not yet durably: with as few calls as there can be, for there is a file or
    two for each scan."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        written = os.write(descriptor, data)
        while written < len(data):  # the disk is nearly full: the next write says so
            written += os.write(descriptor, data[written:])
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable (created, renamed and removed files)."""
    _fsync(folder)


def sync_files(files: Iterable[str | Path], folder: Path) -> None:
    """Make the contents of new files in `folder`, and their names, durable.

    Many small files are synced with one `syncfs` (Linux) instead of one wait for the disk each.
    """
    files = list(files)
    if len(files) > _FEW and (syncfs := _syncfs()) is not None:
        syncfs(folder)
        return
    for file in files:
        _fsync(file)
    _fsync(folder)


def _fsync(path: str | Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _syncfs() -> Callable[[Path], None] | None:
    """Linux's syncfs(2), which the standard library lacks; None elsewhere."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if function is None:
        return None

    def sync(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if function(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(folder))
        finally:
            os.close(descriptor)

    return sync
