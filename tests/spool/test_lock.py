from __future__ import annotations

import fcntl
import os
import resource
from pathlib import Path

import pytest

from daemon.errors import OutputUnwritable, StateHeld
from daemon.spool.lock import PAUSE_S, PAUSES, hold, holder


def test_a_second_holder_hears_who_the_first_is(tmp_path: Path) -> None:
    with (
        hold(tmp_path),
        pytest.raises(StateHeld, match=rf"another digitd \(pid {os.getpid()}\)") as refused,
        hold(tmp_path),
    ):
        pass
    assert refused.value.exit_code == 69
    assert f" is at work in {tmp_path}; " in str(refused.value)


def test_a_folder_is_free_again_after_its_holder(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_without_room_for_the_lock_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(OutputUnwritable, match="cannot write to"), hold(tmp_path):
        pass


def test_a_disk_without_room_for_the_holders_number_is_unwritable(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(OutputUnwritable, match="cannot write to"), hold(tmp_path):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with hold(tmp_path):
        assert holder(tmp_path) == os.getpid()


def test_who_only_looks_for_the_holder_keeps_nobody_from_being_it(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1\n")
    looking = (tmp_path / "lock").open()
    fcntl.flock(looking, fcntl.LOCK_SH)  # as holder() does
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            looking.close()

    with hold(tmp_path, sleep):
        assert holder(tmp_path) == os.getpid()
    assert slept == [PAUSE_S] * 3


def test_a_lock_that_stays_shared_is_waited_for_a_second_only(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1\n")
    slept: list[float] = []
    with (tmp_path / "lock").open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        with pytest.raises(StateHeld), hold(tmp_path, slept.append):
            pass
    assert sum(slept) == pytest.approx(PAUSE_S * PAUSES) == pytest.approx(1)


def test_a_real_holder_is_not_waited_for(tmp_path: Path) -> None:
    slept: list[float] = []
    with hold(tmp_path), pytest.raises(StateHeld), hold(tmp_path, slept.append):
        pass
    assert slept == []
