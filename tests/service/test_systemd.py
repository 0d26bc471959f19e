"""What systemd hears, on a real datagram socket."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.service.systemd import Notifier


@pytest.fixture(params=["a file", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "a file":
        return str(tmp_path / "notify")
    return f"@digitd-test-{secrets.token_hex(8)}"


@pytest.fixture
def manager(address: str) -> Iterator[socket.socket]:
    """The end of the socket that systemd holds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(address.replace("@", "\0"))
        end.settimeout(10)
        yield end


@pytest.fixture
def notifier(address: str) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": address})


def heard(manager: socket.socket) -> str:
    return manager.recv(4096).decode()


def test_each_message_is_a_datagram_of_its_own(manager: socket.socket, notifier: Notifier) -> None:
    notifier.ready()
    notifier.watchdog()
    notifier.stopping()
    assert [heard(manager) for _ in range(3)] == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_a_reload_carries_the_time_by_which_systemd_tells_it_from_an_older_one(
    manager: socket.socket, notifier: Notifier
) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    state, stamp = heard(manager).split("\n")
    assert state == "RELOADING=1"
    assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= after


def test_a_status_is_one_line_that_cannot_smuggle_in_another_message(
    manager: socket.socket, notifier: Notifier
) -> None:
    notifier.status("12 waiting,\nWATCHDOG=trigger  ä \udcff")
    assert heard(manager) == "STATUS=12 waiting, WATCHDOG=trigger ä \\udcff"


def test_without_systemd_nothing_happens() -> None:
    notifier = Notifier({})
    notifier.ready()
    notifier.reloading()
    assert notifier.watchdog_s is None


def test_a_manager_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


@pytest.mark.parametrize(
    ("environment", "interval"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getppid())}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_PID": str(os.getpid())}, None),
    ],
)
def test_the_watchdog_interval_is_that_of_this_process(
    environment: dict[str, str], interval: float | None
) -> None:
    assert Notifier(environment).watchdog_s == interval


def test_signs_of_life_come_twice_in_the_interval() -> None:
    assert Notifier({"WATCHDOG_USEC": "30000000"}).heartbeat_s == 15
    assert Notifier({}).heartbeat_s == 30
