"""Pictures of what the reader saw, in a folder of the user's choice (`digitd batch --explain`).

They are for looking at, no results: the journal knows nothing of them, and they survive no power
cut. But who looks into the folder sees whole files only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..records import Outcome, Reading
from ..spool.durable import writing_to
from ..spool.outbox import explanation_name


class Explanations:
    """Writes to `folder`, which is made if it is not there; `count` is how many pictures."""

    def __init__(self, folder: Path) -> None:
        """Raises OutputUnwritable."""
        self.folder = folder
        self.count = 0
        self._unfinished = folder / f".digitd-{os.getpid()}.new"
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def write(self, outcomes: Iterable[Outcome]) -> None:
        """A picture per page of what was read, and one of what was rejected.

        Raises OutputUnwritable.
        """
        with writing_to(self.folder):
            try:
                for outcome in outcomes:
                    self._write(outcome)
            finally:
                self._unfinished.unlink(missing_ok=True)

    def _write(self, outcome: Outcome) -> None:
        for page, picture in _pictures(outcome):
            name = explanation_name(outcome.file, outcome.scan_id, page)
            self._unfinished.write_bytes(picture)
            self._unfinished.replace(self.folder / name)
            self.count += 1


def _pictures(outcome: Outcome) -> Iterator[tuple[int | None, bytes]]:
    """Pages' numbers, None for the only one, with their pictures."""
    if isinstance(outcome, Reading):
        for picture in outcome.explanations:
            yield picture.page if outcome.page_count > 1 else None, picture.data
        return
    from ..vision.explain import explain_rejection  # OpenCV takes its time: only who needs it waits

    yield None, explain_rejection(outcome)
