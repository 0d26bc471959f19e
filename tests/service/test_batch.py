from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import fake_reader
import jsonschema
import pytest

import daemon
from daemon.config import HintSettings
from daemon.errors import (
    ConfigInvalid,
    InputMissing,
    ModelUnavailable,
    NothingReadable,
    OutputUnwritable,
    StateHeld,
    UsageError,
)
from daemon.records import Limits, Outcome, Scan
from daemon.service import batch as batch_module
from daemon.service.batch import BatchSettings, run_batch
from daemon.service.cluster import Cluster
from daemon.service.planner import Batch, Planner
from daemon.service.summary import Summary
from daemon.service.workers import Crew, LoadReader, Reader
from daemon.service.workers import hire as hire_workers
from daemon.spool.lock import hold
from daemon.spool.steps import Step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DELIVERY_STEPS = [Step.STAGED, Step.RECORDED, Step.RENAMED, Step.APPENDED, Step.PUBLISHED]
SETTINGS = BatchSettings(model="fake-1", max_scans=3)


class Crash(BaseException):
    """The machine stops here."""


class Bench:
    """A folder of scans, a results folder, and what the reader was asked."""

    def __init__(self, folder: Path) -> None:
        self.scans = folder / "scans"
        self.out = folder / "results"
        self.scans.mkdir(parents=True)
        self.asked: list[list[str]] = []

    def put(self, **contents: str) -> None:
        """Write scans: `a="42"` makes a.png."""
        for name, content in contents.items():
            (self.scans / f"{name}.png").write_bytes(content.encode())

    def load(self) -> Reader:
        def read(scans: Sequence[Scan]) -> list[Outcome]:
            self.asked.append([scan.file for scan in scans])
            return fake_reader.read(scans)

        return read

    def run(
        self,
        *inputs: Path,
        settings: BatchSettings = SETTINGS,
        reached: Callable[[Step], None] = lambda _: None,
        advance: Callable[[int], None] = lambda _: None,
    ) -> Summary:
        ids = count()
        return run_batch(
            inputs or [self.scans],
            self.out,
            settings,
            self.load if settings.workers == 1 else fake_reader.load_reader,
            clock=lambda: NOON,
            random_id=lambda: f"{next(ids):08x}" * 4,
            reached=reached,
            advance=advance,
        )

    def rows(self) -> list[dict[str, str]]:
        with (self.out / "readings.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def cells(self, *columns: str) -> list[tuple[str, ...]]:
        return [tuple(row[column] for column in columns) for row in self.rows()]

    def document(self, name: str) -> dict[str, Any]:
        (path,) = (self.out / "json").glob(f"{name}.*.json")
        document: dict[str, Any] = json.loads(path.read_text())
        return document


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_folder_becomes_rows_documents_and_pictures(bench: Bench) -> None:
    bench.put(a="42", b="?7", c="blank", d="bad")
    (bench.scans / "labels.csv").write_text("file,label\n")
    summary = bench.run()
    assert bench.cells("file", "text", "status", "reason") == [
        ("a.png", "42", "read", ""),
        ("b.png", "7", "review", ""),
        ("c.png", "", "empty", ""),
        ("d.png", "", "rejected", "not_an_image"),
    ]
    assert bench.document("a.png")["pages"][0]["lines"][0]["text"] == "42"
    (picture,) = (bench.out / "annotated").glob("a.png.*.jpg")
    assert picture.read_bytes() == b"picture of 42"
    assert [path.name for path in (bench.out / "rejected").iterdir()] == [
        "d.png.00000003.reason.json"
    ]
    assert (summary.scans, summary.digits, summary.review, summary.rejected, summary.ignored) == (
        4,
        3,
        1,
        1,
        1,
    )
    assert [(r.file, r.message) for r in summary.rejections] == [("d.png", "a text")]
    assert (summary.exit_code, summary.readings) == (1, bench.out / "readings.csv")


def test_a_file_of_the_year_2300_is_read_and_read_once(bench: Bench) -> None:
    bench.put(a="42", b="43")
    os.utime(bench.scans / "a.png", (10_413_792_000, 10_413_792_000))
    assert [bench.run().already_done for _ in range(2)] == [0, 2]
    assert bench.cells("file", "text") == [("a.png", "42"), ("b.png", "43")]


def test_every_document_follows_the_published_schema(bench: Bench) -> None:
    bench.put(a="42", b="?7", c="blank", d="bad", e="42", f="bad")
    (bench.scans / "g.png").mkdir()
    bench.run(settings=replace(SETTINGS, json="lines"))
    schema = json.loads((Path(daemon.__file__).parent / "readings.schema.json").read_text())
    lines = (bench.out / "readings.jsonl").read_text().splitlines()
    for line in lines:
        jsonschema.validate(json.loads(line), schema)
    assert [json.loads(line)["file"] for line in lines] == [f"{name}.png" for name in "abcdefg"]
    assert not (bench.out / "json").exists()


def test_json_can_be_left_out(bench: Bench) -> None:
    bench.put(a="42", b="bad")
    bench.run(settings=replace(SETTINGS, json="none"))
    assert sorted(path.name for path in bench.out.iterdir()) == [
        ".digitd",
        "annotated",
        "readings.csv",
        "rejected",
    ]


def test_one_batch_is_one_call_of_the_reader(bench: Bench) -> None:
    bench.put(a="1", b="2", c="3", d="4")
    bench.run(settings=replace(SETTINGS, max_scans=100))
    assert bench.asked == [["a.png", "b.png", "c.png", "d.png"]]


def test_a_batch_closes_when_it_has_scans_or_bytes_enough(bench: Bench) -> None:
    large = " " * 9_000_000
    bench.put(a="1", b="2", c="3", d=f"{large}4", e=f"{large} 5", f="6")
    bench.run()
    assert bench.asked == [["a.png", "b.png", "c.png"], ["d.png", "e.png"], ["f.png"]]


def test_bad_files_have_their_rows_and_the_others_go_on(bench: Bench) -> None:
    bench.put(a="1", empty="", large=" " * 2_000, z="2")
    (bench.scans / "folder.png").mkdir()
    (bench.scans / "link.png").symlink_to("nowhere")
    os.mkfifo(bench.scans / "pipe.png")
    summary = bench.run(settings=replace(SETTINGS, limits=Limits(max_file_mb=0.001)))
    assert bench.cells("file", "reason") == [
        ("a.png", ""),
        ("empty.png", "empty_file"),
        ("folder.png", "not_a_file"),
        ("large.png", "too_large"),
        ("link.png", "broken_link"),
        ("pipe.png", "not_a_file"),
        ("z.png", ""),
    ]
    assert (summary.rejected, summary.exit_code) == (5, 1)


def test_hostile_names_stay_names(bench: Bench) -> None:
    names = [b"=1+1.png", b'a\n"b",c.png', b"caf\xe9.png", "ü字.png".encode()]
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(bench.scans) + b"/" + name)).write_text(f"{number}")
    assert bench.run().exit_code == 0
    assert bench.cells("file", "text") == [
        ("'=1+1.png", "0"),
        ('a\n"b",c.png', "1"),
        (r"caf\xe9.png", "2"),
        ("ü字.png", "3"),
    ]
    assert bench.run().already_done == 4


def test_files_of_the_same_name_do_not_meet(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    bench.put(a="1")
    (other / "a.png").write_text("2")
    bench.run(bench.scans, other)
    assert bench.cells("file", "text") == [("a.png", "1"), ("a.png", "2")]
    assert len(list((bench.out / "json").iterdir())) == 2


@pytest.mark.parametrize("max_scans", [2, 100])
def test_the_same_content_is_read_once(bench: Bench, max_scans: int) -> None:
    bench.put(a="42", b="7", c="42", d="bad", e="bad")
    summary = bench.run(settings=replace(SETTINGS, max_scans=max_scans))
    assert [file for batch in bench.asked for file in batch] == ["a.png", "b.png", "d.png"]
    (first, *_, fourth, _) = bench.rows()
    assert bench.cells("text", "duplicate_of", "reason") == [
        ("42", "", ""),
        ("7", "", ""),
        ("42", first["scan_id"], ""),
        ("", "", "not_an_image"),
        ("", fourth["scan_id"], "not_an_image"),
    ]
    assert bench.document("c.png")["annotated"] == bench.document("a.png")["annotated"]
    assert (summary.scans, summary.digits, summary.rejected) == (5, 5, 2)


def test_the_same_content_with_other_hints_is_read_for_itself(bench: Bench) -> None:
    meters = bench.scans / "meters"
    meters.mkdir()
    (meters / ".digitd.yaml").write_text("digits: 6\n")
    for path in (bench.scans / "a.png", bench.scans / "b.png", meters / "c.png"):
        path.write_text("hints")
    summary = bench.run(settings=replace(SETTINGS, hints=HintSettings(digits=5)))
    assert bench.cells("file", "text", "duplicate_of") == [
        ("a.png", "5", ""),
        ("b.png", "5", "0" * 32),
        ("meters/c.png", "6", ""),
    ]
    assert summary.ignored == 1
    again = bench.run(settings=replace(SETTINGS, hints=HintSettings(digits=7)))
    assert (again.scans, again.already_done) == (0, 3)


def test_one_worker_means_one_core_and_two_may_share_theirs_for_a_single_batch(
    bench: Bench,
) -> None:
    def load() -> Reader:
        threads.append(cv2.getNumThreads())
        return fake_reader.read

    threads: list[int] = []
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        for workers in (1, 2):
            bench.put(**{f"a{workers}": str(workers)})
            settings = replace(SETTINGS, workers=workers, max_scans=10)
            run_batch([bench.scans], bench.out, settings, load)
    finally:
        cv2.setNumThreads(before)
    assert threads == [1, 2]


def test_hints_reach_worker_processes(bench: Bench) -> None:
    (bench.scans / ".digitd.yaml").write_text("digits: 6\n")
    bench.put(a="hints", b="1", c="2", d="3", e="4")
    bench.run(settings=replace(SETTINGS, workers=2))
    assert bench.cells("file", "text")[0] == ("a.png", "6")


def test_hints_with_mistakes_are_refused_before_anything_is_written(bench: Bench) -> None:
    (bench.scans / ".digitd.yaml").write_text("digits: five\n")
    bench.put(a="42")
    with pytest.raises(ConfigInvalid, match=r"\.digitd\.yaml:1: digits: must be a whole number"):
        bench.run()
    assert not bench.out.exists()


def test_content_that_an_earlier_run_has_read_is_not_read_again(bench: Bench) -> None:
    bench.put(a="42")
    bench.run()
    bench.put(b="42")
    bench.run()
    assert bench.asked == [["a.png"]]
    assert bench.cells("file", "text", "duplicate_of")[1] == ("b.png", "42", "0" * 32)


def test_another_model_reads_the_same_content_again(bench: Bench) -> None:
    bench.put(a="42")
    bench.run()
    bench.put(b="42")
    bench.run(settings=replace(SETTINGS, model="fake-2"))
    assert bench.asked == [["a.png"], ["b.png"]]


def test_a_second_run_reads_nothing_and_writes_nothing(bench: Bench) -> None:
    bench.put(a="42", b="bad", c="")
    (bench.scans / "d.png").symlink_to("nowhere")
    first = bench.run()
    before = {path: path.stat().st_mtime_ns for path in bench.out.glob("[!.]*/*")}
    rows = (bench.out / "readings.csv").read_bytes()
    second = bench.run()
    assert bench.asked == [["a.png", "b.png", "c.png"]]
    assert (second.scans, second.already_done, second.already_rejected) == (0, 4, 3)
    assert second.exit_code == first.exit_code == 1
    assert (bench.out / "readings.csv").read_bytes() == rows
    assert {path: path.stat().st_mtime_ns for path in bench.out.glob("[!.]*/*")} == before


def test_a_scan_with_a_rejected_page_is_read_and_its_page_is_told_of(bench: Bench) -> None:
    bench.put(a="half 42", b="7", c="half 42")
    first = bench.run()
    assert bench.cells("file", "page", "text", "status", "reason") == [
        ("a.png", "1", "42", "review", ""),
        ("a.png", "2", "", "rejected", "damaged"),
        ("b.png", "1", "7", "read", ""),
        ("c.png", "1", "42", "review", ""),
        ("c.png", "2", "", "rejected", "damaged"),
    ]
    assert (first.scans, first.rejected, first.incomplete, first.rejected_pages) == (3, 0, 2, 1)
    assert "  rejected a.png, page 2: it is torn" in first.as_text().splitlines()
    (reason,) = bench.out.glob("rejected/a.*.reason.json")
    assert json.loads(reason.read_text())["rejected_pages"][0]["page"] == 2
    assert [path.name for path in bench.out.glob("annotated/a.*")] == ["a.png.00000000.p1.jpg"]
    second = bench.run()
    assert (second.scans, second.already_rejected, second.already_incomplete) == (0, 0, 2)
    assert first.exit_code == second.exit_code == 1
    assert "3 already done (2 incomplete)" in second.as_text()


def test_what_was_rejected_is_read_again_when_it_is_asked_for(bench: Bench) -> None:
    bench.put(a="bad", b="42", c="half 7", d="bad")
    first = bench.run()
    bench.asked.clear()
    assert "is read again with --retry" in bench.run().as_text()
    again = replace(SETTINGS, retry=True)
    second = bench.run(settings=again)
    assert bench.asked == [["a.png", "c.png"]]  # d is as a once more
    assert (second.scans, second.already_done, second.rejected) == (3, 1, 2)
    assert second.exit_code == first.exit_code == 1
    assert [file for (file,) in bench.cells("file")] == [
        *("a.png", "b.png", "c.png", "c.png", "d.png"),
        *("a.png", "c.png", "c.png", "d.png"),
    ]
    third = bench.run()
    assert (third.scans, third.already_rejected, third.already_incomplete) == (0, 2, 1)


def test_what_is_mended_counts_as_rejected_no_more(bench: Bench) -> None:
    bench.put(a="bad")
    bench.run()
    mended = bench.scans / "a.png"
    before = mended.stat()
    mended.write_bytes(b"436")  # the same file to look at
    os.utime(mended, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert bench.run().already_done == 1
    assert bench.run(settings=replace(SETTINGS, retry=True)).exit_code == 0
    third = bench.run()
    assert (third.already_done, third.already_rejected, third.exit_code) == (1, 0, 0)
    assert "--retry" not in third.as_text()


def test_a_changed_file_is_a_new_arrival(bench: Bench) -> None:
    bench.put(a="42")
    bench.run()
    bench.put(a="436")
    summary = bench.run()
    assert bench.cells("file", "text") == [("a.png", "42"), ("a.png", "436")]
    assert (summary.scans, summary.already_done) == (1, 0)


def test_a_scan_that_was_blocked_is_read_when_it_no_longer_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(a="42")
    opening = os.open

    def refuse(path: Path, *args: Any, **kwargs: Any) -> int:
        if Path(path).name == "a.png":
            raise PermissionError(13, "Permission denied")
        return opening(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert bench.run().exit_code == 65
        assert bench.run().already_rejected == 1
    assert bench.run().exit_code == 0
    assert bench.cells("text", "reason") == [("", "no_permission"), ("42", "")]


def test_a_link_into_a_folder_that_one_may_not_enter_gets_its_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(a="42")
    link = bench.scans.with_name("link.png")
    link.symlink_to(bench.scans / "a.png")
    stat = Path.stat

    def refuse(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path == link and follow_symlinks:
            raise PermissionError(13, "Permission denied")
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    bench.run(link, bench.scans)
    assert bench.cells("file", "text", "reason") == [
        ("link.png", "", "no_permission"),
        ("a.png", "42", ""),
    ]


def test_a_file_that_is_named_twice_has_one_row(bench: Bench) -> None:
    bench.put(a="42")
    summary = bench.run(bench.scans, bench.scans / "a.png", bench.scans)
    assert len(bench.rows()) == 1
    assert (summary.scans, summary.already_done) == (1, 2)


def test_nothing_to_read_writes_nothing(bench: Bench) -> None:
    (bench.scans / "notes.txt").write_text("x")
    with pytest.raises(NothingReadable, match=r"no scan in .*scans \(1 other files\)") as refused:
        bench.run()
    assert refused.value.exit_code == 65
    assert not bench.out.exists()


def test_nothing_but_rejected_scans_is_an_exit_code_of_its_own(bench: Bench) -> None:
    bench.put(a="bad", b="")
    assert bench.run().exit_code == 65
    assert bench.run().exit_code == 65


def test_what_cannot_work_is_refused_before_anything_is_written(bench: Bench) -> None:
    bench.put(a="42")
    with pytest.raises(InputMissing, match=r"no such file or folder: .*nowhere"):
        bench.run(bench.scans, bench.scans / "nowhere")
    bench.out = bench.scans / "results"
    with pytest.raises(UsageError, match="lies inside"):
        bench.run()
    assert not bench.out.exists()


def test_a_results_folder_has_one_writer(bench: Bench) -> None:
    bench.put(a="42")
    (bench.out / ".digitd").mkdir(parents=True)
    told = rf"pid {os.getpid()}\) is at work in {bench.out}; "
    with hold(bench.out / ".digitd"), pytest.raises(StateHeld, match=told):
        bench.run()


def test_a_results_folder_that_cannot_be_made_is_named(bench: Bench) -> None:
    bench.put(a="42")
    bench.out = Path("/proc/results")
    with pytest.raises(OutputUnwritable, match=r"cannot write to /proc/results: "):
        bench.run()


def test_a_full_disk_blames_no_scan_and_the_next_run_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(a="1", b="2", c="3", d="4")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def fill(done: int) -> None:
        assert done == 3
        monkeypatch.setattr(os, "write", refuse)

    with pytest.raises(OutputUnwritable, match="No space left on device"):
        bench.run(advance=fill)
    monkeypatch.undo()
    assert bench.run().already_done == 3
    assert bench.cells("text", "reason") == [("1", ""), ("2", ""), ("3", ""), ("4", "")]


def test_the_model_is_not_loaded_when_all_is_done(bench: Bench) -> None:
    bench.put(a="42")
    bench.run()
    run_batch([bench.scans], bench.out, SETTINGS, fake_reader.load_nothing)
    bench.put(b="43")
    with pytest.raises(ModelUnavailable):
        run_batch([bench.scans], bench.out, SETTINGS, fake_reader.load_nothing)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", DELIVERY_STEPS)
def test_signals_leave_whole_batches_and_the_next_run_completes_them(
    bench: Bench, step: Step, number: signal.Signals
) -> None:
    bench.put(**{f"n{number}": str(number) for number in range(9)})
    steps = 0

    def interrupt(now: Step) -> None:
        nonlocal steps
        steps += now is step
        if now is step and steps == 2:
            signal.raise_signal(number)

    before = signal.getsignal(number)
    summary = bench.run(reached=interrupt)
    assert (summary.scans, summary.interrupted, summary.exit_code) == (6, True, 130)
    assert signal.getsignal(number) is before
    assert len(bench.rows()) == len(list((bench.out / "json").iterdir())) == 6
    summary = bench.run()
    assert (summary.scans, summary.already_done, summary.exit_code) == (3, 6, 0)
    assert [row["text"] for row in bench.rows()] == [str(number) for number in range(9)]


def test_ctrl_c_while_reading_drops_what_is_not_yet_recorded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(**{f"n{number}": str(number) for number in range(9)})

    def interrupt(scans: Sequence[Scan]) -> list[Outcome]:
        if len(bench.asked) == 2:
            raise KeyboardInterrupt
        return reading(scans)

    reading = fake_reader.read
    with monkeypatch.context() as patch:
        patch.setattr(fake_reader, "read", interrupt)
        assert bench.run().scans == 3
    bench.run()
    assert [row["text"] for row in bench.rows()] == [str(number) for number in range(9)]


@pytest.mark.parametrize("step", DELIVERY_STEPS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_crash_leaves_no_trace_in_the_results(tmp_path: Path, step: Step, batch: int) -> None:
    """Rows, ids included, are those of an undisturbed run, once each; nothing stays staged."""
    benches = [Bench(tmp_path / "undisturbed"), Bench(tmp_path / "disturbed")]
    for bench in benches:
        bench.put(**{f"n{number}": str(number % 8) for number in range(10)}, x="bad")
    undisturbed, disturbed = benches
    undisturbed.run()
    steps = 0

    def crash(now: Step) -> None:
        nonlocal steps
        steps += now is step
        if now is step and steps == batch:
            raise Crash

    with pytest.raises(Crash):
        disturbed.run(reached=crash)
    disturbed.run()
    wanted, found = ((bench.out / "readings.csv").read_bytes() for bench in benches)
    assert found == wanted
    names = [
        sorted(str(path.relative_to(bench.out)) for path in bench.out.glob("[!.]*/*"))
        for bench in benches
    ]
    assert names[0] == names[1]
    assert list((disturbed.out / ".digitd" / "staging").iterdir()) == []


def test_worker_processes_give_the_same_results(tmp_path: Path) -> None:
    benches = [Bench(tmp_path / "one"), Bench(tmp_path / "many")]
    for bench, workers in zip(benches, (1, 2), strict=True):
        bench.put(**{f"n{number}": str(number % 8) for number in range(10)}, x="bad")
        bench.run(settings=replace(SETTINGS, workers=workers))
    one, many = ((bench.out / "readings.csv").read_bytes() for bench in benches)
    assert one == many


@pytest.mark.parametrize(("scans", "order"), [(4, ["hire", "read", "read"]), (3, ["read", "hire"])])
def test_workers_start_before_the_first_batch_is_filled_where_there_are_several(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, scans: int, order: list[str]
) -> None:
    seen: list[str] = []
    filled, hired = Planner._filled, batch_module.hire

    def fill(planner: Planner, every: Any) -> Batch:
        batch = filled(planner, every)
        seen.extend(["read"] if batch.claims else [])
        return batch

    def hire(*args: Any, **options: Any) -> Any:
        seen.append("hire")
        return hired(*args, **options)

    monkeypatch.setattr(Planner, "_filled", fill)
    monkeypatch.setattr(batch_module, "hire", hire)
    bench.put(**{name: name for name in "1234"[:scans]})
    assert bench.run(settings=replace(SETTINGS, workers=2)).scans == scans
    assert seen == order


def test_a_scan_that_kills_every_worker_is_rejected(bench: Bench) -> None:
    bench.put(a="1", b="2", c="die", d="3", e="4")
    summary = bench.run(settings=replace(SETTINGS, workers=2))
    assert bench.cells("text", "reason") == [
        ("1", ""),
        ("2", ""),
        ("", "killed_worker"),
        ("3", ""),
        ("4", ""),
    ]
    assert summary.exit_code == 1


def test_a_scan_that_hangs_its_worker_is_rejected(bench: Bench, tmp_path: Path) -> None:
    bench.put(a="1", b="2", c=f"hang {tmp_path / 'pid'}", d="3", e="4")
    bench.run(settings=replace(SETTINGS, workers=2, timeout_s=0.2))
    assert [reason for (reason,) in bench.cells("reason")] == ["", "", "killed_worker", "", ""]


def test_a_timeout_reaches_the_cluster(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[float | None] = []

    @contextmanager
    def hire(_cluster: Cluster, load_reader: LoadReader, timeout_s: float | None) -> Iterator[Crew]:
        heard.append(timeout_s)
        with hire_workers(1, load_reader) as crew:
            yield crew

    monkeypatch.setattr(batch_module, "hire_cluster", hire)
    cluster = Cluster("tcp://nowhere:8786", "bytes", None, None)  # type: ignore[arg-type]
    bench.put(a="1")
    bench.run(settings=replace(SETTINGS, cluster=cluster, timeout_s=7))
    assert heard == [7]


def test_progress_counts_earlier_runs_too(bench: Bench) -> None:
    bench.put(a="1", b="2")
    bench.run()
    bench.put(c="3", d="4", e="5", f="6")
    heard: list[int] = []
    bench.run(advance=heard.append)
    assert heard == [5, 6]
