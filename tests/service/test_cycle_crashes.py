"""A crash instead of every single operation on the disk, and another one in the recovery."""

from __future__ import annotations

import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from aftermath import problems
from crashes import Crash, crashing_at
from test_cycle import House

from daemon.spool.claims import Claims
from daemon.spool.journal import Journal

DROPS = {"a": "42", "b": "bad", "c": "42", "d": "7"}
OPERATIONS: list[tuple[object, str]] = [
    (Path, "write_bytes"),
    (Path, "rename"),
    (os, "write"),
    (Path, "mkdir"),
    (Path, "unlink"),
    (os, "rename"),
    (os, "link"),
    (os, "fsync"),
    (Claims, "begin"),
    (Claims, "moved"),
    (Claims, "attempted"),
    (Claims, "forget"),
    (Journal, "record"),
    (Journal, "publish"),
    (Journal, "archive"),
]


def crashes(house: House, operation: int) -> bool:
    """Run until that operation; whether it came so far."""
    try:
        with crashing_at(operation, OPERATIONS):
            house.run()
    except Crash:
        return True
    return False


@pytest.mark.parametrize("second_every", [None, 3])
def test_no_crash_loses_or_doubles_anything(tmp_path: Path, second_every: int | None) -> None:
    for operation in count(step=1 if second_every is None else 4):
        with ExitStack() as stack:
            folder = tmp_path / str(operation)
            folder.mkdir()
            house = House(folder, stack)
            house.put(**DROPS)
            if not crashes(house, operation):
                break
            if second_every is not None:
                for second in count(1, second_every):
                    if not crashes(house, second):
                        break
            house.run()
            assert problems(folder, house.drops) == [], f"crash at operation {operation}"
    assert operation > 30
