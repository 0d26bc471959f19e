"""A network on its way to another machine."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from daemon.ann.registry import METADATA_FILE, ModelVersion, load_version
from daemon.service.parcels import pack


def test_all_that_reading_needs_is_taken_along(
    trained_version: ModelVersion, tmp_path: Path
) -> None:
    folder = tmp_path / trained_version.name
    shutil.copytree(trained_version.path, folder)
    (folder / "advisor.tflite").write_bytes(b"another network")
    metadata = json.loads((folder / METADATA_FILE).read_text())
    metadata["files"]["advisor.tflite"] = hashlib.sha256(b"another network").hexdigest()
    (folder / METADATA_FILE).write_text(json.dumps(metadata))
    version = load_version(tmp_path, trained_version.name)
    parcel = pack(version)
    assert set(parcel.files) == {"metadata.json", "model.tflite", "advisor.tflite"}
    assert parcel.files["advisor.tflite"] == b"another network"
    assert parcel.digest == pack(version).digest
    (folder / "advisor.tflite").write_bytes(b"a newer one")
    assert parcel.digest != pack(version).digest
