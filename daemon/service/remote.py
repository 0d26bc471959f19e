"""Reading on a machine of a Dask cluster: what runs there.

A reader's own exception comes back as a value. So whatever Dask raises is the cluster's fault, and
no scan is blamed for it.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from distributed import WorkerPlugin

from .. import __version__
from ..errors import ClusterUnavailable
from ..records import Outcome, Scan
from .parcels import Parcel
from .processes import portable
from .pulse import PULSE
from .workers import LoadReader, Reader

EXIT_HUNG = 75  # of a worker that ended itself over a scan
_KEPT = 4  # readers a thread keeps: several runs may share a cluster


class UnreachableError(Exception):
    """The worker cannot read a scan where it lies."""


class ChangedError(UnreachableError):
    """What lies there is not what was hashed."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be read with: the version of the digitd that asks, and for how many seconds no
    page may be finished."""

    version: str
    load_reader: LoadReader
    timeout_s: float | None = None


class Unpack(WorkerPlugin):  # type: ignore[misc]
    """Unpacks a parcel on every worker, also on those that join later: once on each."""

    idempotent = True

    def __init__(self, parcel: Parcel) -> None:
        self.name = f"digitd-{parcel.digest}"
        self._parcel = parcel

    def setup(self, worker: object) -> None:
        """Called by Dask before the worker has anything to do."""
        self._parcel.unpack(Path(worker.local_directory))  # type: ignore[attr-defined]


class _Local(threading.local):
    """Of one thread: its readers, which no two threads may share, and its watchdog."""

    def __init__(self) -> None:
        self.readers: dict[str, Reader] = {}
        self.feed: Callable[[], None] = lambda: None


_LOCAL = _Local()


def read(errand: Errand, scans: Sequence[Scan]) -> list[Outcome] | Exception:
    """The outcomes of scans; the reader's exception where it raised. A scan without its bytes is
    fetched from where it lies."""
    try:
        if errand.version != __version__:
            raise ClusterUnavailable(
                f"a worker of the cluster has digitd {__version__}, this machine has "
                f"{errand.version}: install the same everywhere"
            )
        reader = _reader(errand.load_reader)
        whole = [_fetched(scan) for scan in scans]
        with _ending_when_hung(errand.timeout_s):
            return reader(whole)
    except UnreachableError as error:
        return error
    except Exception as error:
        return portable(error)


def _reader(load_reader: LoadReader) -> Reader:
    readers, key = _LOCAL.readers, repr(load_reader)
    if key not in readers:
        import cv2

        cv2.setNumThreads(1)  # Dask has a thread for each core
        if len(readers) >= _KEPT:
            readers.clear()
        readers[key] = load_reader()
    return readers[key]


def _fetched(scan: Scan) -> Scan:
    """A scan with its bytes: those that were hashed, and no others."""
    if scan.data or scan.path is None:
        return scan
    path = os.fsdecode(scan.path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UnreachableError(f"{path}: {error.strerror}") from None
    if hashlib.sha256(data).hexdigest() != scan.sha256:
        raise ChangedError(f"{path} has changed")
    return replace(scan, data=data)


@contextmanager
def _ending_when_hung(timeout_s: float | None) -> Iterator[None]:
    """End this worker when no page is finished for so long: its nanny starts another, and Dask
    sees to it that what it had in hand is read again."""
    if timeout_s is None:
        yield
        return
    watchdog = _Watchdog(timeout_s, lambda: os._exit(EXIT_HUNG))
    _LOCAL.feed = watchdog.feed
    PULSE.listener = _feed
    try:
        yield
    finally:
        watchdog.stop()
        _LOCAL.feed = lambda: None


def _feed() -> None:
    _LOCAL.feed()


class _Watchdog:
    """Calls `bark` unless it is fed every `timeout_s`."""

    def __init__(self, timeout_s: float, bark: Callable[[], None]) -> None:
        self._timeout_s = timeout_s
        self._bark = bark
        self._timer = self._started()

    def feed(self) -> None:
        """Begin to wait again."""
        self._timer.cancel()
        self._timer = self._started()

    def stop(self) -> None:
        """Wait no more."""
        self._timer.cancel()

    def _started(self) -> threading.Timer:
        timer = threading.Timer(self._timeout_s, self._bark)
        timer.daemon = True
        timer.start()
        return timer
