"""The daemon in a process of its own; what it logs tells how far it is."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aftermath import problems
from forked import start_daemon
from watchdog.observers.inotify import InotifyObserver

from daemon.config_schema import Config
from daemon.errors import ConfigInvalid
from daemon.service import events
from daemon.service import watch as watching
from daemon.service.staff import Setup
from daemon.service.watch import watch
from daemon.spool.inbox import Inbox
from daemon.spool.journal import Journal

TIMEOUT_S = 60


class Running:
    """A daemon and what it logs."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        pipe, log = multiprocessing.Pipe(duplex=False)
        with pipe, log:  # its own end left, the pipe ends with the daemon
            self.process = start_daemon(folder, *arguments, log=log)
            self._log = os.fdopen(os.dup(pipe.fileno()))
        self.lines: list[str] = []
        self.timer = threading.Timer(TIMEOUT_S, self.process.kill)  # instead of hanging for ever
        self.timer.start()

    def logs(self, part: str) -> str:
        """Wait for a line with this in it."""
        for line in self._log:
            self.lines.append(line)
            if part in line:
                return line
        raise AssertionError(f"it ended without {part!r}: {''.join(self.lines)}")

    def signals(self, number: signal.Signals) -> None:
        assert self.process.pid
        os.kill(self.process.pid, number)

    def ends(self) -> int | None:
        """Wait for its end; its exit code."""
        if not self._log.closed:
            with self._log as rest:
                self.lines += rest
            self.process.join()
            self.timer.cancel()
        return self.process.exitcode

    def stops(self) -> int | None:
        self.signals(signal.SIGTERM)
        return self.ends()

    def drop(self, name: str, content: str) -> None:
        """As careful senders do: written under another name, then renamed."""
        hidden = self.folder / f"{name}.new"
        hidden.write_text(content)
        hidden.rename(self.folder / "inbox" / name)

    def texts(self) -> list[str]:
        found = []
        for sheet in sorted((self.folder / "outbox").glob("2*/readings.csv")):
            with sheet.open(newline="") as file:
                found += [f"{row['text']}{row['reason']}" for row in csv.DictReader(file)]
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    (tmp_path / "inbox").mkdir()
    running: list[Running] = []

    def begin(*arguments: str) -> Running:
        running.append(Running(tmp_path, *arguments))
        return running[-1]

    yield begin
    for each in running:
        each.process.kill()
        each.ends()


def day(daemon: Running) -> str:
    """The name of the one results folder."""
    (folder,) = (daemon.folder / "outbox").glob("2*")
    return folder.name


def test_what_is_dropped_is_read_and_sigterm_ends_it_well(start: Callable[..., Running]) -> None:
    daemon = start()
    daemon.logs("watching")
    daemon.drop("a.png", "42")
    daemon.logs("batch of 1")
    daemon.drop("b.png", "43")
    daemon.logs("batch of 1")
    assert daemon.stops() == 0
    assert daemon.texts() == ["42", "43"]
    assert problems(daemon.folder, {"a.png": b"42", "b.png": b"43"}) == []


def test_sigterm_finishes_the_batch_and_a_second_one_ends_it_at_once(
    start: Callable[..., Running],
) -> None:
    daemon = start()
    fifo = daemon.folder / "fifo"
    os.mkfifo(fifo)
    daemon.drop("a.png", f"hang {fifo}")
    fifo.read_text()  # now it reads
    daemon.signals(signal.SIGTERM)
    daemon.process.join(1)
    assert daemon.process.is_alive()
    daemon.signals(signal.SIGTERM)
    assert daemon.ends() == -signal.SIGTERM
    (claimed,) = (daemon.folder / "inbox" / ".claimed").iterdir()
    claimed.write_text("42")
    second = start("--once")
    assert second.ends() == 0
    assert problems(daemon.folder, {"a.png": b"42"}) == []


def test_a_scan_that_kills_its_reader_costs_the_others_nothing(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    for name, text in {"a": "1", "b": "die", "c": "3"}.items():
        (tmp_path / "inbox" / f"{name}.png").write_text(text)
    daemon = start("--once")
    assert daemon.ends() == 1
    assert sorted(daemon.texts()) == ["1", "3", "killed_worker"]


def test_a_scan_that_hangs_its_reader_is_rejected(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    (tmp_path / "inbox" / "a.png").write_text(f"hang {tmp_path / 'pid'}")
    daemon = start("--once", "--timeout", "0.2")
    assert daemon.ends() == 1
    assert daemon.texts() == ["killed_worker"]


def test_sighup_takes_a_new_model_but_no_broken_one(start: Callable[..., Running]) -> None:
    daemon = start()
    daemon.logs("watching")
    (daemon.folder / "model").write_text("broken")
    daemon.signals(signal.SIGHUP)
    daemon.logs("not reloaded, going on as before: this model is broken")
    (daemon.folder / "model").write_text("fake-2")
    daemon.signals(signal.SIGHUP)
    daemon.logs("reloaded: model fake-2")
    daemon.drop("a.png", "42")
    daemon.logs("batch of 1")
    daemon.stops()
    assert daemon.texts() == ["42"]


@pytest.mark.parametrize("name", ["inbox", "outbox"])
def test_a_folder_that_goes_and_comes_back_pauses_it(
    start: Callable[..., Running], name: str
) -> None:
    daemon = start("--rescan", "0.2")
    daemon.logs("watching")
    daemon.drop("a.png", "1")
    daemon.logs("batch of 1")
    (daemon.folder / name).rename(daemon.folder / "elsewhere")
    if name == "outbox":
        daemon.drop("b.png", "2")
    daemon.logs("paused: ")
    (daemon.folder / "elsewhere").rename(daemon.folder / name)
    if name == "inbox":
        daemon.logs("going on")
        daemon.drop("b.png", "2")
    daemon.logs("batch of 1")
    assert daemon.stops() == 0
    assert problems(daemon.folder, {"a.png": b"1", "b.png": b"2"}) == []


def test_sighup_while_the_inbox_is_gone_changes_nothing(start: Callable[..., Running]) -> None:
    daemon = start("--rescan", "0.2")
    daemon.logs("watching")
    inbox, elsewhere = daemon.folder / "inbox", daemon.folder / "elsewhere"
    inbox.rename(elsewhere)
    daemon.logs("paused: ")
    (daemon.folder / "model").write_text("fake-2")
    daemon.signals(signal.SIGHUP)
    daemon.logs("not reloaded, going on as before: ")
    elsewhere.rename(inbox)
    daemon.logs("going on")
    daemon.drop("a.png", "42")
    daemon.logs("batch of 1")
    assert daemon.stops() == 0
    with Journal(daemon.folder / "state" / "journal.db") as journal:
        assert [arrival.model for arrival in journal.published_since(0, day(daemon))] == ["fake-1"]


def test_a_start_without_the_disk_of_claimed_scans_waits_for_it(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    claimed, elsewhere = tmp_path / "inbox" / ".claimed", tmp_path / "elsewhere"
    (tmp_path / "inbox" / "a.png").write_text("42")
    assert start("--once", "--kill", "attempted").ends() == -signal.SIGKILL
    claimed.rename(elsewhere)
    once = start("--once")
    assert once.ends() == 73
    assert f"the folder {claimed} is gone, with scans that digitd has in work: " in once.lines[-1]
    daemon = start("--kill", "attempted")
    daemon.logs("paused: ")
    assert not claimed.exists()
    elsewhere.rename(claimed)
    assert daemon.ends() == -signal.SIGKILL
    with Journal(tmp_path / "state" / "journal.db") as journal:
        (claim,) = journal.claims.open()
    assert claim.attempts == 2, "that it paused does not tell that it outlived the scan"
    assert start("--once").ends() == 0
    assert problems(tmp_path, {"a.png": b"42"}) == []


def test_scans_of_an_interrupted_run_get_the_hints_of_all_files(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    meters = tmp_path / "inbox" / "meters"
    meters.mkdir()
    (tmp_path / "inbox" / ".digitd.yaml").write_text("digits: 4\n")
    (meters / ".digitd.yaml").write_text("digits: 5\n")
    (meters / "a.png").write_text("hints")
    assert start("--once", "--kill", "claimed").ends() == -signal.SIGKILL
    daemon = start("--once")
    assert daemon.ends() == 0
    assert daemon.texts() == ["5"]


@pytest.mark.parametrize("observer", ["polling", "inotify"])
def test_what_no_event_tells_of_is_found_by_looking(
    start: Callable[..., Running], observer: str
) -> None:
    daemon = start("--observer", observer, "--rescan", "0.2")
    daemon.logs("watching")
    aside = daemon.folder / "aside"
    (aside / "deep").mkdir(parents=True)
    (aside / "deep" / "a.png").write_text("42")
    aside.rename(daemon.folder / "inbox" / "moved in")
    daemon.logs("batch of 1")
    assert daemon.stops() == 0
    assert problems(daemon.folder, {"moved in/deep/a.png": b"42"}) == []


def test_a_file_that_is_cut_off_keeps_no_other_waiting(start: Callable[..., Running]) -> None:
    daemon = start("--observer", "polling", "--rescan", "0.2")
    (daemon.folder / "inbox" / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    daemon.logs("watching")
    daemon.drop("a.png", "42")
    daemon.logs("batch of 1")
    assert daemon.stops() == 0
    assert daemon.texts() == ["42"]
    assert (daemon.folder / "inbox" / "cut.png").exists()


def test_a_state_folder_has_one_daemon(start: Callable[..., Running]) -> None:
    first = start()
    first.logs("watching")
    second = start()
    second.logs(f"another digitd (pid {first.process.pid})")
    assert second.ends() == 69


def test_once_reads_what_is_there_and_ends(start: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "inbox" / "a.png").write_text("42")
    (tmp_path / "inbox" / "b.png").write_text("bad")
    assert start("--once").ends() == 1
    (tmp_path / "inbox" / "c.png").write_text("43")
    daemon = start("--once")
    assert daemon.ends() == 0
    assert sorted(daemon.texts()) == ["42", "43", "not_an_image"]


def test_originals_that_stay_are_read_once(start: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "inbox" / "a.png").write_text("42")
    for _ in range(2):
        daemon = start("--once", "--originals", "keep")
        assert daemon.ends() == 0
    assert daemon.texts() == ["42"]
    assert (tmp_path / "inbox" / "a.png").read_text() == "42"


@pytest.mark.parametrize(
    ("inbox", "outbox", "state"),
    [("a/in", "a", "s"), ("a", "a/out", "s"), ("a", "b", "a/s"), ("a", "a", "s")],
)
def test_folders_inside_each_other_are_refused(
    tmp_path: Path, inbox: str, outbox: str, state: str
) -> None:
    config = Config(inbox=tmp_path / inbox, outbox=tmp_path / outbox, state=tmp_path / state)
    with pytest.raises(ConfigInvalid, match="lies inside") as refused:
        watch(lambda: Setup(config, "m", list), once=True)  # type: ignore[arg-type]
    assert str(tmp_path / inbox) in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_who_waits_at_the_start_tells_others_that_it_may_have_claims(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    with watching._locks(inbox):
        pass  # without the folder there is nothing to tell
    inbox.create()
    with inbox.shared() as other:
        assert other.is_alone()
        with watching._locks(inbox):
            assert not other.is_alone()
        assert other.is_alone()


def test_a_bell_wakes_who_waits_and_remembers_what_was_renamed(tmp_path: Path) -> None:
    with events.Bell() as bell:
        assert not bell.wait(0)
        bell.renamed(tmp_path)
        assert bell.wait(60)
        assert not bell.wait(0)
        assert bell.take_renamed() == {tmp_path}
        assert bell.take_renamed() == set()


def test_a_file_that_is_put_back_is_not_taken_for_whole(tmp_path: Path) -> None:
    hidden = tmp_path / "inbox" / ".claimed"
    hidden.mkdir(parents=True)
    (hidden / "a").touch()
    (tmp_path / "b").touch()
    with events.Bell() as bell, events.observing(hidden.parent, hidden, bell) as sees:
        assert sees
        (hidden / "a").rename(hidden.parent / "a.png")
        assert bell.wait(TIMEOUT_S)
        assert bell.take_renamed() == set()
        (tmp_path / "b").rename(hidden.parent / "b.png")
        assert bell.wait(TIMEOUT_S)
        assert bell.take_renamed() == {hidden.parent / "b.png"}


def test_where_no_thread_can_listen_for_events_the_loop_looks_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(InotifyObserver, "start", fail)
    with events.Bell() as bell, events.observing(tmp_path, tmp_path / ".c", bell) as sees:
        assert not sees


def test_a_flood_of_events_takes_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_RENAMED", 10)
    with events.Bell() as bell:
        for number in range(100_000):
            bell.renamed(tmp_path / str(number))
        assert len(bell.take_renamed()) == 10


def test_events_are_not_asked_for_on_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert events.sees_events(tmp_path, "auto")
    monkeypatch.setattr(events, "network_kind", lambda _: "NFS")
    assert not events.sees_events(tmp_path, "auto")
    assert events.sees_events(tmp_path, "inotify")
    assert not events.sees_events(tmp_path, "polling")
