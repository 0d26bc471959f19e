"""Rejected scans back to the inbox: after the model, a limit or the file itself was mended.

The journal says `retrying` before the original is renamed and `retried` after, so that a crash
between the two is finished by the next call.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from ..errors import InputMissing, OutputUnwritable, UsageError
from .durable import sync_files, sync_folder
from .inbox import Inbox, rename_if_free
from .journal import SHORT, Arrival, Journal
from .names import printable, shown


def retry(
    journal: Journal, inbox: Inbox, outbox: Path, ids: Collection[str] | None = None
) -> list[Arrival]:
    """Put the originals of rejected arrivals back to where they lay; all of them, or those whose
    ids begin so. What was put back; originals that somebody removed are left out.

    Raises:
        InputMissing: no rejected scan has that id; or the inbox is not there.
        UsageError: one lay outside of the inbox, where nobody looks.
        OutputUnwritable: some could not go back; the others did.
    """
    if not inbox.claimed.is_dir():
        raise InputMissing(
            f"there is no folder {printable(shown(inbox.claimed))}: mount the disk of the inbox, "
            "or start `digitd watch`, which makes it"
        )
    rejected = journal.rejected()
    if ids is not None:
        for each in ids:
            if not any(arrival.id.startswith(each) for arrival in rejected):
                raise InputMissing(f"no rejected scan has the id {printable(each)}")
        rejected = [
            arrival for arrival in rejected if any(arrival.id.startswith(each) for each in ids)
        ]
    there = [arrival for arrival in rejected if original_of(outbox, arrival).exists()]
    _check_homes(there, inbox, outbox)
    journal.retrying(there)
    failed: list[tuple[Arrival, OSError]] = []
    for arrival in there:
        try:
            _put_back(original_of(outbox, arrival), arrival, inbox)
        except OSError as error:  # of its home, perhaps: the others go back
            failed.append((arrival, error))
    # Those that a crash stopped on their way, and whose file is back in the inbox already.
    journal.retried([arrival for arrival in journal.retrying_now() if _is_back(outbox, arrival)])
    if failed:
        arrival, first = failed[0]
        raise OutputUnwritable(
            f"{len(failed)} of {len(there)} could not go back into the inbox, such as "
            f"{arrival.id[:SHORT]} {printable(arrival.file)}: {first.strerror or first}; when that "
            "is mended, call it again"
        )
    return there


def original_of(outbox: Path, arrival: Arrival) -> Path:
    """Where the original of a rejected scan lies, unless somebody removed it."""
    return outbox / arrival.folder / (arrival.original or "")


def _check_homes(arrivals: Iterable[Arrival], inbox: Inbox, outbox: Path) -> None:
    for arrival in arrivals:
        if not _home_of(arrival).parent.resolve().is_relative_to(inbox.folder.resolve()):
            raise UsageError(
                f"{arrival.id[:SHORT]} {printable(arrival.file)} lay outside of the inbox "
                f"{printable(shown(inbox.folder))}: move it there yourself, from "
                f"{printable(shown(original_of(outbox, arrival)))}"
            )


def _home_of(arrival: Arrival) -> Path:
    return Path(os.fsdecode(arrival.source.path))


def _is_back(outbox: Path, arrival: Arrival) -> bool:
    return not original_of(outbox, arrival).exists()


def _put_back(original: Path, arrival: Arrival, inbox: Inbox) -> None:
    home = _home_of(arrival)
    spare = home.with_name(original.name)  # with its id, should somebody have taken the name
    try:
        if not rename_if_free(original, home):
            original.rename(spare)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = home.with_name(f".{original.name}.tmp")
        copy.unlink(missing_ok=True)  # of a crash: it may be the same file as `home` by now
        shutil.copyfile(original, copy)
        sync_files([copy], copy.parent)
        if not rename_if_free(copy, home):
            copy.rename(spare)
        sync_folder(home.parent)
        original.unlink()
    for folder in {home.parent, inbox.folder, original.parent}:
        sync_folder(folder)
