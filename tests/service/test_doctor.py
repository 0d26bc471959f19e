"""Trying out network, clock and notice of new files; and the command."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from fake_reader import read as read_fake

from daemon.cli import main
from daemon.config import Config
from daemon.errors import ClusterUnavailable, ModelUnavailable
from daemon.records import Limits, Outcome, Reason, Rejection, Scan
from daemon.service import doctor
from daemon.service.cluster import Cluster
from daemon.service.doctor import (
    check_clock,
    check_cluster,
    check_hints,
    check_journal,
    check_model,
    check_observer,
)
from daemon.service.findings import Finding
from daemon.service.reading import ReaderSettings, load_reader
from daemon.service.workers import Crew, Reader
from daemon.spool.journal import Journal


def reader(answer: bytes) -> Callable[[], Reader]:
    """Loads a reader that reads from every scan what the fake one reads from `answer`."""
    return lambda: lambda scans: read_fake([Scan(s.id, s.file, s.sha256, answer) for s in scans])


# The journal


def test_a_journal_that_is_not_there_yet_is_nothing_to_mend(tmp_path: Path) -> None:
    assert list(check_journal(tmp_path)) == []
    Journal(tmp_path / "journal.db").close()
    assert [each.as_text() for each in check_journal(tmp_path)] == [
        "ok      journal  0 scans in it"
    ]


def test_a_damaged_journal_is_broken_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("a shopping list\n" * 100)
    (finding,) = check_journal(tmp_path)
    assert (finding.level, finding.exit_code) == ("broken", 73)
    assert "file is not a database; put a copy of it back, or move it away" in finding.cure


# The network


def test_a_real_network_reads_the_drawn_digit(trained_models: Path) -> None:
    settings = ReaderSettings(trained_models, "current", Limits(), 0.005, annotated="none")
    finding = check_model(partial(load_reader, settings))
    assert finding.level == "ok"
    assert " is whole and reads a 3 (" in finding.message


def test_a_missing_network_is_broken_and_says_what_to_do(tmp_path: Path) -> None:
    settings = ReaderSettings(tmp_path, "current", Limits(), 0.005, annotated="none")
    finding = check_model(partial(load_reader, settings))
    assert finding.exit_code == ModelUnavailable.exit_code
    assert "digitd train" in finding.cure


def test_a_network_that_reads_something_else_is_broken() -> None:
    finding = check_model(reader(b"8"))
    assert finding.exit_code == 78
    assert finding.message == "fake-1 reads a 3 as '8'"


def test_a_reader_that_fails_is_broken() -> None:
    def reject(scans: Sequence[Scan]) -> list[Outcome]:
        return [Rejection(s.id, s.file, s.sha256, Reason.UNREADABLE, "failed") for s in scans]

    assert check_model(lambda: reject) == Finding("model", "failed", "reinstall digitd", 78)


# The cluster


def hired(answer: bytes) -> Callable[..., AbstractContextManager[Crew]]:
    """Hires a crew that reads `answer` whatever it is sent."""

    @contextmanager
    def hire(cluster: Cluster, _load: object) -> Iterator[Crew]:
        assert cluster.parcel is not None
        with ThreadPoolExecutor(1) as executor:
            yield Crew(executor, reader(answer)(), 1)

    return hire


@pytest.fixture
def version(trained_models: Path) -> ReaderSettings:
    return ReaderSettings(trained_models, "current", Limits(), 0.005, annotated="none")


def test_a_cluster_whose_worker_reads_the_drawn_digit_is_right(version: ReaderSettings) -> None:
    finding = check_cluster("tcp://there:8786", version, hired(b"3"))
    assert finding == Finding("cluster", "a worker of tcp://there:8786 reads a 3")


def test_a_cluster_that_reads_something_else_is_broken(version: ReaderSettings) -> None:
    finding = check_cluster("tcp://there:8786", version, hired(b"8"))
    assert finding.exit_code == 78
    assert finding.message == "tcp://there:8786 reads a 3 as 8"


def test_a_cluster_that_nobody_runs_is_broken_and_says_what_to_do(version: ReaderSettings) -> None:
    def refuse(_cluster: Cluster, _load: object) -> AbstractContextManager[Crew]:
        raise ClusterUnavailable("no Dask scheduler answers: start one")

    finding = check_cluster("tcp://there:8786", version, refuse)
    assert finding.exit_code == ClusterUnavailable.exit_code
    assert finding.cure == "no Dask scheduler answers: start one"


# The clock


def test_a_clock_of_this_century_is_right() -> None:
    moment = datetime(2026, 11, 21, 11, 20, 7, tzinfo=UTC)
    assert check_clock(moment) == Finding("clock", "2026-11-21 11:20:07 UTC")


@pytest.mark.parametrize("year", [1970, 2024, 2100])
def test_a_clock_that_cannot_be_right_is_broken(year: int) -> None:
    finding = check_clock(datetime(year, 12, 31, tzinfo=UTC))
    assert finding.exit_code == 78
    assert finding.message == f"it says {year}-12-31, which cannot be"


# Notice of new files


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox" / "monday" / "morning").mkdir(parents=True)
    return tmp_path / "inbox"


@pytest.fixture
def limits(tmp_path: Path) -> Path:
    """The folder of inotify's limits: three folders can be watched."""
    (tmp_path / "limits").mkdir()
    (tmp_path / "limits" / "max_user_watches").write_text("3\n")
    return tmp_path / "limits"


def test_inotify_watches_as_many_folders_as_it_may(inbox: Path, limits: Path) -> None:
    finding = check_observer(Config(inbox=inbox), limits)
    assert finding == Finding("observer", "inotify, with 3 of 3 watches")


def test_one_folder_more_is_a_warning_with_the_setting(inbox: Path, limits: Path) -> None:
    (inbox / "tuesday").mkdir()
    finding = check_observer(Config(inbox=inbox), limits)
    assert finding.level == "warning"
    assert finding.message == "polling, for inotify sees no more than 3 folders"
    assert "fs.inotify.max_user_watches=16" in finding.cure


def test_instances_that_are_all_in_use_are_a_warning(
    inbox: Path, limits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_inotify_starts", lambda: False)
    finding = check_observer(Config(inbox=inbox), limits)
    assert finding.level == "warning"
    assert "fs.inotify.max_user_instances=1024" in finding.cure


@pytest.mark.parametrize(("observer", "level"), [("auto", "ok"), ("inotify", "warning")])
def test_on_a_network_only_polling_sees(
    observer: str, level: str, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "network_kind", lambda _: "NFS")
    finding = check_observer(Config(inbox=inbox, observer=observer))
    assert finding.level == level
    assert "NFS" in finding.message


def test_where_polling_is_configured_or_all_there_is_it_is_right(
    inbox: Path, tmp_path: Path
) -> None:
    assert check_observer(Config(inbox=inbox, observer="polling")).level == "ok"
    assert check_observer(Config(inbox=inbox), tmp_path / "no limits").level == "ok"


def test_without_an_inbox_nothing_is_watched(tmp_path: Path) -> None:
    finding = check_observer(Config(inbox=tmp_path / "inbox"))
    assert finding == Finding("observer", "not tried: there is no inbox")


# Files of hints


def test_hints_with_mistakes_are_a_warning_each(tmp_path: Path) -> None:
    for name, text in (("a", "digits: 5\n"), ("b", "digits: five\n"), ("c", "size: 3\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".digitd.yaml").write_text(text)
    found = sorted(check_hints(Config(inbox=tmp_path)), key=lambda finding: finding.message)
    assert [finding.level for finding in found] == ["warning"] * 2
    assert found[0].message == str(tmp_path / "b" / ".digitd.yaml")
    assert found[0].cure.startswith("line 1: digits: must be a whole number from 1 to 100")
    assert found[1].cure.startswith("line 1: size: there is no such key")


def test_hints_without_mistakes_are_counted(tmp_path: Path) -> None:
    (tmp_path / ".digitd.yaml").write_text("digits: 5\n")
    (finding,) = check_hints(Config(inbox=tmp_path))
    assert finding == Finding("hints", "files of hints in the inbox: 1, no mistake in them")
    assert list(check_hints(Config(inbox=tmp_path / "gone"))) == []


# The command


@pytest.fixture
def digitd(
    tmp_path: Path,
    trained_models: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Runs `digitd doctor` in a folder of its own: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DIGITD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DIGITD_MODELS", str(trained_models))
    monkeypatch.setattr("daemon.service.folders.LITTLE", 0)  # whatever disk this runs on
    monkeypatch.setattr("daemon.service.folders.TOO_LITTLE", 0)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["digitd", "doctor", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


def test_a_line_each_when_all_is_well(digitd: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = digitd()
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["ok", check]
        for check in (
            *("inbox", "outbox", "state", "apart", "journal", "space", "space"),
            *("observer", "model", "clock"),
        )
    ]


def test_what_is_broken_says_how_to_mend_it_and_decides_the_exit_code(
    digitd: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("outbox: /proc/results\n")
    code, out, err = digitd()
    assert (code, err) == (73, "")
    assert re.search(
        r"^broken  outbox   /proc/results is missing and cannot be made: .+\n"
        r"                 -> sudo install -d -o \d+ /proc/results$",
        out,
        re.MULTILINE,
    )


def test_the_configuration_weighs_more_than_the_disk(
    digitd: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("outbox: /proc/results\nmodel: gone\n")
    assert digitd()[0] == 78


def test_for_programs_it_is_one_object(
    digitd: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("outbox: /proc/results\n")
    code, out, _ = digitd("--machine")
    said = json.loads(out)
    assert (code, said["works"]) == (73, False)
    outbox = said["findings"][1]
    assert outbox.keys() == {"check", "level", "message", "cure"}
    assert (outbox["check"], outbox["level"]) == ("outbox", "broken")
