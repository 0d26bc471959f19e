"""What a daemon tells of itself, and what `digitd status` makes of it."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import cv2
import fake_reader
import numpy as np
import pytest
from crashes import Crash

from daemon.config_schema import Config
from daemon.service import staff
from daemon.service.overview import overview
from daemon.service.staff import Setup
from daemon.service.watch import watch
from daemon.service.workers import hire
from daemon.spool.lock import hold
from daemon.spool.steps import Step

PNG = cv2.imencode(".png", np.zeros((28, 28), np.uint8))[1].tobytes()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Folders for a daemon that reads in this process."""
    monkeypatch.setattr(staff, "hire_processes", lambda _, load, __: hire(1, load))
    (tmp_path / "inbox").mkdir()
    folders = {name: tmp_path / name for name in ("inbox", "outbox", "state")}
    return Config(**folders, quiet_s=0)


def put(config: Config, **contents: str) -> None:
    for name, content in contents.items():
        (config.inbox / f"{name}.png").write_text(content)


def read_all(config: Config) -> None:
    watch(lambda: Setup(config, "fake-1", fake_reader.load_reader), once=True)


def forbid_moving(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    rename = Path.rename

    def forbid(path: Path, target: Path) -> Path:
        if path.name == name:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", forbid)


def test_what_waits_is_counted_and_not_read(config: Config) -> None:
    put(config, a="42", b="")
    seen = overview(config)
    assert (seen.view.waiting, seen.seen, seen.needs_person) == (2, 2, True)


@pytest.mark.parametrize("content", [b"", PNG[:-9]])
def test_a_file_whose_end_is_missing_says_what_it_waits_for(config: Config, content: bytes) -> None:
    (config.inbox / "a.png").write_bytes(content)
    seen = overview(config)
    assert f"oldest   {config.inbox}/a.png: empty or cut off; should it stay so, " in seen.as_text()
    assert "it is rejected 120 s after its last change" in seen.as_text()
    assert seen.as_json()["oldest_is_cut_off"]


def test_a_whole_file_waits_for_nothing_but_its_turn(config: Config) -> None:
    assert not overview(config).as_json()["oldest_is_cut_off"]  # there is none
    (config.inbox / "a.png").write_bytes(PNG)
    seen = overview(config)
    assert f"oldest   {config.inbox}/a.png\n" in f"{seen.as_text()}\n"
    assert not seen.as_json()["oldest_is_cut_off"]


def test_what_was_in_work_when_a_daemon_died_needs_a_person_until_one_runs(config: Config) -> None:
    def crash(step: Step) -> None:
        if step is Step.CLAIMED:
            raise Crash

    put(config, a="42")
    with pytest.raises(Crash):
        watch(lambda: Setup(config, "fake-1", fake_reader.load_reader), once=True, reached=crash)
    seen = overview(config)
    assert (seen.view.waiting, seen.balance.in_work, seen.needs_person) == (0, 1, True)
    with hold(config.state):
        assert not overview(config).needs_person
    read_all(config)
    assert not overview(config).needs_person


def test_a_file_that_a_daemon_could_not_move_needs_a_person(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(config, a="42", b="43")
    with monkeypatch.context() as patch:
        forbid_moving(patch, "a.png")
        read_all(config)
    seen = overview(config)
    assert (seen.view.waiting, seen.balance.done, seen.needs_person) == (0, 1, True)
    (line,) = (line for line in seen.as_text().splitlines() if line.startswith("blocked"))
    assert line == (
        f"blocked  {config.inbox / 'a.png'}: digitd cannot move it (Operation not permitted): "
        "mend that, then restart or reload"
    )
    read_all(config)  # it was mended
    assert not overview(config).needs_person


def test_all_that_could_not_be_moved_is_told_though_nothing_else_was_read(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(config, a="42")
    forbid_moving(monkeypatch, "a.png")
    read_all(config)
    assert [each.path.name for each in overview(config).view.blocked] == ["a.png"]
    (config.inbox / "a.png").unlink()
    assert not overview(config).needs_person


@pytest.mark.parametrize("told", [None, "?", ["?"], [{"path": 1, "cure": "?"}], [{}]])
def test_what_an_older_or_damaged_file_tells_is_no_error(config: Config, told: object) -> None:
    config.state.mkdir()
    (config.state / "status.json").write_text(json.dumps({"immovable": told}))
    assert overview(config).view.blocked == []
