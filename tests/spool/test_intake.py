from __future__ import annotations

import errno
import hashlib
import os
import socket
from pathlib import Path

import pytest

from daemon.errors import InputMissing, ResourcesExhausted, UsageError
from daemon.records import Limits, Reason
from daemon.spool.intake import (
    Candidate,
    Content,
    Ignored,
    Problem,
    check_paths,
    find_scans,
    inspect,
    read,
)

LIMITS = Limits(max_file_mb=1)


def files(*inputs: Path) -> list[str]:
    return [found.file for found in find_scans(inputs) if isinstance(found, Candidate)]


def ignored(*inputs: Path) -> list[str]:
    return [found.path.name for found in find_scans(inputs) if isinstance(found, Ignored)]


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def problem_of(path: Path) -> Reason | None:
    _, problem = inspect(Candidate(path, path.name), LIMITS)
    return problem and problem.reason


def test_folders_are_walked_by_name_and_names_are_relative_to_the_one_given(tmp_path: Path) -> None:
    touch(tmp_path, "b.png", "a/z.jpg", "a/b/c.TIF", "c.webp")
    assert files(tmp_path) == ["a/b/c.TIF", "a/z.jpg", "b.png", "c.webp"]
    assert files(tmp_path / "a") == ["b/c.TIF", "z.jpg"]


def test_results_of_an_earlier_run_are_no_scans(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "results/annotated/1.png.jpg", "results/.digitd/journal.db")
    assert files(tmp_path) == ["a/1.png"]
    assert ignored(tmp_path) == ["results"]
    assert files(tmp_path / "results") == ["annotated/1.png.jpg"], "it was named"


def test_a_name_may_hold_any_character(tmp_path: Path) -> None:
    touch(tmp_path, "a\nb.png", "a b.png", "\\.png", "'.png")
    assert len(set(files(tmp_path))) == 4
    assert {found.path for found in find_scans([tmp_path])} == set(tmp_path.iterdir())


def test_inputs_keep_the_order_in_which_they_were_given(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.png", "a/1.png", "single")
    inputs = [tmp_path / "b", tmp_path / "single", tmp_path / "a"]
    assert files(*inputs) == ["2.png", "single", "1.png"]


def test_what_is_no_scan_by_its_name_is_ignored_and_listed(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "labels.csv", "notes", ".a.png.swp", "~b.png", ".git/c.png")
    touch(tmp_path, "@eaDir/a.png", "d.png.part")
    assert files(tmp_path) == ["a.png"]
    assert len(ignored(tmp_path)) == 7


def test_a_file_that_is_named_needs_no_extension(tmp_path: Path) -> None:
    touch(tmp_path, "notes", ".hidden")
    assert files(tmp_path / "notes", tmp_path / ".hidden") == ["notes", ".hidden"]


def test_a_walk_goes_in_no_circles(tmp_path: Path) -> None:
    touch(tmp_path, "d/d/d/x.png")
    (tmp_path / "d" / "loop").symlink_to(tmp_path)
    assert files(tmp_path) == ["d/d/d/x.png"]
    assert ignored(tmp_path) == ["loop"]


def test_a_name_that_is_no_utf8_is_shown_with_escapes(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    path.write_bytes(b"x")
    (found,) = find_scans([tmp_path])
    assert isinstance(found, Candidate)
    assert found.file == r"\xff.png"
    source, problem = inspect(found, LIMITS)
    assert source.path == os.fsencode(tmp_path) + b"/\xff.png"
    assert problem is None


def test_odd_things_have_their_reasons(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "folder link.png").symlink_to(tmp_path / "folder.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "large.png").write_bytes(bytes(1_000_001))
    (tmp_path / "link.png").symlink_to(tmp_path / "full.png")
    (tmp_path / "full.png").write_bytes(bytes(1_000_000))
    found = {file: problem_of(tmp_path / file) for file in files(tmp_path)}
    assert found == {
        "dangling.png": Reason.BROKEN_LINK,
        "device.png": Reason.NOT_A_FILE,
        "fifo.png": Reason.NOT_A_FILE,
        "folder link.png": Reason.NOT_A_FILE,
        "folder.png": Reason.NOT_A_FILE,
        "full.png": None,
        "large.png": Reason.TOO_LARGE,
        "link.png": None,
        "self.png": Reason.BROKEN_LINK,
    }


def test_a_folder_that_is_called_like_a_picture_is_told_with_the_way_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.png/1.png")
    (tmp_path / "b.png").symlink_to("a.png")
    told = [inspect(Candidate(tmp_path / name, name), LIMITS)[1] for name in ("a.png", "b.png")]
    assert [each and each.message for each in told] == [
        "it is a folder, not a file: rename it, to have its scans read",
        "it is a folder, not a file",
    ]


def test_a_socket_is_not_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.png")
        assert problem_of(tmp_path / "s.png") is Reason.NOT_A_FILE


def test_a_folder_that_cannot_be_listed_gets_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a.png", "locked/b.png")
    listing = os.listdir

    def refuse(path: bytes) -> object:
        if path.endswith(b"locked"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "listdir", refuse)
    assert files(tmp_path) == ["a.png", "locked"]
    *_, found = find_scans([tmp_path])
    assert isinstance(found, Candidate)
    _, problem = inspect(found, LIMITS)
    assert problem is not None
    assert problem.reason is Reason.NO_PERMISSION


def test_bytes_are_read_once_and_hashed(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    path = tmp_path / "a.png"
    content = read(path, LIMITS)
    assert isinstance(content, Content)
    assert content.data == b"x"
    assert content.sha256 == hashlib.sha256(b"x").hexdigest()
    assert content.source == inspect(Candidate(path, "a.png"), LIMITS)[0]


def test_a_disk_that_gives_a_file_in_pieces_gives_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = tmp_path / "a.png", os.read
    path.write_bytes(b"0123456789")
    monkeypatch.setattr(os, "read", lambda descriptor, size: whole(descriptor, min(size, 3)))
    content = read(path, LIMITS)
    assert isinstance(content, Content)
    assert content.data == b"0123456789"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), Reason.NO_PERMISSION),
        (FileNotFoundError(2, "No such file or directory"), Reason.BROKEN_LINK),
        (OSError(5, "Input/output error"), Reason.UNREADABLE),
    ],
)
def test_what_the_disk_refuses_is_a_problem_of_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: Reason
) -> None:
    def refuse(*_: object) -> int:
        raise error

    touch(tmp_path, "a.png")
    monkeypatch.setattr(os, "open", refuse)
    problem = read(tmp_path / "a.png", LIMITS)
    assert isinstance(problem, Problem)
    assert problem.reason is reason


@pytest.mark.parametrize("call", ["open", "listdir"])
def test_what_the_system_lacks_is_no_problem_of_a_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    touch(tmp_path, "in/a.png")
    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(ResourcesExhausted, match="allow more"):
        [read(found.path, LIMITS) for found in find_scans([tmp_path / "in"])]


def test_a_fifo_that_took_a_files_place_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    content = read(tmp_path / "a.png", LIMITS)
    assert isinstance(content, Content)
    assert content.data == b""


def test_a_file_that_grew_since_it_was_inspected_is_not_swallowed(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(bytes(1_000_001))
    problem = read(tmp_path / "a.png", LIMITS)
    assert isinstance(problem, Problem)
    assert problem.message == "its 1.0 MB are more than limits.max_file_mb (1) allows"


def test_all_missing_inputs_are_named_at_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere")
    check_paths([tmp_path / "a.png", tmp_path / "dangling.png"], tmp_path / "out")
    with pytest.raises(InputMissing, match=r"no such file or folder: x\.png, y\\n\.png$"):
        check_paths([Path("x.png"), tmp_path / "a.png", Path("y\n.png")], tmp_path / "out")


@pytest.mark.parametrize("out", ["in", "in/results", "in/deep/er", "in/../in", "link/results"])
def test_results_inside_an_input_folder_are_refused(tmp_path: Path, out: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(UsageError, match=r"^--out .* lies inside the input folder"):
        check_paths([tmp_path / "in"], tmp_path / out)
    with pytest.raises(UsageError, match=r"^--explain .* lies inside the input folder"):
        check_paths([tmp_path / "in"], tmp_path / "results", tmp_path / out)


def test_results_beside_or_above_the_inputs_are_fine(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.png")
    check_paths([tmp_path / "in"], tmp_path / "in results")
    check_paths([tmp_path / "in"], tmp_path)
    check_paths([tmp_path / "in" / "a.png"], tmp_path / "in")
    check_paths([tmp_path / "in"], tmp_path / "results", tmp_path / "results" / "explained")


def test_results_where_a_file_stands_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "results")
    with pytest.raises(UsageError, match="is no folder"):
        check_paths([tmp_path / "a.png"], tmp_path / "results")
    with pytest.raises(UsageError, match=r"^--explain .* is no folder"):
        check_paths([tmp_path / "a.png"], tmp_path / "out", tmp_path / "results")
