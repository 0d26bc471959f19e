"""Which scans are read together: batches of what is new, with a claim for all that gets a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..records import Hints, Limits, Rejection, Scan, Status
from ..spool.claims import Source
from ..spool.delivery import Claim
from ..spool.intake import Candidate, Ignored, Problem, find_scans, inspect, read
from ..spool.journal import Fate, Journal
from ..vision.counting import count_pixels

# Small: several batches are under way, and Ctrl-C loses what they have read.
MAX_BATCH_BYTES = 16_000_000
MAX_BATCH_PIXELS = 64_000_000  # a page takes up to 4 bytes a pixel until its batch is read
MIN_SHARE = 8  # scans that are worth a further worker


@dataclass(frozen=True, slots=True)
class Batch:
    """Claims in order. `scans` are those to read, `rejections` those that cannot be; a claim in
    neither has the content of an earlier one."""

    claims: list[Claim] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def count_shares(scans: Sequence[Scan], workers: int) -> int:
    """Into how many shares a claimed batch is cut: one a worker where that is worth it, more where
    a share's pixels would be too many."""
    pixels = sum(count_pixels(scan.data) for scan in scans)
    small_enough = min(-(-pixels // MAX_BATCH_PIXELS), len(scans))
    return max(1, min(workers, len(scans) // MIN_SHARE), small_enough)


class Planner:
    """Makes batches of what lies below `inputs` and is not in the journal.

    `ignored` and `already_done` count what is left out; `already_rejected` and `already_incomplete`
    (with a rejected page) are among those. `hints_of` tells what is known of a file.
    """

    def __init__(
        self,
        journal: Journal,
        limits: Limits,
        model: str,
        max_scans: int,
        hints_of: Callable[[Candidate], Hints] = lambda _: Hints(),
    ) -> None:
        self._journal = journal
        self._limits = limits
        self._model = model
        self._max_scans = max_scans
        self._hints_of = hints_of
        # Sources and contents that are not yet in the journal.
        self._under_way: set[Source | tuple[str | None, str]] = set()
        self.ignored = 0
        self.already_done = 0
        self.already_rejected = 0
        self.already_incomplete = 0

    def batches(self, inputs: Sequence[Path]) -> Iterator[Batch]:
        """Batches of at most `max_scans` claims, closed when their bytes or pixels get too many."""
        every = find_scans(inputs)
        while (batch := self._filled(every)).claims:
            yield batch

    def landed(self, batch: Batch) -> None:
        """Hear that a batch is in the journal."""
        for claim in batch.claims:
            self._under_way -= {claim.source, claim.content}

    def _filled(self, every: Iterator[Candidate | Ignored]) -> Batch:
        """The next batch; without claims where nothing is left."""
        batch, size = Batch(), 0.0
        with self._journal.at_one_moment():
            for found in every:
                if isinstance(found, Ignored):
                    self.ignored += 1
                else:
                    size += self._add(found, batch)
                if len(batch.claims) >= self._max_scans or size >= 1:
                    break
        return batch

    def _add(self, candidate: Candidate, batch: Batch) -> float:
        """Claim a candidate for the batch, unless it has its row already; the share of a batch's
        room that it takes."""
        source, problem = inspect(candidate, self._limits)
        fates = self._journal.fates(source)
        read_before = [fate for fate in fates if fate.sha256]
        if source in self._under_way or (read_before and not problem):
            return self._leave_out(read_before)
        content = problem or read(candidate.path, self._limits, source.path)
        if isinstance(content, Problem):
            if any(fate.reason is content.reason for fate in fates):
                return self._leave_out(fates)
            claim = self._claim(batch, candidate.file, source, None)
            batch.rejections.append(
                Rejection(claim.id, claim.file, None, content.reason, content.message)
            )
            return 0
        hints = self._hints_of(candidate)
        claim = self._claim(batch, candidate.file, content.source, content.sha256, hints.text)
        if self._is_known(claim, content.sha256):
            return 0
        self._under_way.add(claim.content)
        path = content.source.path
        batch.scans.append(
            Scan(claim.id, claim.file, content.sha256, content.data, hints, path=path)
        )
        return max(
            len(content.data) / MAX_BATCH_BYTES, count_pixels(content.data) / MAX_BATCH_PIXELS
        )

    def _claim(
        self, batch: Batch, file: str, source: Source, sha256: str | None, hints: str = ""
    ) -> Claim:
        claim = Claim(self._journal.new_id(), file, source, sha256, hints)
        batch.claims.append(claim)
        self._under_way.add(source)
        return claim

    def _is_known(self, claim: Claim, sha256: str) -> bool:
        """Whether this content has been read with these hints, or is about to be."""
        if claim.content in self._under_way:
            return True
        return self._journal.has_original(sha256, self._model, claim.hints)

    def _leave_out(self, fates: Sequence[Fate]) -> int:
        rejected = any(fate.status is Status.REJECTED for fate in fates)
        self.already_done += 1
        self.already_rejected += rejected
        self.already_incomplete += not rejected and any(fate.reason for fate in fates)
        return 0
