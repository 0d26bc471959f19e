"""watch, status, retry and export as they are typed."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import digitd

from daemon.ann import registry
from daemon.records import Reason, Rejection
from daemon.service import reading, staff
from daemon.service.workers import LoadReader, hire
from daemon.spool.lock import hold

FAKES = Path(__file__).parent / "service"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an inbox, whose scans hold in their bytes the digits that are read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(FAKES))
    import fake_reader

    monkeypatch.setattr(registry, "load_version", lambda *_: SimpleNamespace(name="fake-1"))
    monkeypatch.setattr(reading, "load_reader", lambda _: fake_reader.read)
    monkeypatch.setattr(staff, "hire_processes", _hire_nobody)
    monkeypatch.setenv("DIGITD_QUIET_S", "0")
    (tmp_path / "inbox").mkdir()
    return tmp_path


def _hire_nobody(_workers: int, load_reader: LoadReader, _timeout_s: float) -> object:
    return hire(1, load_reader)


def test_all_is_well_after_everything_was_read(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "inbox" / "a.png").write_text("42")
    assert digitd("watch", "--once", capsys=capsys)[0] == 0
    assert digitd("status", capsys=capsys) == (
        0,
        "stopped  start it with `digitd watch`, or systemctl start digitd\n"
        "scans    1 seen = 0 waiting + 0 in work + 1 done + 0 rejected; 0 files ignored\n",
        "",
    )


def test_what_it_logs_goes_nowhere_afterwards(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [*logging.getLogger().handlers]
    (house / "inbox" / "a.png").write_text("42")
    assert digitd("watch", "--once", capsys=capsys)[0] == 0
    assert logging.getLogger().handlers == before


def test_status_says_first_what_needs_a_person(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "inbox" / "a.png").write_text("bad")
    assert digitd("watch", "--once", capsys=capsys)[0] == 1
    (house / "inbox" / "b.png").write_text("42")
    (house / "inbox" / "c.part").write_text("4")
    (house / "inbox" / "link.png").symlink_to("b.png")
    code, out, _ = digitd("status", "--machine", capsys=capsys)
    told = json.loads(out)
    (rejected,) = told.pop("to_look_at")
    assert code == 1
    (original,) = house.glob("outbox/2*/rejected/a.*.png")
    assert rejected == {
        "id": rejected["id"],
        "file": "a.png",
        "page": None,
        "reason": "not_an_image",
        "message": "a text",
        "original": str(original.relative_to(house)),
    }
    assert told == {
        "running": False,
        "pid": None,
        "seen": 2,
        "waiting": 1,
        "in_work": 0,
        "done": 0,
        "rejected": 1,
        "balanced": True,
        "ignored": 1,
        "oldest_waiting": "inbox/b.png",
        "oldest_is_cut_off": False,
        "blocked": [{"path": "inbox/link.png", "cure": "it is a link: put the file itself here"}],
        "paused": None,
        "last_error": None,
        "model": "fake-1",
        "scans_per_second": told["scans_per_second"],
        "needs_person": True,
    }
    lines = digitd("status", capsys=capsys)[1].splitlines()
    assert lines[2:] == [
        "oldest   inbox/b.png",
        "blocked  inbox/link.png: it is a link: put the file itself here",
        f"rejected {rejected['id'][:8]} a.png: a text (not_an_image)",
        "         digitd retry ID (or --all) reads again; or remove the original, in "
        + str(original.parent.relative_to(house)),
    ]


def test_scans_beside_bad_hints_wait_until_these_are_mended(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meters = house / "inbox" / "meters"
    meters.mkdir()
    (house / "config.yaml").write_text("hints: {digits: 4}\n")
    (house / "inbox" / "a.png").write_text("hints")
    for name in ("b.png", "c.png"):
        (meters / name).write_text("hints")
    (meters / ".digitd.yaml").write_text("digits: five\nrotate: 9\n")
    assert digitd("watch", "--once", capsys=capsys)[0] == 0
    code, out, _ = digitd("status", capsys=capsys)
    assert code == 1
    assert out.splitlines()[1:] == [
        "scans    3 seen = 2 waiting + 0 in work + 1 done + 0 rejected; 1 files ignored",
        "blocked  inbox/meters/.digitd.yaml: line 1: digits: must be a whole number from 1 to 100, "
        "[least, most] or null, not five (1 of 2 mistakes): mend it; the scans of its folder wait",
    ]
    (meters / ".digitd.yaml").write_text("digits: 5\n")
    assert digitd("watch", "--once", capsys=capsys)[0] == 0
    (readings,) = house.glob("outbox/2*/readings.csv")
    rows = [row.split(",")[:4] for row in readings.read_text().splitlines()[1:]]
    assert [(row[0], row[3]) for row in rows] == [
        ("a.png", "4"),
        ("meters/b.png", "5"),
        ("meters/c.png", "5"),
    ]
    assert (meters / ".digitd.yaml").exists()
    assert digitd("status", capsys=capsys)[0] == 0


def test_a_rejected_page_needs_a_person_too(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "inbox" / "a.png").write_text("half 42")
    assert digitd("watch", "--once", capsys=capsys)[0] == 1
    code, out, _ = digitd("status", capsys=capsys)
    assert code == 1
    assert "1 done + 0 rejected" in out
    assert re.search(r"rejected \w{8} a\.png, page 2: it is torn \(damaged\)\n", out)


def test_a_paused_daemon_is_the_first_line(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "state").mkdir()
    (house / "state" / "status.json").write_text(
        json.dumps({"paused": "no space", "model": "m", "last_error": "then: no space"})
    )
    with hold(house / "state"):
        code, out, _ = digitd("status", capsys=capsys)
    first, second, *_, last = out.splitlines()
    assert (code, first, last) == (1, "PAUSED   no space", "error    then: no space")
    assert second.startswith("running  pid ")


def test_an_inbox_that_is_gone_needs_a_person(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "inbox").rmdir()
    code, out, _ = digitd("status", capsys=capsys)
    assert code == 1
    assert out.startswith("PAUSED   cannot look into the inbox inbox: No such file")


def test_a_rejected_scan_is_read_again_on_request(
    house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fake_reader

    (house / "inbox" / "a.png").write_text("42")
    with monkeypatch.context() as patch:
        patch.setattr(
            fake_reader,
            "_read",
            lambda s: Rejection(s.id, s.file, s.sha256, Reason.KILLED_WORKER, "?"),
        )
        digitd("watch", "--once", capsys=capsys)
    assert digitd("retry", "--all", capsys=capsys)[1] == "1 back in the inbox\n"
    assert digitd("watch", "--once", capsys=capsys)[0] == 0
    told = json.loads(digitd("status", "--machine", capsys=capsys)[1])
    assert (told["seen"], told["done"], told["rejected"], told["balanced"]) == (1, 1, 0, True)


@pytest.mark.usefixtures("house")
def test_retry_wants_scans_or_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = (2, "", "digitd: name the scans, or give --all\n")
    assert digitd("retry", capsys=capsys) == wanted
    assert digitd("retry", "12", "--all", capsys=capsys) == wanted
    code, _, err = digitd("retry", "12", "", capsys=capsys)
    assert (code, "an argument is empty" in err) == (2, True)


def test_an_export_says_where_it_is(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert digitd("export", "--out", "copy", capsys=capsys)[0] == 66
    (house / "inbox" / "a.png").write_text("42")
    digitd("watch", "--once", capsys=capsys)
    assert digitd("export", "--out", "copy", capsys=capsys) == (0, "1 results in copy\n", "")
    live, copy = (next(house.glob(f"{name}/2*/readings.csv")) for name in ("outbox", "copy"))
    assert copy.read_bytes() == live.read_bytes()
