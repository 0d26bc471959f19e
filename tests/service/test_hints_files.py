"""Files of hints beside the scans: what holds where, and who waits for whom."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.config_hints import HintSettings
from daemon.errors import ConfigInvalid
from daemon.records import Check, Expect, Expected, Hints
from daemon.service.hints import HintFiles, bad_files, check_hints, hints_for
from daemon.spool.inbox import Inbox
from daemon.spool.intake import Candidate, find_scans
from daemon.spool.scanner import Scanner, View
from daemon.spool.settle import CONFIRM_S, End, Settler

NAME = ".digitd.yaml"


class Box:
    """An inbox with a folder `meters`, and a clock that is set by hand."""

    def __init__(self, folder: Path, settings: HintSettings, quiet_s: float = 0) -> None:
        self.root = folder / "inbox"
        self.meters = self.root / "meters"
        self.meters.mkdir(parents=True)
        self.now = 0.0
        self.told: list[str] = []
        self.files = HintFiles(
            settings, quiet_s=quiet_s, clock=lambda: self.now, tell=self.told.append
        )
        settler = Settler(quiet_s, 120, lambda _: End.THERE, lambda: self.now)
        inbox = Inbox(self.root)
        inbox.create()
        self.scanner = Scanner(inbox, settler, waits=lambda: self.files.look(self.root))

    def say(self, text: str, folder: Path | None = None) -> Path:
        """Write a file of hints; its time is that of the clock, whatever the disk's precision."""
        path = (folder or self.meters) / NAME
        path.write_text(text, encoding="utf-8")
        os.utime(path, (self.now, self.now))
        return path

    def hints(self, folder: Path | None = None) -> Hints:
        self.files.look(self.root)
        return self.files.of(folder or self.meters, self.root).hints

    def look(self) -> View:
        return self.scanner.look(10)

    def settled(self) -> View:
        """What a second look finds, when files have been quiet for long enough."""
        self.look()
        self.now += CONFIRM_S
        return self.look()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path, HintSettings(digits=5, check=Check.LUHN))


def names(view: View) -> list[str]:
    return sorted(found.path.name for found in view.ready)


# What holds where


def test_the_configuration_holds_where_no_file_says_otherwise(box: Box) -> None:
    assert box.hints() == Hints(line=Expected(5, 5, Check.LUHN))


def test_the_nearest_file_wins_key_by_key(box: Box) -> None:
    box.say("digits: [4, 6]\nrotate: 90\n", box.root)
    box.say("expect: number\ndigits: 4\n")
    assert box.hints() == Hints(expect=Expect.NUMBER, line=Expected(4, 4, Check.LUHN), rotate=90)
    below = box.meters / "2026" / "november"
    below.mkdir(parents=True)
    assert box.hints(below) == box.hints()
    assert box.hints(box.root) == Hints(line=Expected(4, 6, Check.LUHN), rotate=90)


def test_null_and_none_undo_what_was_said_above(box: Box) -> None:
    box.say("digits: null\ncheck: none\n")
    assert box.hints() == Hints()


def test_the_keys_may_stand_below_hints_as_in_the_configuration(box: Box) -> None:
    box.say("hints:\n  region: [0, 0, 1, 0.5]\n  digits: 7\n")
    assert box.hints() == Hints(line=Expected(7, 7, Check.LUHN), region=(0, 0, 1, 0.5))


def test_an_ean_has_its_thirteen_digits_whatever_is_said_of_them(box: Box) -> None:
    box.say("check: ean13\ndigits: [10, 14]\n")
    assert box.hints().line == Expected(13, 13, Check.EAN13)


def test_a_file_is_read_again_when_it_changes_or_goes(box: Box) -> None:
    path = box.say("digits: 4\n")
    assert box.hints().line.most == 4
    box.now = 1
    box.say("digits: 6\n")
    assert box.hints().line.most == 6
    path.unlink()
    assert box.hints().line.most == 5


def test_a_change_above_is_seen_below(box: Box) -> None:
    box.say("rotate: 90\n", box.root)
    box.say("lines: 2\n")
    assert box.hints().rotate == 90
    box.now = 1
    box.say("rotate: 180\n", box.root)
    assert (box.hints().rotate, box.hints().lines) == (180, 2)


# Mistakes


def mistakes(box: Box) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        check_hints(box.files, [box.root])
    return str(caught.value).splitlines()[1:]


def test_all_mistakes_of_all_files_come_at_once(box: Box) -> None:
    one = box.say("digit: 5\nlines: none\ndigits: 3\ndigits: 4\n")
    other = box.root / "cheques"
    other.mkdir()
    two = box.say("check: iban\n", other)
    assert sorted(mistakes(box)) == [
        f"{two}:1: check: must be luhn, mod97, ean13 or none, not iban",
        f"{one}:1: digit: there is no such key; did you mean digits?",
        f"{one}:2: lines: must be a whole number, 1 or more, or null, not none",
        f"{one}:4: digits: is there twice, first in line 3",
    ]


def test_a_mistake_above_hides_none_below(box: Box) -> None:
    above = box.say("digits: five\n", box.root)
    below = box.say("lines: none\n")
    assert [line.partition(": ")[0] for line in mistakes(box)] == [f"{above}:1", f"{below}:1"]
    box.now += 1
    box.say("lines: 1\n")
    assert [line.partition(": ")[0] for line in mistakes(box)] == [f"{above}:1"]


@pytest.mark.parametrize("name", [".digitd.yml", ".digitd.yaml.txt"])
def test_a_file_that_was_meant_to_be_one_of_hints_is_a_mistake(box: Box, name: str) -> None:
    (box.meters / "a.png").write_text("x")
    path = box.say("digits: 3\n").rename(box.meters / name)
    assert mistakes(box) == [f"{path}: has to be called .digitd.yaml"]
    (blocked,) = box.settled().blocked
    assert blocked.path == path
    path.rename(box.meters / NAME)
    assert [found.path.name for found in box.settled().ready] == ["a.png"]
    assert box.hints().line.least == 3


def test_what_goes_against_the_configuration_is_told_with_the_way_out(box: Box) -> None:
    path = box.say("expect: digit\n")
    assert mistakes(box) == [
        f"{path}:1: expect: digit does not go with digits: 5, as the configuration says; "
        "`digits: null` here undoes that",
        f"{path}:1: expect: digit does not go with check: luhn, as the configuration says; "
        "`check: none` here undoes that",
    ]
    box.now = 1
    box.say("expect: digit\ndigits: null\ncheck: none\n")
    assert box.hints() == Hints(expect=Expect.DIGIT)


@pytest.mark.parametrize(("check", "least"), [("luhn", 2), ("mod97", 3), ("ean13", 13)])
def test_a_check_needs_so_many_digits_and_no_more(box: Box, check: str, least: int) -> None:
    box.say(f"check: {check}\ndigits: {least}\n")
    assert box.hints().line == Expected(least, least, Check(check))
    box.now += 1
    path = box.say(f"check: {check}\ndigits: {least - 1}\n")
    box.files.look(box.root)
    assert mistakes(box) == [f"{path}:2: digits: {least - 1} does not go with check: {check}"]


def test_a_key_above_and_the_same_below_hints_is_there_twice(box: Box) -> None:
    path = box.say("digits: 4\nhints:\n  digits: 5\n")
    assert mistakes(box) == [f"{path}:3: hints.digits: is there twice, first in line 1"]


@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "large", "deep", "escape"])
def test_what_is_no_file_of_hints_is_a_mistake_and_nothing_else(box: Box, kind: str) -> None:
    path = box.meters / NAME
    if kind == "link":
        path.symlink_to(box.say("digits: 4\n", box.root))
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        text = {"large": "#" * 5_000, "deep": "a: " + "[" * 1_000, "escape": '"\\Uffffffff": 1'}
        path.write_text(text[kind])
    assert len(mistakes(box)) == 1


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_whatever_a_file_holds_says_something_or_is_a_mistake(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    root = tmp_path_factory.getbasetemp()
    (root / NAME).write_bytes(data)
    answer = HintFiles(HintSettings()).of(root, root)
    assert isinstance(answer.hints, Hints)
    assert all(str(mistake).isprintable() for mistake in answer.mistakes)
    assert not answer.mistakes or answer.cure.isprintable()


# Scans wait


def test_scans_beside_a_bad_file_wait_and_others_do_not(box: Box) -> None:
    for name in ("a.png", "meters/b.png", "meters/c.png"):
        (box.root / name).write_text("x")
    path = box.say("digits: five\n")
    view = box.settled()
    assert names(view) == ["a.png"]
    assert (view.waiting, view.blocked_count, view.due_s) == (3, 1, None)
    (blocked,) = view.blocked
    assert blocked.path == path
    assert blocked.cure == (
        "line 1: digits: must be a whole number from 1 to 100, [least, most] or null, not five: "
        "mend it; the scans of its folder wait"
    )
    assert box.told == [f"{path}: {blocked.cure}"]
    box.now = 1
    box.say("digits: 5\n")
    view = box.settled()
    assert names(view) == ["a.png", "b.png", "c.png"]
    assert view.blocked == []


def test_a_bad_file_keeps_all_folders_below_waiting(box: Box) -> None:
    (box.root / "a.png").write_text("x")
    (box.meters / "b.png").write_text("x")
    path = box.say("digits: five\n", box.root)
    box.say("digits: 4\n")
    view = box.settled()
    assert (view.ready, [each.path for each in view.blocked]) == ([], [path])


def test_scans_wait_until_a_changed_file_has_settled(tmp_path: Path) -> None:
    box = Box(tmp_path, HintSettings(), quiet_s=2)
    (box.meters / "a.png").write_text("x")
    box.look()
    box.now = 2
    assert names(box.look()) == ["a.png"]
    box.say("")  # an editor begins to write
    view = box.look()
    assert (view.ready, view.due_s) == ([], 2)
    box.now = 3
    path = box.say("digits: 5\n")
    assert box.look().ready == []
    box.now = 5
    assert names(box.look()) == ["a.png"]
    assert box.files.of(box.meters, box.root).hints.line.most == 5
    path.unlink()
    assert box.look().ready == []
    box.now = 7
    assert names(box.look()) == ["a.png"]
    assert box.files.of(box.meters, box.root).hints == Hints()


def test_a_young_file_above_hides_no_file_below(tmp_path: Path) -> None:
    box = Box(tmp_path, HintSettings(), quiet_s=2)
    box.say("digits: 4\nrotate: 90\n", box.root)
    box.say("digits: 5\n")
    answer = box.files.of(box.meters, box.root)
    assert (answer.hints, answer.due_s) == (Hints(line=Expected(5, 5), rotate=90), 2)
    box.now = 2
    box.say("digits: 4\nrotate: 180\n", box.root)
    box.files.look(box.root)
    answer = box.files.of(box.meters, box.root)
    assert (answer.hints, answer.due_s) == (Hints(line=Expected(5, 5), rotate=180), 2)
    box.now = 3
    (box.meters / NAME).unlink()
    for now, due_s in ((3, 2), (4.5, 0.5), (5, 0)):
        box.now = now
        box.files.look(box.root)
        answer = box.files.of(box.meters, box.root)
        assert (answer.hints, answer.due_s) == (Hints(line=Expected(4, 4), rotate=180), due_s)


def test_a_file_that_was_moved_has_the_hints_of_where_it_lay(box: Box) -> None:
    box.say("digits: 4\n")
    outside = box.root.parent / "a.png"
    assert box.files.of_home(box.meters / "a.png", box.root).hints.line.most == 4
    assert box.files.of_home(outside, box.root) == box.files.of(box.root, box.root)


def test_a_file_of_hints_is_no_scan(box: Box) -> None:
    box.say("digits: 5\n")
    view = box.settled()
    assert (view.ready, view.waiting, view.ignored) == ([], 0, 1)


# batch


def test_batch_takes_the_files_below_a_folder_and_beside_a_file(box: Box) -> None:
    box.say("digits: 4\n", box.root)
    box.say("lines: 2\n")
    (box.meters / "b.png").write_text("x")
    (box.root / "a.png").write_text("x")
    found = [each for each in find_scans([box.root]) if isinstance(each, Candidate)]
    assert {each.file: hints_for(box.files, each).lines for each in found} == {
        "a.png": None,
        "meters/b.png": 2,
    }
    (alone,) = find_scans([box.meters / "b.png"])
    assert isinstance(alone, Candidate)
    assert hints_for(box.files, alone) == Hints(line=Expected(5, 5, Check.LUHN), lines=2)
    box.now += 1
    box.say("lines: 3\n")
    assert hints_for(box.files, alone).lines == 2, "the same for all of a batch"
    box.files.look(box.root)
    assert hints_for(box.files, alone).lines == 3


def test_batch_refuses_hints_with_mistakes(box: Box) -> None:
    path = box.say("digits: five\n")
    (box.meters / "b.png").write_text("x")
    (alone,) = find_scans([box.meters / "b.png"])
    assert isinstance(alone, Candidate)
    with pytest.raises(ConfigInvalid, match=r"the hints hold a mistake\n.*:1: digits: must be"):
        hints_for(box.files, alone)
    with pytest.raises(ConfigInvalid):
        check_hints(box.files, [box.meters / "b.png"])
    assert [answer.file for answer in bad_files(box.files, box.root)] == [path]
