"""The one-shot batch: files and folders to one results folder, and again from where it stopped."""

from __future__ import annotations

import logging
import secrets
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from types import FrameType

from ..config import HintSettings
from ..errors import NothingReadable
from ..records import Limits, Outcome, Reading, Rejection, Status
from ..spool.delivery import Delivery, JsonMode
from ..spool.intake import Candidate, check_paths, find_scans
from ..spool.journal import Arrival, Journal
from ..spool.lock import hold
from ..spool.names import printable, shown
from ..spool.outbox import Outbox
from ..spool.steps import Step
from .cluster import Cluster, hire_cluster
from .explanations import Explanations
from .hints import HintFiles, check_hints, hints_for
from .planner import Batch, Planner
from .summary import MAX_SHOWN, Summary
from .workers import LoadReader, hire

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How to run. `model` is the version's name, `workers` counts processes (1: this one), unless a
    `cluster` reads; they may finish no page for `timeout_s`. `hints` hold where no file beside the
    scans says otherwise. `explain` is the folder for pictures of what the reader saw, if it is to
    make them. With `retry`, what earlier runs rejected is read again."""

    model: str
    limits: Limits = field(default_factory=Limits)
    json: JsonMode = "files"
    max_scans: int = 256
    workers: int = 1
    hints: HintSettings = field(default_factory=HintSettings)
    cluster: Cluster | None = None
    explain: Path | None = None
    timeout_s: float | None = None
    retry: bool = False


@dataclass(slots=True)
class _Tally:
    scans: int = 0
    digits: int = 0
    review: int = 0
    rejected: int = 0
    incomplete: int = 0
    rejected_pages: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    def add(self, arrivals: Sequence[Arrival], outcomes: Mapping[str, Outcome]) -> None:
        statuses = [arrival.result.status for arrival in arrivals]
        self.scans += len(arrivals)
        self.digits += sum(arrival.result.digits for arrival in arrivals)
        self.review += statuses.count(Status.REVIEW)
        self.rejected += statuses.count(Status.REJECTED)
        for arrival in arrivals:
            found = _rejections(outcomes.get(arrival.id))
            self.rejections += found
            if arrival.result.reason and arrival.result.status is not Status.REJECTED:
                self.incomplete += 1
                self.rejected_pages += len(found)
        del self.rejections[MAX_SHOWN:]


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


def run_batch(
    inputs: Sequence[Path],
    out: Path,
    settings: BatchSettings,
    load_reader: LoadReader,
    *,
    clock: Callable[[], datetime] = utc_now,
    random_id: Callable[[], str] = lambda: secrets.token_hex(16),
    reached: Callable[[Step], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Read all scans among `inputs` that have no result in `out` yet.

    `advance` hears how many scans are done so far, earlier runs' included; `reached` hears of every
    step of delivery. Ctrl-C and SIGTERM end the run in good order: what was published stays, whole.

    Raises:
        UsageError, InputMissing, NothingReadable: the paths cannot work; nothing was written.
        ConfigInvalid: a file of hints holds mistakes.
        StateHeld: another digitd is writing to `out`.
        ClusterUnavailable: nobody reads; the same call goes on when that is mended.
        OutputUnwritable: the disk refused; likewise.
    """
    started = time.perf_counter()
    check_paths(inputs, out, settings.explain)
    several = _are_more(inputs, settings.max_scans)
    files = HintFiles(settings.hints)
    check_hints(files, inputs)
    outbox = Outbox(out)
    outbox.create()
    explanations = Explanations(settings.explain) if settings.explain else None
    with (
        hold(outbox.hidden, called=out),
        Journal(outbox.hidden / "journal.db", random_id) as journal,
    ):
        delivery = Delivery(
            outbox,
            journal,
            model=settings.model,
            json=settings.json,
            clock=clock,
            reached=reached,
        )
        planner = Planner(
            journal, settings.limits, settings.model, settings.max_scans, partial(hints_for, files)
        )
        tally = _Tally()
        interrupted = False
        try:
            with _interrupted_by_sigterm():
                with _uninterrupted():
                    delivery.recover()
                    if settings.retry:
                        journal.forget_rejected()
                batches = planner.batches(inputs)
                with closing(_read(batches, settings, load_reader, several=several)) as read:
                    for batch, outcomes in read:
                        with _uninterrupted():
                            if explanations:
                                explanations.write(outcomes.values())
                            arrivals = delivery.deliver(batch.claims, outcomes)
                            planner.landed(batch)
                            tally.add(arrivals, outcomes)
                        log.info("batch of %d scans done", len(arrivals))
                        advance(tally.scans + planner.already_done)
        except KeyboardInterrupt:
            interrupted = True
        return Summary(
            scans=tally.scans,
            digits=tally.digits,
            review=tally.review,
            rejected=tally.rejected,
            ignored=planner.ignored,
            already_done=planner.already_done,
            already_rejected=planner.already_rejected,
            seconds=time.perf_counter() - started,
            interrupted=interrupted,
            rejections=tuple(tally.rejections),
            readings=delivery.readings,
            explained=settings.explain,
            explanations=explanations.count if explanations else 0,
            incomplete=tally.incomplete,
            rejected_pages=tally.rejected_pages,
            already_incomplete=planner.already_incomplete,
        )


def _rejections(outcome: Outcome | None) -> list[Rejection]:
    """That of a scan, or those of its pages."""
    if not isinstance(outcome, Reading):
        return [outcome] if outcome else []
    return [
        Rejection(
            outcome.scan_id,
            f"{outcome.file}, page {page.number}",
            outcome.sha256,
            page.reason,
            page.message,
        )
        for page in outcome.rejected_pages
    ]


def _are_more(inputs: Sequence[Path], count: int) -> bool:
    """Whether there are more scans than that, read before or not. Raises NothingReadable where
    there is none."""
    scans = ignored = 0
    for found in find_scans(inputs):
        if isinstance(found, Candidate):
            scans += 1
        else:
            ignored += 1
        if scans > count:
            return True
    if scans:
        return False
    places = ", ".join(printable(shown(path)) for path in inputs)
    raise NothingReadable(
        f"no scan in {places} ({ignored} other files): scans are known by their extension, such as "
        ".png, .jpg or .tif; a file without one is read when it is named itself"
    )


def _read(
    batches: Iterator[Batch], settings: BatchSettings, load_reader: LoadReader, *, several: bool
) -> Generator[tuple[Batch, dict[str, Outcome]]]:
    """Batches with their outcomes by id. Processes are worth their start from two batches on; where
    there are `several` batches, if no scan was read before, they start while the first is filled.
    """
    at_once = several and settings.workers > 1 and not settings.cluster
    first = [] if at_once else list(islice(batches, 2))
    if not (at_once or first):
        return
    if settings.cluster:
        hired = hire_cluster(settings.cluster, load_reader, settings.timeout_s)
    else:
        needed = settings.workers if at_once or len(first) > 1 else 1
        on_one_core = settings.workers == 1
        hired = hire(needed, load_reader, on_one_core=on_one_core, timeout_s=settings.timeout_s)
    with hired as crew:
        for batch, outcomes in crew.read_all(chain(first, batches)):
            yield batch, {outcome.scan_id: outcome for outcome in [*outcomes, *batch.rejections]}


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Have SIGTERM, which `timeout`, SLURM and a shutdown send, end the block as Ctrl-C does."""
    with _handled_by(signal.default_int_handler, signal.SIGTERM):
        yield


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Make signals wait for the end of the block: what is being published is published whole."""
    caught: list[int] = []
    with _handled_by(lambda number, _: caught.append(number), signal.SIGINT, signal.SIGTERM):
        yield
    if caught:
        raise KeyboardInterrupt


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object], *signals: signal.Signals
) -> Iterator[None]:
    """Signals go to the main thread only, and only that may say who handles them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, handler) for each in signals}
    try:
        yield
    finally:
        for each, handler_before in before.items():
            signal.signal(each, handler_before)
