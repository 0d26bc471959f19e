from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.errors import OutputUnwritable
from daemon.records import Reading, Reason, Rejection, Status
from daemon.spool.claims import Source
from daemon.spool.database import Database
from daemon.spool.document import copied_result, result_of
from daemon.spool.journal import Arrival, Fate, Journal, Voucher

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOURCE = Source(b"/in/a\xff.png", 10, 1_700_000_000_123_456_789)
ONE, TWO = "1" * 32, "2" * 32


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db") as journal:
        yield journal


@pytest.fixture
def arrival(reading: Callable[..., Reading]) -> Arrival:
    result = result_of(reading("42", scan_id=ONE), NOON)
    return Arrival(ONE, "a.png", SOURCE, "ab" * 32, "test-1", result, ("json/a.json",), True)


def test_what_is_recorded_comes_back_complete(journal: Journal, arrival: Arrival) -> None:
    journal.record([arrival])
    (found,) = journal.unpublished()
    assert found.number == 1
    assert (found.result, found.source, found.artifacts, found.in_lines) == (
        arrival.result,
        SOURCE,
        ("json/a.json",),
        True,
    )


def test_what_is_published_is_no_longer_waiting(journal: Journal, arrival: Arrival) -> None:
    journal.record([arrival])
    found = journal.unpublished()
    journal.publish(found, [Voucher("readings.csv", 1, 100, "cd")])
    assert journal.unpublished() == []
    assert [published.id for published in journal.published_since(1)] == [ONE]
    assert journal.vouchers(".csv") == [Voucher("readings.csv", 1, 100, "cd")]
    assert journal.vouchers(".jsonl") == []


def test_a_batch_is_recorded_whole_or_not_at_all(journal: Journal, arrival: Arrival) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        journal.record([arrival, arrival])
    assert journal.unpublished() == []


def test_a_later_voucher_replaces_the_length_and_keeps_the_beginning(journal: Journal) -> None:
    journal.vouch(Voucher("readings.csv", 1, 100, "ab"))
    journal.vouch(Voucher("readings-2.csv", 7, 50, "cd"))
    journal.vouch(Voucher("readings.csv", 5, 200, "ef"))
    assert journal.vouchers(".csv") == [
        Voucher("readings.csv", 1, 200, "ef"),
        Voucher("readings-2.csv", 7, 50, "cd"),
    ]


def test_an_id_shares_its_first_characters_with_no_other(tmp_path: Path, arrival: Arrival) -> None:
    ids = iter([ONE, f"{'1' * 8}{'3' * 24}", TWO, f"{'2' * 8}{'3' * 24}", "4" * 32])
    with Journal(tmp_path / "journal.db", lambda: next(ids)) as journal:
        journal.record([arrival])  # has taken the first
        assert journal.new_id() == TWO
        assert journal.new_id() == "4" * 32


def test_a_fate_belongs_to_one_state_of_a_file(journal: Journal, arrival: Arrival) -> None:
    rejection = Rejection(TWO, "b.png", None, Reason.NO_PERMISSION, "?")
    source = Source(b"/in/b.png", 5, 5)
    blocked = Arrival(TWO, "b.png", source, None, "test-1", result_of(rejection, NOON))
    journal.record([arrival, blocked])
    assert journal.fates(SOURCE) == [Fate("ab" * 32, Status.READ, None)]
    assert journal.fates(source) == [Fate(None, Status.REJECTED, Reason.NO_PERMISSION)]
    assert journal.fates(Source(SOURCE.path, SOURCE.size, 1)) == []


def test_the_original_is_the_first_with_that_content_and_model(
    journal: Journal, arrival: Arrival
) -> None:
    copied = copied_result(arrival.result, TWO, "b.png", NOON)
    copy = Arrival(TWO, "b.png", SOURCE, "ab" * 32, "test-1", copied)
    journal.record([arrival, copy])
    original = journal.original("ab" * 32, "test-1")
    assert original is not None
    assert original.result == arrival.result
    assert journal.original("ab" * 32, "test-2") is None
    assert journal.original("cd" * 32, "test-1") is None
    asked = [("ab" * 32, "test-1"), ("ab" * 32, "test-2"), ("cd" * 32, "test-1")]
    assert [journal.has_original(*each, "") for each in asked] == [True, False, False]
    assert not journal.has_original("ab" * 32, "test-1", "digits=5-5")


def test_the_journal_outlives_its_process(tmp_path: Path, arrival: Arrival) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        journal.record([arrival])
    with Journal(tmp_path / "journal.db") as journal:
        assert [found.id for found in journal.unpublished()] == [ONE]


def test_every_commit_waits_for_the_disk(journal: Journal) -> None:
    settings = {
        name: journal._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2}


def test_what_is_no_journal_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("a shopping list\n" * 100)
    with pytest.raises(OutputUnwritable, match="file is not a database"):
        Journal(path)
    assert path.read_text() == "a shopping list\n" * 100


def test_the_journal_of_a_newer_digitd_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(OutputUnwritable, match="newer digitd"):
        Journal(path)


def test_the_journal_of_an_older_digitd_is_taken_over(tmp_path: Path, arrival: Arrival) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.record([arrival])
    made = schema(path)
    for version in (3, 2):
        with sqlite3.connect(path) as db:
            db.execute("DROP INDEX arrivals_original")
            db.execute("DROP INDEX arrivals_reason")
            db.execute("CREATE INDEX arrivals_content ON arrivals (sha256)")
            if version == 2:
                db.execute("ALTER TABLE arrivals DROP COLUMN hints")
            db.execute(f"PRAGMA user_version = {version}")
        db.close()
        for _ in range(2):
            with Journal(path) as journal:
                assert journal.has_original("ab" * 32, "test-1", "")
                assert not journal.has_original("ab" * 32, "test-1", "digits=5-5")
        assert schema(path) == made


def test_of_two_processes_that_take_over_a_journal_one_is_faster(
    tmp_path: Path, arrival: Arrival, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.record([arrival])
    monkeypatch.setattr(Database, "_version", old_at_first(3))
    with Journal(path) as journal:
        assert journal.has_original("ab" * 32, "test-1", "")
    monkeypatch.setattr(Database, "_version", old_at_first(3, 3))
    with pytest.raises(OutputUnwritable, match="no such index"):
        Journal(path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists what is open")
def test_a_journal_that_is_refused_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("no journal, but a letter to somebody who waits for it" * 20)
    with pytest.raises(OutputUnwritable) as refused:
        Journal(path)
    assert refused.value.__traceback__, "it keeps what it came from"
    opened = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert path not in opened


def old_at_first(*versions: int) -> Callable[[Database], int]:
    """What tells these versions of a journal that is of ours."""
    told = iter(versions)
    return lambda _: next(told, 4)


def schema(path: Path) -> list[tuple[str, ...]]:
    """The version of a journal, the columns of its results, and its indexes."""
    db = sqlite3.connect(path)
    columns = db.execute("SELECT name, type FROM pragma_table_info('arrivals')").fetchall()
    indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY 1")
    found = [*db.execute("PRAGMA user_version"), *columns, *indexes]
    db.close()
    return found


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda journal: journal.original("ab" * 32, "test-1"), "arrivals_original"),
        (lambda journal: journal.has_original("ab" * 32, "test-1", ""), "arrivals_original"),
        (lambda journal: journal.rejected(), "arrivals_reason"),
    ],
)
def test_among_many_copies_and_readings_the_few_that_are_asked_for_are_found_at_once(
    journal: Journal, ask: Callable[[Journal], object], index: str
) -> None:
    asked: list[str] = []
    journal._db.set_trace_callback(asked.append)
    ask(journal)
    journal._db.set_trace_callback(None)
    (plan, *_) = journal._db.execute(f"EXPLAIN QUERY PLAN {asked[0]}")
    assert f"INDEX {index} (" in plan["detail"]


def test_questions_at_one_moment_do_not_see_what_is_recorded_meanwhile(
    journal: Journal, arrival: Arrival, tmp_path: Path
) -> None:
    with Journal(tmp_path / "journal.db") as other:
        with journal.at_one_moment():
            assert not journal.fates(SOURCE)
            other.record([arrival])
            assert not journal.fates(SOURCE)
        assert journal.fates(SOURCE)
