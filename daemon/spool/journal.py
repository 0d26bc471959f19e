"""The journal: what became of every scan. The only truth; the results folder is its projection.

An arrival is inserted as `recorded` together with its complete result, and its claim goes: that
commit is the one moment a result comes to exist. It becomes `published` when all of it stands in
the results folder, in the same commit that vouches for the new length of readings.csv, and
`archived` when the daemon has put its original away.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from ..records import Reason, Status
from .claims import Claims, Source
from .database import Database
from .document import Result

SHORT = 8  # characters of an id that are unique in the journal and stand in file names
_ORIGINAL = (
    "sha256 = ? AND model = ? AND hints = ? AND duplicate_of IS NULL AND state NOT LIKE 'retr%'"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A scan and its result. `artifacts` are its files, relative to the results folder; `in_lines`
    tells whether its document stands in readings.jsonl. `folder` is the results folder, relative to
    the outbox; `original` where in it the original goes, None where it does not. `hints` are those
    that it was read with, as text. `number` is 0 until it is recorded."""

    id: str
    file: str
    source: Source
    sha256: str | None
    model: str
    result: Result
    artifacts: tuple[str, ...] = ()
    in_lines: bool = False
    folder: str = ""
    original: str | None = None
    hints: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a source before; `sha256` is None where its bytes could not be read. A
    `reason` without the status REJECTED is that of a page."""

    sha256: str | None
    status: Status
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Voucher:
    """The length and digest up to which a file of rows is our own; `first` is the number of the
    first arrival in it."""

    name: str
    first: int
    length: int
    sha256: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """Where all that was ever claimed is: `seen` is the sum of the others, or something is wrong.
    `in_work` has no result yet or is not put away; `retried` went back to the inbox."""

    seen: int
    in_work: int
    done: int
    rejected: int
    retried: int

    @property
    def is_even(self) -> bool:
        """Whether nothing is missing and nothing there twice."""
        return self.seen == self.in_work + self.done + self.rejected + self.retried


class Journal:
    """The journal at `path`, made when it is not there. `random_id` gives hex digits."""

    def __init__(
        self, path: Path, random_id: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> None:
        self._random_id = random_id
        self._issued: set[str] = set()
        self._database = Database(path)
        self._db = self._database.connection
        self.claims = Claims(self._database)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing is pending, every change was committed."""
        self._db.close()

    def at_one_moment(self) -> AbstractContextManager[None]:
        """Many questions in the block are answered in half the time. Nothing is to be committed in
        it."""
        return self._database.snapshot()

    def new_id(self) -> str:
        """A random id whose first characters no other arrival has."""
        while True:
            candidate = self._random_id()
            short = candidate[:SHORT]
            if short not in self._issued and not self.knows(short):
                self._issued.add(short)
                return candidate

    def knows(self, short: str) -> bool:
        """Whether an id with these first characters is taken."""
        taken = self._db.execute(
            "SELECT 1 FROM arrivals WHERE substr(id, 1, 8) = ?"
            " UNION ALL SELECT 1 FROM claims WHERE substr(id, 1, 8) = ?",
            (short, short),
        )
        return taken.fetchone() is not None

    def fates(self, source: Source) -> list[Fate]:
        """What became of this very state of a file; empty if it was never seen."""
        found = self._db.execute(
            "SELECT sha256, status, reason FROM arrivals"
            " WHERE source = ? AND size = ? AND mtime_ns = ? AND state NOT LIKE 'retr%'",
            (source.path, source.size, source.mtime_ns),
        )
        return [
            Fate(row["sha256"], Status(row["status"]), row["reason"] and Reason(row["reason"]))
            for row in found
        ]

    def original(self, sha256: str, model: str, hints: str = "") -> Arrival | None:
        """What this model version read the first time it met this content with these hints; a
        rejection only where there is no reading."""
        found = self._db.execute(
            f"SELECT * FROM arrivals WHERE {_ORIGINAL}"
            " ORDER BY status = 'rejected', number LIMIT 1",
            (sha256, model, hints),
        ).fetchone()
        return found and _arrival(found)

    def has_original(self, sha256: str, model: str, hints: str) -> bool:
        """Whether there is an `original`, which is told in half the time."""
        found = self._db.execute(
            f"SELECT 1 FROM arrivals WHERE {_ORIGINAL} LIMIT 1", (sha256, model, hints)
        )
        return found.fetchone() is not None

    def record(self, arrivals: Sequence[Arrival]) -> None:
        """Commit arrivals with their results, in place of their claims: from here on, they exist.
        Those that never were claimed (batch moves no file) are seen for the first time."""
        with self._database.transaction() as db:
            claimed = db.executemany(
                "DELETE FROM claims WHERE id = ?", [(arrival.id,) for arrival in arrivals]
            )
            db.execute("UPDATE seen SET total = total + ?", (len(arrivals) - claimed.rowcount,))
            db.executemany(
                "INSERT INTO arrivals (id, file, source, size, mtime_ns, sha256, model, folder,"
                " state, status, reason, duplicate_of, digits, document, rows, artifacts, original,"
                " in_lines, hints)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'recorded', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_values(arrival) for arrival in arrivals],
            )
        self._issued.difference_update(arrival.id[:SHORT] for arrival in arrivals)

    def unfinished_folders(self) -> list[str]:
        """Results folders in which something recorded does not yet stand."""
        rows = self._db.execute("SELECT DISTINCT folder FROM arrivals WHERE state = 'recorded'")
        return [row["folder"] for row in rows]

    def folders(self) -> list[str]:
        """All results folders, oldest first."""
        rows = self._db.execute("SELECT folder FROM arrivals GROUP BY folder ORDER BY min(number)")
        return [row["folder"] for row in rows]

    def unpublished(self, folder: str = "") -> list[Arrival]:
        """Recorded arrivals that do not yet stand in their results folder, in order."""
        return list(self._select("state = 'recorded' AND folder = ?", (folder,)))

    def unarchived(self) -> list[Arrival]:
        """Published arrivals whose originals are not put away yet, in order."""
        return list(self._select("state = 'published'", ()))

    def archive(self, arrivals: Iterable[Arrival]) -> None:
        """Commit that the originals of these are where they belong."""
        self._advance(arrivals, "archived")

    def rejected(self) -> list[Arrival]:
        """Arrivals that were rejected or have a rejected page, those that are on their way back to
        the inbox included."""
        return list(self._select("reason IS NOT NULL AND state IN ('archived', 'retrying')", ()))

    def retrying_now(self) -> list[Arrival]:
        """Those that are on their way back to the inbox."""
        return list(self._select("state = 'retrying'", ()))

    def retrying(self, arrivals: Iterable[Arrival]) -> None:
        """Commit that the originals of these are about to go back to the inbox."""
        self._advance(arrivals, "retrying")

    def retried(self, arrivals: Iterable[Arrival]) -> None:
        """Commit that they did: when they come again, they are new."""
        self._advance(arrivals, "retried")

    def forget_rejected(self) -> None:
        """Commit that all that was rejected, as a whole or in a page, and of which no original was
        put away, counts for nothing any more: where it lies, it is new."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE arrivals SET state = 'retried'"
                " WHERE reason IS NOT NULL AND state = 'published'"
            )

    def balance(self) -> Balance:
        """Count, all at one moment."""
        row = self._db.execute(
            "SELECT (SELECT total FROM seen) AS seen,"
            " (SELECT count(*) FROM claims) + count(*) FILTER (WHERE state IN ('recorded',"
            " 'published')) AS in_work,"
            " count(*) FILTER (WHERE state IN ('archived', 'retrying') AND status <> 'rejected')"
            " AS done,"
            " count(*) FILTER (WHERE state IN ('archived', 'retrying') AND status = 'rejected')"
            " AS rejected, count(*) FILTER (WHERE state = 'retried') AS retried FROM arrivals"
        ).fetchone()
        return Balance(**dict(row))

    def publish(self, arrivals: Iterable[Arrival], vouchers: Iterable[Voucher]) -> None:
        """Commit that these arrivals stand in the results folder, and how long its files are."""
        with self._database.transaction():
            self._set_state(arrivals, "published")
            self._vouch(vouchers)

    def vouch(self, voucher: Voucher) -> None:
        """Commit how long a file of rows is."""
        with self._database.transaction():
            self._vouch([voucher])

    def vouchers(self, suffix: str, folder: str = "") -> list[Voucher]:
        """What is vouched for of the files of rows with this suffix, oldest first."""
        found = self._db.execute(
            "SELECT * FROM sheets WHERE suffix = ? AND folder = ? ORDER BY rowid", (suffix, folder)
        )
        return [
            Voucher(row["name"], row["first"], row["length"], row["sha256"], row["folder"])
            for row in found
        ]

    def published_since(self, number: int, folder: str = "") -> Iterator[Arrival]:
        """Arrivals from a number on whose rows stand in the results folder, in order."""
        return self._select("state <> 'recorded' AND folder = ? AND number >= ?", (folder, number))

    def _select(self, condition: str, values: tuple[object, ...]) -> Iterator[Arrival]:
        rows = self._db.execute(f"SELECT * FROM arrivals WHERE {condition} ORDER BY number", values)
        with closing(rows):
            yield from map(_arrival, rows)

    def _advance(self, arrivals: Iterable[Arrival], state: str) -> None:
        with self._database.transaction():
            self._set_state(arrivals, state)

    def _set_state(self, arrivals: Iterable[Arrival], state: str) -> None:
        self._db.executemany(
            "UPDATE arrivals SET state = ? WHERE id = ?",
            [(state, arrival.id) for arrival in arrivals],
        )

    def _vouch(self, vouchers: Iterable[Voucher]) -> None:
        self._db.executemany(
            "INSERT INTO sheets (folder, name, suffix, first, length, sha256)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (folder, name)"
            " DO UPDATE SET length = excluded.length, sha256 = excluded.sha256",
            [
                (v.folder, v.name, Path(v.name).suffix, v.first, v.length, v.sha256)
                for v in vouchers
            ],
        )


def _values(arrival: Arrival) -> tuple[object, ...]:
    source, result = arrival.source, arrival.result
    return (
        arrival.id,
        arrival.file,
        source.path,
        source.size,
        source.mtime_ns,
        arrival.sha256,
        arrival.model,
        arrival.folder,
        result.status,
        result.reason,
        result.duplicate_of,
        result.digits,
        result.document,
        result.rows,
        json.dumps(arrival.artifacts),
        arrival.original,
        arrival.in_lines,
        arrival.hints,
    )


def _arrival(row: sqlite3.Row) -> Arrival:
    return Arrival(
        id=row["id"],
        file=row["file"],
        source=Source(row["source"], row["size"], row["mtime_ns"]),
        sha256=row["sha256"],
        model=row["model"],
        result=Result(
            status=Status(row["status"]),
            reason=row["reason"] and Reason(row["reason"]),
            duplicate_of=row["duplicate_of"],
            digits=row["digits"],
            document=row["document"],
            rows=row["rows"],
        ),
        artifacts=tuple(json.loads(row["artifacts"])),
        in_lines=bool(row["in_lines"]),
        folder=row["folder"],
        original=row["original"],
        hints=row["hints"],
        number=row["number"],
    )
