"""Reading on the machines of a Dask cluster: a thread here for each batch that is under way there.

Only this process writes the journal. So a lost worker, whose batches Dask gives to another, or a
lost scheduler, after which they are sent again, can make nothing happen twice.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .. import __version__
from ..errors import ClusterUnavailable, DigitdError
from ..records import Outcome, Scan
from .parcels import Parcel
from .workers import Crew, LoadReader

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10.0  # for the scheduler to answer
WORKERS_S = 60.0  # for the first worker to be there
LOSSES = 8  # times that Dask may give a scan up for lost workers, four of them each time
_SAME = ("python", "distributed", "digitd")  # versions that must not differ
_ENCRYPTED = ("tls", "wss")
_LARGE = "1 GB"  # a batch is; Dask warns of less

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster and how to use it: the scheduler's address; whether the workers get a scan's bytes,
    or its path on a disk that they share; how many batches are under way at once (None: as many as
    it has threads); and the network that its workers fetch."""

    address: str
    transfer: Literal["bytes", "path"] = "bytes"
    at_once: int | None = None
    parcel: Parcel | None = None


@contextmanager
def hire_cluster(
    cluster: Cluster, load_reader: LoadReader, timeout_s: float | None = None
) -> Iterator[Crew]:
    """A crew of a cluster's workers, one of which has loaded its reader. `timeout_s` is how long
    they may finish no page.

    Raises:
        ClusterUnavailable: Dask is not installed, nobody is at the address, no worker is there, or
            their versions differ from ours.
        DigitdError: the reader could not be loaded there.
    """
    with ClusterReader(cluster, load_reader, timeout_s) as reader:
        reader.read([])
        yield Crew(reader.executor, reader.read, ahead=reader.at_once)


class ClusterReader:
    """Reads on a cluster. `read` is called in the threads of `executor`. When the scheduler is lost
    it fails, and the next call connects again."""

    def __init__(
        self, cluster: Cluster, load_reader: LoadReader, timeout_s: float | None = None
    ) -> None:
        """Raises ClusterUnavailable."""
        try:
            from .remote import Errand
        except ImportError as error:
            raise ClusterUnavailable(
                f"a cluster needs Dask, which is not installed ({error}): "
                "pip install 'digitd[cluster]'"
            ) from None
        except OSError as error:  # it looks at the machine's memory when it is imported
            raise ClusterUnavailable(
                f"Dask cannot look at this machine ({_one_line(error)}): as a service, it needs "
                "ProcSubset=all"
            ) from None
        self._cluster = cluster
        self._errand = Errand(__version__, load_reader, timeout_s, secrets.token_hex(8))
        self._sends_paths = cluster.transfer == "path"
        self._lock = threading.Lock()
        self._closed = False
        self._refused: tuple[float, str] | None = None  # when and how, the last time
        self._client = self._connected()
        self._remote = self._client.get_executor(pure=False)
        self.at_once = cluster.at_once or 2 * max(1, sum(self._client.nthreads().values()))
        self.executor: Executor = ThreadPoolExecutor(self.at_once + 1, "cluster")

    def __enter__(self) -> ClusterReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        from .remote import dismiss

        with suppress(Exception):  # the scheduler may be gone
            self._remote.shutdown(wait=False)  # whatever they still read, nobody waits for it
            self._client.run(dismiss, self._errand, wait=False)
        self._client.close()
        self.executor.shutdown(cancel_futures=True)

    def read(self, scans: Sequence[Scan]) -> list[Outcome]:
        """Read somewhere on the cluster.

        Raises:
            ClusterUnavailable: the cluster is at fault.
            DigitdError: the reader could not be loaded there.
        """
        from .remote import ChangedError, UnreachableError

        if not self._sends_paths:
            return self._ask(scans)
        try:
            return self._ask([replace(scan, data=b"") if scan.path else scan for scan in scans])
        except ChangedError as error:
            log.info("%s: its bytes are sent", error)
        except UnreachableError as error:
            if self._sends_paths:
                self._sends_paths = False
                log.warning(
                    "a worker cannot read %s: bytes are sent from now on; transfer: path is for "
                    "disks that all machines have at the same place",
                    error,
                )
        return self._ask(scans)

    def _ask(self, scans: Sequence[Scan]) -> list[Outcome]:
        """Have a batch read, again and again where workers die, for no scan takes its worker along;
        in halves, for it may take longer than they live."""
        from distributed import KilledWorker

        for _ in range(LOSSES):
            try:
                return self._answer(scans)
            except KilledWorker as error:  # Dask itself has tried some workers by then
                log.info("a batch of %d is sent anew: %s", len(scans), _one_line(error))
                middle = len(scans) // 2
                if middle:
                    return [*self._ask(scans[:middle]), *self._ask(scans[middle:])]
        raise ClusterUnavailable(
            f"the cluster at {self._cluster.address} lost every worker that read a batch: look "
            "into their logs; when that is mended, digitd goes on where it stopped"
        )

    def _answer(self, scans: Sequence[Scan]) -> list[Outcome]:
        from distributed import KilledWorker

        from . import remote

        try:
            connection = self._connection()
            answer: list[Outcome] | Exception
            answer = connection.submit(remote.read, self._errand, list(scans)).result()
        except (DigitdError, KilledWorker):
            raise
        except (Exception, CancelledError) as error:  # whatever it is, no scan is to blame
            if self._closed:
                raise DigitdError("interrupted") from None
            raise ClusterUnavailable(
                f"the cluster at {self._cluster.address} did not read a batch "
                f"({_one_line(error)}); when that is mended, digitd goes on where it stopped"
            ) from error
        if isinstance(answer, ClusterUnavailable):
            self._leave(connection)  # when we connect again, all is sent and compared again
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _connection(self) -> Executor:
        """The executor of a client that is connected. Who waited while another tried to connect in
        vain does not try again."""
        asked = time.monotonic()
        with self._lock:
            if self._client.status not in ("running", "connecting") and not self._closed:
                if self._refused and self._refused[0] > asked:
                    raise ClusterUnavailable(self._refused[1])
                self._client.close()
                try:
                    self._client = self._connected()
                except ClusterUnavailable as error:
                    self._refused = time.monotonic(), str(error)
                    raise
                self._remote = self._client.get_executor(pure=False)
            executor: Executor = self._remote
            return executor

    def _leave(self, connection: Executor) -> None:
        """Close the client of this executor, if it is still in use."""
        with self._lock:
            if connection is self._remote:
                self._client.close()

    def _connected(self) -> Client:
        """A client of a cluster that can read."""
        import dask
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port, parse_address
        from distributed.security import Security

        from .remote import Unpack

        for logger in ("distributed", "distributed.client"):  # we say it on one line
            logging.getLogger(logger).setLevel(logging.CRITICAL)
        dask.config.set({"distributed.admin.large-graph-warning-threshold": _LARGE})
        address = self._cluster.address
        try:
            get_address_host_port(address)
        except ValueError as error:  # of a client of such an address, 20 s would be waited to close
            raise ClusterUnavailable(
                f"{address} is no address of a Dask scheduler ({_one_line(error)}): write it like "
                "tcp://scheduler:8786"
            ) from None
        secure = Security().get_connection_args("client")
        if parse_address(address)[0] in _ENCRYPTED and secure["ssl_context"] is None:
            raise ClusterUnavailable(
                f"{address} needs certificates: name them in Dask's configuration, below "
                "distributed.comm.tls, or use a scheduler at tcp://"
            )
        try:
            client = Client(address, timeout=CONNECT_S, set_as_default=False)
        except Exception as error:
            raise ClusterUnavailable(
                f"no Dask scheduler answers at {address} ({_one_line(error)}): start one with "
                "`dask scheduler`, or correct the address"
            ) from None
        try:
            client.wait_for_workers(1, timeout=WORKERS_S)
            refuse_other_versions(client.get_versions(packages=["digitd"]))
            if self._cluster.parcel:
                client.register_plugin(Unpack(self._cluster.parcel))
        except TimeoutError:
            client.close()
            raise ClusterUnavailable(
                f"the scheduler at {address} has no workers: start some with "
                f"`dask worker {address}`"
            ) from None
        except OSError as error:
            client.close()
            raise ClusterUnavailable(
                f"the scheduler at {address} went away ({_one_line(error)}): start it again"
            ) from None
        except BaseException:
            client.close()
            raise
        return client


def refuse_other_versions(found: Mapping[str, Any]) -> None:
    """Raise ClusterUnavailable where Dask's `Client.get_versions` tells of other versions of
    Python, Dask or digitd than ours; the scheduler needs them all too, for it looks into tasks."""
    ours = _versions(found["client"])
    others = {"the scheduler": found["scheduler"], **found["workers"]}
    for name, machine in others.items():
        theirs = _versions(machine)
        for package in _SAME:
            if theirs[package] != ours[package]:
                raise ClusterUnavailable(
                    f"versions differ: {name} has {package} {theirs[package]}, this machine has "
                    f"{ours[package]}; install the same everywhere"
                )


def _versions(machine: Mapping[str, Any]) -> dict[str, str]:
    packages = machine["packages"]
    versions = {name: str(packages.get(name) or "not installed") for name in _SAME}
    return versions | {"python": ".".join(versions["python"].split(".")[:2])}


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
