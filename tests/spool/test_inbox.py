from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from daemon.spool.inbox import Blocked, Found, Ignored, Inbox, is_ignored, signature_of

ID = "0123456789abcdef" * 2


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    inbox = Inbox(tmp_path / "inbox")
    inbox.folder.mkdir()
    inbox.create()
    return inbox


def put(inbox: Inbox, name: str, content: bytes = b"x") -> Found:
    path = inbox.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    signature = signature_of(path)
    assert signature is not None
    return Found(path, signature)


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.png",
        ".a.png.Xy12Zq",  # rsync
        "~$a.png",
        "~syncthing~a.png.tmp",
        ".syncthing.a.png.tmp",
        "a.png.part",
        "a.PNG.PARTIAL",
        "Unconfirmed 12.crdownload",
        "a.filepart",
        "Thumbs.db",
        "@eaDir",
    ],
)
def test_temporary_and_system_names_are_ignored(name: str) -> None:
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["a.png", "tmp", "part.tif", "a~.jpg", "scan"])
def test_all_others_are_scans(name: str) -> None:
    assert not is_ignored(name)


def test_files_are_found_in_folders_too_and_claimed_ones_are_not(inbox: Inbox) -> None:
    found = {put(inbox, "a.png"), put(inbox, "x/y/b.png")}
    put(inbox, f".claimed/{ID}~c.png")
    put(inbox, ".hidden/d.png")
    put(inbox, "e.tmp")
    seen = list(inbox.scan())
    assert {each for each in seen if isinstance(each, Found)} == found
    assert {each.path.name for each in seen if isinstance(each, Ignored)} == {".hidden", "e.tmp"}


def test_links_and_fifos_are_blocked_with_a_cure_and_never_followed(inbox: Inbox) -> None:
    (inbox.folder / "link.png").symlink_to("/etc/passwd")
    (inbox.folder / "loop").symlink_to(inbox.folder)
    os.mkfifo(inbox.folder / "fifo.png")
    seen = {each.path.name: each for each in inbox.scan()}
    assert all(isinstance(each, Blocked) for each in seen.values())
    assert seen.keys() == {"link.png", "loop", "fifo.png"}
    link = seen["link.png"]
    assert isinstance(link, Blocked)
    assert link.cure == "it is a link: put the file itself here"


def test_what_may_not_be_read_is_blocked(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    put(inbox, "a.png")
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.R_OK)
    (seen,) = inbox.scan()
    assert isinstance(seen, Blocked)
    assert seen.cure == "digitd may not read it: permit it"


def test_a_folder_out_of_which_nothing_may_be_moved_blocks_its_files(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.png")
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.R_OK)
    (seen,) = inbox.scan()
    assert isinstance(seen, Blocked)
    assert "may not move it" in seen.cure


def test_an_inbox_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(Inbox(tmp_path / "nowhere").scan())


def test_a_claim_moves_the_file_and_knows_where_it_was(inbox: Inbox) -> None:
    claim = inbox.claim_of(put(inbox, "x/a.png", b"42"), ID)
    assert inbox.take(claim)
    inbox.sync([claim])
    assert claim.file == "x/a.png"
    assert (inbox.claimed / f"{ID}~a.png").read_bytes() == b"42"
    assert [each for each in inbox.scan() if isinstance(each, Found)] == []


def test_of_two_claims_one_wins(inbox: Inbox) -> None:
    found = put(inbox, "a.png")
    claims = [inbox.claim_of(found, ID), inbox.claim_of(found, ID[::-1])]
    assert [inbox.take(claim) for claim in claims] == [True, False]


def test_claiming_from_an_inbox_that_is_gone_is_an_error(inbox: Inbox) -> None:
    claim = inbox.claim_of(put(inbox, "a.png"), ID)
    inbox.folder.rename(inbox.folder.with_name("elsewhere"))
    with pytest.raises(FileNotFoundError):
        inbox.take(claim)


def test_what_is_put_back_is_where_it_was(inbox: Inbox) -> None:
    claim = inbox.claim_of(put(inbox, "x/a.png", b"42"), ID)
    inbox.take(claim)
    assert inbox.put_back(claim)
    assert (inbox.folder / "x" / "a.png").read_bytes() == b"42"
    assert list(inbox.claimed.iterdir()) == []


def test_nothing_is_put_back_over_another_file(inbox: Inbox) -> None:
    claim = inbox.claim_of(put(inbox, "a.png", b"old"), ID)
    inbox.take(claim)
    put(inbox, "a.png", b"new")
    assert not inbox.put_back(claim)
    assert not inbox.was_put_back(claim)
    assert (inbox.folder / "a.png").read_bytes() == b"new"
    assert inbox.place_of(ID, "a.png").read_bytes() == b"old"


def test_a_crash_while_putting_back_is_finished(inbox: Inbox) -> None:
    claim = inbox.claim_of(put(inbox, "a.png"), ID)
    inbox.take(claim)
    os.link(inbox.place_of(ID, "a.png"), inbox.folder / "a.png")
    assert inbox.was_put_back(claim)
    assert list(inbox.claimed.iterdir()) == []


def test_claimed_files_that_nobody_knows_are_strangers(inbox: Inbox) -> None:
    claims = [inbox.claim_of(put(inbox, f"{name}.png"), name * 32) for name in "ab"]
    for claim in claims:
        inbox.take(claim)
    put(inbox, ".claimed/note.txt")
    (stranger,) = inbox.strangers({claims[0].id})
    assert (stranger.id, stranger.file, stranger.is_moved) == ("b" * 32, "b.png", True)


def test_a_second_daemon_at_the_same_inbox_is_noticed(inbox: Inbox) -> None:
    with inbox.shared() as one:
        assert one.is_alone()
        with inbox.shared() as two:
            assert not one.is_alone()
            assert not two.is_alone()
        assert one.is_alone()


@pytest.mark.parametrize("number", [errno.EPERM, errno.EXDEV])
def test_what_cannot_be_moved_is_blocked_until_it_is_tried_again(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, "not like this")

    found = put(inbox, "a.png")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        assert not inbox.take(inbox.claim_of(found, ID))
    (seen,) = inbox.scan()
    assert isinstance(seen, Blocked)
    assert "cannot move it (not like this)" in seen.cure
    inbox.forgive()
    assert list(inbox.scan()) == [found]


def test_a_disk_that_is_read_only_is_no_fault_of_a_file(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    found = put(inbox, "a.png")
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="Read-only"):
        inbox.take(inbox.claim_of(found, ID))
