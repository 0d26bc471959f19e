from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.spool import scanner
from daemon.spool.inbox import Blocked, Found, Inbox, Lying
from daemon.spool.scanner import Scanner, View
from daemon.spool.settle import End, Settler


class Queue:
    """An inbox, a clock that is set by hand, and the scanner that looks through it."""

    def __init__(self, folder: Path) -> None:
        self.inbox = Inbox(folder)
        self.inbox.create()
        self.now = 0.0
        self.done: set[str] = set()
        self.unreadable: dict[str, OSError] = {}
        self.ends: list[str] = []
        self.end_takes_s = 0.0
        self.walk_takes_s = 0.0
        self.walks = 0
        self.settler = Settler(2, 120, self._end, lambda: self.now)
        self.scanner = Scanner(
            self.inbox,
            self.settler,
            lambda found: found.path.name in self.done,
            clock=lambda: self.now,
        )

    def _end(self, path: Path) -> End:
        self.ends.append(path.name)
        self.now += self.end_takes_s
        if error := self.unreadable.get(path.name):
            raise error
        return End.THERE

    def put(self, *names: str) -> None:
        """Later ones are older."""
        for age, name in enumerate(names):
            path = self.inbox.folder / name
            path.write_text("x")
            os.utime(path, (1000 - age, 1000 - age))

    def walk(self) -> Iterator[Lying]:
        self.walks += 1
        self.now += self.walk_takes_s
        return Inbox.scan(self.inbox)

    def look(self, max_ready: int = 10) -> View:
        return self.scanner.look(max_ready)


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    queue = Queue(tmp_path)
    monkeypatch.setattr(queue.inbox, "scan", queue.walk)
    return queue


def names(found: list[Found]) -> list[str]:
    return [each.path.name for each in found]


def test_files_are_ready_oldest_first_when_they_have_settled(queue: Queue) -> None:
    queue.put("a", "b", "c")
    view = queue.look()
    assert (view.ready, view.due_s, view.waiting, view.oldest) == (
        [],
        2,
        3,
        queue.inbox.folder / "c",
    )
    queue.now = 2
    assert names(queue.look().ready) == ["c", "b", "a"]


def test_no_more_is_found_out_than_a_batch_needs(queue: Queue) -> None:
    queue.put("a", "b", "c")
    queue.look()
    queue.now = 2
    view = queue.look(max_ready=2)
    assert (names(view.ready), view.due_s, view.waiting) == (["c", "b"], 0, 3)


def test_a_look_at_many_large_files_is_cut_short_and_the_next_one_goes_on(queue: Queue) -> None:
    queue.put("a", "b", "c", "d", "e")
    queue.look()
    queue.now = 2
    queue.end_takes_s = 0.6
    ready = []
    for _ in range(3):
        view = queue.look()
        ready.append((names(view.ready), view.due_s))
    assert ready == [(["e", "d"], 0), (["e", "d", "c", "b"], 0), (["e", "d", "c", "b", "a"], None)]
    assert queue.ends == ["e", "d", "c", "b", "a"]


def test_however_long_an_end_takes_every_look_finds_one(queue: Queue) -> None:
    queue.put("a", "b")
    queue.look()
    queue.now = 2
    queue.end_takes_s = 60
    assert [names(queue.look().ready) for _ in range(2)] == [["b"], ["b", "a"]]


def test_a_short_look_begins_to_watch_what_is_new(queue: Queue) -> None:
    queue.put("b", "c")
    queue.look()
    queue.now = 2
    queue.end_takes_s = 60
    (queue.inbox.folder / "a").write_text("x")
    view = queue.look()
    assert (names(view.ready), view.due_s, len(queue.settler)) == (["c"], 0, 3)


def test_only_a_window_of_the_oldest_is_watched(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "WINDOW", 3)
    queue.put(*(str(number) for number in range(9)))
    view = queue.look()
    assert (len(queue.settler), view.waiting) == (3, 9)
    queue.now = 2
    assert names(queue.look().ready) == ["8", "7", "6"]


@pytest.fixture
def long_queue(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """A folder through which a walk takes a second; the last one was just now."""
    monkeypatch.setattr(scanner, "WINDOW", 8)
    queue.put(*"abcdefgh")
    queue.look()
    queue.now, queue.walk_takes_s = 2, 1
    assert names(queue.look(max_ready=2).ready) == ["h", "g"]
    queue.walks = 0
    return queue


def test_after_a_long_walk_the_next_batches_are_of_what_it_found(long_queue: Queue) -> None:
    folder = long_queue.inbox.folder
    for name in "hg":
        (folder / name).unlink()  # taken
    (folder / "f").unlink()
    (folder / "e").write_text("more")
    os.utime(folder / "e", (0, 0))
    long_queue.done.add("d")
    long_queue.inbox.block([Blocked(folder / "c", "digitd cannot move it")])
    view = long_queue.look(max_ready=2)
    assert (names(view.ready), view.waiting, long_queue.walks) == (["b", "a"], 2, 0)


def test_before_all_that_a_long_walk_found_is_read_others_begin_to_settle(
    long_queue: Queue,
) -> None:
    folder = long_queue.inbox.folder
    for name in "hgf":
        (folder / name).unlink()
    assert names(long_queue.look(max_ready=2).ready) == ["e", "d"]
    assert long_queue.walks == 0
    for name in "ed":
        (folder / name).unlink()
    long_queue.put("n")
    view = long_queue.look(max_ready=2)
    assert (names(view.ready), long_queue.walks) == (["c", "b"], 0)  # five were left: the last time
    view = long_queue.look(max_ready=2)
    assert (names(view.ready), view.waiting, long_queue.walks) == (["c", "b"], 4, 1)


def test_that_a_file_was_renamed_is_known_until_the_next_walk(long_queue: Queue) -> None:
    long_queue.put("n")
    place = long_queue.inbox.folder / "n"
    os.utime(place, (0, 0))  # the oldest
    long_queue.scanner.look(2, [place])
    assert long_queue.walks == 0
    long_queue.now += 9
    assert names(long_queue.look(max_ready=2).ready) == ["h", "g"]  # it settles a moment
    long_queue.now += 0.1
    assert names(long_queue.look(max_ready=2).ready)[:1] == ["n"]


def test_what_a_long_walk_found_is_not_enough_for_ever(long_queue: Queue) -> None:
    folder = long_queue.inbox.folder
    (folder / "i").write_text("x")
    os.utime(folder / "i", (1, 1))
    assert long_queue.look(max_ready=2).oldest == folder / "h"
    long_queue.now += 9
    assert (long_queue.look(max_ready=2).oldest, long_queue.walks) == (folder / "i", 1)


def test_where_what_a_long_walk_found_makes_no_batch_any_more_there_is_another(
    long_queue: Queue,
) -> None:
    for name in "bcdefgh":
        (long_queue.inbox.folder / name).unlink()
    view = long_queue.look(max_ready=2)
    assert (names(view.ready), view.waiting, long_queue.walks) == (["a"], 1, 1)


def test_how_many_wait_is_known_between_walks(
    long_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "WINDOW", 5)
    long_queue.now += 9
    long_queue.look(max_ready=2)
    for name in "hg":
        (long_queue.inbox.folder / name).unlink()
    view = long_queue.look(max_ready=2)
    assert (names(view.ready), view.waiting, long_queue.walks) == (["f", "e"], 6, 1)


def test_what_is_read_and_stays_does_not_wait(queue: Queue) -> None:
    queue.put("a", "b")
    queue.done.add("a")
    assert queue.look().waiting == 1


def test_ignored_and_blocked_files_are_counted_and_listed(queue: Queue) -> None:
    queue.put("a.part", ".b", "c")
    (queue.inbox.folder / "link").symlink_to("c")
    view = queue.look()
    assert (view.ignored, view.blocked_count, view.waiting) == (2, 1, 1)
    assert [each.path.name for each in view.blocked] == ["link"]


def test_a_long_list_of_blocked_files_is_cut(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "MAX_LISTED", 2)
    for number in range(5):
        (queue.inbox.folder / str(number)).symlink_to("x")
    view = queue.look()
    assert (view.blocked_count, len(view.blocked)) == (5, 2)


def test_a_file_whose_disk_fails_is_blocked_and_the_others_go_on(queue: Queue) -> None:
    queue.put("a", "b")
    queue.unreadable["b"] = OSError(5, "Input/output error")
    queue.look()
    queue.now = 2
    view = queue.look()
    assert names(view.ready) == ["a"]
    assert view.blocked[0].cure == "it cannot be read: Input/output error"


def test_a_file_that_is_removed_meanwhile_is_no_error(queue: Queue) -> None:
    queue.put("a")
    queue.unreadable["a"] = FileNotFoundError()
    queue.look()
    queue.now = 2
    view = queue.look()
    assert (view.ready, view.blocked) == ([], [])
