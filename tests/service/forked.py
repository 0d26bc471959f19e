"""The fake daemon in a process of its own, forked from one that has imported all that it needs."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import fake_daemon

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["daemon.config_schema", "daemon.service.watch"])


def start_daemon(folder: Path, *arguments: str, log: Connection | None = None) -> ForkServerProcess:
    """`python fake_daemon.py FOLDER ...`, its stderr being `log`; the caller ends it."""
    daemon = _processes.Process(target=fake_daemon.serve, args=(log, folder, *arguments))
    daemon.start()
    return daemon
