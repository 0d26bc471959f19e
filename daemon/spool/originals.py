"""Putting originals away: to archive/ or rejected/, back to where they were, or nowhere.

The last of the steps: a result is recorded and published before its original moves. Every way can
be gone twice.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from .durable import sync_files, sync_folder
from .inbox import Inbox, rename_if_free
from .journal import Arrival
from .outbox import original_artifact

Originals: TypeAlias = Literal["archive", "keep", "delete"]

log = logging.getLogger(__name__)


def destination(file: str, scan_id: str, policy: Originals, *, rejected: bool) -> str | None:
    """Where an original goes, relative to the results folder; None: it stays or is deleted.
    A rejected one is never deleted: it has not been read."""
    if rejected or policy == "archive":
        return original_artifact(file, scan_id, rejected=rejected)
    return None


def store(
    inbox: Inbox, outbox: Path, staging: Path, arrivals: Iterable[Arrival], policy: Originals
) -> None:
    """Put the originals of published arrivals away, durably. Raises OSError."""
    folders = {inbox.claimed}
    for arrival in arrivals:
        place = inbox.place_of(arrival.id, arrival.file)
        if arrival.original is not None:
            target = outbox / arrival.folder / arrival.original
        elif policy == "keep":
            target = Path(os.fsdecode(arrival.source.path))
        else:
            place.unlink(missing_ok=True)
            continue
        if not place.exists():  # it was moved before a crash; else somebody took it away
            if not target.exists():
                log.warning("the original of %s (%s) is gone", arrival.file, arrival.id)
            continue
        if arrival.original is not None and not target.parent.exists():
            target.parent.mkdir()
            folders.add(target.parent.parent)
        if arrival.original is None and not _keep(place, target):
            target = outbox / arrival.folder / original_artifact(
                arrival.file, arrival.id, rejected=False
            )
            target.parent.mkdir(exist_ok=True)
            move(place, target, staging)
        elif arrival.original is not None:
            move(place, target, staging)
        folders.add(target.parent)
    for folder in folders:
        sync_folder(folder)


def move(source: Path, target: Path, staging: Path) -> None:
    """Rename a file; across file systems copy it to `staging` (which lies on the target's), compare
    the copy with what was read, and only then remove it. Raises OSError."""
    try:
        source.rename(target)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    copy = staging / target.name
    shutil.copyfile(source, copy)
    shutil.copystat(source, copy)
    sync_files([copy], staging)
    if _digest(copy) != _digest(source):
        raise OSError(errno.EIO, "the copy of an original differs from it", str(copy))
    copy.rename(target)
    sync_folder(target.parent)
    source.unlink()


def _keep(place: Path, target: Path) -> bool:
    return rename_if_free(place, target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
