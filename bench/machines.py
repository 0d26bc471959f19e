"""A Dask cluster on this machine, and misfortune for its workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Pids = Callable[[], list[int]]


@contextmanager
def local_cluster(workers: int) -> Iterator[tuple[str, Pids]]:
    """The scheduler's address, and how to learn the workers' process ids."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster) as client,
    ):
        yield cluster.scheduler_address, lambda: list(client.run(os.getpid).values())


@contextmanager
def killing(pids: Pids, every_s: float) -> Iterator[Callable[[], int]]:
    """Kill a worker every so often for the time of the block; yields how many it were."""
    over, killed = threading.Event(), 0

    def kill() -> None:
        nonlocal killed
        while not over.wait(every_s):
            with suppress(Exception):  # the last one is not yet replaced
                os.kill(pids()[0], signal.SIGKILL)
                killed += 1

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield lambda: killed
    finally:
        over.set()
        killer.join()
