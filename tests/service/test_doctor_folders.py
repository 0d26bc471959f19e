"""Trying out folders: what is found where they work, and where they do not."""

from __future__ import annotations

import errno
import os
import shlex
from pathlib import Path

import pytest

from daemon.config import Config
from daemon.service import folders
from daemon.service.findings import Finding
from daemon.service.folders import (
    check_apart,
    check_folder,
    check_folders,
    check_local,
    check_move,
    check_space,
)


def disk_that_says(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Every sync fails."""

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(folders, "sync_files", fail)


def other_disk(tmp_path: Path) -> Path:
    """A folder on another file system than the temporary one."""
    other = Path("/dev/shm")
    if not os.access(other, os.W_OK) or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to")
    return other


def test_a_folder_that_works_is_left_as_it_was(tmp_path: Path) -> None:
    assert check_folder("inbox", tmp_path) == Finding(
        "inbox", f"{tmp_path}: written, synced, renamed, removed"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_will_be_made(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet"
    assert check_folder("state", path).level == "ok"
    assert not path.parent.exists()


def test_a_missing_folder_that_cannot_be_made_is_broken() -> None:
    finding = check_folder("state", Path("/proc/it's new"))
    assert finding.exit_code == 73
    assert finding.message.startswith("/proc/it's new is missing and cannot be made: ")
    assert shlex.split(finding.cure)[-1] == "/proc/it's new"


def test_a_file_in_its_place_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "inbox").touch()
    finding = check_folder("inbox", tmp_path / "inbox")
    assert finding.exit_code == 78
    assert finding.message == f"{tmp_path}/inbox is no folder"


def test_a_folder_below_a_file_cannot_be_reached(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = check_folder("inbox", tmp_path / "file" / "inbox")
    assert finding.exit_code == 73
    assert finding.message == f"{tmp_path}/file/inbox cannot be reached: Not a directory"


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "sudo -u digitd"),
        (errno.EROFS, "mount it writable"),
        (errno.ENOSPC, "make room"),
        (errno.EIO, "dmesg"),
    ],
)
def test_what_the_disk_refuses_is_named_with_its_cure(
    number: int, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_that_says(monkeypatch, number)
    finding = check_folder("outbox", tmp_path)
    assert finding.exit_code == 73
    assert finding.message == f"cannot write to {tmp_path}: {os.strerror(number)}"
    assert cure in finding.cure
    assert list(tmp_path.iterdir()) == []


def test_folders_beside_one_another_lie_apart(tmp_path: Path) -> None:
    finding = check_apart({"inbox": tmp_path / "inbox", "outbox": tmp_path / "outbox"})
    assert finding == Finding("apart", "inbox, outbox lie apart")


def test_a_folder_inside_another_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    finding = check_apart({"inbox": tmp_path, "outbox": tmp_path / "outbox"})
    assert finding.exit_code == 78
    assert f"outbox ({tmp_path}/outbox) lies inside inbox ({tmp_path})" in finding.cure


def test_on_one_file_system_originals_are_renamed(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "inbox", tmp_path / "outbox"
    inbox.mkdir()
    outbox.mkdir()
    assert check_move(inbox, outbox).level == "ok"
    assert [*inbox.iterdir(), *outbox.iterdir()] == []


def test_between_two_file_systems_originals_are_copied_which_is_no_mistake(tmp_path: Path) -> None:
    finding = check_move(tmp_path, other_disk(tmp_path))
    assert finding.level == "warning"
    assert finding.message == "inbox and outbox are on two file systems: every original is copied"
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_no_move_is_tried(tmp_path: Path) -> None:
    assert check_move(tmp_path, Path("/proc")).message.startswith("not tried")


def test_the_journal_may_lie_on_a_local_disk_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    assert check_local(state).level == "ok"
    monkeypatch.setattr(folders, "network_kind", {tmp_path: "NFS"}.get)
    finding = check_local(state)
    assert finding.exit_code == 78
    assert finding.message == f"{state} is on NFS: it can be damaged"


@pytest.mark.parametrize(
    ("free", "level", "code"),
    [(5e9, "ok", 0), (1e9, "ok", 0), (5e8, "warning", 0), (9.9e7, "broken", 73), (0, "broken", 73)],
)
def test_room_gets_scarce_before_it_is_gone(free: float, level: str, code: int) -> None:
    finding = check_space(Path("/srv"), free)
    assert (finding.level, finding.exit_code) == (level, code)
    assert finding.message == f"{free / 1e9:.1f} GB free for /srv"


def test_of_a_working_installation_everything_is_ok(tmp_path: Path) -> None:
    names = "inbox", "outbox", "state"
    for name in names:
        (tmp_path / name).mkdir()
    config = Config(**{name: tmp_path / name for name in names})
    found = list(check_folders(config))
    assert [finding.check for finding in found] == [
        *names, "apart", "archive", "journal", "space", "space",
    ]  # fmt: skip
    assert {finding.level for finding in found if finding.check != "space"} == {"ok"}


def test_of_originals_that_stay_no_move_is_tried(tmp_path: Path) -> None:
    config = Config(inbox=tmp_path, outbox=tmp_path, state=tmp_path / "state", originals="keep")
    assert "archive" not in {finding.check for finding in check_folders(config)}
