"""The machine stops in the middle of something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest


class Crash(BaseException):
    """The machine stops here: nothing may catch it and go on."""


@contextmanager
def crashing_at(operation: int, operations: Sequence[tuple[object, str]]) -> Iterator[None]:
    """Crash instead of the given call, counted from 0, of any of `operations` (owner, name)."""
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
        for owner, name in operations:
            patch.setattr(owner, name, fused(getattr(owner, name)))
        yield
