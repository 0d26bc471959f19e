"""The journal's file: SQLite, every commit on the disk before it returns.

`claims` holds what was taken out of the inbox and has no result yet, `arrivals` the results; an
arrival goes on from `recorded` to `published` and, in the daemon, to `archived`. `retried` are
rejected ones that a person sent back to the inbox: they are new claims when they come again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ..errors import OutputUnwritable
from .names import printable, shown

_VERSION = 4
_LEAST_ROOM = 65_536  # bytes: SQLite's shared memory grows by half of it
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)  # of the error's code the low byte
_PARTIAL = """
CREATE INDEX arrivals_original ON arrivals (sha256, model) WHERE duplicate_of IS NULL;
CREATE INDEX arrivals_reason ON arrivals (state) WHERE reason IS NOT NULL;
"""  # they hold few of many: copies of a scan, and what is wrong with none, are left out
_SCHEMA = f"""
CREATE TABLE claims (
    number       INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    file         TEXT NOT NULL,        -- as shown
    source       BLOB NOT NULL,        -- absolute path: bytes, for it need not be valid text
    size         INTEGER NOT NULL,
    mtime_ns     INTEGER NOT NULL,
    state        TEXT NOT NULL,        -- claiming, claimed
    attempts     INTEGER NOT NULL      -- how often reading it was begun
);
CREATE TABLE arrivals (
    number       INTEGER PRIMARY KEY,  -- order of results, which is the order of rows in the CSV
    id           TEXT NOT NULL UNIQUE,
    file         TEXT NOT NULL,        -- as above
    source       BLOB NOT NULL,
    size         INTEGER NOT NULL,
    mtime_ns     INTEGER NOT NULL,
    sha256       TEXT,                 -- NULL: its bytes could not be read
    model        TEXT NOT NULL,        -- the version in use, also where it was not asked
    folder       TEXT NOT NULL,        -- results folder below the outbox; batch has only ''
    state        TEXT NOT NULL,        -- recorded, published, archived, retrying, retried
    status       TEXT NOT NULL,
    reason       TEXT,
    duplicate_of TEXT,
    digits       INTEGER NOT NULL,
    document     TEXT NOT NULL,
    rows         TEXT NOT NULL,
    artifacts    TEXT NOT NULL,        -- JSON list of its files in the results folder
    original     TEXT,                 -- where the original goes, relative to the results folder
    in_lines     INTEGER NOT NULL,     -- whether its document stands in readings.jsonl
    hints        TEXT NOT NULL DEFAULT ''  -- that it was read with
);
CREATE UNIQUE INDEX arrivals_short ON arrivals (substr(id, 1, 8));
CREATE INDEX arrivals_source ON arrivals (source);
CREATE INDEX arrivals_state ON arrivals (state, status);
{_PARTIAL}
CREATE TABLE sheets (
    folder TEXT NOT NULL,
    name   TEXT NOT NULL,              -- readings.csv, readings-2.csv, readings.jsonl
    suffix TEXT NOT NULL,
    first  INTEGER NOT NULL,           -- number of the first arrival that stands in it
    length INTEGER NOT NULL,           -- bytes vouched for
    sha256 TEXT NOT NULL,              -- of those bytes
    PRIMARY KEY (folder, name)
);
CREATE TABLE seen (total INTEGER NOT NULL);  -- claims ever made and not taken back
INSERT INTO seen VALUES (0);
"""
_UPGRADES = {  # from a version to the next
    2: "ALTER TABLE arrivals ADD COLUMN hints TEXT NOT NULL DEFAULT '';",
    3: f"DROP INDEX arrivals_content; {_PARTIAL}",
}


def _upgrade(version: int) -> str:
    """What makes the journal of an older digitd one of ours; nothing where that cannot be."""
    steps = range(version, _VERSION) if version in _UPGRADES else ()
    return "".join(_UPGRADES[step] for step in steps)


def _blame_the_disk(error: sqlite3.DatabaseError, path: Path) -> NoReturn:
    """Raise an error of the disk as one that names the journal and the way out."""
    if isinstance(error, sqlite3.IntegrityError):
        raise error  # a bug of ours
    code, said = getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error)
    if code == sqlite3.SQLITE_IOERR and _is_full(path.parent):
        said = "no space left on its disk"
    way_out = (
        "mend that, or become a user who may write there, and run the same command again, or name "
        "another folder"
    )
    if code in _DAMAGED:
        way_out = (
            "put a copy of it back, or move it away with what is called like it (-wal, -shm): "
            "results stay where they are, but digitd no longer knows of them"
        )
    raise OutputUnwritable(
        f"cannot use the journal {printable(shown(path))}: {said}; {way_out}"
    ) from error


def _is_full(folder: Path) -> bool:
    """Whether its disk has no room for what SQLite keeps beside the journal."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _LEAST_ROOM


@contextmanager
def _blaming_the_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        _blame_the_disk(error, path)


class _Connection(sqlite3.Connection):
    """A connection to the journal at `path`. What is asked blames the disk by itself: who asks
    outside a transaction need not think of it."""

    path = Path()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Ask, or change."""
        try:
            return self.cursor(_Cursor).execute(sql, parameters)
        except sqlite3.DatabaseError as error:
            _blame_the_disk(error, self.path)


class _Cursor(sqlite3.Cursor):
    """An answer: SQLite reads the disk while rows are drawn from it, not only when it is asked.
    (No context managers here: they take as long as a question.)"""

    def __next__(self) -> Any:
        """The next row."""
        try:
            return super().__next__()
        except sqlite3.DatabaseError as error:
            _blame_the_disk(error, self._path)

    def fetchone(self) -> Any:
        """The next row, None after the last."""
        try:
            return super().fetchone()
        except sqlite3.DatabaseError as error:
            _blame_the_disk(error, self._path)

    @property
    def _path(self) -> Path:
        assert isinstance(self.connection, _Connection)
        return self.connection.path


class Database:
    """The file at `path`, made when it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with ExitStack() as refused, _blaming_the_disk(path):
            self.connection = sqlite3.connect(path, isolation_level=None, factory=_Connection)
            refused.callback(self.connection.close)
            self.connection.path = path
            self.connection.row_factory = sqlite3.Row
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
            version = self._version()
            change = _SCHEMA if version == 0 else _upgrade(version)
            if change:
                self._make_ours(change)
            elif version != _VERSION:
                age = "a newer" if version > _VERSION else "an older"
                raise OutputUnwritable(
                    f"{printable(shown(path))} was written by {age} digitd; use that one, "
                    "or name another folder"
                )
            refused.pop_all()

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def _make_ours(self, change: str) -> None:
        """Change the schema, unless another process does so in this moment."""
        try:
            self.connection.executescript(
                f"BEGIN IMMEDIATE; {change} PRAGMA user_version = {_VERSION}; COMMIT"
            )
        except sqlite3.OperationalError:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if self._version() != _VERSION:
                raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit at the end of the block, and not at all when it raises."""
        with _blaming_the_disk(self._path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read what there is at one moment: the file is locked once, not for every question."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:  # an error of the disk ends it by itself
                self.connection.execute("COMMIT")
