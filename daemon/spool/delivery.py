"""The steps by which outcomes become results, each repeatable, in the one safe order.

    stage    JSON documents and pictures to the staging folder, synced
    record   the journal takes the results in              the one moment a result comes to exist
    rename   staged files to their final names, folders synced
    append   rows to readings.csv, up to the length the journal vouches for, synced
    publish  the journal says so

Recovery is the same steps: what was recorded and not published goes on from `rename`. Its pictures
need not be made again, for they lay staged and synced before it was recorded. What lies staged and
was not recorded goes: its scans are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ..records import Outcome, Reading
from .claims import Source
from .document import CSV_HEADER, Result, copied_result, result_of
from .durable import writing_to
from .journal import Arrival, Journal
from .outbox import Outbox, json_artifact, picture_artifact, reason_artifact
from .sheet import Form, Sheet
from .steps import Step

JsonMode = Literal["files", "lines", "none"]

CSV = Form(".csv", CSV_HEADER, lambda arrival: arrival.result.rows)
JSON_LINES = Form(
    ".jsonl", "", lambda arrival: f"{arrival.result.document}\n" if arrival.in_lines else ""
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A scan that gets a row: its id, its name as shown, which file it is, the digest of the bytes
    that were read (None where they could not be), and the hints that it came with, as text."""

    id: str
    file: str
    source: Source
    sha256: str | None
    hints: str = ""

    @property
    def content(self) -> tuple[str | None, str]:
        """What makes its reading: claims with the same have the same result."""
        return self.sha256, self.hints


class Delivery:
    """Delivers to `outbox`, and says in `journal` what it did.

    `model` is the version in use, `clock` gives an aware time, `reached` hears of every step.
    `place` is the results folder relative to the daemon's outbox, and `original_of` says where in
    it the original of a scan goes.
    """

    def __init__(
        self,
        outbox: Outbox,
        journal: Journal,
        *,
        model: str,
        json: JsonMode,
        clock: Callable[[], datetime],
        reached: Callable[[Step], None] = lambda _: None,
        place: str = "",
        original_of: Callable[[Claim, Result], str | None] = lambda *_: None,
    ) -> None:
        self._outbox = outbox
        self._journal = journal
        self._model = model
        self._json = json
        self._clock = clock
        self._reached = reached
        self._place = place
        self._original_of = original_of
        self._sheets = [
            Sheet(outbox.folder, outbox.staging, journal, form, place) for form in (CSV, JSON_LINES)
        ]

    @property
    def readings(self) -> Path:
        """The file that rows are appended to."""
        return self._sheets[0].path

    def recover(self) -> None:
        """Finish what an earlier run recorded, and sweep up what it did not."""
        with writing_to(self._outbox.folder):
            self.publish()
            self._outbox.discard()
            for sheet in self._sheets:
                sheet.restore()

    def deliver(self, claims: Sequence[Claim], outcomes: Mapping[str, Outcome]) -> list[Arrival]:
        """Deliver claims, in order; `outcomes` by id. A claim without an outcome has the content of
        an earlier one, in the journal or among these, and gets its result."""
        moment = self._clock()
        arrivals: list[Arrival] = []
        contents: dict[str, bytes] = {}
        fresh: dict[tuple[str | None, str], Arrival] = {}
        for claim in claims:
            outcome = outcomes.get(claim.id)
            pictures = _pictures(outcome)
            if outcome is None:
                original = fresh.get(claim.content) or self._original(claim)
                result = copied_result(
                    original.result, claim.id, claim.file, moment, self._up(original)
                )
            else:
                result = result_of(outcome, moment, tuple(pictures))
            documents = self._documents(claim, result)
            contents |= documents | pictures
            arrival = self._arrival(claim, result, (*documents, *pictures))
            arrivals.append(arrival)
            if outcome is not None:
                fresh.setdefault(claim.content, arrival)
        with writing_to(self._outbox.folder):
            self._outbox.stage(contents)
            self._reached(Step.STAGED)
            self._journal.record(arrivals)
            self._reached(Step.RECORDED)
            self.publish()
        return arrivals

    def publish(self) -> None:
        """Make visible what is recorded and is not yet visible."""
        arrivals = self._journal.unpublished(self._place)
        if not arrivals:
            return
        self._outbox.unveil(artifact for arrival in arrivals for artifact in arrival.artifacts)
        self._reached(Step.RENAMED)
        vouchers = [sheet.append(arrivals) for sheet in self._sheets]
        self._reached(Step.APPENDED)
        self._journal.publish(arrivals, [voucher for voucher in vouchers if voucher])
        self._reached(Step.PUBLISHED)

    def _up(self, original: Arrival) -> str:
        """The way from this results folder to that of another day."""
        return "" if original.folder == self._place else f"../{original.folder}/"

    def _original(self, claim: Claim) -> Arrival:
        original = claim.sha256 and self._journal.original(claim.sha256, self._model, claim.hints)
        if not original:
            raise LookupError(f"no outcome for {claim.id}, and its content was never read")
        return original

    def _documents(self, claim: Claim, result: Result) -> dict[str, bytes]:
        """The JSON files of a scan by their artifact."""
        names = [json_artifact(claim.file, claim.id)] if self._json == "files" else []
        if result.reason is not None:
            names.append(reason_artifact(claim.file, claim.id))
        return dict.fromkeys(names, f"{result.document}\n".encode())

    def _arrival(self, claim: Claim, result: Result, artifacts: tuple[str, ...]) -> Arrival:
        return Arrival(
            id=claim.id,
            file=claim.file,
            source=claim.source,
            sha256=claim.sha256,
            model=self._model,
            result=result,
            artifacts=artifacts,
            in_lines=self._json == "lines",
            folder=self._place,
            original=self._original_of(claim, result),
            hints=claim.hints,
        )


def _pictures(outcome: Outcome | None) -> dict[str, bytes]:
    """The annotated pictures of an outcome by their artifact."""
    if not isinstance(outcome, Reading):
        return {}
    several = outcome.page_count > 1
    return {
        picture_artifact(
            outcome.file, outcome.scan_id, picture.page if several else None
        ): picture.data
        for picture in outcome.pictures
    }
