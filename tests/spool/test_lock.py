from __future__ import annotations

import os
from pathlib import Path

import pytest

from daemon.errors import OutputUnwritable, StateHeld
from daemon.spool.lock import hold


def test_a_second_holder_hears_who_the_first_is(tmp_path: Path) -> None:
    with (
        hold(tmp_path),
        pytest.raises(StateHeld, match=rf"another digitd \(pid {os.getpid()}\)") as refused,
        hold(tmp_path),
    ):
        pass
    assert refused.value.exit_code == 69


def test_a_folder_is_free_again_after_its_holder(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_without_room_for_the_lock_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(OutputUnwritable, match="cannot write to"), hold(tmp_path):
        pass
