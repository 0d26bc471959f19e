"""Timing commands from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.measure import run


def test_a_command_is_timed_as_it_runs_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    out = tmp_path / "out"
    tell = (
        "import sys, pathlib; "
        f"out = pathlib.Path({str(out)!r}); out.mkdir(); "
        "(out / 'told').write_text(str(sys.dont_write_bytecode))"
    )
    timed = run(("timeit", "-n1", "-r1", tell), out, 1)
    assert (out / "told").read_text() == "False"
    assert timed.wall_s > 0
