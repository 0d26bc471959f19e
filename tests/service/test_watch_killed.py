"""The daemon killed behind each of its steps, twice in a row; then all must be as if never."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from aftermath import problems
from forked import start_daemon

from daemon.spool.steps import Step


def run(folder: Path, *arguments: str) -> int | None:
    daemon = start_daemon(folder, "--once", *arguments)
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
