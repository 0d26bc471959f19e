"""A version's folder from its parts: a glyph network, always, and a line reader beside it.

Each is trained without the other, and a version that one is trained for takes the other from the
version in use: so that training the one never loses the other. It is taken before the training, so
that what is damaged there costs no hours.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ..ann.registry import (
    METADATA_FILE,
    READER_FILE,
    ModelVersion,
    has_current,
    load_version,
    sha256_of,
    verify,
)
from .card import CARD_FILE, READER_HEADING, reader_card


def take_reader(models: Path, folder: Path) -> dict[str, Any] | None:
    """Copy the line reader of the version in use into `folder`; what metadata say of it, or None
    where no version is in use, or it has none. Raises ModelUnavailable where it is damaged."""
    if not has_current(models):
        return None  # the first one in its folder
    version = load_version(models)
    if version.reader is None:
        return None
    shutil.copy(version.reader, folder / READER_FILE)
    return dict(version.metadata["reader"])


def take_glyphs(version: ModelVersion, folder: Path) -> None:
    """Copy all of `version` but its line reader into `folder`. What reading does not need may be
    missing, as it is from an installed digitd. Raises ModelUnavailable where it is damaged."""
    needed = {network.name for network in version.networks}
    files = tuple(
        file
        for file in version.metadata["files"]
        if file in needed or (version.path / file).exists()
    )
    verify(version, files)
    for file in files:
        if file != READER_FILE:
            shutil.copy(version.path / file, folder / file)


def complete(
    version: ModelVersion, name: str, folder: Path, reader: dict[str, Any], trust: dict[str, Any]
) -> None:
    """Make the version `name` of `folder`, where the glyph networks of `version` and a line reader
    are: `reader` is what metadata say of that, `trust` how far both together are trusted."""
    card = folder / CARD_FILE
    told = card.read_text(encoding="utf-8") if card.exists() else f"# {version.name}\n"
    told = told.split(READER_HEADING)[0].rstrip().replace(version.name, name, 1)
    card.write_text(f"{told}\n\n{reader_card(reader)}", encoding="utf-8")
    seal(folder, dict(version.metadata) | {"version": name, "reader": reader, "trust": trust})


def seal(folder: Path, metadata: dict[str, Any]) -> None:
    """Write metadata.json, with the digests of all other files."""
    files = sorted(file for file in folder.iterdir() if file.name != METADATA_FILE)
    metadata = metadata | {"files": {file.name: sha256_of(file) for file in files}}
    (folder / METADATA_FILE).write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
