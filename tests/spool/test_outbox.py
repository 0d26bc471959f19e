from __future__ import annotations

import logging
from pathlib import Path

import pytest

from daemon.errors import OutputUnwritable
from daemon.spool.outbox import (
    Outbox,
    explanation_name,
    json_artifact,
    picture_artifact,
    reason_artifact,
)

ID = "0123456789abcdef" * 2


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    outbox = Outbox(tmp_path / "results")
    outbox.create()
    return outbox


def test_artifacts_carry_the_files_name_and_the_ids_beginning() -> None:
    assert json_artifact("x/a.png", ID) == "json/a.png.01234567.json"
    assert reason_artifact("x/a.png", ID) == "rejected/a.png.01234567.reason.json"
    assert picture_artifact("x/a.png", ID, None) == "annotated/a.png.01234567.jpg"
    assert picture_artifact("a.tif", ID, 2) == "annotated/a.tif.01234567.p2.jpg"
    assert explanation_name("x/a.png", ID, None) == "a.png.01234567.png"
    assert explanation_name("a.tif", ID, 2) == "a.tif.01234567.p2.png"


def test_a_hostile_name_stays_inside_the_folder_and_within_the_file_systems_limit(
    outbox: Outbox,
) -> None:
    artifacts = [
        name
        for file in ("..", "/", "a/../..", "x" * 255, "ä" * 127, "\n.png")
        for name in (
            reason_artifact(file, ID),
            picture_artifact(file, ID, 500),
        )
    ]
    outbox.stage(dict.fromkeys(artifacts, b"x"))
    outbox.unveil(artifacts)
    for artifact in artifacts:
        assert (outbox.folder / artifact).resolve().parent.parent == outbox.folder.resolve()
        assert (outbox.folder / artifact).read_bytes() == b"x"


def test_staged_files_are_hidden_until_they_are_unveiled(outbox: Outbox) -> None:
    outbox.stage({"json/a.json": b"{}", "annotated/a.jpg": b"\xff"})
    assert [path.name for path in outbox.folder.iterdir()] == [".digitd"]
    outbox.unveil(["json/a.json", "annotated/a.jpg"])
    assert (outbox.folder / "json" / "a.json").read_bytes() == b"{}"
    assert list(outbox.staging.iterdir()) == []


def test_unveiling_again_changes_nothing(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    outbox.stage({"json/a.json": b"{}"})
    for _ in range(2):
        outbox.unveil(["json/a.json"])
    assert (outbox.folder / "json" / "a.json").read_bytes() == b"{}"
    assert caplog.records == []


def test_what_was_never_recorded_is_swept_up_beside_folders_of_the_system(outbox: Outbox) -> None:
    outbox.stage({"json/a.json": b"{}"})
    (outbox.staging / "@eaDir").mkdir()
    outbox.discard()
    assert [path.name for path in outbox.staging.iterdir()] == ["@eaDir"]


def test_a_staged_file_that_somebody_removed_is_a_warning(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        outbox.unveil(["json/a.json"])
    assert "json/a.json was removed from outside" in caplog.text


def test_a_folder_that_cannot_be_made_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputUnwritable, match="Not a directory"):
        Outbox(tmp_path / "file" / "results").create()
