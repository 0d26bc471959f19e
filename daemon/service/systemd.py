"""What a service tells systemd: sd_notify(3), without its library.

Nothing is sent, and nothing fails, where systemd did not ask: in a terminal, or under cron.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping

log = logging.getLogger(__name__)


class Notifier:
    """The messages of one process to the socket that NOTIFY_SOCKET names.

    `watchdog_s` is how often systemd wants to hear `watchdog`, None where it does not.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # @: abstract
        self.watchdog_s = _watchdog_s(environment)

    @property
    def heartbeat_s(self) -> float:
        """How often to call `watchdog`."""
        return (self.watchdog_s or 60) / 2

    def ready(self) -> None:
        """The start, or a reload, is over."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """What `systemctl status` shows, on one line."""
        self._send(f"STATUS={' '.join(text.split())}")

    def watchdog(self) -> None:
        """The main loop still turns."""
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            try:
                channel.connect(self._address)
                channel.sendall(message.encode(errors="backslashreplace"))
            except OSError as error:  # no reason to stop reading scans
                log.debug("systemd did not hear %r: %s", message, error)


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """The interval, when it is meant for this process and not for one that started it."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    interval = environment.get("WATCHDOG_USEC", "")
    return int(interval) / 1e6 if interval.isdecimal() and int(interval) else None
