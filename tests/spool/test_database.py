from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon.errors import OutputUnwritable
from daemon.spool.claims import OpenClaim, Source
from daemon.spool.journal import Journal

PAGE = 4096  # bytes, as SQLite has them by default; the first page holds the schema
QUESTIONS: dict[str, Callable[[Journal], object]] = {
    "claims": lambda journal: journal.claims.open(),
    "waiting": lambda journal: journal.unpublished(),
    "balance": lambda journal: journal.balance(),
    "known": lambda journal: journal.knows("1" * 8),
    "vouchers": lambda journal: journal.vouchers(".csv"),
}


def claims(total: int) -> list[OpenClaim]:
    ids = [f"{number:08x}" * 4 for number in range(total)]
    return [OpenClaim(each, "a" * 1000, Source(b"/in/a", 1, 1)) for each in ids]


def damage(path: Path, start: int) -> None:
    """Overwrite all that stands in a file from there on."""
    data = path.read_bytes()
    assert len(data) > start
    path.write_bytes(data[:start] + b"\xff" * (len(data) - start))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_that_the_disk_cannot_answer_blames_the_disk(
    tmp_path: Path, question: str
) -> None:
    path = tmp_path / "journal.db"
    Journal(path).close()
    damage(path, PAGE)
    with (
        Journal(path) as journal,
        pytest.raises(
            OutputUnwritable, match=r"cannot use the journal .*journal\.db: .*malformed; put a"
        ),
    ):
        QUESTIONS[question](journal)


@pytest.mark.parametrize("draw", [list, lambda rows: list(iter(rows.fetchone, None))])
def test_rows_that_cannot_be_read_any_more_blame_the_disk(
    tmp_path: Path, draw: Callable[[sqlite3.Cursor], object]
) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.claims.begin(claims(100))
    damage(path, path.stat().st_size - 20 * PAGE)
    with Journal(path) as journal:
        rows = journal._db.execute("SELECT file FROM claims ORDER BY number")
        assert next(rows)["file"] == "a" * 1000
        with pytest.raises(OutputUnwritable, match=r"journal\.db: .*malformed"):
            draw(rows)


@pytest.mark.parametrize(
    ("code", "free", "told"),
    [
        (sqlite3.SQLITE_IOERR | 18 << 8, 15, "no space left on its disk"),  # SHMOPEN
        (sqlite3.SQLITE_IOERR, 16, "disk I/O error"),
        (sqlite3.SQLITE_READONLY, 0, "disk I/O error"),
    ],
)
def test_an_error_of_a_full_disk_says_that_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, free: int, told: str
) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    disk = SimpleNamespace(f_bavail=free, f_frsize=4096)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    with Journal(tmp_path / "journal.db") as journal:
        database = journal._database
        with (
            pytest.raises(OutputUnwritable, match=rf"journal\.db: {told}; mend that"),
            database.transaction(),
        ):
            raise error


def test_what_fails_at_one_moment_leaves_no_transaction_open(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal(path).close()
    damage(path, PAGE)
    with Journal(path) as journal:
        with pytest.raises(OutputUnwritable), journal.at_one_moment():
            journal.balance()
        assert not journal._db.in_transaction


def test_a_question_that_is_wrong_in_itself_is_a_bug(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        journal.claims.begin(claims(1))
        with pytest.raises(sqlite3.IntegrityError):
            journal._db.execute(
                "INSERT INTO claims SELECT number + 1, id, file, source, size,"
                " mtime_ns, state, attempts FROM claims"
            )
