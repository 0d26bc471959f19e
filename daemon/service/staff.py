"""The readers that a daemon employs: hired at its start, or when their cluster comes; replaced by
a reload."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from ..config import Config
from ..records import Outcome, Scan
from .cluster import Cluster, hire_cluster
from .planner import count_shares
from .systemd import Notifier
from .workers import Crew, LoadReader, cores, hire_processes, read_carefully

SIGNALS_S = 0.2  # between chances for handlers of signals to run, while a batch is read


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a reload loads: the configuration, and the version that reads."""

    config: Config
    model: str
    load_reader: LoadReader
    cluster: Cluster | None = None  # that reads, instead of this machine


class Staff:
    """The crew of one setup."""

    def __init__(self, setup: Setup, notifier: Notifier) -> None:
        self._setup = setup
        self._notifier = notifier
        self._hired = ExitStack()
        self._crew: Crew | None = None

    def close(self) -> None:
        """Let the crew go."""
        self._hired.close()

    @property
    def is_present(self) -> bool:
        """Whether the crew was hired."""
        return self._crew is not None

    def present(self) -> Crew:
        """The crew, hired where that has not happened yet. Raises ClusterUnavailable, and
        DigitdError where no process of this machine can read."""
        if self._crew is None:
            self._crew = self._hired.enter_context(self._hire())
        return self._crew

    def read(self, scans: Sequence[Scan]) -> list[Outcome]:
        """Read scans in shares, and tell systemd meanwhile that all is well; the outcomes come
        share by share."""
        crew = self.present()
        shares = count_shares(scans, crew.ahead)
        futures = [
            crew.executor.submit(read_carefully, crew.read, scans[share::shares])
            for share in range(shares)
        ]
        while wait(futures, timeout=min(self._notifier.heartbeat_s, SIGNALS_S)).not_done:
            self._notifier.watchdog()
        return [outcome for future in futures for outcome in future.result()]

    def _hire(self) -> AbstractContextManager[Crew]:
        setup, config = self._setup, self._setup.config
        timeout_s = config.limits.timeout_s
        if setup.cluster:
            return hire_cluster(setup.cluster, setup.load_reader, timeout_s)
        workers = cores() if config.workers == "auto" else config.workers
        return hire_processes(workers, setup.load_reader, timeout_s)
