"""A version's folder from its parts: a glyph network, always, and a line reader beside it.

Each is trained without the other, and a version that one is trained for takes the other from the
version in use: so that training the one never loses the other.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ..ann.registry import METADATA_FILE, READER_FILE, ModelVersion, load_version, sha256_of, verify
from ..errors import ModelUnavailable
from .card import CARD_FILE, READER_HEADING, reader_card


def take_reader(models: Path, folder: Path) -> dict[str, Any]:
    """Copy the line reader of the version in use, if there is one, into `folder`, whose card is
    written; what metadata say of it."""
    try:
        version = load_version(models)
    except ModelUnavailable:
        return {}  # the first one in its folder
    if version.reader is None:
        return {}
    shutil.copy(version.reader, folder / READER_FILE)
    reader = version.metadata["reader"]
    _add_to_card(folder, reader)
    return {"reader": reader}


def take_glyphs(
    version: ModelVersion, name: str, folder: Path, reader: dict[str, Any], trust: dict[str, Any]
) -> None:
    """Copy all of `version` but its line reader into `folder`, where the new `reader` is already,
    and complete the version `name`; `trust` says how far both together are trusted. Raises
    ModelUnavailable."""
    verify(version)
    for file in version.metadata["files"]:
        if file != READER_FILE:
            shutil.copy(version.path / file, folder / file)
    card = (folder / CARD_FILE).read_text(encoding="utf-8").split(READER_HEADING)[0].rstrip() + "\n"
    (folder / CARD_FILE).write_text(card.replace(version.name, name, 1), encoding="utf-8")
    _add_to_card(folder, reader)
    seal(folder, dict(version.metadata) | {"version": name, "reader": reader, "trust": trust})


def seal(folder: Path, metadata: dict[str, Any]) -> None:
    """Write metadata.json, with the digests of all other files."""
    files = sorted(file for file in folder.iterdir() if file.name != METADATA_FILE)
    metadata = metadata | {"files": {file.name: sha256_of(file) for file in files}}
    (folder / METADATA_FILE).write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")


def _add_to_card(folder: Path, reader: dict[str, Any]) -> None:
    with (folder / CARD_FILE).open("a", encoding="utf-8") as card:
        card.write("\n" + reader_card(reader))
