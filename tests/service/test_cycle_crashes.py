"""A crash instead of every single operation on the disk, and another one in the recovery."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest
from aftermath import problems
from test_cycle import House

from daemon.spool.claims import Claims
from daemon.spool.journal import Journal

DROPS = {"a": "42", "b": "bad", "c": "42", "d": "7"}
OPERATIONS: list[tuple[object, str]] = [
    (Path, "write_bytes"),
    (Path, "rename"),
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


class Crash(BaseException):
    """The machine stops here: nothing may catch it and go on."""


@contextmanager
def crashing_at(operation: int) -> Iterator[None]:
    """Crash instead of the given operation, counted from 0."""
    left = operation

    def fused(function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash
            return function(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in OPERATIONS:
            patch.setattr(owner, name, fused(getattr(owner, name)))
        yield


def crashes(house: House, operation: int) -> bool:
    """Run until that operation; whether it came so far."""
    try:
        with crashing_at(operation):
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
