"""The real process, really killed and really interrupted."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys
from pathlib import Path
import fake_reader

def reached(step):
    if step.value == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    from daemon.service.batch import BatchSettings, run_batch  # which no worker needs

    folder = Path(sys.argv[1])
    settings = BatchSettings(model="fake-1", max_scans=2, workers=int(sys.argv[3]))
    summary = run_batch(
        [folder / "scans"], folder / "results", settings, fake_reader.load_reader, reached=reached
    )
    print(summary.scans)
    sys.exit(summary.exit_code)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    for number in range(5):
        (tmp_path / "scans" / f"{number}.png").write_text(str(number))
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def start(program: Path, step: str = "", workers: int = 1) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, program, program.parent, step, str(workers)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A shell has its background commands ignore Ctrl-C, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def texts(program: Path) -> list[str]:
    with (program.parent / "results" / "readings.csv").open(newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


@pytest.mark.parametrize("step", ["staged", "recorded", "appended"])
def test_after_a_sigkill_the_next_run_completes_the_results(program: Path, step: str) -> None:
    with start(program, step) as killed:
        assert killed.wait(30) == -signal.SIGKILL
    with start(program) as second:
        assert second.wait(30) == 0
    assert texts(program) == ["0", "1", "2", "3", "4"]
    assert list((program.parent / "results" / ".digitd" / "staging").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_busy_workers_and_a_second_run_completes(
    number: signal.Signals, program: Path
) -> None:
    fifo, hanging = program.parent / "fifo", program.parent / "scans" / "4.png"
    os.mkfifo(fifo)
    hanging.write_text(f"hang {fifo}")
    with start(program, workers=2) as run:
        worker = int(fifo.read_text())
        os.killpg(run.pid, number)
        _, err = run.communicate(timeout=30)
    assert (run.returncode, err) == (130, b"")
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    hanging.write_text("4")
    with start(program) as second:
        assert second.wait(30) == 0
    assert texts(program) == ["0", "1", "2", "3", "4"]
