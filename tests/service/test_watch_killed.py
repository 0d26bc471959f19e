"""The daemon killed behind each of its steps, twice in a row; then all must be as if never."""

from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path

import fake_daemon
import pytest
from aftermath import problems

from daemon.spool.steps import Step

# Each daemon is a process of its own, forked from one that has imported what they all need.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["daemon.config_schema", "daemon.service.watch"])


def run(folder: Path, *arguments: str) -> int | None:
    daemon = processes.Process(target=fake_daemon.end_as_main, args=(folder, "--once", *arguments))
    daemon.start()
    daemon.join(60)
    code = daemon.exitcode
    daemon.kill()  # if it hangs, and the code is None
    return code


@pytest.mark.parametrize("step", Step)
def test_two_kills_behind_any_step_lose_nothing_and_double_nothing(
    tmp_path: Path, step: Step
) -> None:
    drops = {f"{number}.png": str(number).encode() for number in range(6)}
    drops |= {"sub/a.png": b"42", "sub/b.png": b"3", "c.png": b"bad"}
    for name, content in drops.items():
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for _ in range(2):
        code = run(tmp_path, "--kill", step.value, "--max-scans", "4")
        assert code == -signal.SIGKILL
    assert run(tmp_path, "--max-scans", "4") in (0, 1)
    assert problems(tmp_path, drops) == []
