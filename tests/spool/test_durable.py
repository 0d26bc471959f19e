from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon.errors import OutputUnwritable
from daemon.spool.durable import sync_files, write_file, writing_to


def _files(folder: Path, count: int) -> list[Path]:
    files = [folder / str(number) for number in range(count)]
    for file in files:
        file.write_bytes(b"x")
    return files


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes that were synced one by one."""
    inodes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: inodes.append(os.fstat(number).st_ino))
    return inodes


def test_a_few_files_are_synced_one_by_one_and_their_folder_last(
    tmp_path: Path, synced: list[int]
) -> None:
    files = _files(tmp_path, 3)
    sync_files(files, tmp_path)
    assert synced == [path.stat().st_ino for path in [*files, tmp_path]]


@pytest.mark.skipif(sys.platform != "linux", reason="syncfs is Linux's")
def test_many_files_are_synced_with_one_call(tmp_path: Path, synced: list[int]) -> None:
    sync_files(_files(tmp_path, 50), tmp_path)
    assert synced == []


def test_a_failed_sync_is_not_passed_over(tmp_path: Path) -> None:
    files = _files(tmp_path, 50)
    with pytest.raises(FileNotFoundError):
        sync_files(files, tmp_path / "gone")


def test_a_full_disk_is_named_with_the_way_out(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputUnwritable, match=r"No space left.*goes on where it stopped") as full,
        writing_to(tmp_path),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert full.value.exit_code == 73


def test_a_disk_that_holds_as_many_files_as_it_can_is_told_from_a_full_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SimpleNamespace(f_files=100, f_favail=0, f_bavail=1000)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    with pytest.raises(OutputUnwritable, match=r"`df -i`"), writing_to(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    disk.f_files = 0  # it counts none
    with pytest.raises(OutputUnwritable, match="No space left"), writing_to(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_written_whole_however_little_the_disk_takes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = os.write
    monkeypatch.setattr(os, "write", lambda number, data: writing(number, data[:3]))
    write_file(str(tmp_path / "a"), b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"
    write_file(str(tmp_path / "a"), b"again")
    assert (tmp_path / "a").read_bytes() == b"again"
