from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.errors import ConfigInvalid, OutputUnwritable
from daemon.records import Reading
from daemon.spool.claims import OpenClaim, Source
from daemon.spool.document import result_of
from daemon.spool.journal import Arrival, Journal
from daemon.spool.lock import hold, holder
from daemon.spool.place import Place, refuse_overlaps

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOURCE = Source(b"/in/a\xff.png", 10, 5)
ONE, TWO = OpenClaim("1" * 32, "a.png", SOURCE), OpenClaim("2" * 32, "b.png", SOURCE)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db") as journal:
        yield journal


def test_a_claim_is_open_until_its_result_is_recorded(
    journal: Journal, reading: Callable[..., Reading]
) -> None:
    journal.claims.begin([ONE, TWO])
    assert journal.claims.open() == [ONE, TWO]
    result = result_of(reading("42", scan_id=ONE.id), NOON)
    arrival = Arrival(ONE.id, ONE.file, SOURCE, "ab" * 32, "m", result, folder="2026-11-21")
    journal.record([arrival])
    assert journal.claims.open() == [TWO]
    assert journal.unfinished_folders() == journal.folders() == ["2026-11-21"]
    assert journal.unpublished() == []
    balance = journal.balance()
    assert (balance.seen, balance.in_work, balance.is_even) == (2, 2, True)
    journal.publish([arrival], [])
    (published,) = journal.unarchived()
    journal.archive([published])
    assert (journal.balance().done, journal.unarchived()) == (1, [])


def test_attempts_are_counted_until_they_are_absolved(journal: Journal) -> None:
    journal.claims.begin([ONE, TWO])
    journal.claims.moved([ONE.id])
    journal.claims.attempted([ONE.id])
    journal.claims.attempted([ONE.id, TWO.id])
    assert journal.claims.open() == [
        replace(ONE, is_moved=True, attempts=2),
        replace(TWO, attempts=1),
    ]
    journal.claims.absolve()
    assert [claim.attempts for claim in journal.claims.open()] == [0, 0]


def test_what_is_forgotten_was_never_seen(journal: Journal) -> None:
    journal.claims.begin([ONE, TWO])
    journal.claims.forget([ONE.id, "9" * 32])
    assert journal.claims.open() == [TWO]
    assert journal.balance().seen == 1
    journal.claims.forget([])
    assert journal.balance().seen == 1


def test_an_id_is_taken_from_the_claim_on(journal: Journal) -> None:
    assert not journal.knows("1" * 8)
    journal.claims.begin([ONE])
    assert journal.knows("1" * 8)


def test_a_place_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    place = Place(tmp_path / "inbox")
    place.check()
    (tmp_path / "inbox").rmdir()
    with pytest.raises(OutputUnwritable, match="inbox is gone"):
        place.check()


def test_a_mount_point_without_its_disk_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os.path, "ismount", lambda _: True)
        place = Place(tmp_path)
        place.check()
    with pytest.raises(OutputUnwritable, match="no longer mounted"):
        place.check()


def test_folders_beside_each_other_are_fine(tmp_path: Path) -> None:
    refuse_overlaps({"inbox": tmp_path / "in", "outbox": tmp_path / "in-out"})


def test_a_link_does_not_hide_that_one_folder_is_in_another(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(ConfigInvalid, match=r"outbox .* lies inside inbox"):
        refuse_overlaps({"inbox": tmp_path / "in", "outbox": tmp_path / "link" / "out"})


def test_the_holder_of_a_folder_is_known_as_long_as_it_lives(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    with hold(tmp_path):
        assert holder(tmp_path) == os.getpid()
    assert holder(tmp_path) is None
