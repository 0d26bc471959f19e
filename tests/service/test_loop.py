"""The loop in this process: what it waits for, and what ends it."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fake_reader
import pytest
from crashes import Crash

from daemon.config_schema import Config
from daemon.errors import (
    ClusterUnavailable,
    DigitdError,
    ModelUnavailable,
    OutputUnwritable,
    ResourcesExhausted,
)
from daemon.service import loop, staff
from daemon.service.cluster import Cluster
from daemon.service.cycle import TOGETHER
from daemon.service.staff import Setup
from daemon.service.systemd import Notifier
from daemon.service.watch import watch
from daemon.service.workers import DEATHS, Crew, LoadReader, hire
from daemon.spool import scanner
from daemon.spool.inbox import Inbox, Lying
from daemon.spool.steps import Step


class Late:
    """A daemon with a scan to read and a cluster that first refuses with these errors. It is ended
    when the scan is read."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, *refusals: DigitdError
    ) -> None:
        self.folder = folder
        self.refusals = list(refusals)
        self.paused: list[str | None] = []
        folders = {name: folder / name for name in ("inbox", "outbox", "state")}
        folders["inbox"].mkdir()
        (folders["inbox"] / "a.png").write_text("42")
        self.setup = Setup(
            Config(**folders, quiet_s=0), "fake-1", fake_reader.load_reader, Cluster("tcp://a:1")
        )
        monkeypatch.setattr(staff, "hire_cluster", self._hire)
        monkeypatch.setattr(loop, "RETRY_S", (0.001, 0.001))

    @contextmanager
    def _hire(self, _: Cluster, load_reader: LoadReader, __: float) -> Iterator[Crew]:
        status = self.folder / "state" / "status.json"
        if status.exists():
            self.paused.append(json.loads(status.read_text())["paused"])
        if self.refusals:
            raise self.refusals.pop(0)
        with hire(1, load_reader) as crew:
            yield crew

    def runs(self, *, once: bool = False) -> None:
        def reached(step: Step) -> None:
            if step is Step.ARCHIVED:
                os.kill(os.getpid(), signal.SIGTERM)

        watch(lambda: self.setup, once=once, reached=reached)

    def has_read(self) -> bool:
        return bool(list(self.folder.glob("outbox/2*/archive/a.*.png")))


def test_a_cluster_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Late(tmp_path, monkeypatch, ClusterUnavailable("nobody"), ClusterUnavailable("still"))
    late.runs()
    assert late.has_read()
    assert late.paused == ["nobody", "still"]


def test_what_the_system_lacks_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    late = Late(tmp_path, monkeypatch)
    scan, lacking = Inbox.scan, [OSError(errno.EMFILE, "Too many open files")]

    def lack(inbox: Inbox) -> Iterator[Lying]:
        if lacking:
            raise lacking.pop()
        yield from scan(inbox)

    monkeypatch.setattr(Inbox, "scan", lack)
    with pytest.raises(ResourcesExhausted, match="too many files are open: allow more"):
        late.runs(once=True)
    lacking.append(OSError(errno.EMFILE, "Too many open files"))
    late.runs()
    assert late.has_read()
    assert "paused: too many files are open: allow more" in caplog.text


def test_once_does_not_wait_for_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = Late(tmp_path, monkeypatch, ClusterUnavailable("nobody"))
    with pytest.raises(ClusterUnavailable, match="nobody"):
        late.runs(once=True)
    assert not late.has_read()


def test_a_model_that_the_cluster_cannot_load_ends_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Late(tmp_path, monkeypatch, ClusterUnavailable("nobody"), ModelUnavailable("no model"))
    with pytest.raises(ModelUnavailable, match="no model"):
        late.runs()


class Turns(Notifier):
    """Calls `turn` with its number, from 1 on, whenever the loop turns or wakes."""

    def __init__(self, turn: Callable[[int], None]) -> None:
        super().__init__({})
        self._turn = turn
        self._turns = 0

    def watchdog(self) -> None:
        self._turns += 1
        self._turn(self._turns)


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """What reads in this process, and looks into the inbox again and again."""
    monkeypatch.setattr(staff, "hire_processes", lambda _, load, __: hire(1, load))
    (tmp_path / "inbox").mkdir()
    folders = {name: tmp_path / name for name in ("inbox", "outbox", "state")}
    config = Config(**folders, quiet_s=0.05, observer="polling", rescan_s=0.01)
    return Setup(config, "fake-1", fake_reader.load_reader)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), ClusterUnavailable("gone")])
def test_once_blames_no_scan_for_the_machine_however_often_it_ends_so(
    setup: Setup, error: OSError | DigitdError
) -> None:
    def fail(step: Step) -> None:
        if step is Step.READ:
            raise error

    (setup.config.inbox / "a.png").write_text("42")
    for _ in range(TOGETHER + DEATHS + 1):
        with pytest.raises(DigitdError, match=r"full|gone"):
            watch(lambda: setup, once=True, reached=fail)
    watch(lambda: setup, once=True)
    (sheet,) = setup.config.outbox.glob("2*/readings.csv")
    with sheet.open(newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["42"]


def test_a_folder_of_claimed_scans_that_is_closed_is_told_as_one(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(inbox: Inbox) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(inbox.claimed))

    (setup.config.inbox / ".claimed").mkdir()
    monkeypatch.setattr(Inbox, "shared", forbid)
    with pytest.raises(OutputUnwritable, match=r"Permission denied: .*/inbox/\.claimed"):
        watch(lambda: setup, once=True)


def test_systemd_hears_of_a_daemon_that_walks_through_a_large_inbox(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "ALIVE_EVERY", 2)
    for number in range(7):
        (setup.config.inbox / f"{number}.part").touch()
    turns: list[int] = []
    watch(lambda: setup, once=True, notifier=Turns(turns.append))
    assert turns == [1, 2, 3, 4]  # one of the loop


@pytest.mark.parametrize(("deaths", "batches"), [(TOGETHER - 1, 1), (TOGETHER, 2)])
def test_scans_over_which_digitd_died_are_read_together_once_more_and_then_alone(
    setup: Setup, deaths: int, batches: int
) -> None:
    def crash(step: Step) -> None:
        if step is Step.ATTEMPTED:
            raise Crash

    for name in ("a.png", "b.png"):
        (setup.config.inbox / name).write_text("42")
    for _ in range(deaths):
        with pytest.raises(Crash):
            watch(lambda: setup, once=True, reached=crash)
    steps: list[Step] = []
    watch(lambda: setup, once=True, reached=steps.append)
    assert steps.count(Step.ATTEMPTED) == batches


def test_claimed_scans_wait_until_files_of_hints_are_whole(setup: Setup) -> None:
    def crash(step: Step) -> None:
        if step is Step.CLAIMED:
            raise Crash

    config = setup.config
    (config.inbox / "a.png").write_text("hints")
    with pytest.raises(Crash):
        watch(lambda: setup, once=True, reached=crash)
    hints = config.inbox / ".digitd.yaml"
    hints.write_text("digits: 4")

    def complete(turn: int) -> None:
        if turn == 2:
            hints.write_text("digits: 42")

    watch(lambda: setup, once=True, notifier=Turns(complete))
    (sheet,) = config.outbox.glob("2*/readings.csv")
    with sheet.open(newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["42"]


def test_a_file_of_hints_that_never_settles_holds_up_its_own_folder_only(setup: Setup) -> None:
    def crash(step: Step) -> None:
        if step is Step.CLAIMED:
            raise Crash

    config = setup.config
    (config.inbox / "a").mkdir()
    (config.inbox / "a" / "x.png").write_text("1")
    (config.inbox / "b.png").write_text("2")
    with pytest.raises(Crash):
        watch(lambda: setup, once=True, reached=crash)
    (config.inbox / "c.png").write_text("3")
    hints = config.inbox / "a" / ".digitd.yaml"

    def read() -> list[str]:
        sheets = [path.read_text() for path in config.outbox.glob("2*/readings.csv")]
        return [row["text"] for sheet in sheets for row in csv.DictReader(sheet.splitlines())]

    def rewrite(turn: int) -> None:
        hints.write_text(f"digits: {turn % 50 + 1}")
        if len(read()) == 2 or turn == 2000:
            os.kill(os.getpid(), signal.SIGTERM)

    watch(lambda: setup, notifier=Turns(rewrite))
    assert sorted(read()) == ["2", "3"]


def test_what_cannot_be_moved_is_told_while_it_runs(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    told: list[str] = []

    def forbid(path: Path, target: Path) -> Path:
        if path.name == "a.png":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return rename(path, target)

    def turn(number: int) -> None:
        status = setup.config.state / "status.json"
        if number > 1:
            told[:] = [each["path"] for each in json.loads(status.read_text())["immovable"]]
        if told or number == 100:
            os.kill(os.getpid(), signal.SIGTERM)

    (setup.config.inbox / "a.png").write_text("42")
    monkeypatch.setattr(Path, "rename", forbid)
    watch(lambda: setup, notifier=Turns(turn))
    assert told == [str(setup.config.inbox / "a.png")]
