"""The thirteen steps of a batch (see `spool.steps`), and recovery, which is the same steps.

One batch is under way at a time, so at most its scans are claimed: the inbox stays the queue.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..config import Config
from ..records import Hints, Limits, Outcome, Reason, Rejection, Scan
from ..spool.claims import OpenClaim
from ..spool.delivery import Claim, Delivery, JsonMode
from ..spool.durable import writing_to
from ..spool.inbox import Found, Guard, Inbox, signature_of
from ..spool.intake import Content, Problem, read
from ..spool.journal import SHORT, Arrival, Journal
from ..spool.lock import occupy
from ..spool.names import printable
from ..spool.originals import Originals, Store, destination
from ..spool.outbox import Outbox
from ..spool.place import Place, check_claimed
from ..spool.steps import Step
from .planner import MAX_BATCH_BYTES
from .workers import DEATHS

TOGETHER = 2  # attempts in a batch; after these a scan is read alone, to find who kills the reader

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CycleSettings:
    """How to read and deliver; what a reload changes. `model` is the version's name."""

    model: str
    limits: Limits = field(default_factory=Limits)
    json: JsonMode = "files"
    originals: Originals = "archive"

    @classmethod
    def of(cls, model: str, config: Config) -> CycleSettings:
        """As the configuration says."""
        limits = config.limits.for_decoding()
        return cls(model, limits, config.outputs.json, config.originals)


@dataclass(slots=True)
class _Batch:
    claims: list[Claim] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)


class Cycle:
    """Takes scans from `inbox` and delivers them to a folder a day below `outbox`.

    `read` gives the outcomes of scans; `hints_of` what is known of one before, None where that is
    not to be had: then it waits in the inbox. `clock` gives an aware time, whose day is local;
    `reached` hears of every step; `locks` is for what tells other daemons at the same inbox of this
    one, and keeps them from the outbox, for as long as it is open. Errors of the disk leave as
    OSError or OutputUnwritable: then no scan is to blame, and after `recover` all goes on.
    """

    def __init__(
        self,
        inbox: Inbox,
        outbox: Path,
        journal: Journal,
        settings: CycleSettings,
        read: Callable[[Sequence[Scan]], list[Outcome]],
        *,
        locks: ExitStack,
        clock: Callable[[], datetime],
        hints_of: Callable[[OpenClaim], Hints | None] = lambda _: Hints(),
        reached: Callable[[Step], None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._staging = outbox / ".staging"
        self._journal = journal
        self._read = read
        self._locks = locks
        self._clock = clock
        self._hints_of = hints_of
        self._reached = reached
        self._places = [Place(inbox.folder), Place(outbox)]
        self.settings = settings
        self._today: tuple[str, CycleSettings, Delivery] | None = None

    def check(self) -> None:
        """Raise OutputUnwritable where the inbox or the outbox is gone."""
        for place in self._places:
            place.check()

    def recover(self) -> list[OpenClaim]:
        """Finish what was recorded; the claims that are still to be read."""
        self.check()
        self._open_claimed()
        guard = self._share()
        with writing_to(self._outbox):
            self._staging.mkdir(exist_ok=True)
            self._locks.enter_context(occupy(self._staging))
            for folder in self._journal.unfinished_folders():
                self._delivery(folder).publish()
            Outbox(self._outbox, self._staging).discard()
            self._put_away(self._journal.unarchived())
        waiting: list[OpenClaim] = []
        gone: list[OpenClaim] = []
        for claim in self._journal.claims.open():
            is_here = self._inbox.place_of(claim.id, claim.file).exists()
            is_ours = is_here and not self._inbox.was_put_back(claim)
            (waiting if is_ours else gone).append(claim)
        check_claimed(self._inbox.claimed)  # else they may be on a disk that was away just now
        self._journal.claims.forget([claim.id for claim in gone])
        self._journal.claims.moved([claim.id for claim in waiting if not claim.is_moved])
        return waiting + self._adopt(guard)

    def claim(self, found: Sequence[Found]) -> list[OpenClaim]:
        """Steps 1 to 4: take files out of the inbox, as many as make a batch by their bytes; those
        that were still there, unchanged."""
        self.check()
        settled = [each for each in found if signature_of(each.path) == each.signature]
        settled = _fitting(settled)
        self._reached(Step.LOOKED)
        if not settled:
            return []
        claims = [self._inbox.claim_of(each, self._journal.new_id()) for each in settled]
        self._journal.claims.begin(claims)
        self._reached(Step.CLAIMING)
        taken = [claim for claim in claims if self._inbox.take(claim)]
        self._reached(Step.MOVED)
        self._inbox.sync(taken)
        if len(taken) < len(claims):
            kept = {claim.id for claim in taken}
            self._leave([claim for claim in claims if claim.id not in kept])
        self._journal.claims.moved([claim.id for claim in taken])
        self._reached(Step.CLAIMED)
        return taken

    def finish(self, claims: Sequence[OpenClaim]) -> list[Arrival]:
        """Steps 5 to 13: read claimed files and deliver their results."""
        self._journal.claims.attempted([claim.id for claim in claims])
        self._reached(Step.ATTEMPTED)
        batch = self._open(claims)
        for outcome in self._read(batch.scans) if batch.scans else []:
            batch.outcomes[outcome.scan_id] = outcome
        self._reached(Step.READ)
        if not batch.claims:
            return []
        self.check()
        day = self._clock().astimezone().strftime("%Y-%m-%d")
        with writing_to(self._outbox):
            arrivals = self._delivery(day).deliver(batch.claims, batch.outcomes)
            self._put_away(arrivals)
        return arrivals

    def _open(self, claims: Sequence[OpenClaim]) -> _Batch:
        """The bytes of claimed files, and what is wrong with some."""
        batch, known = _Batch(), set[tuple[str | None, str]]()
        for claim in claims:
            hints = self._hints_of(claim)
            if hints is None and self._wait_again(claim, "its hints hold mistakes"):
                continue
            content = self._content(claim)
            if content is None:
                continue
            hints = hints or Hints()  # where another file has its name, it has to be read now
            sha256 = content.sha256 if isinstance(content, Content) else None
            taken = Claim(claim.id, claim.file, claim.source, sha256, hints.text)
            batch.claims.append(taken)
            if isinstance(content, Problem):
                rejection = Rejection(claim.id, claim.file, None, content.reason, content.message)
                batch.outcomes[claim.id] = rejection
            elif claim.attempts >= TOGETHER + DEATHS:
                message = f"digitd died {claim.attempts} times while it read it"
                batch.outcomes[claim.id] = Rejection(
                    claim.id, claim.file, sha256, Reason.KILLED_WORKER, message
                )
            elif taken.content not in known and not self._was_read(content.sha256, hints.text):
                known.add(taken.content)
                scan = Scan(
                    claim.id,
                    claim.file,
                    content.sha256,
                    content.data,
                    hints,
                    path=content.source.path,
                )
                batch.scans.append(scan)
        return batch

    def _content(self, claim: OpenClaim) -> Content | Problem | None:
        """What a claimed file holds; None where it is not ours any more."""
        place = self._inbox.place_of(claim.id, claim.file)
        content = read(place, self.settings.limits)
        after = signature_of(place)
        if after is None:
            self._check_removed(place)
            log.warning("%s was removed after it was claimed", printable(claim.file))
            self._journal.claims.forget([claim.id])
            return None
        if (after.size, after.mtime_ns) == (claim.source.size, claim.source.mtime_ns):
            return content
        if self._wait_again(claim, "it is still being written"):
            return None
        return content  # another file has its name: this one is as whole as it will be

    def _check_removed(self, place: Path) -> None:
        """Raise OSError or OutputUnwritable where a claimed file is not gone but out of reach: its
        disk is away, or fails."""
        with suppress(FileNotFoundError):
            place.lstat()
        self.check()
        check_claimed(self._inbox.claimed)

    def _leave(self, claims: Sequence[OpenClaim]) -> None:
        """Take back claims whose files could not be taken."""
        self._journal.claims.forget([claim.id for claim in claims])
        cures = [(claim, cure) for claim in claims if (cure := self._inbox.cure_of(claim))]
        for claim, cure in cures:
            log.warning("%s is blocked: %s", printable(claim.file), cure)
        if others := len(claims) - len(cures):
            log.info("%d files were taken by somebody else", others)

    def _wait_again(self, claim: OpenClaim, why: str) -> bool:
        """Put a claimed file back to where it was; False where another has its name."""
        if not self._inbox.put_back(claim):
            return False
        log.info("%s waits again: %s", printable(claim.file), why)
        self._journal.claims.forget([claim.id])
        return True

    def _was_read(self, sha256: str, hints: str) -> bool:
        """Whether there is a reading; what was rejected is tried again when it comes again."""
        original = self._journal.original(sha256, self.settings.model, hints)
        return original is not None and original.result.reason is None

    def _open_claimed(self) -> None:
        """Make the folder of claimed files where there is none, unless the journal knows of some:
        then the folder is on a disk that is away."""
        if not self._inbox.claimed.is_dir() and self._has_claimed():
            check_claimed(self._inbox.claimed)
        with writing_to(self._inbox.claimed):
            self._inbox.create()

    def _has_claimed(self) -> bool:
        """Whether files have to lie in that folder, by what the journal says; those that were about
        to be taken and still lie where they lay do not."""
        journal = self._journal
        return bool(journal.unfinished_folders() or journal.unarchived()) or any(
            claim.is_moved or not os.path.lexists(claim.source.path)
            for claim in journal.claims.open()
        )

    def _share(self) -> Guard:
        """Lock the folder that is there now, and let go of one that was there before."""
        with self._locks.pop_all():
            return self._locks.enter_context(self._inbox.shared())

    def _adopt(self, guard: Guard) -> list[OpenClaim]:
        """Claim files in .claimed that no journal knows, unless another daemon may know them."""
        if not guard.is_alone():
            return []
        known = {claim.id for claim in self._journal.claims.open()}
        adopted = []
        for stranger in self._inbox.strangers(known):
            if self._journal.knows(stranger.id[:SHORT]):
                continue  # its result exists: a person put it here
            log.warning("%s was claimed, but no journal knows it", printable(stranger.file))
            adopted.append(stranger)
        self._journal.claims.begin(adopted)
        return adopted

    def _put_away(self, arrivals: Sequence[Arrival]) -> None:
        if not arrivals:
            return
        Store(self._inbox, self._outbox, self._staging, self.settings.originals).put_away(arrivals)
        self._reached(Step.STORED)
        self._journal.archive(arrivals)
        self._reached(Step.ARCHIVED)

    def _delivery(self, folder: str) -> Delivery:
        outbox = Outbox(self._outbox / folder, self._staging)
        outbox.create()
        if self._today and self._today[:2] == (folder, self.settings):
            return self._today[2]
        delivery = Delivery(
            outbox,
            self._journal,
            model=self.settings.model,
            json=self.settings.json,
            clock=self._clock,
            reached=self._reached,
            place=folder,
            original_of=lambda claim, result: destination(
                claim.file,
                claim.id,
                self.settings.originals,
                rejected=result.reason is not None,
            ),
        )
        self._today = folder, self.settings, delivery
        return delivery


def _fitting(found: Sequence[Found]) -> list[Found]:
    """As many of these as make a batch by their bytes; one at least."""
    size = 0
    fitting: list[Found] = []
    for each in found:
        size += each.signature.size
        if fitting and size > MAX_BATCH_BYTES:
            break
        fitting.append(each)
    return fitting
