"""Where worker processes come from: a process that has loaded the reader once, and forks them.

Loading is most of a worker's start and of its memory, which all of them share so; and one that died
has a successor at once. The nursery itself is spawned, for a fork of the main process would copy
the journal and our threads' locks. It has one thread and nothing else to do, so forking it is safe.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, sendfds
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DigitdError, ResourcesExhausted, shortage_of
from .pulse import PULSE
from .workers import LoadReader, Reader, WorkerDiedError

SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

ANSWER_S = 30.0  # in which it answers, once it has loaded: else it was stopped, or hangs

_LOOK_S = 0.001  # between looks at a process that is about to end
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

_spawn = multiprocessing.get_context("spawn")

log = logging.getLogger(__name__)


class WorkerFailedError(Exception):
    """A reader raised in its worker; holds the traceback from there."""


class _End(NamedTuple):
    """A request for the exit code of a worker, None while it lives; without it, for a worker."""

    worker: int
    by_force: bool


class Nursery:
    """Forks workers once it was told what they `load`. `warm_up` is called before that: what takes
    its time whatever is loaded."""

    def __init__(self, warm_up: Callable[[], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._failure: DigitdError | WorkerFailedError | None = None  # to load
        self._has_answered = False  # and so has loaded, which takes as long as it takes
        if _has_lost_folder():  # then all paths in use are absolute; but every process that
            os.chdir("/")  # multiprocessing starts enters the folder of this one
        self._pipe, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=_live, args=(theirs, warm_up), daemon=True)
        with _signals_blocked():
            self._process.start()
        theirs.close()  # now its death closes the pipe, and so does ours for it

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked for workers."""
        return self._process.is_alive()

    def load(self, load_reader: LoadReader, timeout_s: float | None) -> None:
        """Begin to load the reader of workers that may finish no page for `timeout_s`."""
        with suppress(OSError):  # it is gone: who asks for a worker hears of it
            self._pipe.send((load_reader, timeout_s))

    def fork(self) -> tuple[int, Connection]:
        """A new worker, when the reader is loaded: its process, and our end of its pipe.

        Raises:
            WorkerDiedError: there is no nursery any more.
            OSError: the system lets no process start.
            DigitdError, WorkerFailedError: the reader could not be loaded; this nursery is closed,
                for another may be able to.
        """
        ours, theirs = _spawn.Pipe()
        try:
            with theirs, self._lock:
                answer = self._failure or self._ask(None, theirs.fileno())
                if isinstance(answer, DigitdError | WorkerFailedError):
                    self._failure = answer
                    self.close()
            if isinstance(answer, Exception):
                raise answer
        except BaseException:
            ours.close()
            raise
        return int(answer), ours

    def end(self, worker: int, *, by_force: bool) -> int:
        """The exit code of a worker that closed its pipe, or is killed, when it has ended; to be
        called once."""
        try:
            while True:
                with self._lock:
                    code = self._ask(_End(worker, by_force))
                if code is not None:
                    return int(code)
                time.sleep(_LOOK_S)
        except WorkerDiedError:
            return -signal.SIGKILL  # all its workers died with it

    def close(self) -> None:
        """End it and all of its workers, whatever they do."""
        self._process.kill()
        self._process.join()

    def _ask(self, request: _End | None, handle: int | None = None) -> Any:
        try:
            self._pipe.send(request)
            if handle is not None:
                _send_handle(self._pipe, handle)
            if self._has_answered and not self._pipe.poll(ANSWER_S):
                log.warning("what starts workers gave no answer for %g s: it is ended", ANSWER_S)
                raise TimeoutError
            answer = self._pipe.recv()
            self._has_answered = True
            return answer
        except (EOFError, OSError):
            self.close()  # should it live, it no longer knows what it is asked
            raise WorkerDiedError(how_it_ended(self._process.exitcode)) from None
        except BaseException:  # Ctrl-C once more: its answer would be taken for that to another
            self.close()
            raise


_prepared: list[Nursery] = []


def prepare(warm_up: Callable[[], None]) -> None:
    """Start the nursery that will be needed, while this process does something else; not from a
    working folder that is lost, for what this process is still to make there must fail."""
    if _has_lost_folder():
        return
    try:
        nursery = Nursery(warm_up)
    except OSError:  # who needs it tries again, and says what is wrong
        return
    atexit.register(nursery.close)  # should nobody take it
    _prepared.append(nursery)


def take() -> Nursery:
    """The nursery that was prepared, or a new one."""
    return _prepared.pop() if _prepared else Nursery()


def how_it_ended(code: int | None) -> str:
    """What became of a worker with this exit code."""
    if code is not None and code < 0:
        return f"its worker was killed by {signal.Signals(-code).name}"
    return f"its worker ended with exit code {code}"


def _has_lost_folder() -> bool:
    """Whether the working folder was removed or may not be entered."""
    try:
        return not os.access(Path.cwd(), os.X_OK)
    except OSError:
        return True


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block signals in this thread and so in the process it starts: a terminal and systemd send
    them to all processes, and the main one ends the others in good order."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        resource_tracker.ensure_running()  # a new process needs it, and starting it unblocks
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # some
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _send_handle(pipe: Connection, handle: int) -> None:
    """As multiprocessing's, but without a copy of the pipe's descriptor, for which there may be no
    room: half a request would cost the nursery, and all workers with it."""
    channel = socket.socket(fileno=pipe.fileno())
    try:
        sendfds(channel, [handle])
    finally:
        channel.detach()


def _live(pipe: Connection, warm_up: Callable[[], None] | None) -> None:
    """The life of the nursery: load, then do as it is asked until nobody asks any more."""
    _die_with_parent()
    main = multiprocessing.parent_process()
    if main is None or os.getppid() != main.pid:
        return  # it is dead already
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # there is a worker for each core; said in time,
    failure = _warmed(warm_up)  # for NumPy's threads would wait for work as soon as it is imported
    with suppress(EOFError, OSError):  # nobody is there any more
        load_reader, timeout_s = pipe.recv()
        reader = failure or _loaded(load_reader)
        gc.freeze()  # collecting would touch, and so copy, what all workers share
        while True:
            request = pipe.recv()
            pipe.send(_forked(pipe, reader, timeout_s) if request is None else _exit_code(request))


def _warmed(warm_up: Callable[[], None] | None) -> Exception | None:
    """Import what takes its time; what went wrong, if something did."""
    try:
        import cv2

        cv2.setNumThreads(1)
        if warm_up is not None:
            warm_up()
    except Exception as error:
        return _why_not_loaded(error)
    return None


def _loaded(load_reader: LoadReader) -> Reader | Exception:
    """The reader, or why there is none."""
    try:
        return load_reader()
    except Exception as error:
        return _why_not_loaded(error)


def _exit_code(asked: _End) -> int | None:
    """That of a worker; None while it lives."""
    if asked.by_force:
        os.kill(asked.worker, signal.SIGKILL)  # a child that nobody waited for: no stranger
    ended, status = os.waitpid(asked.worker, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _forked(
    pipe: Connection, reader: Reader | Exception, timeout_s: float | None
) -> int | Exception:
    """The process of a new worker, or why there is none."""
    theirs = Connection(recv_handle(pipe))
    with theirs:
        if isinstance(reader, Exception):
            return reader
        nursery = os.getpid()
        try:
            worker = os.fork()
        except OSError as error:
            return error
        if worker:
            return worker
        code = 1
        try:
            pipe.close()
            _die_with_parent()
            if os.getppid() == nursery:  # else it is dead already
                _serve(theirs, reader, timeout_s)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)  # what the nursery has to clear up is not this process's


def _serve(pipe: Connection, reader: Reader, timeout_s: float | None) -> None:
    """The life of a worker: answer until nobody asks any more."""
    PULSE.tell(partial(pipe.send, None), timeout_s)
    with suppress(EOFError, OSError):
        while True:
            scans = pipe.recv()
            try:
                answer: object = reader(scans)
            except Exception as error:
                answer = _portable(error)
            pipe.send(answer)


def _die_with_parent() -> None:
    """Let the kernel end this process when its parent is killed: it may hang over a scan, and
    then never notices that nobody waits for it any more. (Linux; elsewhere it lives on.)"""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _why_not_loaded(error: Exception) -> Exception:
    """As `_portable`, of an error that no scan is to blame for."""
    lacking = shortage_of(error)
    return ResourcesExhausted(lacking) if lacking else _portable(error)


def _portable(error: Exception) -> Exception:
    """What can be sent to another process for certain, without losing where it came from."""
    if isinstance(error, DigitdError):
        return error
    if isinstance(error, MemoryError):
        return MemoryError()  # NumPy's own kind takes more to be made again
    return WorkerFailedError(traceback.format_exc())
