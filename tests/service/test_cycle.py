"""The steps of a batch in this process, with a reader that reads what the bytes say."""

from __future__ import annotations

import csv
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fake_reader
import pytest
from aftermath import problems
from crashes import Crash

from daemon.errors import OutputUnwritable, StateHeld
from daemon.records import Expected, Hints, Outcome, Scan
from daemon.service import cycle as cycles
from daemon.service.cycle import TOGETHER, Cycle, CycleSettings
from daemon.service.workers import DEATHS
from daemon.spool import durable, originals
from daemon.spool.claims import OpenClaim
from daemon.spool.inbox import Found, Inbox, source_of
from daemon.spool.journal import Journal
from daemon.spool.lock import occupy
from daemon.spool.retry import retry
from daemon.spool.steps import Step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class House:
    """Inbox, outbox and journal below `folder`, and what the reader was asked."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.inbox = Inbox(folder / "inbox")
        for name in ("inbox/.claimed", "outbox", "state"):
            (folder / name).mkdir(parents=True)
        self.locks = stack.enter_context(ExitStack())
        self.journal = stack.enter_context(Journal(folder / "state" / "journal.db"))
        self.settings = CycleSettings(model="fake-1")
        self.now = NOON
        self.asked: list[list[str]] = []
        self.drops: dict[str, bytes] = {}
        self.on: dict[Step, Callable[[], None]] = {}
        self.on_read: Callable[[], None] = lambda: None
        self.hints: Hints | None = Hints()

    def cycle(self) -> Cycle:
        return Cycle(
            self.inbox,
            self.folder / "outbox",
            self.journal,
            self.settings,
            self._read,
            locks=self.locks,
            clock=lambda: self.now,
            hints_of=lambda _: self.hints,
            reached=lambda step: self.on.get(step, lambda: None)(),
        )

    def _read(self, scans: Sequence[Scan]) -> list[Outcome]:
        self.asked.append([scan.file for scan in scans])
        self.on_read()
        return fake_reader.read(scans)

    def put(self, **contents: str) -> list[Found]:
        for name, content in contents.items():
            path = self.inbox.folder / f"{name}.png"
            path.write_text(content)
            self.drops[path.name] = content.encode()
        return self.found()

    def found(self) -> list[Found]:
        found = [each for each in self.inbox.scan() if isinstance(each, Found)]
        return sorted(found, key=lambda each: each.path)

    def run(self, cycle: Cycle | None = None) -> None:
        """Recover, and read all that lies in the inbox."""
        cycle = cycle or self.cycle()
        if waiting := cycle.recover():
            cycle.finish(waiting)
        if taken := cycle.claim(self.found()):
            cycle.finish(taken)

    def rows(self) -> list[dict[str, str]]:
        found = []
        for sheet in sorted((self.folder / "outbox").glob("2*/readings*.csv")):
            with sheet.open(newline="") as file:
                found += list(csv.DictReader(file))
        return found

    def cells(self, *columns: str) -> list[tuple[str, ...]]:
        return [tuple(row[column] for column in columns) for row in self.rows()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path, stack)


def test_a_scan_becomes_a_result_and_its_original_is_put_away(house: House) -> None:
    house.put(a="42", b="bad")
    house.run()
    day = house.folder / "outbox" / "2026-11-21"
    names = sorted(path.relative_to(day).parts for path in day.rglob("*.*"))
    assert [folder for folder, *_ in names] == [
        "annotated",
        "archive",
        "json",
        "json",
        "readings.csv",
        "rejected",
        "rejected",
    ]
    (archived,) = day.glob("archive/a.*.png")
    assert archived.read_text() == "42"
    assert problems(house.folder, house.drops) == []


def test_every_step_is_reached_in_order(house: House) -> None:
    reached: list[Step] = []
    house.on = {step: lambda step=step: reached.append(step) for step in Step}
    house.put(a="42")
    house.run()
    assert reached == list(Step)


@pytest.mark.parametrize("time_s", [-11_676_096_000, 10_413_792_000])
def test_a_file_of_the_year_1600_or_2300_is_one_like_others(house: House, time_s: int) -> None:
    house.settings = replace(house.settings, originals="keep")
    house.put(a="42", b="43")
    os.utime(house.inbox.folder / "a.png", (time_s, time_s))  # a disk may know nearer ones only
    house.run()
    assert sorted(house.cells("file", "text")) == [("a.png", "42"), ("b.png", "43")]
    assert all(house.journal.fates(source_of(each)) for each in house.found())


def test_files_of_the_same_name_are_two_arrivals(house: House) -> None:
    for content in ("1", "2"):
        house.put(a=content)
        house.run()
    assert house.cells("file", "text") == [("a.png", "1"), ("a.png", "2")]


def test_known_content_is_not_read_again_on_another_day_either(house: House) -> None:
    house.put(a="42")
    house.run()
    house.now += timedelta(days=1)
    house.put(b="42")
    house.run()
    first, second = house.rows()
    assert house.asked == [["a.png"]]
    assert second["duplicate_of"] == first["scan_id"]
    day = house.folder / "outbox" / "2026-11-22"
    (document,) = day.glob("json/b.png.*.json")
    (picture,) = json.loads(document.read_text())["annotated"]
    assert (day / picture).read_bytes() == b"picture of 42"


def test_known_content_is_read_again_with_other_hints(house: House) -> None:
    for digits in (4, 5, 4):
        house.hints = Hints(line=Expected(digits, digits))
        house.put(a="hints")
        house.run()
    (first, _, third) = house.rows()
    assert house.cells("text") == [("4",), ("5",), ("4",)]
    assert third["duplicate_of"] == first["scan_id"]


def test_a_claimed_scan_waits_in_the_inbox_while_its_hints_hold_mistakes(house: House) -> None:
    found = house.put(a="hints")
    cycle = house.cycle()
    taken = cycle.claim(found)
    house.hints = None
    assert cycle.finish(taken) == []
    assert (house.rows(), house.asked) == ([], [])
    assert [each.path.name for each in house.found()] == ["a.png"]
    assert house.journal.balance().seen == 0
    house.hints = Hints(line=Expected(4, 4))
    house.run()
    assert house.cells("text") == [("4",)]


def test_where_another_file_has_its_name_it_is_read_without_hints(house: House) -> None:
    cycle = house.cycle()
    taken = cycle.claim(house.put(a="hints"))
    house.put(a="7")
    house.hints = None
    cycle.finish(taken)
    assert house.cells("file", "text") == [("a.png", "0")]


def test_what_was_rejected_is_tried_again_when_it_comes_again(house: House) -> None:
    house.put(a="bad")
    house.run()
    house.put(b="bad")
    house.run()
    assert house.asked == [["a.png"], ["b.png"]]


def test_the_original_of_a_scan_with_a_rejected_page_waits_for_a_person(house: House) -> None:
    house.settings = replace(house.settings, originals="delete")
    house.put(a="half 42")
    house.run()
    day = house.folder / "outbox" / "2026-11-21"
    (original,) = day.glob("rejected/a.*.png")
    assert original.read_text() == "half 42"
    assert house.cells("page", "text", "status") == [("1", "42", "review"), ("2", "", "rejected")]
    balance = house.journal.balance()
    assert (balance.done, balance.rejected, balance.is_even) == (1, 0, True)
    (waiting,) = house.journal.rejected()
    assert retry(house.journal, house.inbox, house.folder / "outbox") == [waiting]
    assert house.journal.balance().is_even
    house.run()
    assert house.asked == [["a.png"], ["a.png"]]


def test_a_file_that_changed_since_it_settled_stays(house: House) -> None:
    found = house.put(a="42")
    (house.inbox.folder / "a.png").write_text("421")
    cycle = house.cycle()
    cycle.recover()
    assert cycle.claim(found) == []
    assert house.found() != []
    assert house.journal.balance().seen == 0


def test_a_file_that_is_gone_before_it_is_claimed_leaves_no_row(house: House) -> None:
    house.put(a="42", b="43")
    house.on[Step.CLAIMING] = (house.inbox.folder / "a.png").unlink
    house.run()
    assert house.cells("file") == [("b.png",)]
    assert house.journal.balance().is_even


def test_a_file_that_is_appended_to_while_claimed_waits_again(house: House) -> None:
    house.put(a="42")

    def append() -> None:
        (place,) = house.inbox.claimed.iterdir()
        with place.open("a") as file:
            file.write("43")

    house.on[Step.ATTEMPTED] = append
    house.run()
    assert house.rows() == []
    assert (house.inbox.folder / "a.png").read_text() == "4243"
    house.on.clear()
    house.run()
    assert house.cells("text") == [("4243",)]


def test_a_claimed_file_that_somebody_removes_leaves_no_row(house: House) -> None:
    house.put(a="42")
    house.on[Step.CLAIMED] = lambda: [path.unlink() for path in house.inbox.claimed.iterdir()]
    house.run()
    assert house.rows() == []
    assert house.journal.balance().seen == 0


@pytest.mark.parametrize("step", Step)
def test_a_full_disk_at_any_step_blames_no_scan_and_the_same_daemon_goes_on(
    house: House, step: Step
) -> None:
    failures = 0

    def fill() -> None:
        nonlocal failures
        failures += 1
        raise OutputUnwritable("no space")

    house.put(a="42", b="7", c="bad")
    house.on[step] = fill
    cycle = house.cycle()
    for _ in range(TOGETHER + DEATHS + 1):
        with suppress(OutputUnwritable):
            house.run(cycle)
        house.journal.claims.absolve()
    assert failures > 0
    house.on.clear()
    house.run(cycle)
    assert house.cells("text", "reason") == [("42", ""), ("7", ""), ("", "not_an_image")]
    assert problems(house.folder, house.drops) == []
    (sheet,) = (house.folder / "outbox").glob("*/readings*.csv")
    (voucher,) = house.journal.vouchers(".csv", sheet.parent.name)
    assert voucher.sha256 == hashlib.sha256(sheet.read_bytes()).hexdigest()
    house.put(d="1")
    house.run()  # a daemon that was started again goes on in the same file
    assert list((house.folder / "outbox").glob("*/readings*.csv")) == [sheet]
    assert house.cells("text")[-1] == ("1",)


def test_a_folder_that_is_gone_stops_everything_before_a_file_is_touched(house: House) -> None:
    found = house.put(a="42")
    cycle = house.cycle()
    cycle.recover()
    (house.folder / "outbox").rename(house.folder / "elsewhere")
    with pytest.raises(OutputUnwritable, match="outbox is gone"):
        cycle.claim(found)
    assert house.found() == found
    (house.folder / "elsewhere").rename(house.folder / "outbox")
    house.run(cycle)
    assert problems(house.folder, house.drops) == []


def disk_away(house: House) -> Callable[[], None]:
    """Leave of the inbox an empty mount point; what mounts its disk again."""
    disk = house.folder / "disk"
    house.inbox.folder.rename(disk)
    house.inbox.folder.mkdir()

    def mount() -> None:
        house.inbox.folder.rmdir()
        disk.rename(house.inbox.folder)

    return mount


@pytest.mark.parametrize("step", [Step.CLAIMED, Step.ATTEMPTED, Step.READ, Step.PUBLISHED])
def test_no_claim_is_forgotten_while_the_disk_of_the_inbox_is_away(
    house: House, step: Step
) -> None:
    mounts: list[Callable[[], None]] = []
    house.on[step] = lambda: mounts.append(disk_away(house))
    house.put(a="42", b="bad")
    cycle = house.cycle()
    for _ in range(3):
        with pytest.raises((OutputUnwritable, FileNotFoundError)):
            house.run(cycle)
        house.on.clear()
    for again in (cycle, house.cycle()):
        with pytest.raises(OutputUnwritable, match=r"inbox/\.claimed is gone.*mkdir .*/\.claimed"):
            again.recover()
    assert list(house.inbox.folder.iterdir()) == []
    assert house.journal.balance().in_work == 2
    (mount,) = mounts
    mount()
    house.run()
    assert problems(house.folder, house.drops) == []


def test_who_really_removed_the_claimed_files_makes_their_folder_anew(house: House) -> None:
    cycle = house.cycle()
    cycle.recover()
    cycle.claim(house.put(a="42"))
    shutil.rmtree(house.inbox.claimed)
    with pytest.raises(OutputUnwritable):
        house.run()
    house.inbox.claimed.mkdir()
    house.put(b="7")
    house.run()
    assert house.cells("file") == [("b.png",)]
    assert house.journal.balance().is_even


def test_a_folder_of_claimed_files_that_goes_while_it_is_empty_is_made_again(house: House) -> None:
    cycle = house.cycle()
    cycle.recover()
    found = house.put(a="42")
    house.inbox.claimed.rmdir()
    with pytest.raises(FileNotFoundError):
        cycle.claim(found)
    house.run(cycle)
    assert problems(house.folder, house.drops) == []


def test_a_claimed_file_whose_disk_fails_is_not_forgotten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lstat = Path.lstat

    def fail(path: Path) -> os.stat_result:
        if path.parent == house.inbox.claimed:
            raise OSError(errno.EIO, "Input/output error")
        return lstat(path)

    house.put(a="42")
    with monkeypatch.context() as patch:
        house.on[Step.ATTEMPTED] = lambda: patch.setattr(Path, "lstat", fail)
        with pytest.raises(OSError, match="Input/output error"):
            house.run()
    house.on.clear()
    assert house.rows() == []
    house.run()
    assert problems(house.folder, house.drops) == []


def test_a_file_that_cannot_be_moved_is_named_with_its_cure(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rename = Path.rename

    def forbid(path: Path, target: Path) -> Path:
        if path.name == "a.png":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return rename(path, target)

    caplog.set_level("INFO")
    house.put(a="42", b="43", c="44")
    house.on[Step.CLAIMING] = (house.inbox.folder / "b.png").unlink
    monkeypatch.setattr(Path, "rename", forbid)
    house.run()
    assert house.cells("file") == [("c.png",)]
    assert [record.message for record in caplog.records] == [
        "a.png is blocked: digitd cannot move it (Operation not permitted): mend that, then "
        "restart or reload",
        "1 files were taken by somebody else",
    ]


def test_a_batch_has_so_many_bytes_or_one_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycles, "MAX_BATCH_BYTES", 4)
    cycle = house.cycle()
    cycle.recover()
    found = house.put(a="12345", b="12", c="34", d="5")
    taken = [cycle.claim(found), cycle.claim(found[1:])]
    assert [[claim.file for claim in batch] for batch in taken] == [["a.png"], ["b.png", "c.png"]]


def test_claimed_files_without_a_journal_are_adopted(house: House) -> None:
    house.put(a="42")
    place = house.inbox.claimed / f"{'ab' * 16}~a.png"
    (house.inbox.folder / "a.png").rename(place)
    house.run()
    assert house.cells("file", "scan_id") == [("a.png", "ab" * 16)]
    assert problems(house.folder, house.drops) == []


def test_what_another_daemon_has_claimed_is_not_adopted(house: House) -> None:
    (house.inbox.claimed / f"{'ab' * 16}~a.png").write_text("42")
    with house.inbox.shared():
        assert house.cycle().recover() == []


def test_an_outbox_has_one_daemon(house: House) -> None:
    staged = house.folder / "outbox" / ".staging" / "a.json"
    staged.parent.mkdir()
    staged.touch()
    house.put(a="42")
    with (
        occupy(staged.parent),
        pytest.raises(StateHeld, match=r"another digitd is writing to .*outbox; end it"),
    ):
        house.run()
    assert staged.exists()
    house.run()
    assert problems(house.folder, house.drops) == []


def test_an_outbox_may_lie_on_a_disk_without_locks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lack(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", lack)
    house.put(a="42")
    house.run()
    assert problems(house.folder, house.drops) == []


def test_what_outlived_too_many_daemons_is_rejected_unread(house: House) -> None:
    house.put(a="42")
    cycle = house.cycle()
    cycle.recover()
    (claim,) = cycle.claim(house.found())
    for _ in range(TOGETHER + DEATHS):
        house.journal.claims.attempted([claim.id])
    house.run(cycle)
    assert house.asked == []
    assert house.cells("reason") == [("killed_worker",)]


def test_it_is_read_alone_and_given_up_when_the_documentation_says() -> None:
    delivery = Path(__file__).parents[2] / "docs" / "delivery.md"
    assert (TOGETHER, DEATHS, TOGETHER + DEATHS) == (2, 3, 5)
    assert "after two attempts it is read alone, after five it is rejected" in delivery.read_text()


def test_an_attempt_is_in_the_journal_before_anything_is_read(house: House) -> None:
    house.put(a="42")
    attempts: list[int] = []
    house.on_read = lambda: attempts.extend(c.attempts for c in house.journal.claims.open())
    house.run()
    assert attempts == [1]


def test_a_scan_that_was_changed_since_it_was_claimed_waits_again(house: House) -> None:
    (found,) = house.put(a="42")
    cycle = house.cycle()
    cycle.recover()
    (claim,) = cycle.claim([found])
    place = house.inbox.place_of(claim.id, claim.file)
    place.write_text("43")  # as many bytes
    os.utime(place, ns=(0, found.signature.mtime_ns + 1))
    cycle.finish([claim])
    assert (house.asked, house.rows()) == ([], [])
    assert [each.path for each in house.found()] == [found.path]


def test_originals_can_stay_where_they_are(house: House) -> None:
    house.settings = replace(house.settings, originals="keep")
    (found,) = house.put(a="42")
    house.run()
    assert house.found() == [found]
    assert house.journal.fates(source_of(found)) != []
    assert list(house.inbox.claimed.iterdir()) == []


def test_an_original_whose_place_is_taken_goes_to_the_archive(house: House) -> None:
    house.settings = replace(house.settings, originals="keep")
    house.put(a="42")
    house.on_read = lambda: (house.inbox.folder / "a.png").write_text("new")  # type: ignore
    house.run()
    assert (house.inbox.folder / "a.png").read_text() == "new"
    (archived,) = (house.folder / "outbox").glob("*/archive/*")
    assert archived.read_text() == "42"


def test_a_folder_that_is_a_file_by_now_stops_nobody_who_lay_in_it(house: House) -> None:
    house.settings = replace(house.settings, originals="keep")
    folder = house.inbox.folder / "x"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_text("42")

    def replace_folder() -> None:
        for path in house.inbox.claimed.glob("*~b.png"):
            path.write_text("421")  # it was not whole, and cannot wait again
        folder.rmdir()
        folder.write_text("7")

    house.on[Step.ATTEMPTED] = replace_folder
    cycle = house.cycle()
    cycle.recover()
    cycle.finish(cycle.claim(house.found()))
    assert cycle.recover() == []
    assert sorted(house.cells("file", "text")) == [("x/a.png", "42"), ("x/b.png", "421")]
    assert len(list((house.folder / "outbox").glob("*/archive/*.png"))) == 2
    assert folder.read_text() == "7"


def test_an_original_of_another_user_can_stay_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")  # fs.protected_hardlinks

    monkeypatch.setattr(os, "link", forbid)
    house.settings = replace(house.settings, originals="keep")
    (found,) = house.put(a="42")
    house.run()
    assert house.found() == [found]


def test_a_day_that_somebody_removed_after_a_crash_is_made_again_for_its_originals(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> None:
        raise Crash

    day = house.folder / "outbox" / "2026-11-21"
    house.put(a="42", b="bad")
    house.on[Step.PUBLISHED] = crash
    with pytest.raises(Crash):
        house.run()
    house.on.clear()
    shutil.rmtree(day)
    synced: list[Path] = []
    monkeypatch.setattr(durable, "_fsync", synced.append)
    house.run()
    assert [path.read_text() for path in sorted(day.glob("*/?.*.png"))] == ["42", "bad"]
    assert {day.parent, day, day / "archive", day / "rejected"} <= set(synced)
    assert house.journal.unarchived() == []


def test_originals_can_be_deleted_but_not_rejected_ones(house: House) -> None:
    house.settings = replace(house.settings, originals="delete")
    house.put(a="42", b="bad")
    house.run()
    (kept,) = (path for path in (house.folder / "outbox").glob("*/*/*.png"))
    assert (kept.parent.name, kept.read_text()) == ("rejected", "bad")
    assert house.found() == list(house.inbox.claimed.iterdir()) == []


def test_an_archive_on_another_disk_gets_a_compared_copy(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def cross(path: Path, target: Path) -> Path:
        if path.parent == house.inbox.claimed:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", cross)
    house.put(a="42")
    house.run()
    assert problems(house.folder, house.drops) == []


@pytest.mark.parametrize("policy", ["archive", "delete"])
def test_where_an_original_cannot_be_removed_its_folder_is_named(
    house: House, monkeypatch: pytest.MonkeyPatch, policy: originals.Originals
) -> None:
    rename, unlink = Path.rename, Path.unlink

    def cross(path: Path, target: Path) -> Path:
        if path.parent == house.inbox.claimed:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.parent == house.inbox.claimed:
            raise OSError(errno.EROFS, "Read-only file system")
        unlink(path, missing_ok)

    house.settings = replace(house.settings, originals=policy)
    house.put(a="42")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cross)
        patch.setattr(Path, "unlink", refuse)
        with pytest.raises(OutputUnwritable, match=r"inbox/\.claimed: Read-only file system"):
            house.run()
    house.run()
    assert house.cells("text") == [("42",)]
    assert list(house.inbox.claimed.iterdir()) == []


def test_a_bad_copy_costs_no_original(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = house.folder / "a.png", house.folder / "b.png"
    source.write_text("42")

    def fail(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "rename", fail)
    monkeypatch.setattr(originals.shutil, "copyfile", lambda _, copy: Path(copy).write_text("4\0"))
    with pytest.raises(OSError, match="differs"):
        originals.move(source, target, house.folder / "outbox")
    assert source.read_text() == "42"
    assert not target.exists()


def test_hostile_names_stay_names(house: House) -> None:
    names = [b"=1+1.png", b'a\n"b",c.png', b"caf\xe9.png", b"x" * 251 + b".png", "ü字.png".encode()]
    folder = os.fsencode(house.inbox.folder)
    for number, name in enumerate(names):
        Path(os.fsdecode(folder + b"/" + name)).write_text(str(number))
    house.run()
    assert sorted(house.cells("text")) == [(str(number),) for number in range(5)]
    assert house.found() == list(house.inbox.claimed.iterdir()) == []


def test_claims_open_when_the_journal_is_opened_again(house: House) -> None:
    house.put(a="42")
    cycle = house.cycle()
    cycle.recover()
    taken = cycle.claim(house.found())
    with Journal(house.folder / "state" / "journal.db") as again:
        assert again.claims.open() == [replace(claim, is_moved=True) for claim in taken]
        assert isinstance(taken[0], OpenClaim)
