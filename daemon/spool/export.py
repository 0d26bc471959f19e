"""Every result again from the journal, byte for byte: rows, documents and reasons.

Annotated pictures and originals are not in the journal; they lie in the outbox only.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import UsageError
from .delivery import CSV, JSON_LINES
from .durable import writing_to
from .journal import Arrival, Journal
from .names import printable, shown


def export(journal: Journal, out: Path) -> int:
    """Write all published results to `out`, a folder a day as in the outbox; how many they are.

    Raises:
        UsageError: there is something in `out` already.
        OutputUnwritable: the disk refused.
    """
    with writing_to(out):
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(f"{printable(shown(out))} is not empty: name a new folder")
        return sum(
            _write(journal.published_since(0, folder), out / folder) for folder in journal.folders()
        )


def _write(arrivals: Iterable[Arrival], folder: Path) -> int:
    folder.mkdir(parents=True)
    written = 0
    has_lines = False
    with (
        (folder / "readings.csv").open("w", encoding="utf-8", newline="") as rows,
        (folder / "readings.jsonl").open("w", encoding="utf-8", newline="") as lines,
    ):
        rows.write(CSV.header)
        for arrival in arrivals:
            written += 1
            rows.write(CSV.text(arrival))
            lines.write(JSON_LINES.text(arrival))
            has_lines |= arrival.in_lines
            for name in arrival.artifacts:
                if name.endswith(".json"):
                    path = folder / name
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(f"{arrival.result.document}\n".encode())
    if not has_lines:
        (folder / "readings.jsonl").unlink()
    return written
