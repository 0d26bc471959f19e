"""The daemon's loop: look through the inbox, read what is ready, sleep until something happens.

One thread does it all, in this order: signals, recovery, looking, one batch. What goes wrong with
the machine (disk full, folder gone) pauses it: it tries again until it works, and blames no scan.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from ..config import Config
from ..errors import (
    ClusterUnavailable,
    DigitdError,
    OutputUnwritable,
    ResourcesExhausted,
    shortage_of,
)
from ..records import Hints, Status
from ..spool.claims import OpenClaim
from ..spool.inbox import Found, Inbox, source_of
from ..spool.journal import Journal
from ..spool.scanner import Scanner, View
from ..spool.settle import Settler
from ..spool.steps import Step
from .cycle import TOGETHER, Cycle, CycleSettings
from .ends import EndFinder
from .events import Bell, observing, sees_events
from .hints import Answer, HintFiles
from .mounts import network_kind
from .staff import Setup, Staff
from .standing import Standing
from .systemd import Notifier

NETWORK_QUIET_S = 10.0  # a network file system shows what others write late
POLL_S = 2.0  # between looks where the system does not tell of new files
RETRY_S = (0.5, 5.0)  # between attempts to go on: the first, and the longest

log = logging.getLogger(__name__)


class Daemon:
    """The loop and what it works with."""

    def __init__(
        self,
        setup: Setup,
        load_setup: Callable[[], Setup],
        inbox: Inbox,
        journal: Journal,
        locks: ExitStack,
        bell: Bell,
        notifier: Notifier,
        *,
        clock: Callable[[], datetime],
        reached: Callable[[Step], None],
    ) -> None:
        self._setup = setup
        self._load_setup = load_setup
        self._inbox = inbox
        self._journal = journal
        self._bell = bell
        self._notifier = notifier
        self._staff = Staff(setup, notifier)
        self._standing = Standing(setup.config.state / "status.json", setup.model)
        self._cycle = Cycle(
            inbox,
            setup.config.outbox,
            journal,
            CycleSettings.of(setup.model, setup.config),
            lambda scans: self._staff.read(scans),
            locks=locks,
            clock=clock,
            hints_of=self._hints_of,
            reached=reached,
        )
        self._hint_files, self._scanner = self._new_scanner(setup.config)
        self._observer = ExitStack()
        self._look_every_s = POLL_S
        self._claims: list[OpenClaim] = []  # of an interrupted run, still to be read
        self._first_ready: float | None = None  # when the batch that is filling up began
        self._stopping = False
        self._reloading = False
        self._has_recovered = False  # and may have begun to read since
        if not setup.cluster:  # that may come later: the loop waits, ready for systemd and signals
            self._staff.present()
        self.has_rejected = False

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.close()
        self._staff.close()

    def stop(self, *_: object) -> None:
        """Finish the batch in hand, then end. Called by signal handlers."""
        self._stopping = True
        self._bell.ring()

    def reload(self, *_: object) -> None:
        """Load configuration and model again, soon. Called by a signal handler."""
        self._reloading = True
        self._bell.ring()

    def run(self, *, once: bool) -> None:
        """Turn until told to stop; with `once`, until the inbox is empty."""
        needs_recovery, retry_s = True, RETRY_S[0]
        self._notifier.ready()
        log.info("watching %s with model %s", self._inbox.folder, self._setup.model)
        while not self._stopping:
            self._notifier.watchdog()
            if self._reloading:
                self._reload()
            try:
                self._staff.present()
                if needs_recovery:
                    self._recover()
                    needs_recovery = False
                pause_s = self._turn()
                retry_s = RETRY_S[0]
                self._resume()
            except (DigitdError, OSError) as error:
                is_cluster_away = isinstance(error, ClusterUnavailable)
                cannot_start = not self._staff.is_present and not is_cluster_away
                if once and self._has_recovered:
                    with suppress(DigitdError):  # the disk of the journal may be what is full
                        self._journal.claims.absolve()  # we are alive, as in `_recover`
                if cannot_start or (once and isinstance(error, DigitdError)):
                    raise
                if once:
                    if lacking := shortage_of(error):
                        raise ResourcesExhausted(lacking) from error
                    raise OutputUnwritable(str(error)) from error
                needs_recovery, pause_s = True, retry_s
                retry_s = min(2 * retry_s, RETRY_S[1])
                self._pause(error)
            if once and pause_s is None:
                break
            self._rest(self._look_every_s if pause_s is None else pause_s)
        self._notifier.stopping()
        log.info("stopped")
        self._standing.write()

    def _recover(self) -> None:
        self._observer.close()
        if self._has_recovered and self._standing.paused is not None:
            self._journal.claims.absolve()  # we are alive: no attempt was fatal
        self._claims = self._cycle.recover()
        self._has_recovered = True
        config = self._setup.config
        self._look_every_s = min(config.rescan_s, POLL_S)
        if sees_events(self._inbox.folder, config.observer):
            observer = observing(self._inbox.folder, self._inbox.claimed, self._bell)
            if self._observer.enter_context(observer):
                self._look_every_s = config.rescan_s
        self._say_status()

    def _turn(self) -> float | None:
        """Do what there is to do, one batch at most; the seconds until there may be more, None if
        nothing is on its way."""
        self._cycle.check()
        ready, waiting_s = self._recovered()
        if ready:
            batch = self._next_recovered(ready)
            self._deliver(batch)
            self._claims = [claim for claim in self._claims if claim not in batch]
            return 0
        started = time.monotonic()
        view = self._scanner.look(self._max_scans, self._bell.take_renamed())
        self._standing.look(view)
        if view.ready and self._is_batch(view):
            self._first_ready = None
            claims = self._cycle.claim(view.ready)
            self._standing.immovable = self._inbox.immovable()
            if claims:
                self._deliver(claims)
            else:
                self._say_status()
            return 0
        if not view.ready:
            self._first_ready = None
        if view.due_s == 0:  # the look was cut short
            return 0
        due_s = min((each for each in (view.due_s, waiting_s) if each is not None), default=None)
        if due_s is None:
            return None
        # A folder that takes long to look through is looked through less often.
        return min(max(due_s, 0.01, 2 * (time.monotonic() - started)), self._look_every_s)

    def _is_batch(self, view: View) -> bool:
        """Whether what is ready is read now: it is a full batch, or waited for others long enough,
        or no other is about to be ready."""
        now = time.monotonic()
        if self._first_ready is None:
            self._first_ready = now
        left_s = self._first_ready + self._setup.config.batch.max_wait_s - now
        return len(view.ready) >= self._max_scans or view.due_s is None or view.due_s > left_s

    def _recovered(self) -> tuple[list[OpenClaim], float | None]:
        """Claims of an interrupted run that can be read, and the seconds until others may be, for
        files of hints that nobody has seen settle; None where there are none."""
        if not self._claims:
            return [], None
        self._hint_files.look(self._inbox.folder)
        due = [self._answer_of(claim).due_s for claim in self._claims]
        ready = [claim for claim, due_s in zip(self._claims, due, strict=True) if not due_s]
        return ready, min((due_s for due_s in due if due_s), default=None)

    def _next_recovered(self, ready: Sequence[OpenClaim]) -> list[OpenClaim]:
        """The next of these to read: together, or one alone that may be what kills the reader."""
        trusted = list(takewhile(lambda claim: claim.attempts < TOGETHER, ready))
        return trusted[: self._max_scans] or [ready[0]]

    def _deliver(self, claims: Sequence[OpenClaim]) -> None:
        started = time.monotonic()
        arrivals = self._cycle.finish(claims)
        seconds = time.monotonic() - started
        statuses = [arrival.result.status for arrival in arrivals]
        rejected = statuses.count(Status.REJECTED)
        self.has_rejected |= any(arrival.result.reason for arrival in arrivals)
        self._standing.delivered(len(arrivals), seconds)
        log.info(
            "batch of %d scans read in %.2f s: %d to review, %d rejected",
            len(arrivals),
            seconds,
            statuses.count(Status.REVIEW),
            rejected,
            extra={"scans": len(arrivals), "seconds": round(seconds, 3), "rejected": rejected},
        )
        self._say_status()

    def _reload(self) -> None:
        self._reloading = False
        self._notifier.reloading()
        try:
            setup = self._load_setup()
            scanning = self._new_scanner(setup.config)
            staff = Staff(setup, self._notifier)
            staff.present()
        except (DigitdError, OSError) as error:
            log.error("not reloaded, going on as before: %s", error)
            self._standing.error(str(error))
        else:
            fixed = ("inbox", "outbox", "state", "observer", "rescan_s")
            if any(getattr(setup.config, f) != getattr(self._setup.config, f) for f in fixed):
                log.warning(
                    "%s and %s change with a restart only", ", ".join(fixed[:-1]), fixed[-1]
                )
            self._staff.close()
            self._setup, self._staff = setup, staff
            self._cycle.settings = CycleSettings.of(setup.model, setup.config)
            self._hint_files, self._scanner = scanning
            self._inbox.forgive()
            self._standing.immovable = []
            self._standing.model = setup.model
            log.info("reloaded: model %s", setup.model)
        self._notifier.ready()
        self._notifier.watchdog()  # to hire on a cluster takes long
        self._say_status()

    def _pause(self, error: Exception) -> None:
        why = shortage_of(error) or str(error)
        if self._standing.paused != why:
            log.error("paused: %s", why)
        self._standing.pause(why)
        self._say_status()

    def _resume(self) -> None:
        if self._standing.paused is not None:
            log.info("going on: what was wrong is mended")
            self._standing.resumed()
            self._say_status()

    def _rest(self, seconds: float) -> None:
        """Wait, with signs of life for systemd, until something happens."""
        end = time.monotonic() + seconds
        while (left_s := end - time.monotonic()) > 0 and not self._stopping:
            if self._bell.wait(min(left_s, self._notifier.heartbeat_s)):
                return
            self._notifier.watchdog()

    def _say_status(self) -> None:
        self._notifier.status(self._standing.line())
        self._standing.write()

    def _new_scanner(self, config: Config) -> tuple[HintFiles, Scanner]:
        """Raises OSError where the inbox is gone."""
        folder = self._inbox.folder
        is_remote = network_kind(folder) is not None
        quiet_s = max(config.quiet_s, NETWORK_QUIET_S) if is_remote else config.quiet_s
        files = HintFiles(config.hints, quiet_s=quiet_s, tell=log.warning)
        end_of = EndFinder(config.limits.max_file_mb)
        settler = Settler(quiet_s, config.incomplete_after_s, end_of, time.monotonic)
        is_done = self._is_done if config.originals == "keep" else lambda _: False
        alive = self._notifier.watchdog
        return files, Scanner(
            self._inbox, settler, is_done, lambda: files.look(folder), alive=alive
        )

    def _is_done(self, found: Found) -> bool:
        """Whether a file that stays in the inbox was read as it is."""
        return bool(self._journal.fates(source_of(found)))

    def _hints_of(self, claim: OpenClaim) -> Hints | None:
        """What is known of a claimed file; None where that holds mistakes."""
        answer = self._answer_of(claim)
        return None if answer.mistakes else answer.hints

    def _answer_of(self, claim: OpenClaim) -> Answer:
        """What the files of hints say of a claimed file by where it lay."""
        home = Path(os.fsdecode(claim.source.path))
        return self._hint_files.of_home(home, self._inbox.folder)

    @property
    def _max_scans(self) -> int:
        return self._setup.config.batch.max_scans
