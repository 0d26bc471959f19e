"""The daemon in a process of its own, with the reader that reads what the bytes say.

    python fake_daemon.py FOLDER [--once] [--kill STEP] [--state NAME] [--quiet S] ...

Below FOLDER are inbox/, outbox/ and the state folder. `--kill` ends it behind that step, the way a
power cut would.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import fake_reader


def main(arguments: Sequence[str | Path] | None = None) -> int:
    # Only here: its worker processes import this file too, and need none of it.
    from daemon.config_schema import Batch, Config, ScanLimits
    from daemon.errors import DigitdError, ModelUnavailable
    from daemon.service.staff import Setup
    from daemon.service.watch import watch
    from daemon.spool.steps import Step

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--kill")
    parser.add_argument("--state", default="state")
    parser.add_argument("--quiet", type=float, default=0.05)
    parser.add_argument("--max-scans", type=int, default=256)
    parser.add_argument("--originals", default="archive")
    parser.add_argument("--observer", default="auto")
    parser.add_argument("--rescan", type=float, default=30)
    parser.add_argument("--outbox", default="outbox")
    parser.add_argument("--timeout", type=float, default=60)
    given = parser.parse_args(arguments and list(map(str, arguments)))
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    def reached(step: Step) -> None:
        if step.value == given.kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def load_setup() -> Setup:
        model = given.folder / "model"  # "broken", or the name of a version
        name = model.read_text() if model.exists() else "fake-1"
        if name == "broken":
            raise ModelUnavailable("this model is broken")
        config = Config(
            inbox=given.folder / "inbox",
            outbox=given.folder / given.outbox,
            state=given.folder / given.state,
            quiet_s=given.quiet,
            incomplete_after_s=5,
            originals=given.originals,
            observer=given.observer,
            rescan_s=given.rescan,
            workers=1,
            limits=ScanLimits(timeout_s=given.timeout),
            batch=Batch(max_scans=given.max_scans, max_wait_s=0.1),
        )
        return Setup(config, name, fake_reader.load_reader)

    try:
        return int(watch(load_setup, once=given.once, reached=reached))
    except DigitdError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def serve(log: Connection | None, *arguments: str | Path) -> None:
    """The life of a process that is made to be a daemon."""
    if log:
        os.dup2(log.fileno(), 2)
    sys.exit(main(arguments))


if __name__ == "__main__":
    sys.exit(main())
