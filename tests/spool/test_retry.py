from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.errors import InputMissing, OutputUnwritable, UsageError
from daemon.records import Reason, Rejection
from daemon.spool import inbox
from daemon.spool.claims import Source
from daemon.spool.document import result_of
from daemon.spool.export import export
from daemon.spool.inbox import Inbox
from daemon.spool.journal import Arrival, Journal
from daemon.spool.retry import retry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = "2026-11-21"


class Shelf:
    """Rejected scans with their originals."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.inbox = Inbox(folder / "inbox")
        self.outbox = folder / "outbox"
        self.journal = journal
        self.inbox.folder.mkdir()
        self.inbox.create()
        (self.outbox / DAY / "rejected").mkdir(parents=True)

    def reject(self, scan_id: str, file: str) -> Arrival:
        home = self.inbox.folder / file
        rejection = Rejection(scan_id, file, "cd" * 32, Reason.KILLED_WORKER, "?")
        arrival = Arrival(
            id=scan_id,
            file=file,
            source=Source(os.fsencode(home), 1, 1),
            sha256="cd" * 32,
            model="m",
            result=result_of(rejection, NOON),
            artifacts=(f"rejected/{scan_id}.reason.json",),
            folder=DAY,
            original=f"rejected/{scan_id}.png",
        )
        (self.outbox / DAY / f"rejected/{scan_id}.png").write_text(scan_id)
        self.journal.record([arrival])
        self.journal.publish([arrival], [])
        self.journal.archive([arrival])
        return arrival

    def retry(self, *ids: str) -> list[str]:
        return [each.id for each in retry(self.journal, self.inbox, self.outbox, ids or None)]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Journal(tmp_path / "journal.db") as journal:
        yield Shelf(tmp_path, journal)


def cross_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the inbox lie on another disk than the outbox."""
    rename = inbox._rename_exclusively

    def cross(source: Path, target: Path) -> None:
        if source.parent != target.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target)

    monkeypatch.setattr(inbox, "_rename_exclusively", cross)


def test_a_rejected_scan_goes_back_to_where_it_lay(shelf: Shelf) -> None:
    shelf.reject("1" * 32, "x/a.png")
    shelf.reject("2" * 32, "b.png")
    assert shelf.retry("1" * 8) == ["1" * 32]
    assert (shelf.inbox.folder / "x" / "a.png").read_text() == "1" * 32
    balance = shelf.journal.balance()
    assert (balance.rejected, balance.retried, balance.is_even) == (1, 1, True)
    assert shelf.retry() == ["2" * 32]


def test_what_was_retried_is_known_no_more(shelf: Shelf) -> None:
    arrival = shelf.reject("1" * 32, "a.png")
    shelf.retry()
    assert shelf.journal.original("cd" * 32, "m") is None
    assert shelf.journal.fates(arrival.source) == []
    assert shelf.retry() == []


def test_nothing_in_the_inbox_is_overwritten(shelf: Shelf) -> None:
    shelf.reject("1" * 32, "a.png")
    (shelf.inbox.folder / "a.png").write_text("new")
    shelf.retry()
    assert (shelf.inbox.folder / "a.png").read_text() == "new"
    assert (shelf.inbox.folder / f"{'1' * 32}.png").read_text() == "1" * 32


def test_an_original_that_cannot_go_back_keeps_no_other_from_it(shelf: Shelf) -> None:
    shelf.reject("1" * 32, "x/a.png")
    shelf.reject("2" * 32, "b.png")
    (shelf.inbox.folder / "x").write_text("a file by now")
    with pytest.raises(OutputUnwritable, match=r"1 of 2 could not go back .* 11111111 x/a\.png: "):
        shelf.retry()
    assert (shelf.inbox.folder / "b.png").read_text() == "2" * 32
    assert shelf.journal.balance().retried == 1
    (shelf.inbox.folder / "x").unlink()
    assert shelf.retry() == ["1" * 32]


def test_an_original_that_somebody_removed_is_left_out(shelf: Shelf) -> None:
    shelf.reject("1" * 32, "a.png")
    (shelf.outbox / DAY / f"rejected/{'1' * 32}.png").unlink()
    assert shelf.retry() == []
    assert shelf.journal.balance().rejected == 1


def test_an_unknown_id_is_named(shelf: Shelf) -> None:
    with pytest.raises(InputMissing, match="no rejected scan has the id 99"):
        shelf.retry("99")


def test_nothing_goes_back_while_the_disk_of_the_inbox_is_away(shelf: Shelf) -> None:
    shelf.reject("1" * 32, "x/a.png")
    shelf.inbox.claimed.rmdir()
    with pytest.raises(InputMissing, match=r"no folder .*/inbox/\.claimed: mount the disk"):
        shelf.retry()
    assert list(shelf.inbox.folder.iterdir()) == []
    shelf.inbox.create()
    assert shelf.retry() == ["1" * 32]


@pytest.mark.parametrize("is_link", [True, False])
def test_nothing_goes_back_to_where_nobody_looks(shelf: Shelf, is_link: bool) -> None:
    shelf.reject("1" * 32, "x/a.png")
    elsewhere = shelf.outbox / "elsewhere"
    elsewhere.mkdir()
    if is_link:
        (shelf.inbox.folder / "x").symlink_to(elsewhere)
    else:
        shelf.inbox = Inbox(elsewhere)
        shelf.inbox.create()
    with pytest.raises(UsageError, match=r"11111111 x/a\.png lay outside .*/rejected/1+\.png$"):
        shelf.retry()
    assert shelf.journal.balance().rejected == 1
    assert list(elsewhere.glob("*.png")) == []
    assert (shelf.outbox / DAY / f"rejected/{'1' * 32}.png").exists()


def test_an_inbox_may_be_known_by_another_name_by_now(shelf: Shelf, tmp_path: Path) -> None:
    shelf.reject("1" * 32, "x/a.png")
    (tmp_path / "link").symlink_to(shelf.inbox.folder)
    shelf.inbox = Inbox(tmp_path / "link")
    assert shelf.retry() == ["1" * 32]


def test_a_crash_between_is_finished_by_the_next_call(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.reject("1" * 32, "a.png")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "retried", lambda *_: None)
        shelf.retry()
    assert shelf.journal.balance().retried == 0
    shelf.retry()
    assert shelf.journal.balance().retried == 1
    assert (shelf.inbox.folder / "a.png").exists()


def test_an_inbox_on_another_disk_gets_a_copy(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    cross_disks(monkeypatch)
    shelf.reject("1" * 32, "a.png")
    (shelf.inbox.folder / f".{'1' * 32}.png.tmp").write_text("left by a crash")
    shelf.retry()
    (back,) = (path for path in shelf.inbox.folder.iterdir() if path != shelf.inbox.claimed)
    assert (back.name, back.read_text()) == ("a.png", "1" * 32)
    assert list((shelf.outbox / DAY / "rejected").iterdir()) == []


def test_a_copy_from_another_disk_overwrites_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    cross_disks(monkeypatch)
    shelf.reject("1" * 32, "a.png")
    (shelf.inbox.folder / "a.png").symlink_to("nothing")
    shelf.retry()
    assert (shelf.inbox.folder / "a.png").is_symlink()
    assert (shelf.inbox.folder / f"{'1' * 32}.png").read_text() == "1" * 32


def test_a_scan_of_another_user_goes_back_too(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")  # fs.protected_hardlinks

    monkeypatch.setattr(os, "link", forbid)
    for number, renameat2 in enumerate((inbox._renameat2, lambda: None)):
        monkeypatch.setattr(inbox, "_renameat2", renameat2)
        scan_id = f"{number}" * 32
        shelf.reject(scan_id, f"{number}.png")
        assert shelf.retry() == [scan_id]
        assert (shelf.inbox.folder / f"{number}.png").read_text() == scan_id


def test_an_export_gives_all_again(shelf: Shelf, tmp_path: Path) -> None:
    arrivals = [shelf.reject("1" * 32, "a.png"), shelf.reject("2" * 32, "b.png")]
    assert export(shelf.journal, tmp_path / "out") == 2
    header, *rows = (tmp_path / "out" / DAY / "readings.csv").read_bytes().splitlines(True)
    assert header.startswith(b"file,page,")
    assert b"".join(rows).decode() == "".join(arrival.result.rows for arrival in arrivals)
    reason = tmp_path / "out" / DAY / arrivals[0].artifacts[0]
    assert reason.read_text() == f"{arrivals[0].result.document}\n"
    assert not (tmp_path / "out" / DAY / "readings.jsonl").exists()


def test_an_export_overwrites_nothing(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(UsageError, match="not empty"):
        export(shelf.journal, tmp_path / "out")
