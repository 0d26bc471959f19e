"""Tries out inbox, outbox and state: whether what delivery does there works, for this user."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..config import Config
from ..errors import ConfigInvalid, OutputUnwritable
from ..spool.durable import sync_files, sync_folder
from ..spool.intake import is_folder
from ..spool.place import refuse_overlaps
from .findings import Finding, name_of
from .mounts import network_kind

UNWRITABLE = OutputUnwritable.exit_code
MISPLACED = ConfigInvalid.exit_code

TOO_LITTLE = 100e6  # bytes free: the next large batch will not fit
LITTLE = 1e9

_TRIAL = ".digitd-doctor-"


def check_folders(config: Config) -> Iterator[Finding]:
    """All that can be found out about the folders, in the order in which one would mend it."""
    folders = {"inbox": config.inbox, "outbox": config.outbox, "state": config.state}
    yield from (check_folder(check, path) for check, path in folders.items())
    yield check_apart(folders)
    if config.originals == "archive" and is_folder(config.inbox) and is_folder(config.outbox):
        yield check_move(config.inbox, config.outbox)
    yield check_local(config.state)
    for path in dict.fromkeys((config.outbox, config.state)):
        yield check_space(path, shutil.disk_usage(_nearest(path)).free)


def check_folder(check: str, path: Path) -> Finding:
    """Write, sync, rename and remove there; a missing folder is made when digitd starts."""
    place = name_of(path)
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            cure = f"name a folder for `{check}` in the configuration"
            return Finding(check, f"{place} is no folder", cure, MISPLACED)
    except FileNotFoundError:
        return _try_to_make(check, path)
    except OSError as error:
        message = f"{place} cannot be reached: {error.strerror}"
        return Finding(check, message, _cure(error, path), UNWRITABLE)
    try:
        with _trial(path) as written, _trial(path) as renamed:
            written.write_bytes(b"digitd")
            sync_files([written], path)
            written.rename(renamed)
            sync_folder(path)
    except OSError as error:
        message = f"cannot write to {place}: {error.strerror}"
        return Finding(check, message, _cure(error, path), UNWRITABLE)
    return Finding(check, f"{place}: written, synced, renamed, removed")


def check_apart(folders: Mapping[str, Path]) -> Finding:
    """No folder may lie inside another."""
    try:
        refuse_overlaps(folders)
    except ConfigInvalid as error:
        return Finding("apart", "folders overlap", str(error), MISPLACED)
    return Finding("apart", f"{', '.join(folders)} lie apart")


def check_move(inbox: Path, outbox: Path) -> Finding:
    """Whether originals can be renamed into the archive, or have to be copied."""
    try:
        with _trial(inbox) as original, _trial(outbox) as archived:
            original.rename(archived)
    except OSError as error:
        if error.errno != errno.EXDEV:  # said of the folder itself already
            return Finding("archive", "not tried: a folder cannot be written to")
        message = "inbox and outbox are on two file systems: every original is copied"
        return Finding("archive", message, "put both on one, to have them moved at once")
    return Finding("archive", "originals are moved by a rename")


def check_local(state: Path) -> Finding:
    """SQLite and flock need a disk of this machine."""
    kind = network_kind(_nearest(state))
    if kind is None:
        return Finding("journal", "on a local file system")
    cure = "point `state` to a disk of this machine, such as /var/lib/digitd"
    return Finding("journal", f"{name_of(state)} is on {kind}: it can be damaged", cure, MISPLACED)


def check_space(path: Path, free: float) -> Finding:
    """Room on the disk of `path`, where `free` bytes are left."""
    message = f"{free / 1e9:.1f} GB free for {name_of(path)}"
    if free >= LITTLE:
        return Finding("space", message)
    return Finding("space", message, "make room", UNWRITABLE if free < TOO_LITTLE else 0)


@contextmanager
def _trial(folder: Path) -> Iterator[Path]:
    """A file that is gone afterwards; a daemon that watches the folder ignores it."""
    descriptor, name = tempfile.mkstemp(prefix=_TRIAL, dir=folder)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _try_to_make(check: str, path: Path) -> Finding:
    place = name_of(path)
    try:
        with tempfile.TemporaryDirectory(prefix=_TRIAL, dir=_nearest(path)):
            return Finding(check, f"{place} is not there yet: digitd will make it")
    except OSError as error:
        message = f"{place} is missing and cannot be made: {error.strerror}"
        cure = f"sudo install -d -o {os.geteuid()} {_quoted(path)}"
        return Finding(check, message, cure, UNWRITABLE)


def _nearest(path: Path) -> Path:
    """The path itself, or the folder above it that is there."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if is_folder(each))


def _quoted(path: Path) -> str:
    return shlex.quote(name_of(path))


def _cure(error: OSError, path: Path) -> str:
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return (
                "call this as the user that digitd runs as (sudo -u digitd); if it does: "
                f"sudo chown digitd {_quoted(path)}"
            )
        case errno.EROFS:
            return "mount it writable, or name another folder"
        case errno.ENOSPC | errno.EDQUOT:
            return "make room"
        case _:
            return "look at what the system says of the disk: sudo dmesg"
