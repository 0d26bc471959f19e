"""Reading in worker processes: a thread for each, which talks to it through a pipe of its own.

So it is known which scans a worker had in hand when it died. (A `ProcessPoolExecutor` fails every
batch in flight with it, and up to Python 3.12 can hang for ever when a worker dies while a large
batch is on its way to it.)
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

from ..errors import DigitdError
from ..records import Outcome, Scan
from .pulse import PULSE
from .workers import LoadReader, WorkerDiedError

_spawn = multiprocessing.get_context(
    "spawn"
)  # a fork would copy the journal and our threads' locks


_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class WorkerFailedError(Exception):
    """A reader raised in its worker; holds the traceback from there."""


class ProcessReader:
    """Reads in `workers` processes, started when they are first needed and again when they die.

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
        if not os.access(os.curdir, os.X_OK):  # then all paths in use are absolute; but every
            os.chdir("/")  # process that multiprocessing starts enters the folder of this one
        self.executor = ThreadPoolExecutor(workers, "reader", initializer=_leave_signals_to_main)

    def __enter__(self) -> ProcessReader:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._busy]
        for worker in workers:
            worker.kill()  # whatever they still read, nobody waits for it
        self.executor.shutdown(cancel_futures=True)

    def read(self, scans: Sequence[Scan]) -> list[Outcome]:
        """Read in a worker of one's own.

        Raises:
            WorkerDiedError: it died while it read them.
            WorkerFailedError: the reader raised.
            DigitdError: there is no worker to be had.
        """
        with self._lock:
            if self._closed:
                raise DigitdError("interrupted")
            worker = self._idle_one() or self._new_one()
            self._busy.add(worker)
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

    def _idle_one(self) -> _Worker | None:
        """An idle worker that is still alive: the system may have killed some while they had
        nothing in hand, and that is no death of the next scan."""
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
        return None

    def _new_one(self) -> _Worker:
        try:
            return _Worker(self._load_reader, self._timeout_s)
        except OSError as error:  # no memory, or too many files or processes: no fault of any scan
            raise DigitdError(
                f"a worker process could not start: {error.strerror or error}"
            ) from error


class _Worker:
    """One process and our end of its pipe."""

    def __init__(self, load_reader: LoadReader, timeout_s: float | None) -> None:
        self._timeout_s = timeout_s
        self._pipe, theirs = _spawn.Pipe()
        arguments = theirs, load_reader, timeout_s
        self._process = _spawn.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()  # now its death closes the pipe, and so does ours for it
        self._has_started = False

    @property
    def is_alive(self) -> bool:
        """Whether it can be given more to read."""
        return self._has_started and self._process.is_alive()

    def read(self, scans: Sequence[Scan]) -> list[Outcome]:
        """Its answer to these scans."""
        if not self._has_started:
            self._await_start()
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
        self._process.kill()
        self._process.join()

    def _await_start(self) -> None:
        try:
            self._receive()
        except (WorkerDiedError, WorkerFailedError) as error:  # no fault of any scan
            raise DigitdError(f"a worker process could not start: {error}") from error
        self._has_started = True

    def _receive(self) -> list[Outcome] | None:
        """Its answer, None where it only says that it is alive."""
        try:
            answer: list[Outcome] | Exception | None = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            raise WorkerDiedError(_how_it_ended(self._process.exitcode)) from None
        if isinstance(answer, Exception):
            raise answer
        return answer


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"its worker was killed by {signal.Signals(-code).name}"
    return f"its worker ended with exit code {code}"


def _leave_signals_to_main() -> None:
    """Block signals in this thread and so in the processes it starts: a terminal and systemd send
    them to all processes, and the main one ends the others in good order."""
    resource_tracker.ensure_running()  # every worker needs it, and starting it unblocks SIGINT
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def _serve(pipe: Connection, load_reader: LoadReader, timeout_s: float | None) -> None:
    """The life of a worker: load the reader and say so, then answer until nobody asks any more."""
    _die_with_parent()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # there is a process for each core; said in time,
    import cv2  # for NumPy's threads would wait for work as soon as it is imported

    cv2.setNumThreads(1)
    try:
        reader = load_reader()
    except Exception as error:
        pipe.send(_portable(error))
        return
    pipe.send([])
    PULSE.tell(partial(pipe.send, None), timeout_s)
    while True:
        try:
            scans = pipe.recv()
        except EOFError:
            return
        try:
            answer: object = reader(scans)
        except Exception as error:
            answer = _portable(error)
        pipe.send(answer)


def _die_with_parent() -> None:
    """Let the kernel end this process when the main one is killed: it may hang over a scan, and
    then never notices that nobody waits for it any more. (Linux; elsewhere it lives on.)"""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _portable(error: Exception) -> Exception:
    """What can be sent to another process for certain, without losing where it came from."""
    return error if isinstance(error, DigitdError) else WorkerFailedError(traceback.format_exc())
