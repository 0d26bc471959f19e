"""Tries out what digitd needs, before it is needed: journal, network, cluster, clock, notice of new
files; with `folders`, where it reads and writes. Nothing is left behind."""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from ..ann.registry import load_version
from ..config import Config
from ..errors import DigitdError, ModelUnavailable, OutputUnwritable
from ..records import Reading, Scan
from ..spool.intake import is_folder
from ..spool.journal import Journal
from .cluster import Cluster, hire_cluster
from .findings import Finding, name_of
from .folders import check_folders
from .hints import HintFiles, bad_files, hint_files
from .mounts import network_kind
from .parcels import LoadSent, pack
from .reading import ReaderSettings, load_reader
from .workers import Crew, LoadReader, Reader

Hire = Callable[[Cluster, LoadReader], AbstractContextManager[Crew]]

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)  # no clock that is right says less
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
CODE = ModelUnavailable.exit_code  # of all that is not about writing
DRAWN = "3"
INOTIFY = Path("/proc/sys/fs/inotify")


def examine(config: Config) -> Iterator[Finding]:
    """Try out everything that the configuration names, as the user who calls."""
    yield from check_folders(config)
    yield from check_journal(config.state)
    yield check_observer(config)
    yield from check_hints(config)
    settings = ReaderSettings(
        models=config.models,
        model=config.model,
        limits=config.limits.for_decoding(),
        max_error_read=config.max_error_read,
        annotated="none",
    )
    yield check_model(lambda: load_reader(settings))
    if config.cluster is not None:
        yield check_cluster(config.cluster, settings)
    yield check_clock(datetime.now(UTC))


def check_journal(state: Path) -> Iterator[Finding]:
    """Whether the journal answers, where there is one yet, and adds up."""
    file = state / "journal.db"
    if not os.path.exists(file):  # noqa: PTH110 -- raises not where one may not enter
        return
    try:
        with Journal(file) as journal:
            balance = journal.balance()
    except OutputUnwritable as error:
        yield Finding("journal", "cannot be used", str(error), error.exit_code)
        return
    cure = "" if balance.is_even else "please report it: `digitd status` shows the sum"
    yield Finding("journal", f"{balance.seen} scans in it", cure)


def check_model(load: Callable[[], Reader]) -> Finding:
    """Load the network, which checks its sha256, and read a drawn digit the whole way."""
    try:
        read = load()
    except ModelUnavailable as error:
        return Finding("model", "cannot be used", str(error), CODE)
    (outcome,) = read([_drawn_scan()])
    if not isinstance(outcome, Reading):
        return Finding("model", outcome.message, "reinstall digitd", CODE)
    text = _text(outcome)
    if text != DRAWN:
        cure = "name another version in the configuration (`model`), or train one"
        return Finding("model", f"{outcome.model} reads a {DRAWN} as {text!r}", cure, CODE)
    confidence = outcome.pages[0].lines[0].confidence
    return Finding("model", f"{outcome.model} is whole and reads a {DRAWN} ({confidence:.1%} sure)")


def check_cluster(address: str, settings: ReaderSettings, hire: Hire = hire_cluster) -> Finding:
    """Have a worker of the cluster fetch the network and read a drawn digit; bytes are sent."""
    try:
        parcel = pack(load_version(settings.models, settings.model))
        with hire(Cluster(address, parcel=parcel), LoadSent(settings, parcel.digest)) as crew:
            (outcome,) = crew.read([_drawn_scan()])
    except DigitdError as error:
        return Finding("cluster", "cannot be used", str(error), error.exit_code)
    text = _text(outcome) if isinstance(outcome, Reading) else "nothing"
    if text != DRAWN:
        cure = "look into the logs of its workers"
        return Finding("cluster", f"{address} reads a {DRAWN} as {text}", cure, CODE)
    return Finding("cluster", f"a worker of {address} reads a {DRAWN}")


def check_clock(now: datetime) -> Finding:
    """Results carry the time, and each day has its folder."""
    if EARLIEST <= now < LATEST:
        return Finding("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
    cure = "set the clock: sudo timedatectl set-ntp true"
    return Finding("clock", f"it says {now:%Y-%m-%d}, which cannot be", cure, CODE)


def check_observer(config: Config, limits: Path = INOTIFY) -> Finding:
    """Whether the system can tell of new files in the inbox. What it does not tell is found by
    looking, later: never more than a warning."""
    if config.observer == "polling":
        return Finding("observer", "polling, as configured")
    if not is_folder(config.inbox):
        return Finding("observer", "not tried: there is no inbox")
    if kind := network_kind(config.inbox):
        if config.observer == "auto":
            return Finding("observer", f"polling, for the inbox is on {kind}")
        message = f"inotify sees little on {kind}: scans are found every {config.rescan_s:g} s"
        return Finding("observer", message, "set `observer` to auto or polling")
    try:
        watches = int((limits / "max_user_watches").read_text())
    except (OSError, ValueError):
        return Finding("observer", "polling, for there is no inotify, or its limits are hidden")
    folders = sum(1 for _ in islice(os.walk(config.inbox), watches + 1))
    if folders > watches:
        message = f"polling, for inotify sees no more than {watches} folders"
        return Finding("observer", message, _sysctl("max_user_watches", 4 * folders))
    if not _inotify_starts():
        message = "polling, for all inotify instances of this user are in use"
        return Finding("observer", message, _sysctl("max_user_instances", 1024))
    return Finding("observer", f"inotify, with {folders} of {watches} watches")


def check_hints(config: Config) -> Iterator[Finding]:
    """The files of hints in the inbox; scans beside one with mistakes wait."""
    if not is_folder(config.inbox):
        return
    bad = list(bad_files(HintFiles(config.hints), config.inbox))
    for answer in bad:
        yield Finding("hints", name_of(answer.file or config.inbox), answer.cure)
    if not bad:
        count = sum(1 for _ in hint_files(config.inbox))
        yield Finding("hints", f"files of hints in the inbox: {count}, no mistake in them")


def _text(outcome: Reading) -> str:
    return " ".join(line.text for page in outcome.pages for line in page.lines)


def _drawn_scan() -> Scan:
    import cv2
    import numpy as np

    page = np.full((96, 96), 255, np.uint8)
    cv2.putText(page, DRAWN, (24, 72), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 0, 6, cv2.LINE_AA)
    data = cv2.imencode(".png", page)[1].tobytes()
    return Scan("doctor", "drawn.png", hashlib.sha256(data).hexdigest(), data)


def _sysctl(limit: str, value: int) -> str:
    return f"sudo sysctl fs.inotify.{limit}={value}, and the same in a file in /etc/sysctl.d"


def _inotify_starts() -> bool:
    descriptor = ctypes.CDLL(None).inotify_init1(os.O_CLOEXEC)
    if descriptor < 0:
        return False
    os.close(descriptor)
    return True
