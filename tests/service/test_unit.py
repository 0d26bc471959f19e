"""systemd/: the files that make digitd a service, judged by systemd's own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daemon import errors
from daemon.config import load_config

FOLDER = Path(__file__).parents[2] / "systemd"
UNIT = (FOLDER / "digitd.service").read_text(encoding="utf-8")
MAX_EXPOSURE = 1.0


def setting(name: str) -> list[str]:
    """The words that a setting of the unit is given."""
    return " ".join(re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)).split()


def tool(name: str, *arguments: str | Path) -> str:
    """What one of systemd's tools says. Skips the test where it is missing or too old."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    run = subprocess.run([name, *arguments], capture_output=True, text=True)
    if "unrecognized option" in run.stderr:
        pytest.skip(f"this {name} is too old")
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    unit = tmp_path / "digitd.service"  # whose program is there, as it is when it is installed
    unit.write_text(UNIT.replace("/opt/digitd/bin/digitd", sys.executable), encoding="utf-8")
    said = tool("systemd-analyze", "verify", unit).splitlines()
    assert [line for line in said if "digitd" in line] == []  # not what it says of other units


def test_it_is_shut_in_well_enough() -> None:
    judged = tool(
        "systemd-analyze", "security", "--offline=true", "--no-pager", FOLDER / "digitd.service"
    )
    exposure = re.search(r"Overall exposure level for digitd\.service: ([\d.]+)", judged)
    assert exposure is not None, judged
    assert float(exposure[1]) <= MAX_EXPOSURE, judged


def test_it_may_write_where_the_configuration_says_and_nowhere_else() -> None:
    config = load_config(FOLDER / "config.yaml")
    assert config.state == Path("/var/lib", *setting("StateDirectory"))
    (writable,) = map(Path, setting("ReadWritePaths"))
    assert {config.inbox.parent, config.outbox.parent} == {writable}
    assert not config.models.is_relative_to(writable)
    mounted = list(map(Path, setting("RequiresMountsFor")))
    for folder in (config.inbox, config.outbox, config.state, config.models):
        assert any(folder.is_relative_to(mount) for mount in mounted), folder


def test_what_trying_again_cannot_mend_is_not_tried_again() -> None:
    hopeless = (
        errors.UsageError,
        errors.InputMissing,
        errors.StateHeld,
        errors.NoPermission,
        errors.ConfigInvalid,
        errors.ModelUnavailable,
    )
    given_up = {int(code) for code in setting("RestartPreventExitStatus")}
    assert given_up == {kind.exit_code for kind in hopeless}
    assert errors.OutputUnwritable.exit_code not in given_up


def test_the_user_and_the_folders_come_to_exist(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make users and give folders to them")
    (tmp_path / "etc").mkdir()
    tool("systemd-sysusers", f"--root={tmp_path}", FOLDER / "digitd.sysusers")
    user, *_ = [
        line.split(":")
        for line in (tmp_path / "etc" / "passwd").read_text().splitlines()
        if line.startswith("digitd:")
    ]
    assert user[5:] == ["/var/lib/digitd", "/usr/sbin/nologin"]
    tool("systemd-tmpfiles", "--create", f"--root={tmp_path}", FOLDER / "digitd.tmpfiles")
    expected = {
        "srv/digitd": 0o750,
        "srv/digitd/inbox": 0o2770,
        "srv/digitd/outbox": 0o2750,
        "var/lib/digitd": 0o750,
    }
    assert {name: (tmp_path / name).stat().st_mode & 0o7777 for name in expected} == expected
    assert (tmp_path / "srv/digitd/inbox").stat().st_gid == int(user[3])
