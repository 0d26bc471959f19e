"""What `digitd status` shows: where every scan is, and what needs a person."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..spool.inbox import Found, Inbox, source_of
from ..spool.journal import SHORT, Arrival, Balance, Journal
from ..spool.lock import holder
from ..spool.names import printable, shown
from ..spool.retry import original_of
from ..spool.scanner import Scanner, View
from ..spool.settle import End, Settler
from .ends import EndFinder
from .hints import HintFiles
from .standing import told_immovable

MAX_LISTED = 20


@dataclass(frozen=True, slots=True)
class Rejected:
    """A scan that was rejected, as a whole or in pages (`more` besides the first, `page`), and
    whose original waits for a person; `message` says in words what is wrong."""

    id: str
    file: str
    reason: str
    message: str
    original: Path
    page: int | None = None
    more: int = 0

    def as_json(self) -> dict[str, object]:
        """One JSON object."""
        return {
            "id": self.id,
            "file": self.file,
            "page": self.page,
            "reason": self.reason,
            "message": self.message,
            "original": shown(self.original),
        }

    def as_text(self) -> str:
        """One line."""
        page = f", page {self.page}" if self.page else ""
        more = f"; and {self.more} more" if self.more else ""
        told = f"{self.file}{page}: {self.message} ({self.reason}){more}"
        return f"{self.id[:SHORT]} {printable(told)}"


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of inbox, journal and daemon. `pid` is None where none runs; `told` is what it last
    said of itself; `rejected` are those whose originals wait for a person. Where the oldest file
    that waits is empty or cut off, it has `cut_off_s` since its last change until it is rejected.
    """

    pid: int | None
    told: dict[str, Any]
    balance: Balance
    view: View
    rejected: tuple[Rejected, ...]
    problem: str | None
    cut_off_s: float | None = None

    @property
    def seen(self) -> int:
        """All that ever came, those that came again after a retry once."""
        return self.view.waiting + self.balance.seen - self.balance.retried

    @property
    def needs_person(self) -> bool:
        """Whether something will stay as it is until a person acts."""
        is_left = self.pid is None and self.view.waiting + self.balance.in_work > 0
        return bool(
            self.problem
            or is_left
            or self.view.blocked
            or self.rejected
            or not self.balance.is_even
        )

    def as_json(self) -> dict[str, object]:
        """One JSON object."""
        return {
            "running": self.pid is not None,
            "pid": self.pid,
            "seen": self.seen,
            "waiting": self.view.waiting,
            "in_work": self.balance.in_work,
            "done": self.balance.done,
            "rejected": self.balance.rejected,
            "balanced": self.balance.is_even,
            "ignored": self.view.ignored,
            "oldest_waiting": self.view.oldest and shown(self.view.oldest),
            "oldest_is_cut_off": self.cut_off_s is not None,
            "blocked": [
                {"path": shown(each.path), "cure": each.cure} for each in self.view.blocked
            ],
            "to_look_at": [each.as_json() for each in self.rejected],
            "paused": self.problem,
            "last_error": self.told.get("last_error"),
            "model": self.told.get("model"),
            "scans_per_second": self.told.get("scans_per_second"),
            "needs_person": self.needs_person,
        }

    def as_text(self) -> str:
        """Lines for a person at 2 a.m.: what is wrong first."""
        lines = []
        if self.problem is not None:
            lines.append(f"PAUSED   {printable(self.problem)}")
        if self.pid is None:
            lines.append("stopped  start it with `digitd watch`, or systemctl start digitd")
        else:
            rate = self.told.get("scans_per_second")
            speed = f", {rate:.0f} scans a second" if rate else ""
            lines.append(f"running  pid {self.pid}, model {self.told.get('model')}{speed}")
        balance, view = self.balance, self.view
        lines.append(
            f"scans    {self.seen} seen = {view.waiting} waiting + {balance.in_work} in work + "
            f"{balance.done} done + {balance.rejected} rejected; {view.ignored} files ignored"
        )
        if not balance.is_even:
            lines.append("UNEVEN   the journal does not add up: please report it")
        if view.oldest is not None:
            lines.append(f"oldest   {printable(shown(view.oldest))}{self._why_it_waits()}")
        lines += _some(
            "blocked ",
            [f"{printable(shown(each.path))}: {each.cure}" for each in view.blocked],
        )
        lines += _some("rejected", [each.as_text() for each in self.rejected])
        if self.rejected:
            first, *others = dict.fromkeys(each.original.parent for each in self.rejected)
            place = printable(shown(first)) + (" and other days" if others else "")
            way = "digitd retry ID (or --all) reads again; or remove the original, in"
            lines.append(f"         {way} {place}")
        if error := self.told.get("last_error"):
            lines.append(f"error    {printable(error)}")
        return "\n".join(lines)

    def _why_it_waits(self) -> str:
        if self.cut_off_s is None:
            return ""
        after = f"{self.cut_off_s:g} s after its last change"
        return f": empty or cut off; should it stay so, it is rejected {after}"


def overview(config: Config) -> Overview:
    """Look at everything, without changing it.

    Raises:
        OutputUnwritable: the journal cannot be opened.
    """
    pid = holder(config.state)
    told = _told(config.state / "status.json")
    problem = told.get("paused") if pid is not None else None
    with ExitStack() as stack:
        file = config.state / "journal.db"
        journal = stack.enter_context(Journal(file)) if file.exists() else None
        balance = journal.balance() if journal else Balance(0, 0, 0, 0, 0)
        rejected = journal.rejected() if journal else []
        is_done = _is_done(journal if config.originals == "keep" else None)
        settler = Settler(0, 0, lambda _: End.THERE, time.monotonic)
        files = HintFiles(config.hints)
        inbox = Inbox(config.inbox)
        inbox.block(told_immovable(told))
        scanner = Scanner(inbox, settler, is_done, lambda: files.look(config.inbox))
        try:
            view = scanner.look(0)
        except OSError as error:
            view = View()
            problem = f"cannot look into the inbox {shown(config.inbox)}: {error.strerror}"
    return Overview(
        pid=pid,
        told=told,
        balance=balance,
        view=view,
        rejected=tuple(
            _rejected(each, original)
            for each in rejected
            if (original := original_of(config.outbox, each)).exists()
        ),
        problem=problem,
        cut_off_s=config.incomplete_after_s if _is_cut_off(view.oldest, config) else None,
    )


def _is_cut_off(path: Path | None, config: Config) -> bool:
    try:
        if path is None or path.stat().st_size == 0:
            return path is not None
        return EndFinder(config.limits.max_file_mb)(path) is End.MISSING
    except OSError:  # it was claimed meanwhile
        return False


def _is_done(journal: Journal | None) -> Callable[[Found], bool]:
    """Whether a file that lies in the inbox was read and stays there."""
    return lambda found: journal is not None and bool(journal.fates(source_of(found)))


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _rejected(arrival: Arrival, original: Path) -> Rejected:
    """What its document says of why it was rejected, or which of its pages were."""
    document = json.loads(arrival.result.document)
    first, *others = document.get("rejected_pages") or [document]
    return Rejected(
        id=arrival.id,
        file=arrival.file,
        reason=first["reason"],
        message=first["message"],
        original=original,
        page=first.get("page"),
        more=len(others),
    )


def _some(title: str, items: list[str]) -> list[str]:
    shown_items = items[:MAX_LISTED]
    lines = [f"{title} {item}" for item in shown_items]
    if len(items) > MAX_LISTED:
        lines.append(f"{title} and {len(items) - MAX_LISTED} more")
    return lines
