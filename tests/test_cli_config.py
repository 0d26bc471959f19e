"""The commands config check, show and schema, as a person calls them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from daemon.cli import main


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITD_CONFIG", raising=False)


@pytest.fixture
def digitd(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["digitd", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


def test_check_says_ok(digitd, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("quiet_s: 3\n")
    assert digitd("config", "check") == (0, "config.yaml: ok\n", "")


def test_check_finds_folders_in_each_other(digitd, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("inbox: in\noutbox: in/out\n")
    code, out, err = digitd("config", "check")
    assert (code, out) == (78, "")
    assert "lies inside inbox" in err


def test_check_without_a_file_says_that_defaults_are_used(digitd) -> None:
    assert digitd("config", "check") == (0, "there is no config.yaml here: defaults are used\n", "")


def test_check_lists_all_mistakes_and_exits_78(digitd, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("inbx: a\nworkers: none\n")
    code, out, err = digitd("config", "check", "mine.yaml")
    assert (code, out) == (78, "")
    assert err.splitlines() == [
        "digitd: the configuration holds 2 mistakes",
        "mine.yaml:1: inbx: there is no such key; did you mean inbox?",
        "mine.yaml:2: workers: must be auto, or a whole number, 1 or more, not none",
    ]


def test_check_of_a_file_of_hints(digitd, tmp_path: Path) -> None:
    hints = tmp_path / ".digitd.yaml"
    assert digitd("config", "check", ".digitd.yaml")[0] == 66
    hints.write_text("digits: 5\n")
    assert digitd("config", "check", ".digitd.yaml") == (0, ".digitd.yaml: ok\n", "")
    (tmp_path / "config.yaml").write_text("hints: {expect: digit}\n")
    code, _, err = digitd("config", "check", ".digitd.yaml")
    assert code == 78
    assert err.splitlines() == [
        "digitd: the hints hold a mistake",
        ".digitd.yaml:1: digits: 5 does not go with expect: digit, as the configuration says; "
        "`expect: null` here undoes that",
    ]
    hints.rename(tmp_path / ".digitd.yml")
    assert digitd("config", "check", ".digitd.yml")[2].splitlines() == [
        "digitd: the hints hold a mistake",
        ".digitd.yml: has to be called .digitd.yaml",
    ]


def test_check_of_a_file_that_is_not_there_exits_66(digitd) -> None:
    code, out, err = digitd("config", "check", "nowhere.yaml")
    assert (code, out) == (66, "")
    assert err == "digitd: nowhere.yaml cannot be read: No such file or directory\n"


def test_show_prints_what_is_in_effect_and_where_it_is_from(
    digitd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text("model: mlp-1\n")
    monkeypatch.setenv("DIGITD_BATCH__MAX_SCANS", "12")
    code, out, err = digitd("config", "show")
    assert (code, err) == (0, "")
    assert "model: mlp-1                     # config.yaml:1\n" in out
    assert "  max_scans: 12                  # DIGITD_BATCH__MAX_SCANS\n" in out
    assert "originals: archive               # default\n" in out
    assert yaml.safe_load(out)["limits"]["max_pages"] == 500


def test_schema_prints_json(digitd) -> None:
    code, out, _ = digitd("config", "schema")
    assert code == 0
    assert json.loads(out)["additionalProperties"] is False
