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

from .durable import sync_files, sync_folder, writing_to
from .inbox import Inbox, rename_if_free
from .journal import Arrival
from .names import printable
from .outbox import original_artifact

Originals: TypeAlias = Literal["archive", "keep", "delete"]

log = logging.getLogger(__name__)


def destination(file: str, scan_id: str, policy: Originals, *, rejected: bool) -> str | None:
    """Where an original goes, relative to the results folder; None: it stays or is deleted.
    A rejected one is never deleted: it has not been read."""
    if rejected or policy == "archive":
        return original_artifact(file, scan_id, rejected=rejected)
    return None


class Store:
    """Where originals go: from `inbox`, to results folders below `outbox` by way of `staging`."""

    def __init__(self, inbox: Inbox, outbox: Path, staging: Path, policy: Originals) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._staging = staging
        self._policy = policy

    def put_away(self, arrivals: Iterable[Arrival]) -> None:
        """Put the originals of published arrivals away, durably. Raises as `move` does."""
        folders = {self._inbox.claimed}
        for arrival in arrivals:
            place = self._inbox.place_of(arrival.id, arrival.file)
            if place.exists():
                folders |= self._put_away(arrival, place)
            elif arrival.original and not self._target(arrival, arrival.original).exists():
                log.warning("the original of %s was removed from outside", printable(arrival.file))
        for folder in folders:
            sync_folder(folder)

    def _put_away(self, arrival: Arrival, place: Path) -> set[Path]:
        """Put one away; the folders that changed."""
        home = Path(os.fsdecode(arrival.source.path))
        if arrival.original is None and self._policy == "delete":
            _remove(place)
            return set()
        if arrival.original is None and rename_if_free(place, home):
            return {home.parent}
        name = arrival.original or original_artifact(arrival.file, arrival.id, rejected=False)
        target = self._target(arrival, name)
        if not target.parent.exists():  # even the day may be gone: somebody removed it meanwhile
            target.parent.mkdir(parents=True)
            for folder in (target.parent.parent, self._outbox):
                sync_folder(folder)
        move(place, target, self._staging)
        return {target.parent, target.parent.parent}

    def _target(self, arrival: Arrival, name: str) -> Path:
        return self._outbox / arrival.folder / name


def move(source: Path, target: Path, staging: Path) -> None:
    """Rename a file; across file systems copy it to `staging` (which lies on the target's), compare
    the copy with what was read, and only then remove it. Raises OSError, and OutputUnwritable where
    it cannot be removed."""
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
    _remove(source)


def _remove(source: Path) -> None:
    with writing_to(source.parent):  # not where it goes to: that is what a person has to mend
        source.unlink()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
