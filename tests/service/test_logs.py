"""What a log line looks like, to the letter."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import logging_as_before

from daemon.config_schema import Log
from daemon.service import logs

MOMENT = 1_795_260_007.25  # 2026-11-21 11:20:07.250 UTC


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the logging of the other tests alone."""
    with logging_as_before():
        yield


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def say(level: int, message: str, *, by: str = "daemon.service.watch", **extra: object) -> None:
    """Log what was said at MOMENT."""
    logger = logging.getLogger(by)
    if logger.isEnabledFor(level):
        error = sys.exc_info() if sys.exception() else None
        record = logger.makeRecord(by, level, "watch.py", 1, message, (), error, None)
        vars(record).update(created=MOMENT, **extra)
        logger.handle(record)


def test_plain_lines_have_time_level_and_message(stream: io.StringIO) -> None:
    logs.configure(Log(), stream, {})
    say(logging.INFO, "batch of 3 scans done", scans=3)
    say(logging.WARNING, "outbox is full")
    assert stream.getvalue().splitlines() == [
        "2026-11-21T11:20:07.250Z INFO    batch of 3 scans done",
        "2026-11-21T11:20:07.250Z WARNING outbox is full",
    ]


def test_json_lines_hold_the_extra_fields(stream: io.StringIO) -> None:
    logs.configure(Log(format="json"), stream, {})
    say(logging.INFO, "batch done\nß", scans=3, folder=Path("outbox"))
    assert stream.getvalue() == (
        '{"time": "2026-11-21T11:20:07.250Z", "level": "info", "logger": "daemon.service.watch", '
        '"message": "batch done\\n\\u00df", "scans": 3, "folder": "outbox"}\n'
    )


def test_json_lines_hold_the_traceback(stream: io.StringIO) -> None:
    logs.configure(Log(format="json"), stream, {})
    try:
        raise ValueError("odd")
    except ValueError:
        say(logging.ERROR, "a bug")
    line = json.loads(stream.getvalue())
    assert line["level"] == "error"
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ValueError: odd")


def journalled(settings: Log, *, inherited: bool = False) -> list[str]:
    """The lines of a debug, an info, a warning, an error and a critical record, as journald gets
    them; `inherited`: the journal is another stream than the one that is written to."""
    ours, journal = socket.socketpair()
    with journal, ours, ours.makefile("w") as stream:
        end = os.fstat(0 if inherited else stream.fileno())
        logs.configure(settings, stream, {"JOURNAL_STREAM": f"{end.st_dev}:{end.st_ino}"})
        for level in range(logging.DEBUG, logging.CRITICAL + 1, 10):
            say(level, f"level {level}\nand more")
        stream.flush()
        return journal.recv(65536).decode().splitlines()


def test_journald_gets_a_priority_before_every_line_and_no_time() -> None:
    assert journalled(Log(level="debug")) == [
        *("<7>level 10", "<7>and more", "<6>level 20", "<6>and more", "<4>level 30", "<4>and more"),
        *("<3>level 40", "<3>and more", "<2>level 50", "<2>and more"),
    ]


def test_journald_gets_priorities_with_json_too() -> None:
    first, *_ = journalled(Log(level="error", format="json"))
    assert json.loads(first.removeprefix("<3>"))["message"] == "level 40\nand more"


def test_a_stream_that_is_not_the_journal_gets_no_priorities() -> None:
    first, *_ = journalled(Log(level="error"), inherited=True)
    assert first == "2026-11-21T11:20:07.250Z ERROR   level 40"


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["ours 10", "ours 20", "ours 30", "ours 40", "theirs 30", "theirs 40"]),
        ("info", ["ours 20", "ours 30", "ours 40", "theirs 30", "theirs 40"]),
        ("error", ["ours 40", "theirs 40"]),
    ],
)
def test_the_level_is_that_of_digitd_and_libraries_only_warn(
    level: str, heard: list[str], stream: io.StringIO
) -> None:
    logs.configure(Log(level=level, format="json"), stream, {})
    for by in ("daemon.spool.journal", "watchdog.observers"):
        for number in range(logging.DEBUG, logging.CRITICAL, 10):
            say(number, f"{'ours' if by.startswith('daemon') else 'theirs'} {number}", by=by)
    lines = [json.loads(line)["message"] for line in stream.getvalue().splitlines()]
    assert lines == heard


def test_configured_again_it_says_nothing_twice(stream: io.StringIO) -> None:
    logs.configure(Log(format="json"), stream, {})
    logs.configure(Log(), stream, {})
    say(logging.INFO, "once")
    assert stream.getvalue() == "2026-11-21T11:20:07.250Z INFO    once\n"
