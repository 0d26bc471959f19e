from __future__ import annotations

import errno
import gc
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import fake_reader
import pytest
from family import descendants, have_ended, lives, parent_of

from daemon.errors import DigitdError, ModelUnavailable, ResourcesExhausted
from daemon.records import Outcome, Reading, Reason, Rejection, Scan
from daemon.service import nursery, processes
from daemon.service.workers import DEATHS, Crew, WorkerDiedError, hire, read_carefully

PREPARING = """
from daemon.service import nursery

if __name__ == "__main__":
    nursery.prepare(print)
    print(nursery._prepared[0]._process.pid)
"""

ORPHANING = """
import os, signal, sys
from daemon.service import nursery

if __name__ == "__main__":
    nursery.prepare(signal.pause)
    signal.pause()
else:
    print(os.getpid(), flush=True)
    os.kill(os.getppid(), signal.SIGKILL)
"""

LACKING = """
import os
import resource
from contextlib import suppress
import fake_reader
from daemon.service import nursery

if __name__ == "__main__":
    forker = nursery.Nursery()
    forker.load(fake_reader.load_reader, None)
    forker.fork()
    taken = [os.dup(0) for _ in range(64)]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(taken) + 1, limits[1]))
    with suppress(OSError):
        while True:
            taken.append(os.dup(0))
    for _ in range(3):  # room for none, one or both ends of a pipe, and for no more
        with suppress(OSError):
            forker.fork()
        assert forker.is_alive
        os.close(taken.pop())
    forker.close()
"""
BLOCKING = """
import signal
import sys
from daemon.service import nursery

if __name__ == "__main__":
    number = int(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    nursery.Nursery().close()
    assert number in signal.pthread_sigmask(signal.SIG_BLOCK, [])
"""
REMOVING = """
import os
from pathlib import Path
from daemon.service import nursery

if __name__ == "__main__":
    Path.cwd().rmdir()
    forker = nursery.Nursery()
    forker.load(os.getcwd, None)
    forker.fork()
    forker.close()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PREPARING)
    return path


@dataclass(frozen=True)
class Batch:
    scans: list[Scan]


def scan(text: str, name: str = "a.png") -> Scan:
    data = text.encode()
    return Scan(f"{name}".ljust(32, "0"), name, hashlib.sha256(data).hexdigest(), data)


def environment() -> dict[str, str]:
    """For a program that is to find the same modules."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def batch(*texts: str) -> Batch:
    return Batch([scan(text, f"{number}.png") for number, text in enumerate(texts)])


def said(outcomes: Sequence[Outcome]) -> list[str | Reason]:
    return [
        outcome.pages[0].lines[0].text if isinstance(outcome, Reading) else outcome.reason
        for outcome in outcomes
    ]


def process_of(crew: Crew) -> int:
    """The process of one of its workers."""
    (outcome,) = crew.read([scan("pid")])
    return int(said([outcome])[0])


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_come_back_in_order_with_all_their_outcomes(workers: int) -> None:
    others = descendants()
    batches = [batch("1", "2"), batch(), batch("3"), batch("", "4"), batch("5")]
    with hire(workers, fake_reader.load_reader) as crew:
        read = list(crew.read_all(batches))
    assert [done for done, _ in read] == batches
    assert [said(outcomes) for _, outcomes in read] == [
        ["1", "2"],
        [],
        ["3"],
        [Reason.EMPTY_FILE, "4"],
        ["5"],
    ]
    assert descendants() <= others


@pytest.mark.parametrize(("on_one_core", "threads"), [(True, 1), (False, 2)])
def test_this_process_reads_on_one_core_where_it_is_told_to(
    on_one_core: bool, threads: int
) -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        with hire(1, fake_reader.load_reader, on_one_core=on_one_core):
            assert cv2.getNumThreads() == threads
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


def test_a_sign_of_life_is_no_answer() -> None:
    with hire(2, fake_reader.load_reader) as crew:
        read = list(crew.read_all([batch("beat 1", "beat 2"), batch("3")]))
    assert [said(outcomes) for _, outcomes in read] == [["1", "2"], ["3"]]


def test_signs_of_life_come_in_time_for_who_waits() -> None:
    with hire(2, fake_reader.load_reader, timeout_s=3.6) as crew:
        ((_, outcomes),) = crew.read_all([batch("pulse")])
    assert said(outcomes) == ["900"]


def test_batches_are_drawn_only_a_few_ahead() -> None:
    drawn = 0

    def draw() -> Iterator[Batch]:
        nonlocal drawn
        while True:
            drawn += 1
            yield batch("1")

    with hire(1, fake_reader.load_reader) as crew:
        next(crew.read_all(draw()))
        assert drawn == 1
    with hire(2, fake_reader.load_reader) as crew:
        next(crew.read_all(draw()))
        assert drawn == 1 + 4


def test_a_scan_that_kills_its_worker_costs_only_itself(tmp_path: Path) -> None:
    once = f"die once {tmp_path}/mark 8"
    large = scan(" " * 4_000_000 + "7", "large.png")  # does not fit into a pipe
    batches = [batch("1", "die", "2", once), Batch([large]), batch("3")]
    with hire(2, fake_reader.load_reader) as crew:
        first, second, third = [said(outcomes) for _, outcomes in crew.read_all(batches)]
    assert first == ["1", Reason.KILLED_WORKER, "2", "8"]
    assert (second, third) == (["7"], ["3"])


def test_workers_that_died_while_idle_are_no_death_of_a_scan(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with hire(2, fake_reader.load_reader) as crew:
        for worker in {process_of(crew), process_of(crew)}:  # both, if not twice the same
            os.kill(worker, signal.SIGKILL)
            assert have_ended([worker])
        ((_, outcomes),) = crew.read_all([batch("1")])
    assert said(outcomes) == ["1"]
    assert caplog.messages == []


def test_a_nursery_that_died_has_a_successor(caplog: pytest.LogCaptureFixture) -> None:
    others = descendants()
    with hire(2, fake_reader.load_reader) as crew:
        worker = process_of(crew)
        family = descendants() - others
        os.kill(parent_of(worker), signal.SIGKILL)
        assert have_ended(family)  # its workers die with it
        read = list(crew.read_all([batch("1"), batch("2", "3")]))
    assert [said(outcomes) for _, outcomes in read] == [["1"], ["2", "3"]]
    assert descendants() <= others
    assert caplog.messages == []


def test_a_name_that_is_no_line_forges_no_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def die(_: Sequence[Scan]) -> list[Outcome]:
        raise WorkerDiedError("killed")

    def fail(_: Sequence[Scan]) -> list[Outcome]:
        raise ValueError("a bug")

    for read in (die, fail):
        (outcome,) = read_carefully(read, [scan("1", "a\n2026 all is well\x1b[2J.png")])
        assert outcome.file == "a\n2026 all is well\x1b[2J.png"
    about_it = [message for message in caplog.messages if "all is well" in message]
    assert len(about_it) == DEATHS + 1
    assert all(message.isprintable() for message in about_it)


def test_a_readers_bug_costs_only_the_scan_that_meets_it(caplog: pytest.LogCaptureFixture) -> None:
    for workers in (1, 2):
        with hire(workers, fake_reader.load_reader) as crew:
            ((_, outcomes),) = crew.read_all([batch("1", "raise", "2")])
        assert said(outcomes) == ["1", Reason.UNREADABLE, "2"]
    assert caplog.text.count("ValueError: a bug") == 4


def test_a_scan_is_held_to_be_the_cause_only_after_several_deaths() -> None:
    deaths = iter([True] * DEATHS + [False])

    def read(scans: Sequence[Scan]) -> list[Outcome]:
        if next(deaths):
            raise WorkerDiedError("killed")
        return fake_reader.read(scans)

    assert said(read_carefully(read, [scan("1")])) == ["1"]


def test_a_model_that_cannot_be_loaded_ends_the_run() -> None:
    for workers in (1, 2):
        with (
            pytest.raises(ModelUnavailable, match="no model"),
            hire(workers, fake_reader.load_nothing) as crew,
        ):
            list(crew.read_all([batch("1")]))


def test_workers_that_cannot_start_blame_no_scan() -> None:
    with (
        pytest.raises(DigitdError, match=r"could not start: .* ended with exit code 3"),
        hire(2, fake_reader.die_while_loading) as crew,
    ):
        list(crew.read_all([batch("1")]))


@pytest.mark.parametrize("what", ["_Worker", "take"])
def test_a_system_that_lets_no_worker_or_nursery_start_blames_no_scan(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(processes, what, fail)
    with (
        pytest.raises(ResourcesExhausted, match="could not start: too many files are open: allow"),
        hire(2, fake_reader.load_reader) as crew,
    ):
        list(crew.read_all([batch("1")]))


@pytest.mark.parametrize("kind", [WorkerDiedError, nursery.WorkerFailedError])
def test_what_keeps_a_worker_from_starting_is_let_go_at_once(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    raised: list[weakref.ref[Exception]] = []

    def fail(*_: object) -> None:
        def remembered(error: Exception) -> Exception:
            raised.append(weakref.ref(error))
            return error

        raise remembered(kind("it was killed"))

    monkeypatch.setattr(processes, "_Worker", fail)
    gc.disable()
    try:
        with (
            processes.ProcessReader(2, fake_reader.load_reader) as reader,
            pytest.raises(DigitdError, match="could not start: it was killed"),
        ):
            reader.read([])
        assert raised
        assert [each() for each in raised] == [None] * len(raised)
    finally:
        gc.enable()


def test_where_no_thread_can_start_no_scan_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with processes.ProcessReader(2, fake_reader.load_reader) as reader:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            with pytest.raises(ResourcesExhausted, match="no further process or thread can start"):
                reader.executor.submit(reader.read, [])
        assert said(reader.executor.submit(reader.read, [scan("1")]).result()) == ["1"]


def test_what_takes_too_much_memory_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    for workers in (1, 2):
        with hire(workers, fake_reader.load_reader) as crew:
            ((_, outcomes),) = crew.read_all([batch("1", "exhaust", "2")])
        assert said(outcomes) == ["1", Reason.UNREADABLE, "2"]
        assert isinstance(outcomes[1], Rejection)
        assert outcomes[1].message.startswith("there is not enough memory")
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("warm_up", "expected", "what"),
    [
        (fake_reader.exhaust, ResourcesExhausted, "not enough memory"),
        (fake_reader.fail, DigitdError, "could not start: .*ValueError: a bug"),
    ],
)
def test_what_keeps_a_nursery_from_warming_up_is_said_and_nothing_else(
    warm_up: Callable[[], None],
    expected: type[DigitdError],
    what: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    nursery.prepare(warm_up)
    with processes.ProcessReader(2, fake_reader.load_reader) as reader:
        with pytest.raises(expected, match=f"(?s){what}"):
            reader.read([scan("1")])
        assert said(reader.read([scan("1")])) == ["1"], "another one may be able to"
    assert capfd.readouterr().err == ""


def test_a_reader_that_could_not_be_loaded_is_loaded_anew(tmp_path: Path) -> None:
    load = partial(fake_reader.load_from, tmp_path / "model")
    with processes.ProcessReader(2, load) as reader:
        for _ in range(2):
            with pytest.raises(ModelUnavailable):
                reader.read([scan("1")])
        (tmp_path / "model").touch()
        assert said(reader.read([scan("1")])) == ["1"]


def test_for_want_of_a_descriptor_no_worker_dies(program: Path) -> None:
    program.write_text(LACKING)
    subprocess.run([sys.executable, program], env=environment(), check=True, timeout=60)


def test_a_nursery_that_gives_no_answer_is_replaced_and_keeps_nobody_from_ending(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    others = descendants()
    with processes.ProcessReader(2, fake_reader.load_reader) as reader:
        for last in (False, True):
            worker = int(said(reader.read([scan("pid")]))[0])
            monkeypatch.setattr(nursery, "ANSWER_S", 0.01)
            stopped = parent_of(worker)
            os.kill(stopped, signal.SIGSTOP)
            if last:
                break
            os.kill(worker, signal.SIGKILL)
            assert have_ended([worker])
            assert said(reader.read([scan("1")])) == ["1"]
            assert not lives(stopped)
            monkeypatch.undo()
    assert descendants() <= others
    assert "gave no answer" in caplog.text


def test_interrupting_a_question_ends_the_nursery(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    forker = nursery.Nursery()
    try:
        forker.load(fake_reader.load_reader, None)
        monkeypatch.setattr(nursery, "_send_handle", interrupt)
        with pytest.raises(KeyboardInterrupt):
            forker.fork()
        assert not forker.is_alive
    finally:
        forker.close()


def test_ctrl_c_once_more_while_it_ends_leaves_no_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    others = descendants()
    reader = processes.ProcessReader(2, fake_reader.load_reader)
    reader.read([scan("1")])
    family = descendants() - others
    monkeypatch.setattr(processes._Worker, "kill", interrupt)
    with pytest.raises(KeyboardInterrupt):
        reader.__exit__()
    assert have_ended(family)


@pytest.mark.parametrize("number", sorted(nursery.SIGNALS))
def test_starting_a_nursery_leaves_signals_as_they_were(
    number: signal.Signals, program: Path
) -> None:
    program.write_text(BLOCKING)  # in a process that has not yet a resource tracker
    subprocess.run(
        [sys.executable, program, str(int(number))], env=environment(), check=True, timeout=60
    )


def test_all_workers_start_before_there_is_anything_to_read() -> None:
    others = descendants()
    with hire(2, fake_reader.load_reader) as crew:
        crew.executor.submit(crew.read, []).result()  # waits its turn behind both
        late = time.monotonic() + 30
        while len(descendants() - others) < 3 and time.monotonic() < late:
            pass
        assert len(descendants() - others) == 3  # with the nursery


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted as Linux shows them")
def test_a_worker_is_one_thread_and_so_is_what_forks_it() -> None:
    with hire(2, fake_reader.load_reader) as crew:
        assert said(crew.read([scan("threads")])) == ["1"]
        forker = parent_of(process_of(crew))
        assert len(list(Path(f"/proc/{forker}/task").iterdir())) == 1


def test_a_nursery_that_was_prepared_is_the_one_that_is_used() -> None:
    others = descendants()
    nursery.prepare(fake_reader.load_reader)
    (prepared,) = descendants() - others
    with hire(2, fake_reader.load_reader) as crew:
        assert parent_of(process_of(crew)) == prepared
    assert descendants() <= others


def test_where_none_can_be_prepared_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(nursery, "Nursery", fail)
        nursery.prepare(fake_reader.load_reader)
    with hire(2, fake_reader.load_reader) as crew:
        assert said(crew.read([scan("1")])) == ["1"]


def test_a_nursery_that_nobody_took_ends_with_its_process(program: Path) -> None:
    ended = subprocess.run(
        [sys.executable, program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not lives(int(ended.stdout))


def test_a_nursery_starts_where_the_working_folder_was_removed(
    program: Path, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()
    program.write_text(REMOVING)
    ended = subprocess.run(
        [sys.executable, program], env=environment(), cwd=tmp_path / "gone", check=False, timeout=60
    )
    assert ended.returncode == 0


def test_none_is_prepared_in_a_working_folder_that_was_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    others = descendants()
    nursery.prepare(fake_reader.load_reader)
    assert descendants() == others
    with pytest.raises(OSError, match="No such file"):
        Path.cwd()  # results that are to be made there are not made elsewhere


def test_a_nursery_whose_process_was_killed_while_it_started_ends(program: Path) -> None:
    program.write_text(ORPHANING)
    killed = subprocess.run(
        [sys.executable, program],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert have_ended([int(killed.stdout)])


def test_leaving_early_waits_for_nobody() -> None:
    others = descendants()
    before = set(threading.enumerate())
    endless = (batch("1") for _ in iter(int, 1))
    with hire(2, fake_reader.load_reader) as crew:
        next(crew.read_all(endless))
    assert descendants() <= others
    assert not [
        thread for thread in set(threading.enumerate()) - before if thread.name.startswith("reader")
    ]


def test_rejections_name_their_scan() -> None:
    def read(_: Sequence[Scan]) -> list[Outcome]:
        raise WorkerDiedError("killed")

    (outcome,) = read_carefully(read, [scan("1", "poison.png")])
    assert isinstance(outcome, Rejection)
    assert (outcome.file, outcome.scan_id) == ("poison.png", scan("1", "poison.png").id)
