"""Which processes this one has started, directly or by way of others; as Linux shows them."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable
from multiprocessing import resource_tracker
from pathlib import Path


def descendants() -> set[int]:
    """The processes that live, and that of multiprocessing, which lives as long as this one."""
    resource_tracker.ensure_running()
    children: defaultdict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            said = path.read_text()
        except OSError:  # it ended
            continue
        state, parent = _state_and_parent(said)
        if state != "Z":
            children[parent].append(int(path.parent.name))
    found: set[int] = set()
    new = children[os.getpid()]
    while new:
        found |= set(new)
        new = [child for each in new for child in children[each]]
    return found


def parent_of(process: int) -> int:
    """That of any process."""
    return _state_and_parent(Path(f"/proc/{process}/stat").read_text())[1]


def have_ended(processes: Iterable[int]) -> bool:
    """Whether all of them have, if need be half a minute from now."""
    late = time.monotonic() + 30
    while any(map(lives, processes)):
        if time.monotonic() > late:
            return False
    return True


def lives(process: int) -> bool:
    """Whether it has not ended: one whose parent did is nobody's descendant."""
    try:
        return _state_and_parent(Path(f"/proc/{process}/stat").read_text())[0] != "Z"
    except OSError:
        return False


def _state_and_parent(said: str) -> tuple[str, int]:
    state, parent = said.rpartition(")")[2].split()[:2]  # a name may hold anything
    return state, int(parent)
