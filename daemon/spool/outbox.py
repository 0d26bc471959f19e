"""The results folder: what its files are called, and how they come to stand there whole.

    readings.csv
    json/NAME.EXT.ID8.json
    annotated/NAME.EXT.ID8.jpg
    rejected/NAME.EXT.ID8.reason.json

Names carry the first characters of the arrival's id: nothing is ever overwritten. Files are
written and synced in `.digitd/staging`, and renamed when the journal has recorded what they belong
to: who looks into the folder sees whole files only.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from .durable import sync_files, sync_folder, write_file, writing_to
from .journal import SHORT
from .names import safe_name

log = logging.getLogger(__name__)


def json_artifact(file: str, scan_id: str) -> str:
    """Where the document of a scan stands, relative to the results folder."""
    return f"json/{_stem(file, scan_id)}.json"


def reason_artifact(file: str, scan_id: str) -> str:
    """Where it stands why a scan was rejected."""
    return f"rejected/{_stem(file, scan_id)}.reason.json"


def original_artifact(file: str, scan_id: str, *, rejected: bool) -> str:
    """Where the original goes; its extension stays the last, so that a double click shows it."""
    name = PurePosixPath(safe_name(file))
    folder = "rejected" if rejected else "archive"
    return f"{folder}/{name.stem}.{scan_id[:SHORT]}{name.suffix}"


def picture_artifact(file: str, scan_id: str, page: int | None) -> str:
    """Where an annotated page stands; the only page of a scan has no number (None)."""
    return f"annotated/{_page_name(file, scan_id, page)}.jpg"


def explanation_name(file: str, scan_id: str, page: int | None) -> str:
    """What the picture of what reading saw is called; its folder is the user's choice."""
    return f"{_page_name(file, scan_id, page)}.png"


class Outbox:
    """The files of the results folder `folder`, by their artifact: path relative to it. Those of
    the daemon's days share one `staging`; without it, the folder has its own."""

    def __init__(self, folder: Path, staging: Path | None = None) -> None:
        self.folder = folder
        self.hidden = folder / ".digitd"
        self.staging = staging or self.hidden / "staging"
        self._staging = str(self.staging)

    def create(self) -> None:
        """Make the folder, if it is not there."""
        with writing_to(self.folder):
            self.staging.mkdir(parents=True, exist_ok=True)
            if not self.folder.exists():
                self.folder.mkdir()
                sync_folder(self.folder.parent)

    def stage(self, contents: Mapping[str, bytes]) -> None:
        """Write the contents of artifacts where nobody looks, durably."""
        staged = [self._staged(artifact) for artifact in contents]
        for path, content in zip(staged, contents.values(), strict=True):
            write_file(path, content)
        if staged:
            sync_files(staged, self.staging)

    def unveil(self, artifacts: Iterable[str]) -> None:
        """Rename staged artifacts to their places; those already there stay."""
        top = str(self.folder)
        folders = set()
        for artifact in artifacts:
            folder = artifact.rpartition("/")[0]
            if folder not in folders:
                folders.add(folder)
                if not (self.folder / folder).exists():
                    (self.folder / folder).mkdir()
                    sync_folder(self.folder)
            place = f"{top}/{artifact}"
            try:
                os.rename(self._staged(artifact), place)  # noqa: PTH104 -- for each file
            except FileNotFoundError:
                if not os.path.exists(place):  # noqa: PTH110
                    log.warning("%s was removed from outside before it was in its place", artifact)
        for folder in folders:
            sync_folder(self.folder / folder)

    def discard(self) -> None:
        """Remove what lies staged for arrivals that were never recorded."""
        for path in self.staging.iterdir():
            if not path.is_dir():  # a system's own, such as @eaDir
                path.unlink()

    def _staged(self, artifact: str) -> str:
        return f"{self._staging}/{artifact.rpartition('/')[2]}"


def _page_name(file: str, scan_id: str, page: int | None) -> str:
    stem = _stem(file, scan_id)
    return stem if page is None else f"{stem}.p{page}"


def _stem(file: str, scan_id: str) -> str:
    return f"{safe_name(file)}.{scan_id[:SHORT]}"
