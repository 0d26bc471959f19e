"""Reading in worker processes: a thread for each, which talks to it through a pipe of its own.

So it is known which scans a worker had in hand when it died. (A `ProcessPoolExecutor` fails every
batch in flight with it, and up to Python 3.12 can hang for ever when a worker dies while a large
batch is on its way to it.)
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

from ..errors import DigitdError, ResourcesExhausted, shortage_of
from ..records import Outcome, Scan
from .nursery import SIGNALS, Nursery, WorkerFailedError, how_it_ended, take
from .workers import LoadReader, WorkerDiedError

_NO_WORKER = "a worker process could not start"

P = ParamSpec("P")
T = TypeVar("T")


class ProcessReader:
    """Reads in `workers` processes, forked when they are first needed and again when they die.

    `read` is called in the threads of `executor`. A worker that gives no answer and finishes no
    page for `timeout_s` hangs, and is killed.
    """

    def __init__(
        self, workers: int, load_reader: LoadReader, timeout_s: float | None = None
    ) -> None:
        self._load_reader = load_reader
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False
        self._nursery: Nursery | None = None  # started by a thread that lives as long as this
        self.executor = _Threads(workers, "reader", initializer=_leave_signals_to_main)

    def __enter__(self) -> ProcessReader:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._busy]
        try:
            for worker in workers:
                worker.kill()  # whatever they still read, nobody waits for it
        finally:  # even if Ctrl-C comes again: else we would wait for them at our end
            if self._nursery:
                self._nursery.close()
            self.executor.shutdown(cancel_futures=True)

    def read(self, scans: Sequence[Scan]) -> list[Outcome]:
        """Read in a worker of one's own.

        Raises:
            WorkerDiedError: it died while it read them.
            WorkerFailedError: the reader raised.
            DigitdError: there is no worker to be had.
        """
        worker = self._taken()
        try:
            return worker.read(scans)
        except WorkerDiedError:
            if self._closed:  # it was us
                raise DigitdError("interrupted") from None
            raise
        finally:
            with self._lock:
                self._busy.remove(worker)
                if worker.is_alive:
                    self._idle.append(worker)

    def _taken(self) -> _Worker:
        """A worker that is busy from now on."""
        worker: _Worker | None = None
        while True:
            with self._lock:
                worker = worker or self._idle_one()
                if worker and not self._closed:
                    self._busy.add(worker)
                    return worker
                if self._closed:
                    break
            worker = self._new_one()  # takes its time, and others go on meanwhile
        if worker:
            worker.kill()
        raise DigitdError("interrupted")

    def _idle_one(self) -> _Worker | None:
        """An idle worker that is still alive: the system may have killed some while they had
        nothing in hand, and that is no death of the next scan."""
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
        return None

    def _new_one(self) -> _Worker:
        """A new worker; from another nursery, where the one at hand is dead."""
        for _ in range(2):
            try:
                return _Worker(self._living_nursery(), self._timeout_s)
            except OSError as error:
                lacking = shortage_of(error)
                kind = ResourcesExhausted if lacking else DigitdError
                raise kind(f"{_NO_WORKER}: {lacking or error.strerror or error}") from None
            except WorkerFailedError as error:
                reason = str(error)
                break
            except WorkerDiedError as error:
                reason = str(error)  # in a circle with this frame it would keep what was being
                # sent, and CPython may crash when it collects that
        raise DigitdError(f"{_NO_WORKER}: {reason}")  # no fault of any scan

    def _living_nursery(self) -> Nursery:
        """The nursery, or its successor."""
        with self._lock:
            if self._closed:
                raise DigitdError("interrupted")
            if not (self._nursery and self._nursery.is_alive):
                self._nursery = take()
                self._nursery.load(self._load_reader, self._timeout_s)
            return self._nursery


class _Threads(ThreadPoolExecutor):
    """Threads, the lack of which no scan is to blame for."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As its base does. Raises ResourcesExhausted where no thread can start."""
        try:
            return super().submit(fn, *args, **kwargs)
        except RuntimeError as error:
            if lacking := shortage_of(error):
                raise ResourcesExhausted(lacking) from None
            raise


class _Worker:
    """One process and our end of its pipe."""

    def __init__(self, nursery: Nursery, timeout_s: float | None) -> None:
        self._nursery = nursery
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._exit_code: int | None = None
        self._process, self._pipe = nursery.fork()

    @property
    def is_alive(self) -> bool:
        """Whether it can be given more to read. It has nothing in hand, so all that may come
        through its pipe is the end."""
        if self._exit_code is None and self._pipe.poll():
            self._end()
        return self._exit_code is None

    def read(self, scans: Sequence[Scan]) -> list[Outcome]:
        """Its answer to these scans."""
        with suppress(OSError):  # it died before it had them all: the missing answer tells how
            self._pipe.send(scans)
        while True:
            if not self._pipe.poll(self._timeout_s):
                self.kill()
                raise WorkerDiedError(f"its worker took more than {self._timeout_s:g} s")
            answer = self._receive()
            if answer is not None:
                return answer

    def kill(self) -> None:
        """End it, whatever it does."""
        self._end(by_force=True)

    def _receive(self) -> list[Outcome] | None:
        """Its answer, None where it only says that it is alive."""
        try:
            answer: list[Outcome] | Exception | None = self._pipe.recv()
        except (EOFError, OSError):
            raise WorkerDiedError(how_it_ended(self._end())) from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _end(self, *, by_force: bool = False) -> int:
        """Wait for its end; its exit code."""
        with self._lock:  # of those who find it dead or kill it, one may ask
            if self._exit_code is None:
                self._exit_code = self._nursery.end(self._process, by_force=by_force)
            return self._exit_code


def _leave_signals_to_main() -> None:
    """Block signals in this thread: only the main one acts on them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
