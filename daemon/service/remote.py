"""Reading on a machine of a Dask cluster: what runs there.

A worker has processes of its own that read, as one machine has, so that it outlives every scan. All
that may go wrong comes back as a value: what Dask raises is the cluster's fault, and no scan's.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import current_process
from multiprocessing.util import Finalize
from pathlib import Path

from distributed import WorkerPlugin

from .. import __version__
from ..errors import ClusterUnavailable, DigitdError
from ..records import Outcome, Scan
from .parcels import LoadSent, Parcel
from .processes import ProcessReader
from .workers import LoadReader, Reader, cores, read_carefully

_KEPT = 3  # runs whose processes are kept, so that several may share a cluster


class UnreachableError(Exception):
    """The worker cannot read a scan where it lies."""


class ChangedError(UnreachableError):
    """What lies there is not what was hashed."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be read with: the version of the digitd that asks, how it reads, for how many
    seconds no page may be finished, and which run it is."""

    version: str
    load_reader: LoadReader
    timeout_s: float | None
    run: str


class Unpack(WorkerPlugin):  # type: ignore[misc]
    """Unpacks a parcel on every worker, also on those that join later: once on each."""

    idempotent = True

    def __init__(self, parcel: Parcel) -> None:
        self.name = f"digitd-{parcel.digest}"
        self._parcel = parcel

    def setup(self, worker: object) -> None:
        """Called by Dask before the worker has anything to do."""
        self._parcel.unpack(Path(worker.local_directory))  # type: ignore[attr-defined]


class _Crews:
    """The processes that read for this worker: Dask must not lose a worker over a scan, and a
    process may be killed that hangs. Each run has its own, the longest unused go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: dict[str, ProcessReader] = {}
        self._users: Counter[str] = Counter()

    @contextmanager
    def of(self, errand: Errand) -> Iterator[ProcessReader]:
        """Those of a run."""
        key = errand.run
        with self._lock:
            reader = self._readers.pop(key, None)
            if reader is None:
                current_process().daemon = False  # Dask's nanny makes it one: without children
                load = errand.load_reader
                load = load.here() if isinstance(load, LoadSent) else load
                reader = ProcessReader(cores(), load, errand.timeout_s)
                # A worker that ends would wait for these for ever: signals do not end them.
                Finalize(None, self.dismiss, (errand,), exitpriority=10)
            self._readers[key] = reader
            self._users[key] += 1
            idle = [each for each in self._readers if not self._users[each]]
            for each in idle[: max(0, len(self._readers) - _KEPT)]:
                self._readers.pop(each).__exit__()
        try:
            yield reader
        finally:
            with self._lock:
                self._users[key] -= 1

    def dismiss(self, errand: Errand) -> None:
        """End those of a run."""
        with self._lock:
            reader = self._readers.pop(errand.run, None)
        if reader:
            reader.__exit__()


_CREWS = _Crews()


def read(errand: Errand, scans: Sequence[Scan]) -> list[Outcome] | Exception:
    """The outcomes of scans, or what was wrong. A scan without its bytes is fetched from where it
    lies."""
    if errand.version != __version__:
        return ClusterUnavailable(
            f"a worker of the cluster has digitd {__version__}, this machine has "
            f"{errand.version}: install the same everywhere"
        )
    try:
        whole = [_fetched(scan) for scan in scans]
        with _CREWS.of(errand) as crew:
            return crew.executor.submit(_read, crew.read, whole).result()
    except (DigitdError, UnreachableError) as error:
        return error


def dismiss(errand: Errand) -> None:
    """Hear that a run is over."""
    _CREWS.dismiss(errand)


def _read(read: Reader, scans: Sequence[Scan]) -> list[Outcome]:
    return read_carefully(read, scans) if scans else read([])  # none: to have it loaded


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
