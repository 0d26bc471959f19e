"""Who reads the batches: this process, or worker processes that may die without harm.

Either is a `Reader`, called through a `concurrent.futures.Executor` several batches ahead of the
one whose results are being written.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from ..errors import DigitdError
from ..records import Outcome, Reason, Rejection, Scan
from ..spool.names import printable

DEATHS = 3  # of the worker that reads it alone, until a scan is held to be the cause

Reader: TypeAlias = Callable[[Sequence[Scan]], list[Outcome]]
LoadReader: TypeAlias = Callable[[], Reader]  # picklable: what forks worker processes calls it

log = logging.getLogger(__name__)


class WorkerDiedError(Exception):
    """The process that was reading is gone."""


class HasScans(Protocol):
    """A batch, as far as reading it goes."""

    @property
    def scans(self) -> Sequence[Scan]:
        """What is to be read; may be empty."""


B = TypeVar("B", bound=HasScans)


@dataclass(frozen=True, slots=True)
class Crew:
    """Reads batches. `ahead` is how many are under way while the oldest one is waited for."""

    executor: Executor
    read: Reader
    ahead: int

    def read_all(self, batches: Iterable[B]) -> Iterator[tuple[B, list[Outcome]]]:
        """Every batch with its outcomes, in order; batches are drawn as they are needed."""
        under_way: deque[tuple[B, Future[list[Outcome]]]] = deque()
        for batch in batches:
            future = self.executor.submit(read_carefully, self.read, batch.scans)
            under_way.append((batch, future))
            if len(under_way) > self.ahead:
                batch, future = under_way.popleft()
                yield batch, future.result()
        while under_way:
            batch, future = under_way.popleft()
            yield batch, future.result()


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def hire_processes(workers: int, load_reader: LoadReader, timeout_s: float) -> Iterator[Crew]:
    """A crew of worker processes, even for one, so that no scan can harm this process; the first
    one has loaded its reader. `timeout_s` is how long they may finish no page.

    Raises:
        DigitdError: it could not.
    """
    from .processes import ProcessReader

    with ProcessReader(workers, load_reader, timeout_s) as reader:
        reader.executor.submit(reader.read, []).result()
        yield Crew(reader.executor, reader.read, ahead=workers)


@contextmanager
def hire(
    workers: int,
    load_reader: LoadReader,
    *,
    on_one_core: bool = False,
    timeout_s: float | None = None,
) -> Iterator[Crew]:
    """A crew of that many worker processes, a core for each, which may finish no page for
    `timeout_s`; of this process alone for one, which takes what cores are free unless it is told to
    stay `on_one_core`."""
    if workers == 1:
        with _one_core() if on_one_core else nullcontext():
            yield Crew(_Inline(), load_reader(), ahead=0)
        return
    from .processes import ProcessReader  # multiprocessing takes its time: only who needs it waits

    with ProcessReader(workers, load_reader, timeout_s) as reader:
        for _ in range(workers):  # they load while the first batches are filled
            reader.executor.submit(reader.read, [])
        yield Crew(reader.executor, reader.read, ahead=workers + 1)


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep OpenCV, which splits large pictures among all cores, to this thread."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def read_carefully(read: Reader, scans: Sequence[Scan]) -> list[Outcome]:
    """The outcomes of `scans`, whatever one of them does to its reader: if the batch fails, its
    scans are read one at a time, and what fails even so is rejected."""
    if not scans:
        return []
    try:
        return read(scans)
    except DigitdError:
        raise
    except WorkerDiedError as death:
        log.warning("%s while it read %d scans; they are read one at a time", death, len(scans))
    except MemoryError:
        log.warning("too little memory for %d scans; they are read one at a time", len(scans))
    except Exception:  # a reader's bug must cost the scan that meets it, never a batch
        log.exception("could not read a batch of %d scans; they are read one at a time", len(scans))
    return [_read_alone(read, scan) for scan in scans]


def _read_alone(read: Reader, scan: Scan) -> Outcome:
    for _ in range(DEATHS):
        try:
            return read([scan])[0]
        except WorkerDiedError as death:
            log.warning("%s: %s", printable(scan.file), death)
        except DigitdError:
            raise
        except MemoryError:
            message = "there is not enough memory to read it; give digitd more, and read it again"
            return Rejection(scan.id, scan.file, scan.sha256, Reason.UNREADABLE, message)
        except Exception as error:  # as above
            log.exception("could not read %s", printable(scan.file))
            message = f"digitd failed on it ({type(error).__name__}); please report it"
            return Rejection(scan.id, scan.file, scan.sha256, Reason.UNREADABLE, message)
    message = f"the worker that reads it died {DEATHS} times"
    return Rejection(scan.id, scan.file, scan.sha256, Reason.KILLED_WORKER, message)


class _Inline(Executor):
    """Does the work at once, in the caller's thread: where Ctrl-C reaches it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
