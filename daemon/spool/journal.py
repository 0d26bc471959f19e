"""The journal: what became of every scan. The only truth; the results folder is its projection.

An arrival is inserted as `recorded` together with its complete result: that commit is the one
moment a result comes to exist. It becomes `published` when all of it stands in the results folder,
in the same commit that vouches for the new length of readings.csv.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import OutputUnwritable
from ..records import Reason, Status
from .document import Result
from .names import printable, shown

SHORT = 8  # characters of an id that are unique in the journal and stand in file names
_VERSION = 1
_SCHEMA = """
CREATE TABLE arrivals (
    number       INTEGER PRIMARY KEY,  -- order of arrival, which is the order of rows in the CSV
    id           TEXT NOT NULL UNIQUE,
    file         TEXT NOT NULL,        -- as shown
    source       BLOB NOT NULL,        -- absolute path: bytes, for it need not be valid text
    size         INTEGER NOT NULL,
    mtime_ns     INTEGER NOT NULL,
    sha256       TEXT,                 -- NULL: its bytes could not be read
    model        TEXT NOT NULL,        -- the version in use, also where it was not asked
    state        TEXT NOT NULL,        -- recorded, published
    status       TEXT NOT NULL,
    reason       TEXT,
    duplicate_of TEXT,
    digits       INTEGER NOT NULL,
    document     TEXT NOT NULL,
    rows         TEXT NOT NULL,
    artifacts    TEXT NOT NULL,        -- JSON list of its files in the results folder
    in_lines     INTEGER NOT NULL      -- whether its document stands in readings.jsonl
);
CREATE UNIQUE INDEX arrivals_short ON arrivals (substr(id, 1, 8));
CREATE INDEX arrivals_source ON arrivals (source);
CREATE INDEX arrivals_content ON arrivals (sha256);
CREATE INDEX arrivals_unpublished ON arrivals (state) WHERE state <> 'published';
CREATE TABLE sheets (
    name   TEXT PRIMARY KEY,           -- readings.csv, readings-2.csv, readings.jsonl
    suffix TEXT NOT NULL,
    first  INTEGER NOT NULL,           -- number of the first arrival that stands in it
    length INTEGER NOT NULL,           -- bytes vouched for
    sha256 TEXT NOT NULL               -- of those bytes
);
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Which file, and in which state: `path` is absolute, bytes as the disk has them."""

    path: bytes
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A scan and its result. `artifacts` are its files, relative to the results folder; `in_lines`
    tells whether its document stands in readings.jsonl. `number` is 0 until it is recorded."""

    id: str
    file: str
    source: Source
    sha256: str | None
    model: str
    result: Result
    artifacts: tuple[str, ...] = ()
    in_lines: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a source before; `sha256` is None where its bytes could not be read."""

    sha256: str | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Voucher:
    """The length and digest up to which a file of rows is our own; `first` is the number of the
    first arrival in it."""

    name: str
    first: int
    length: int
    sha256: str


class Journal:
    """The journal at `path`, made when it is not there. `random_id` gives hex digits."""

    def __init__(
        self, path: Path, random_id: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> None:
        self._path = path
        self._random_id = random_id
        self._issued: set[str] = set()
        with self._blaming_the_disk():
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT")
        if version > _VERSION:
            self.close()
            raise OutputUnwritable(
                f"{printable(shown(path))} was written by a newer digitd; use that one, "
                "or name another folder"
            )

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing is pending, every change was committed."""
        self._db.close()

    def new_id(self) -> str:
        """A random id whose first characters no other arrival has."""
        while True:
            candidate = self._random_id()
            short = candidate[:SHORT]
            taken = self._db.execute("SELECT 1 FROM arrivals WHERE substr(id, 1, 8) = ?", (short,))
            if short not in self._issued and taken.fetchone() is None:
                self._issued.add(short)
                return candidate

    def fates(self, source: Source) -> list[Fate]:
        """What became of this very state of a file; empty if it was never seen."""
        found = self._db.execute(
            "SELECT sha256, reason FROM arrivals WHERE source = ? AND size = ? AND mtime_ns = ?",
            (source.path, source.size, source.mtime_ns),
        )
        return [Fate(row["sha256"], row["reason"] and Reason(row["reason"])) for row in found]

    def original(self, sha256: str, model: str) -> Result | None:
        """What this model version read the first time it met this content."""
        found = self._select("sha256 = ? AND model = ? AND duplicate_of IS NULL", (sha256, model))
        return next((arrival.result for arrival in found), None)

    def record(self, arrivals: Sequence[Arrival]) -> None:
        """Commit arrivals with their results: from here on, they exist."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO arrivals (id, file, source, size, mtime_ns, sha256, model, state,"
                " status, reason, duplicate_of, digits, document, rows, artifacts, in_lines)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'recorded', ?, ?, ?, ?, ?, ?, ?, ?)",
                [_values(arrival) for arrival in arrivals],
            )

    def unpublished(self) -> list[Arrival]:
        """Recorded arrivals that do not yet stand in the results folder, in order."""
        return list(self._select("state = 'recorded'", ()))

    def publish(self, arrivals: Iterable[Arrival], vouchers: Iterable[Voucher]) -> None:
        """Commit that these arrivals stand in the results folder, and how long its files are."""
        with self._transaction():
            self._db.executemany(
                "UPDATE arrivals SET state = 'published' WHERE number = ?",
                [(arrival.number,) for arrival in arrivals],
            )
            self._vouch(vouchers)

    def vouch(self, voucher: Voucher) -> None:
        """Commit how long a file of rows is."""
        with self._transaction():
            self._vouch([voucher])

    def vouchers(self, suffix: str) -> list[Voucher]:
        """What is vouched for of the files of rows with this suffix, oldest first."""
        found = self._db.execute("SELECT * FROM sheets WHERE suffix = ? ORDER BY rowid", (suffix,))
        return [Voucher(row["name"], row["first"], row["length"], row["sha256"]) for row in found]

    def published_since(self, number: int) -> Iterator[Arrival]:
        """Published arrivals from a number on, in order."""
        return self._select("state = 'published' AND number >= ?", (number,))

    def _select(self, condition: str, values: tuple[object, ...]) -> Iterator[Arrival]:
        rows = self._db.execute(f"SELECT * FROM arrivals WHERE {condition} ORDER BY number", values)
        with closing(rows):
            yield from map(_arrival, rows)

    def _vouch(self, vouchers: Iterable[Voucher]) -> None:
        self._db.executemany(
            "INSERT INTO sheets (name, suffix, first, length, sha256) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET length = excluded.length, sha256 = excluded.sha256",
            [(v.name, Path(v.name).suffix, v.first, v.length, v.sha256) for v in vouchers],
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._blaming_the_disk():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _blaming_the_disk(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # a bug of ours
        except sqlite3.DatabaseError as error:
            raise OutputUnwritable(
                f"cannot use the journal {printable(shown(self._path))}: {error}; mend that and "
                "run the same command again, or name another folder"
            ) from error


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
        result.status,
        result.reason,
        result.duplicate_of,
        result.digits,
        result.document,
        result.rows,
        json.dumps(arrival.artifacts),
        arrival.in_lines,
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
        number=row["number"],
    )
