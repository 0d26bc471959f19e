"""A reader whose scans say in their bytes what it is to do with them; importable by workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from daemon.errors import ModelUnavailable
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
    RejectedPage,
    Rejection,
    Scan,
    Status,
)
from daemon.service.parcels import LoadSent
from daemon.service.pulse import PULSE
from daemon.service.workers import LoadReader, Reader


def load_reader() -> Reader:
    """What a worker loads."""
    return read


def load_nothing() -> Reader:
    """A model that cannot be loaded."""
    raise ModelUnavailable("no model")


def load_from(model: Path) -> Reader:
    """What a worker loads where there is such a file."""
    return read if model.exists() else load_nothing()


def exhaust() -> None:
    """Take more memory than there is."""
    raise MemoryError


def fail() -> None:
    """Meet a bug."""
    raise ValueError("a bug")


class LoadUnpacked(LoadSent):
    """What a worker loads where a parcel was unpacked, whatever it holds."""

    def here(self) -> LoadReader:
        super().here()
        return load_reader


def die_while_loading() -> Reader:
    """A machine on which no worker can start."""
    os._exit(3)


def read(scans: Sequence[Scan]) -> list[Outcome]:
    """One outcome per scan: `b"42"` is read as 42, `b"?7"` as a doubtful 7, `b"half 42"` as a first
    page of two with 42, the second being damaged, `b"hints"` as the number of digits that its hints
    allow, 0 where they say nothing, `b"pulse"` as the milliseconds between signs of life,
    `b"threads"` as the number of threads that read (on Linux), `b"pid"` as its process."""
    return [_read(scan) for scan in scans]


def _read(scan: Scan) -> Outcome:
    text = scan.data.decode()
    if text == "hints":
        text = str(scan.hints.line.most or 0)
    if text == "pulse":
        text = f"{1000 * PULSE.every_s:.0f}"
    if text == "threads":
        text = str(len(list(Path("/proc/self/task").iterdir())))
    if text == "pid":
        text = str(os.getpid())
    match text.split():
        case []:
            return Rejection(scan.id, scan.file, scan.sha256, Reason.EMPTY_FILE, "no bytes")
        case ["bad"]:
            return Rejection(scan.id, scan.file, scan.sha256, Reason.NOT_AN_IMAGE, "a text")
        case ["raise"]:
            fail()
        case ["exhaust"]:
            exhaust()
        case ["die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["hang", path]:
            Path(path).write_text(str(os.getpid()))  # a FIFO: waits until somebody listens
            while True:
                signal.pause()
        case ["die", "once", path, _] if not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        case ["orphan", "once", path, _] if not Path(path).exists():
            Path(path).touch()
            main = multiprocessing.parent_process()  # of the nursery that this is a fork of
            assert main
            os.kill(main.pid, signal.SIGKILL)
        case ["beat", _]:
            assert PULSE.listener
            PULSE.listener()
    digits = "".join(char for char in text.split()[-1] if char.isdigit())
    lost = (RejectedPage(2, Reason.DAMAGED, "it is torn"),) if text.startswith("half") else ()
    status = Status.REVIEW if text.startswith("?") or lost else Status.READ
    lines = (_line(digits, status),) if digits else ()
    return Reading(
        scan_id=scan.id,
        file=scan.file,
        sha256=scan.sha256,
        pages=(PageReading(1, 100, 100, lines),),
        status=status if digits else Status.EMPTY,
        model="fake-1",
        durations=Durations(0, 0, 0),
        pictures=(Picture(1, b"picture of " + scan.data),),
        explanations=(Picture(1, b"what was seen of " + scan.data),),
        rejected_pages=lost,
    )


def _line(text: str, status: Status) -> Line:
    digits = tuple(
        Digit(Box(10 * x, 0, 8, 12), int(char), 0.99, (0.01,) * 10) for x, char in enumerate(text)
    )
    return Line(digits, text, 0.99, digits[0].box.union(digits[-1].box), status)
