"""Where log records go and how they look: lines for people, JSON for machines, both for journald.

Everything goes to standard error. journald takes the priority of a line from a prefix such as
`<4>` (sd-daemon(3)) and keeps the time itself.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from ..config_schema import Log

PACKAGE = __name__.partition(".")[0]
HANDLER = "digitd"

# syslog(3)'s numbers: the highest level that a record reaches counts
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG = 7

_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime"}  # all others came by `extra=`


def configure(
    settings: Log,
    stream: TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Log to `stream` (standard error) from now on; called again, as then said.

    The level is that of digitd: of the libraries' records, only warnings and worse are logged.
    """
    stream = stream or sys.stderr
    in_journal = _is_journal(stream, environment)
    formatter: logging.Formatter
    if settings.format == "json":
        formatter = _JsonFormatter()
    elif settings.format == "auto" and in_journal:
        formatter = logging.Formatter()  # the message: journald knows when, who and how grave
    else:
        formatter = _PlainFormatter("%(asctime)s %(levelname)-7s %(message)s")
    handler = logging.StreamHandler(stream)
    handler.name = HANDLER
    handler.setFormatter(_Prioritised(formatter) if in_journal else formatter)
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.name == HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(PACKAGE).setLevel(level)


def _is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether journald reads the stream: JOURNAL_STREAM, which every child inherits, names the
    device and inode of what systemd had connected (systemd.exec(5))."""
    try:
        found = os.fstat(stream.fileno())
    except OSError:  # a stream without a file
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _PlainFormatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802
        return _time(record)


class _JsonFormatter(logging.Formatter):
    """One object a line; non-ASCII and line breaks are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _Prioritised(logging.Formatter):
    """Another formatter's lines, a prefix before each: a traceback stays as grave as its record."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        reached = (number for level, number in _PRIORITIES if record.levelno >= level)
        prefix = f"<{next(reached, _DEBUG)}>"
        return "\n".join(prefix + line for line in self._inner.format(record).split("\n"))
