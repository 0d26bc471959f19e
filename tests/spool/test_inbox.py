from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from daemon.spool import inbox as inbox_module
from daemon.spool.inbox import (
    Blocked,
    Found,
    Ignored,
    Inbox,
    is_ignored,
    rename_if_free,
    signature_of,
)

ID = "0123456789abcdef" * 2
_link = os.link  # some tests forbid it to digitd


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


def test_a_disk_that_is_read_only_is_no_want_of_a_permission(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.png")
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.R_OK)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    (seen,) = inbox.scan()
    assert isinstance(seen, Blocked)
    assert seen.cure.endswith("make it writable")


def test_a_folder_for_which_there_is_no_descriptor_is_not_closed_to_us(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "x/a.png")
    scandir = os.scandir

    def lack(folder: Path) -> object:
        if folder.name == "x":
            raise OSError(errno.EMFILE, "Too many open files")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", lack)
    with pytest.raises(OSError, match="Too many"):
        list(inbox.scan())


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


@pytest.mark.parametrize("home", ["x/a.png", "x/y/a.png"])
def test_nothing_is_put_back_where_its_folder_is_a_file_by_now(inbox: Inbox, home: str) -> None:
    claim = inbox.claim_of(put(inbox, home, b"42"), ID)
    inbox.take(claim)
    shutil.rmtree(inbox.folder / "x")
    (inbox.folder / "x").touch()
    assert not inbox.was_put_back(claim)
    assert not inbox.put_back(claim)
    assert inbox.place_of(ID, "a.png").read_bytes() == b"42"


def test_nothing_is_put_back_where_one_may_not_go(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = Path.stat

    def forbid(path: Path, **how: bool) -> os.stat_result:
        if path.is_relative_to(inbox.folder / "x"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return stat(path, **how)

    claim = inbox.claim_of(put(inbox, "x/a.png"), ID)
    inbox.take(claim)
    monkeypatch.setattr(Path, "stat", forbid)
    monkeypatch.setattr(Path, "mkdir", failing(errno.EACCES))
    assert not inbox.was_put_back(claim)
    assert not inbox.put_back(claim)
    assert inbox.place_of(ID, "a.png").exists()


def test_a_link_in_place_of_a_claimed_file_that_leads_round_is_no_half_put_back_one(
    inbox: Inbox,
) -> None:
    claim = inbox.claim_of(put(inbox, "a.png"), ID)
    inbox.take(claim)
    (inbox.folder / "a.png").symlink_to("a.png")
    assert not inbox.was_put_back(claim)


def test_what_a_short_look_finds_is_there_readable_and_as_it_was(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, closed = put(inbox, "a.png"), put(inbox, "b.png")
    monkeypatch.setattr(os, "access", lambda path, _: path != closed.path)
    assert list(inbox.unchanged([kept, closed])) == [kept]


def test_of_a_rename_that_is_not_permitted_either_folder_may_be_the_reason(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = inbox.claim_of(put(inbox, "x/a.png"), ID)
    inbox.take(claim)
    monkeypatch.setattr(inbox_module, "_rename_exclusively", failing(errno.EACCES))
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, _: path != inbox.folder / "x")
        assert not inbox.put_back(claim)
    with pytest.raises(PermissionError):
        inbox.put_back(claim)


def test_a_crash_while_putting_back_is_finished(inbox: Inbox) -> None:
    claim = inbox.claim_of(put(inbox, "a.png"), ID)
    inbox.take(claim)
    os.link(inbox.place_of(ID, "a.png"), inbox.folder / "a.png")
    assert inbox.was_put_back(claim)
    assert list(inbox.claimed.iterdir()) == []


def failing(number: int) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.fixture(
    params=[
        ("at once", None, None),
        ("at once, links forbidden", None, errno.EPERM),
        ("link, system lacks renameat2", errno.ENOSYS, None),
        ("link, disk lacks the flag", errno.EINVAL, None),
        ("look, links of others forbidden", errno.EINVAL, errno.EPERM),
        ("look, disk lacks links", errno.EINVAL, errno.EOPNOTSUPP),
        ("look, system lacks links", errno.ENOSYS, errno.ENOSYS),
        ("look, too many links", errno.EINVAL, errno.EMLINK),
    ],
    ids=lambda param: param[0],
)
def refusals(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system and a disk that lack some of the ways to rename without overwriting."""
    _, at_once, link = request.param
    if at_once == errno.ENOSYS:
        monkeypatch.setattr(inbox_module, "_renameat2", lambda: None)
    elif at_once:
        monkeypatch.setattr(inbox_module, "_renameat2", lambda: failing(at_once))
    if link:
        monkeypatch.setattr(os, "link", failing(link))


@pytest.mark.usefixtures("refusals")
def test_what_is_put_back_is_where_it_was_whatever_the_disk_lacks(inbox: Inbox) -> None:
    claim = inbox.claim_of(put(inbox, "x/\udcff a.png", b"42"), ID)
    inbox.take(claim)
    (inbox.folder / "x").rmdir()
    assert inbox.put_back(claim)
    assert (inbox.folder / "x" / "\udcff a.png").read_bytes() == b"42"
    assert list(inbox.claimed.iterdir()) == []


@pytest.mark.usefixtures("refusals")
@pytest.mark.parametrize("taken_by", ["file", "folder", "link to nothing", "link to the file"])
def test_a_name_that_is_taken_is_never_overwritten(tmp_path: Path, taken_by: str) -> None:
    source, target = tmp_path / "old", tmp_path / "new"
    source.write_text("old")
    match taken_by:
        case "file":
            target.write_text("new")
        case "folder":
            target.mkdir()
        case "link to nothing":
            target.symlink_to("nothing")
        case "link to the file":
            target.symlink_to(source)
    before = target.lstat()
    assert not rename_if_free(source, target)
    assert os.path.samestat(target.lstat(), before)
    assert source.read_text() == "old"
    if taken_by == "file":
        assert target.read_text() == "new"


@pytest.mark.usefixtures("refusals")
def test_a_link_that_a_crash_left_is_finished_whatever_the_disk_lacks(tmp_path: Path) -> None:
    source, target = tmp_path / "old", tmp_path / "new"
    target.write_text("42")
    _link(target, source)
    assert rename_if_free(source, target)
    assert not source.exists()
    assert target.read_text() == "42"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EXDEV, errno.EROFS])
def test_an_error_of_the_disk_is_not_taken_for_a_way_that_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    source, target = tmp_path / "old", tmp_path / "new"
    source.write_text("old")
    for at_once in (failing(number), None):
        monkeypatch.setattr(inbox_module, "_renameat2", lambda at_once=at_once: at_once)
        if at_once is None:
            monkeypatch.setattr(os, "link", failing(number))
        with pytest.raises(OSError, match=os.strerror(number)):
            rename_if_free(source, target)
        assert not target.exists()


@pytest.mark.skipif(inbox_module._renameat2() is None, reason="the system has no renameat2")
def test_the_system_tells_what_is_wrong_with_a_rename(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        rename_if_free(tmp_path / "nothing", tmp_path / "new")
    assert (error.value.filename, error.value.filename2) == (
        str(tmp_path / "nothing"),
        str(tmp_path / "new"),
    )


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


def test_a_place_for_claimed_files_that_is_closed_is_no_fault_of_a_file(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    found = put(inbox, "a.png")
    monkeypatch.setattr(Path, "rename", fail)
    monkeypatch.setattr(os, "access", lambda path, _: path != inbox.claimed)
    with pytest.raises(PermissionError):
        inbox.take(inbox.claim_of(found, ID))
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
