"""models/: versions are whole, verified, and one of them is in use."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from daemon.ann.registry import (
    NEVER,
    current_name,
    has_current,
    load_version,
    new_version,
    promote,
    threshold_of,
    verify,
    version_names,
)
from daemon.errors import ModelUnavailable, OutputUnwritable

NETWORK = b"a network"


def metadata(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "digitd.model/2",
        "architecture": "mlp",
        "labels": list("0123456789"),
        "input": {"shape": [28, 28], "range": [0, 1], "normalised": True},
        "temperature": 1.5,
        "thresholds": [
            {"max_error_read": 0.01, "review_below": 0.8},
            {"max_error_read": 0.001, "review_below": 0.9},
        ],
        "files": {
            "model.tflite": hashlib.sha256(NETWORK).hexdigest(),
            "CARD.md": hashlib.sha256(b"card").hexdigest(),
        },
    } | changes


def add(models: Path, name: str, **changes: Any) -> None:
    with new_version(models, name) as folder:
        (folder / "model.tflite").write_bytes(NETWORK)
        (folder / "CARD.md").write_bytes(b"card")
        (folder / "metadata.json").write_text(json.dumps(metadata(**changes)))


def test_a_version_is_loaded_with_what_its_metadata_say(tmp_path: Path) -> None:
    add(tmp_path, "mlp-1", labels=[*"0123456789", "none"])
    version = load_version(tmp_path, "mlp-1")
    assert version.name == "mlp-1"
    assert version.labels[-1] == "none"
    assert (version.temperature, version.normalised) == (1.5, True)
    assert version.network.read_bytes() == NETWORK


def test_the_threshold_for_a_risk_is_that_of_the_next_smaller_one_measured(tmp_path: Path) -> None:
    add(tmp_path, "mlp-1")
    version = load_version(tmp_path, "mlp-1")
    assert version.review_below(0.5) == version.review_below(0.01) == 0.8
    assert version.review_below(0.009) == version.review_below(0.001) == 0.9
    assert version.review_below(0.0009) > 1.0  # nothing is known about so small a risk


def test_where_nothing_keeps_a_risk_not_even_certainty_is_enough() -> None:
    assert threshold_of(((0.001, 1.0), (0.01, 0.8)), 0.005) == NEVER > 1.0
    assert threshold_of(((0.001, 1.0), (0.01, 0.8)), 0.01) == 0.8
    assert threshold_of((), 0.5) == NEVER


def test_the_promoted_version_is_the_current_one(tmp_path: Path) -> None:
    add(tmp_path, "a")
    add(tmp_path, "b")
    promote(tmp_path, "a")
    promote(tmp_path, "b")
    assert load_version(tmp_path).name == "b"
    assert current_name(tmp_path) == "b"
    assert version_names(tmp_path) == ["a", "b"]


def test_a_damaged_version_is_not_promoted(tmp_path: Path) -> None:
    add(tmp_path, "a")
    promote(tmp_path, "a")
    add(tmp_path, "b")
    (tmp_path / "b" / "model.tflite").write_bytes(b"another network")
    with pytest.raises(ModelUnavailable, match="sha256 differs"):
        promote(tmp_path, "b")
    assert load_version(tmp_path).name == "a"


def test_a_folder_without_a_current_version_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="digitd train"):
        load_version(tmp_path)


def test_a_version_is_in_use_where_one_is_named(tmp_path: Path) -> None:
    assert not has_current(tmp_path / "models")
    add(tmp_path / "models", "a")
    assert not has_current(tmp_path / "models")
    (tmp_path / "models" / "current").write_text("gone\n")  # that it is missing says load_version
    assert has_current(tmp_path / "models")


def test_an_unknown_version_names_the_known_ones(tmp_path: Path) -> None:
    add(tmp_path, "a")
    with pytest.raises(ModelUnavailable, match=r"there is no model 'c' .*; there: a"):
        load_version(tmp_path, "c")


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", ".hidden"])
def test_a_name_never_leaves_the_models_folder(tmp_path: Path, name: str) -> None:
    add(tmp_path / "models", "a")
    add(tmp_path, "a")
    with pytest.raises(ModelUnavailable):
        load_version(tmp_path / "models", name)
    with pytest.raises(OutputUnwritable), new_version(tmp_path / "models", name):
        pass


def test_every_network_that_a_version_has_is_checked_when_it_is_loaded(tmp_path: Path) -> None:
    files = ("model.tflite", "advisor.tflite", "reader.tflite")
    add(tmp_path, "a", files=dict.fromkeys(files, hashlib.sha256(NETWORK).hexdigest()))
    for name in files[1:]:
        with pytest.raises(ModelUnavailable, match=f"{name} cannot be read"):
            load_version(tmp_path, "a")
        (tmp_path / "a" / name).write_bytes(NETWORK)
    version = load_version(tmp_path, "a")
    assert version.networks == tuple(version.path / name for name in files)
    assert (version.advisor, version.reader) == version.networks[1:]
    (tmp_path / "a" / "advisor.tflite").write_bytes(b"another network")
    with pytest.raises(ModelUnavailable, match=r"advisor\.tflite is not the file"):
        load_version(tmp_path, "a")


def test_a_version_may_have_nothing_beside_its_network(tmp_path: Path) -> None:
    add(tmp_path, "a")
    version = load_version(tmp_path, "a")
    assert (version.advisor, version.reader) == (None, None)
    assert version.networks == (version.network,)


def test_a_missing_network_is_reported(tmp_path: Path) -> None:
    add(tmp_path, "a")
    (tmp_path / "a" / "model.tflite").unlink()
    with pytest.raises(ModelUnavailable, match=r"model\.tflite cannot be read"):
        load_version(tmp_path, "a")


def test_loading_checks_the_network_and_verifying_checks_every_file(tmp_path: Path) -> None:
    add(tmp_path, "a")
    (tmp_path / "a" / "CARD.md").write_bytes(b"changed")
    version = load_version(tmp_path, "a")
    with pytest.raises(ModelUnavailable, match=r"CARD\.md"):
        verify(version)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"schema": "digitd.model/9"}, "does not describe a model"),
        ({"labels": list("9876543210")}, "labels must be 0 to 9"),
        ({"labels": None}, "'labels' is missing"),
        ({"temperature": 0}, "temperature must be above 0"),
        ({"temperature": True}, "'temperature' is missing or not what it should be"),
        ({"thresholds": 0.9}, "'thresholds' is missing"),
        ({"thresholds": [{"max_error_read": 0.1}]}, "'review_below' is missing"),
        (
            {"thresholds": [{"max_error_read": 0.1, "review_below": 1.5}]},
            r"review_below must be in 0\.\.1",
        ),
        ({"input": {"normalised": 1}}, "'normalised' is missing"),
        ({"files": []}, "'files' is missing"),
    ],
)
def test_mistaken_metadata_is_refused_with_the_key(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    add(tmp_path, "a", **changes)
    with pytest.raises(ModelUnavailable, match=complaint):
        load_version(tmp_path, "a")


def test_metadata_that_is_no_json_is_refused(tmp_path: Path) -> None:
    add(tmp_path, "a")
    (tmp_path / "a" / "metadata.json").write_text("{")
    with pytest.raises(ModelUnavailable, match=r"metadata\.json cannot be read"):
        load_version(tmp_path, "a")


def test_metadata_that_is_not_there_is_told_once_and_with_the_way_out(tmp_path: Path) -> None:
    add(tmp_path, "a")
    path = tmp_path / "a" / "metadata.json"
    path.unlink()
    told = (
        f"{path} cannot be read (No such file or directory): restore the folder or choose another "
        "version"
    )
    with pytest.raises(ModelUnavailable, match=f"^{re.escape(told)}$"):
        load_version(tmp_path, "a")


def test_a_version_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with new_version(tmp_path, "a") as folder:
            (folder / "model.tflite").write_bytes(NETWORK)
            raise RuntimeError("training broke")

    with pytest.raises(RuntimeError, match="training broke"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError("Unable to write the file"), "Unable to write the file"),  # as h5py says it
    ],
)
def test_a_disk_that_fills_up_meanwhile_is_no_bug(
    tmp_path: Path, error: OSError, reason: str
) -> None:
    def fill() -> None:
        with new_version(tmp_path, "a"):
            raise error

    with pytest.raises(OutputUnwritable) as raised:
        fill()
    assert str(raised.value) == f"cannot write a model into {tmp_path}: {reason}"
    assert list(tmp_path.iterdir()) == []


def test_files_that_cannot_be_made_durable_are_no_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputUnwritable, match=r"cannot write a model into .*: Input/output error"):
        add(tmp_path, "a")
    assert list(tmp_path.iterdir()) == []


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    add(tmp_path, "a")
    with pytest.raises(OutputUnwritable, match="exists already"):
        add(tmp_path, "a", temperature=2.0)
    assert load_version(tmp_path, "a").temperature == 1.5


def test_models_that_cannot_be_written_are_reported_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(OutputUnwritable, match="cannot write a model"):
        add(tmp_path / "models", "a")
