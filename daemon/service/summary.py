"""What a run did, for a person, for a program and for the shell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import NothingReadable
from ..records import Rejection
from ..spool.names import printable, shown

MAX_SHOWN = 10  # rejections that are named


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. `review` counts scans that a person should look at, `already_done` those
    that an earlier run has read, `already_rejected` which of them it rejected. `incomplete` are
    scans that were read but for `rejected_pages`, `already_incomplete` likewise; `rejections` are
    the first few, of scans and of pages; `readings` is the file of rows. `explanations` counts the
    pictures in the folder `explained`, where they were asked for."""

    scans: int
    digits: int
    review: int
    rejected: int
    ignored: int
    already_done: int
    already_rejected: int
    seconds: float
    interrupted: bool
    rejections: tuple[Rejection, ...]
    readings: Path
    explained: Path | None = None
    explanations: int = 0
    incomplete: int = 0
    rejected_pages: int = 0
    already_incomplete: int = 0

    @property
    def scans_per_second(self) -> float:
        """How fast it went, everything included."""
        return self.scans / self.seconds if self.seconds > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """What the command returns; the same when the same command runs again."""
        if self.interrupted:
            return 130
        rejected = self.rejected + self.already_rejected
        if rejected == self.scans + self.already_done:
            return NothingReadable.exit_code
        return 1 if rejected or self.incomplete or self.already_incomplete else 0

    def as_json(self) -> dict[str, object]:
        """One JSON object."""
        values = asdict(self)
        del values["rejections"], values["explained"], values["explanations"]
        if self.explained is not None:
            values |= {"explained": shown(self.explained), "explanations": self.explanations}
        return values | {
            "seconds": round(self.seconds, 3),
            "scans_per_second": round(self.scans_per_second, 1),
            "readings": shown(self.readings),
        }

    def as_text(self) -> str:
        """A few lines for a person."""
        faulty = [f"{self.already_rejected} of them rejected"] if self.already_rejected else []
        faulty += [f"{self.already_incomplete} incomplete"] if self.already_incomplete else []
        before = f" ({', '.join(faulty)})" if faulty else ""
        pages = f", {_count(self.rejected_pages, 'page')} rejected" if self.rejected_pages else ""
        lines = [
            f"{_count(self.scans, 'scan')}, {_count(self.digits, 'digit')}, "
            f"{self.review} to review, {self.rejected} rejected{pages}; {self.ignored} ignored, "
            f"{self.already_done} already done{before}; {self.seconds:.1f} s, "
            f"{self.scans_per_second:.0f} scans a second"
        ]
        lines += [f"  rejected {printable(r.file)}: {r.message}" for r in self.rejections]
        if more := self.rejected + self.rejected_pages - len(self.rejections):
            lines.append(f"  and {more} more")
        if self.interrupted:
            lines.append("Interrupted: run the same command again and it goes on from here.")
        if self.scans or self.already_done:  # else an interrupted run has left none
            lines.append(f"Results: {printable(shown(self.readings))}")
        if self.already_rejected or self.already_incomplete:
            lines.append("  (what earlier runs rejected is read again with --retry)")
        if self.explained is not None:
            pictures = _count(self.explanations, "picture")
            lines.append(f"Explained: {pictures} in {printable(shown(self.explained))}")
            if self.already_done:
                lines.append("  (only what this run read; another --out has all read again)")
        return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
