"""The daemon from start to end: what must be right first, what is held meanwhile, and signals."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime

from ..spool.durable import writing_to
from ..spool.inbox import Inbox
from ..spool.journal import Journal
from ..spool.lock import hold
from ..spool.place import refuse_overlaps
from ..spool.steps import Step
from .batch import utc_now
from .events import Bell
from .loop import Daemon
from .staff import Setup
from .systemd import Notifier


def watch(
    load_setup: Callable[[], Setup],
    *,
    once: bool = False,
    notifier: Notifier | None = None,
    clock: Callable[[], datetime] = utc_now,
    reached: Callable[[Step], None] = lambda _: None,
) -> bool:
    """Run until SIGTERM or SIGINT; with `once`, until the inbox is empty. `load_setup` is called
    again on SIGHUP. True if, with `once`, a scan was rejected.

    Raises:
        ConfigInvalid, ModelUnavailable: it cannot start like this.
        StateHeld: another digitd has the same state folder; with `once`, or the same outbox.
        OutputUnwritable, ClusterUnavailable: with `once` only; else it waits until the disk is
            mended, or the cluster there.
    """
    setup = load_setup()
    config = setup.config
    refuse_overlaps({"inbox": config.inbox, "outbox": config.outbox, "state": config.state})
    inbox = Inbox(config.inbox)
    for folder in (config.inbox, config.outbox, config.state):
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
    with (
        hold(config.state),
        Journal(config.state / "journal.db") as journal,
        _locks(inbox) as locks,
        Bell() as bell,
        Daemon(
            setup,
            load_setup,
            inbox,
            journal,
            locks,
            bell,
            notifier or Notifier(),
            clock=clock,
            reached=reached,
        ) as daemon,
        bell.rung_by_signals(),
        _signals(daemon),
    ):
        daemon.run(once=once)
        return once and daemon.has_rejected


def _locks(inbox: Inbox) -> ExitStack:
    """What tells other daemons at the inbox of this one: from the start on, for what it has claimed
    it may read only after it waited for a model, a disk or a cluster."""
    with ExitStack() as locks:
        with suppress(OSError):  # not there, or closed: recovery says so
            locks.enter_context(inbox.shared())
        return locks.pop_all()


@contextmanager
def _signals(daemon: Daemon) -> Iterator[None]:
    """SIGTERM and SIGINT end it in good order, a second one at once; SIGHUP reloads."""

    def stop(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        daemon.stop()

    handlers: dict[signal.Signals, Callable[..., None]] = {
        signal.SIGTERM: stop,
        signal.SIGINT: stop,
        signal.SIGHUP: daemon.reload,
    }
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
