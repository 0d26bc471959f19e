"""The ways out of the command line."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from commands import digitd

from daemon import __main__, cli
from daemon.errors import InputMissing

DIGITD = (sys.executable, "-m", "daemon")
SAMPLE = Path(cli.__file__).parents[1] / "samples" / "tiny.png"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputMissing("no such folder: x"), 66, "digitd: no such folder: x"),
        (KeyboardInterrupt(), 130, "digitd: interrupted"),
        (
            PermissionError(errno.EACCES, "Permission denied", "x"),
            77,
            "digitd: x: Permission denied; call digitd as a user who may: for the service, "
            "sudo -u digitd digitd ...",
        ),
        (MemoryError(), 71, "digitd: not enough memory: free some, allow more"),
        (OSError(errno.ENOMEM, "no memory"), 71, "digitd: not enough memory: free some"),
        (OSError(errno.EMFILE, "too many"), 71, "digitd: too many files are open: allow more"),
        (OSError(errno.ENFILE, "too many"), 71, "digitd: this machine has too many files open"),
        (BlockingIOError(errno.EAGAIN, "again"), 71, "digitd: no further process or thread can"),
        (RuntimeError("can't start new thread"), 71, "digitd: no further process or thread can"),
        (ImportError("a.so: failed to map segment from shared object"), 71, "digitd: not enough "),
        (OSError("a.so: failed to map segment from shared object"), 71, "digitd: not enough me"),
        (ImportError("no module named x"), 70, "digitd: this is a bug; please report it"),
        (RuntimeError("a bug"), 70, "digitd: this is a bug; please report it"),
        (OSError(errno.EIO, "I/O error", "x"), 70, "digitd: this is a bug; please report it "),
        (ZeroDivisionError(), 70, "digitd: this is a bug; please report it with the lines above"),
    ],
)
def test_every_end_has_its_exit_code_and_one_last_line(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == code
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith(line)
    assert (len(said) == 1) == (code != 70), "a traceback is for a bug"


def test_ctrl_c_while_the_program_is_imported_ends_it_in_silence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "daemon.cli":
                raise KeyboardInterrupt

    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, "daemon.cli")
    with pytest.raises(SystemExit) as end:
        __main__.main()
    assert end.value.code == 130
    assert capsys.readouterr().err == ""


def shell(command: str, *arguments: str | bytes) -> subprocess.CompletedProcess[str]:
    """A command line of a shell, in which "$@" stands for `digitd` and what follows."""
    typed = ("bash", "-c", command, "bash", *DIGITD, *arguments)
    return subprocess.run(typed, capture_output=True, text=True, check=False)


def test_what_cannot_be_printed_for_want_of_room_is_told_in_one_line() -> None:
    ended = shell('"$@" > /dev/full', "config", "show")
    assert (ended.returncode, ended.stderr) == (73, "digitd: the output: No space left on device\n")


def test_who_reads_only_the_first_line_hears_no_complaint() -> None:
    assert shell('"$@" | true; exit ${PIPESTATUS[0]}', "config", "show").stderr == ""


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_streams_that_the_caller_closed_are_not_missed(closed: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(SAMPLE, tmp_path / "in" / name)
    out, config = tmp_path / "out", tmp_path / "config.yaml"
    config.write_text("batch: {max_scans: 1}\nworkers: 2\n")
    command = ("batch", tmp_path / "in", "--out", out, "--config", config)
    ended = shell(f'"$@" {closed}', *map(str, command))
    assert ended.returncode == 0
    assert (out / "readings.csv").is_file()


def test_names_that_are_no_text_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    ended = shell('"$@"', "config", "check", b"a\xff.yaml")
    assert ended.returncode == 66
    assert ended.stderr.startswith("digitd: a\\udcff.yaml cannot be read")


def test_files_have_their_names_in_a_locale_that_lacks_them(tmp_path: Path) -> None:
    scan = tmp_path / "größe 🙂.png"
    shutil.copy(SAMPLE, scan)
    locale = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
    ended = shell(f'{locale} "$@"', "batch", str(scan), "--out", str(tmp_path / "out"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert list(tmp_path.glob("out/annotated/größe 🙂.png.*.jpg"))
    assert "größe 🙂.png,1,1,5," in (tmp_path / "out" / "readings.csv").read_text(encoding="utf-8")


@pytest.fixture
def powerless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sequence[str]]:
    """How to call a program that may not enter the working folder, not even as root."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(Path(cli.__file__).parents[1]))
    monkeypatch.chdir(elsewhere)
    elsewhere.chmod(0)
    if os.geteuid() != 0:
        yield ()
    elif dropper := shutil.which("setpriv"):
        yield (dropper, "--bounding-set=-all", "--inh-caps=-all")
    else:
        pytest.skip("root enters every folder")
    elsewhere.chmod(0o700)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_working_folder_need_not_be_one_that_this_user_may_enter(
    powerless: Sequence[str], workers: str, tmp_path: Path
) -> None:
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    for number in range(2):
        shutil.copy(SAMPLE, scans / f"{number}.png")
    (tmp_path / "config.yaml").write_text("batch: {max_scans: 1}\n")
    settings = ("--config", tmp_path / "config.yaml", "--workers", workers)
    for command in (("config", "check"), ("batch", scans, "--out", out, *settings)):
        ended = subprocess.run(
            [*powerless, *DIGITD, *map(str, command)], capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stderr) == (0, "")
    assert len((out / "readings.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    "arguments",
    [("batch", "", "--out", "o"), ("batch", ".", "--out", ""), ("status", "--config", "")],
)
def test_an_empty_argument_is_no_folder(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = digitd(*arguments, capsys=capsys)
    assert code == 2
    assert "an argument is empty" in err
    assert not list(tmp_path.iterdir())
