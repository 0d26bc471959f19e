"""Claims: what was taken out of the inbox and has no result yet.

A claim is `claiming` before its file is renamed and `claimed` after, so that a crash between the
two is found out by looking where the file is. `attempts` counts how often reading it was begun:
what kills its reader, and the daemon with it, is known by that.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .database import Database


@dataclass(frozen=True, slots=True)
class Source:
    """Which file, and in which state: `path` is absolute, bytes as the disk has them."""

    path: bytes
    size: int
    mtime_ns: int


def mtime_ns_of(found: os.stat_result) -> int:
    """When a file was changed, in the 64 bits that the journal has for it; the years before 1677
    and after 2262, which disks know, come round again."""
    return (found.st_mtime_ns + 2**63) % 2**64 - 2**63


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """A claimed file without a result: its id, its name as shown, where it lay and in which state.
    `is_moved` tells whether the journal knows that it was renamed."""

    id: str
    file: str
    source: Source
    is_moved: bool = False
    attempts: int = 0


class Claims:
    """The claims in a journal's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self) -> list[OpenClaim]:
        """All claims, oldest first."""
        rows = self._database.connection.execute("SELECT * FROM claims ORDER BY number")
        return [
            OpenClaim(
                id=row["id"],
                file=row["file"],
                source=Source(row["source"], row["size"], row["mtime_ns"]),
                is_moved=row["state"] == "claimed",
                attempts=row["attempts"],
            )
            for row in rows
        ]

    def begin(self, claims: Sequence[OpenClaim]) -> None:
        """Commit claims whose files are about to be renamed (or, where `is_moved`, have been)."""
        with self._database.transaction() as db:
            db.executemany(
                "INSERT INTO claims (id, file, source, size, mtime_ns, state, attempts)"
                " VALUES (?, ?, ?, ?, ?, ?, 0)",
                [
                    (
                        claim.id,
                        claim.file,
                        claim.source.path,
                        claim.source.size,
                        claim.source.mtime_ns,
                        "claimed" if claim.is_moved else "claiming",
                    )
                    for claim in claims
                ],
            )
            _count(db, len(claims))

    def moved(self, ids: Iterable[str]) -> None:
        """Commit that the files of these claims were renamed."""
        self._change("UPDATE claims SET state = 'claimed' WHERE id = ?", ids)

    def attempted(self, ids: Iterable[str]) -> None:
        """Commit that reading these is begun once more."""
        self._change("UPDATE claims SET attempts = attempts + 1 WHERE id = ?", ids)

    def absolve(self) -> None:
        """Commit that no attempt was fatal: whoever began them is still alive."""
        with self._database.transaction() as db:
            db.execute("UPDATE claims SET attempts = 0 WHERE attempts > 0")

    def forget(self, ids: Sequence[str]) -> None:
        """Commit that these were not claimed after all: somebody else has them, or they wait."""
        with self._database.transaction() as db:
            gone = db.executemany("DELETE FROM claims WHERE id = ?", [(each,) for each in ids])
            _count(db, -gone.rowcount)

    def _change(self, statement: str, ids: Iterable[str]) -> None:
        with self._database.transaction() as db:
            db.executemany(statement, [(each,) for each in ids])


def _count(db: sqlite3.Connection, claims: int) -> None:
    db.execute("UPDATE seen SET total = total + ?", (claims,))
