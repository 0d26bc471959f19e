from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.spool.settle import CONFIRM_S, End, Settler, Signature

FILE = Path("a.png")
QUIET_S, INCOMPLETE_AFTER_S = 2.0, 120.0


class Folder:
    """One file, a clock that is set by hand, and the settler that looks at them."""

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self.now = 1000.0
        self.end = End.THERE
        self.ends_read = 0
        self.state = Signature(size=100, mtime_ns=5, inode=7)
        self.settler = Settler(quiet_s, INCOMPLETE_AFTER_S, self.read_end, lambda: self.now)

    def read_end(self, path: Path) -> End:
        assert path == FILE
        self.ends_read += 1
        return self.end

    def look(self, *, was_renamed: bool = False) -> float:
        return self.settler.look(FILE, self.state, was_renamed=was_renamed)

    def change(self, size: int = 100, inode: int = 7) -> None:
        self.state = Signature(size, self.state.mtime_ns + 1, inode)

    def ready_after_s(self, *, was_renamed: bool = False) -> float:
        """Look whenever it is worth it; how long the file took from now on."""
        started = self.now
        for _ in range(20):
            wait_s = self.look(was_renamed=was_renamed)
            if wait_s == 0:
                return self.now - started
            self.now += wait_s
        raise AssertionError("never ready")


@pytest.fixture
def folder() -> Folder:
    return Folder()


def test_one_look_is_never_enough(folder: Folder) -> None:
    assert folder.look() > 0
    folder.now += 1000
    assert folder.look() == 0


def test_who_wants_no_quiet_gets_a_second_look_and_the_end_all_the_same() -> None:
    folder = Folder(quiet_s=0)
    assert folder.ready_after_s() == pytest.approx(CONFIRM_S)
    assert folder.ends_read == 1
    folder.end = End.MISSING
    folder.change()
    assert folder.ready_after_s() == pytest.approx(INCOMPLETE_AFTER_S)
    folder.change(size=0)
    assert folder.ready_after_s() == pytest.approx(INCOMPLETE_AFTER_S)


def test_a_file_is_ready_when_it_was_quiet(folder: Folder) -> None:
    assert folder.ready_after_s() == pytest.approx(QUIET_S)


def test_a_look_too_early_says_how_long_to_wait(folder: Folder) -> None:
    folder.look()
    folder.now += 0.5
    assert folder.look() == pytest.approx(1.5)
    assert folder.ends_read == 0


def test_old_and_future_times_mean_nothing(folder: Folder) -> None:
    for mtime_ns in (0, 4_000_000_000_000_000_000):  # cp -p, a camera without a clock
        folder.state = Signature(100, mtime_ns, 7)
        assert folder.ready_after_s() == pytest.approx(QUIET_S)


def test_a_slow_writer_is_waited_for(folder: Folder) -> None:
    for size in range(1, 200):  # a byte every 1.9 s
        folder.change(size)
        assert folder.look() > 0
        folder.now += 1.9
        assert folder.look() > 0
    assert folder.ready_after_s() <= QUIET_S


def test_a_rename_over_a_settling_file_starts_all_over(folder: Folder) -> None:
    folder.look()
    folder.now += 1.9
    folder.state = Signature(folder.state.size, folder.state.mtime_ns, inode=8)
    assert folder.look() == pytest.approx(QUIET_S)


def test_a_placeholder_is_not_read_before_it_is_filled(folder: Folder) -> None:
    folder.change(size=0)
    folder.look()
    folder.now += 20
    assert folder.look() == pytest.approx(INCOMPLETE_AFTER_S - 20)
    folder.change(size=100)
    assert folder.ready_after_s() == pytest.approx(QUIET_S)


def test_what_stays_empty_is_read_in_the_end(folder: Folder) -> None:
    folder.change(size=0)
    assert folder.ready_after_s(was_renamed=True) == pytest.approx(INCOMPLETE_AFTER_S)


def test_what_stays_cut_off_is_read_in_the_end(folder: Folder) -> None:
    folder.end = End.MISSING
    assert folder.ready_after_s() == pytest.approx(INCOMPLETE_AFTER_S)
    assert folder.ends_read == 1


def test_the_missing_end_may_still_come(folder: Folder) -> None:
    folder.end = End.MISSING
    folder.look()
    folder.now += 60
    assert folder.look() > 0
    folder.end = End.THERE
    folder.change(size=200)
    assert folder.ready_after_s() == pytest.approx(QUIET_S)


def test_pages_may_be_appended_every_four_seconds(folder: Folder) -> None:
    folder.end = End.MAY_GROW
    for page in range(1, 4):
        folder.change(size=1000 * page)
        end = folder.now + 4
        while folder.now < end:
            wait_s = folder.look()
            assert wait_s > 0
            folder.now = min(end, folder.now + wait_s)
    assert folder.ready_after_s() > 0


def test_what_was_renamed_into_place_gets_one_confirming_look(folder: Folder) -> None:
    assert folder.ready_after_s(was_renamed=True) == pytest.approx(CONFIRM_S)


def test_a_rename_of_a_cut_off_file_makes_it_no_better(folder: Folder) -> None:
    folder.end = End.MISSING
    assert folder.ready_after_s(was_renamed=True) == pytest.approx(INCOMPLETE_AFTER_S)


def test_what_is_written_after_the_rename_settles_like_anything_else(folder: Folder) -> None:
    folder.look(was_renamed=True)
    folder.change()
    assert folder.ready_after_s() == pytest.approx(QUIET_S)


def test_a_file_that_was_away_is_new(folder: Folder) -> None:
    folder.look()
    folder.now += 1.5
    folder.settler.keep_only(set())
    assert len(folder.settler) == 0
    assert folder.look() == pytest.approx(QUIET_S)


def test_an_end_that_cannot_be_read_is_an_error_for_the_caller() -> None:
    def fail(_: Path) -> End:
        raise PermissionError

    times: Iterator[float] = iter([0.0, 5.0])
    settler = Settler(QUIET_S, INCOMPLETE_AFTER_S, fail, lambda: next(times))
    state = Signature(1, 1, 1)
    settler.look(FILE, state)
    with pytest.raises(PermissionError):
        settler.look(FILE, state)
