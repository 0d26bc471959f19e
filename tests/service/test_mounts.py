"""Which file system a folder is on, as the kernel says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.service import mounts
from daemon.service.mounts import network_kind

linux = pytest.mark.skipif(sys.platform != "linux", reason="statfs is Linux's")


@linux
def test_a_local_folder_is_on_no_network() -> None:
    assert network_kind(Path("/proc")) is None


@linux
def test_a_network_file_system_is_known_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is none here: that of the temporary folder is taken for one, by what stat(1) says."""
    stat = subprocess.run(
        ["stat", "-f", "-c", "%t", tmp_path], capture_output=True, text=True, check=True
    )
    monkeypatch.setattr(mounts, "_NETWORK", {int(stat.stdout, 16): "NFS"})
    assert network_kind(tmp_path) == "NFS"
    assert network_kind(Path("/proc")) is None


@linux
def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        network_kind(tmp_path / "gone")


def test_elsewhere_than_on_linux_there_is_no_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert network_kind(Path("nowhere")) is None
