from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from commands import digitd

from daemon import __file__ as package
from daemon import cli
from daemon.ann import registry
from daemon.records import (
    Box,
    Digit,
    Durations,
    Line,
    Outcome,
    PageReading,
    Picture,
    Reading,
    Reason,
    Rejection,
    Scan,
    Status,
)
from daemon.service import nursery, parcels, reading
from daemon.service.reading import ReaderSettings


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to put scans into, whose bytes are the digits that are read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "load_version", lambda *_: SimpleNamespace(name="fake-1"))
    monkeypatch.setattr(
        reading,
        "load_reader",
        lambda settings: lambda scans: [_read(scan, settings) for scan in scans],
    )
    (tmp_path / "scans").mkdir()
    return Path("scans")


def _read(scan: Scan, settings: ReaderSettings) -> Outcome:
    text = scan.data.decode()
    if not text.isdigit():
        return Rejection(scan.id, scan.file, scan.sha256, Reason.NOT_AN_IMAGE, "it is a text")
    digits = tuple(
        Digit(Box(10 * x, 0, 8, 12), int(char), 0.99, (0.01,) * 10) for x, char in enumerate(text)
    )
    box = digits[0].box.union(digits[-1].box)
    page = PageReading(1, 100, 100, (Line(digits, text, 0.9, box, Status.READ),))
    pictures = (Picture(1, b"jpeg"),) if settings.annotated == "all" else ()
    explanations = (Picture(1, b"png"),) if settings.explained else ()
    return Reading(
        scan.id,
        scan.file,
        scan.sha256,
        (page,),
        Status.READ,
        "fake-1",
        Durations(0, 0, 0),
        pictures,
        explanations,
    )


def test_the_summary_says_what_was_done_and_where_to_look(
    scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scans / "a.png").write_text("507")
    (scans / "labels.csv").write_text("file,label\n")
    code, out, err = digitd("batch", scans, "--out", "results", capsys=capsys)
    first, second = out.splitlines()
    assert first.startswith(
        "1 scan, 3 digits, 0 to review, 0 rejected; 1 ignored, 0 already done; "
    )
    assert first.endswith(" scans a second")
    assert (second, err, code) == ("Results: results/readings.csv", "", 0)


def test_a_rejected_scan_is_named_safely_and_makes_the_exit_code_1(
    scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scans / "a.png").write_text("5")
    (scans / "b\x1b[31m\n.png").write_text("hello")
    code, out, _ = digitd("batch", scans, "--out", "results", capsys=capsys)
    assert r"  rejected b\x1b[31m\n.png: it is a text" in out.splitlines()
    assert code == 1


def test_machine_prints_one_json_object(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scans / "a.png").write_text("507")
    code, out, _ = digitd("batch", scans, "--out", "results", "--machine", capsys=capsys)
    summary = json.loads(out)
    assert summary.pop("seconds") >= 0
    assert summary.pop("scans_per_second") >= 0
    assert summary == {
        "scans": 1,
        "digits": 3,
        "review": 0,
        "rejected": 0,
        "ignored": 0,
        "already_done": 0,
        "already_rejected": 0,
        "incomplete": 0,
        "rejected_pages": 0,
        "already_incomplete": 0,
        "interrupted": False,
        "readings": "results/readings.csv",
    }
    assert code == 0


def test_quiet_prints_nothing(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scans / "a.png").write_text("507")
    arguments = ("batch", scans, "--out", "results", "--quiet")
    assert digitd(*arguments, capsys=capsys) == (0, "", "")


@pytest.mark.parametrize("flag", ["--annotated", "--annotate"])
def test_flags_choose_what_is_written(
    flag: str, scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scans / "a.png").write_text("507")
    flags = ("--json", "lines", flag, "none")
    digitd("batch", scans, "--out", "results", *flags, capsys=capsys)
    names = sorted(path.name for path in Path("results").iterdir())
    assert names == [".digitd", "readings.csv", "readings.jsonl"]


def test_explanations_go_where_the_flag_says(
    scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scans / "a.png").write_text("507")
    _, out, _ = digitd("batch", scans, "--out", "results", "--explain", "seen", capsys=capsys)
    (picture,) = Path("seen").iterdir()
    assert picture.read_bytes() == b"png"
    assert "Explained: 1 picture in seen" in out.splitlines()


def test_a_file_and_a_folder_together(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scans / "a.png").write_text("1")
    Path("note").write_text("2")
    digitd("batch", "note", scans, "--out", "results", capsys=capsys)
    with Path("results/readings.csv").open(newline="") as file:
        assert [(row["file"], row["text"]) for row in csv.DictReader(file)] == [
            ("note", "2"),
            ("a.png", "1"),
        ]


def test_a_named_file_that_may_not_be_read_is_for_its_row_to_say(
    scans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (scans / "a.png").write_text("42")
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    code, out, _ = digitd("batch", scans / "a.png", "--out", "results", capsys=capsys)
    assert "1 scan, 2 digits" in out
    assert code == 0


def test_a_bar_on_a_terminal_stays_on_stderr(
    scans: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (scans / "a.png").write_text("1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, out, err = digitd("batch", scans, "--out", "results", capsys=capsys)
    assert "1/1" in err
    assert out.startswith("1 scan, ")


def test_many_scans_are_counted_while_the_first_are_read(
    scans: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (scans / f"{number}.png").write_text(str(number))
    monkeypatch.setattr(cli, "_COUNTED_AT_ONCE", 2)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with cli._progress_bar([scans], wanted=True) as advance:
        for thread in threading.enumerate():
            if "count" in thread.name:
                thread.join()
        advance(5)
    assert "5/5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 66, "digitd: no such file or folder: nowhere\n"),
        (["scans", "--out", "scans/results"], 2, "lies inside the input folder scans"),
        (["scans", "--explain", "scans"], 2, "--explain scans lies inside the input folder"),
        (["empty"], 65, "digitd: no scan in empty (0 other files)"),
        (["scans", "--out", "scans/a.png"], 2, "is no folder"),
    ],
)
def test_what_cannot_work_is_said_on_one_line_with_its_exit_code(
    scans: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: Sequence[str],
    code: int,
    message: str,
) -> None:
    (scans / "a.png").write_text("1")
    Path("empty").mkdir()
    if "--out" not in arguments:
        arguments = [*arguments, "--out", "results"]
    found, out, err = digitd("batch", *arguments, capsys=capsys)
    assert (found, out) == (code, "")
    assert message in err
    assert err.count("\n") == 1


def test_help_does_not_wait_for_heavy_libraries() -> None:
    program = """
import sys
from daemon.cli import main
sys.argv = ["digitd", "batch", "--help"]
try:
    main()
except SystemExit:
    print(sorted({"cv2", "numpy", "sqlite3", "yaml"} & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("files", "flags", "prepared"),
    [
        (501, (), 1),
        (500, (), 0),
        (501, ("--workers", "1"), 0),
        (501, ("--cluster", "tcp://h:1"), 0),
    ],
)
def test_what_workers_load_is_loaded_early_where_there_are_many_files(
    files: int,
    flags: Sequence[str],
    prepared: int,
    scans: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (scans / "below").mkdir()
    for number in range(files):
        (scans / "below" / f"{number}.txt").touch()
    monkeypatch.setattr(parcels, "pack", lambda _: SimpleNamespace(digest="0"))
    warmed: list[object] = []
    monkeypatch.setattr(nursery, "prepare", warmed.append)
    found, _, err = digitd("batch", str(scans), "--out", "results", *flags, capsys=capsys)
    assert found == 65
    assert "no scan in scans" in err
    assert warmed == [reading.warm_up] * prepared


def test_warming_up_imports_all_that_reading_takes() -> None:
    program = """
import sys
from pathlib import Path
from daemon.records import Limits, Scan
from daemon.service.reading import ReaderSettings, load_reader, warm_up

warm_up()
before = set(sys.modules)
read = load_reader(ReaderSettings(Path(sys.argv[1]), "current", Limits(), 0.005))
(outcome,) = read([Scan("0" * 32, "a.png", "", Path(sys.argv[2]).read_bytes())])
print(outcome.status.value, sorted(set(sys.modules) - before))
"""
    top = Path(package).parents[1]
    arguments = (top / "models", next((top / "samples").glob("*.png")))
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "read []\n"


def test_who_only_hands_scans_to_workers_does_not_wait_for_what_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scans").mkdir()
    for number in range(3):
        pixels = np.full((28, 28), number, np.uint8)
        Path(f"scans/{number}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    models = Path(package).parents[1] / "models"
    Path("config.yaml").write_text(f"models: {models}\nbatch: {{max_scans: 1}}\n")
    program = """
import sys
from daemon.cli import main
sys.argv = ["digitd", "batch", "scans", "--out", "results", "--workers", "2"]
try:
    main()
except SystemExit:
    print(sorted({"cv2", "numpy", "ai_edge_litert"} & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"
    assert len(Path("results/readings.csv").read_text().splitlines()) == 4
