from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.ann.registry import load_version
from daemon.errors import ModelUnavailable
from daemon.records import Limits, Reading, Scan
from daemon.service.parcels import LoadSent, pack
from daemon.service.reading import ReaderSettings

ROOT = Path(__file__).parents[2]


def test_a_parcel_reads_as_the_network_it_was_made_of(tmp_path: Path) -> None:
    version = load_version(ROOT / "models")
    parcel = pack(version)
    parcel.unpack(tmp_path)
    settings = ReaderSettings(tmp_path / "nowhere", version.name, Limits(), 0.005)
    data = (ROOT / "samples" / "ballpoint.png").read_bytes()
    (outcome,) = LoadSent(settings, parcel.digest)()([Scan("1", "a.png", "", data)])
    assert isinstance(outcome, Reading)
    assert outcome.model == version.name
    assert outcome.pages[0].lines[0].text == "3"


def test_the_digest_is_of_the_files_and_of_the_name() -> None:
    version = load_version(ROOT / "models")
    parcel = pack(version)
    assert parcel.digest == pack(version).digest
    assert parcel.digest != pack(replace(version, name="other")).digest
    assert "model.keras" not in parcel.files


def test_what_never_came_cannot_be_loaded() -> None:
    settings = ReaderSettings(Path("nowhere"), "cnn-1", Limits(), 0.005)
    with pytest.raises(ModelUnavailable, match="cnn-1 did not reach this worker"):
        LoadSent(settings, "0" * 64)()


def test_a_version_whose_files_are_gone_cannot_be_packed(tmp_path: Path) -> None:
    version = replace(load_version(ROOT / "models"), path=tmp_path)
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        pack(version)
