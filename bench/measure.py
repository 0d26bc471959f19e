"""Commands, timed from outside: wall and CPU seconds, memory, and when there was a first result."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[1]  # this tree is what is measured
_LOOK_S = 0.02  # between looks at a command that runs


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command over `scans` files. `cpu_s` is of all its processes, `peak_mb` of its
    largest and `main_mb` of the first; `first_s` is when its first result was there."""

    scans: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    main_mb: float
    first_s: float

    @property
    def scans_per_s(self) -> float:
        """Start included."""
        return self.scans / self.wall_s


def run(command: Sequence[str | Path], out: Path, scans: int) -> Run:
    """Run `python -m` what `command` says, which writes to the folder `out`, removed before. Its
    modules are compiled once and for all, as installing them does. Raises SystemExit where it
    fails."""
    shutil.rmtree(out, ignore_errors=True)
    log = out.with_suffix(".log")
    compiling = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    first_s, main_mb = 0.0, 0.0
    with log.open("wb") as said:
        python = [sys.executable, "-m", *map(str, command)]
        process = subprocess.Popen(python, stdout=said, stderr=said, cwd=_ROOT, env=compiling)
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            wall_s = time.perf_counter() - started
            if ended:
                break
            main_mb = max(main_mb, _peak_mb(process.pid))
            if not first_s and _has_result(out):
                first_s = wall_s
            time.sleep(_LOOK_S)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(python)} failed:\n{log.read_text()[-2000:]}")
    cpu_s = used.ru_utime + used.ru_stime
    return Run(scans, wall_s, cpu_s, used.ru_maxrss / 1024, main_mb, first_s or wall_s)


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0


def _has_result(out: Path) -> bool:
    """digitd's is a row, the others' any file."""
    if (out / ".digitd").exists():
        return (out / "readings.csv").exists()
    return out.exists() and any(out.iterdir())
