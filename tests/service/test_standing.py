"""What the daemon tells of how it stands."""

from __future__ import annotations

import json
from pathlib import Path

from daemon.service.standing import Standing


def test_several_mistakes_are_told_on_one_line(tmp_path: Path) -> None:
    standing = Standing(tmp_path / "status.json", "fake-1")
    standing.error("the configuration holds 2 mistakes\nc.yaml:1: inbx\nc.yaml:2: outbx")
    standing.write()
    told = json.loads((tmp_path / "status.json").read_text())["last_error"]
    assert told.endswith(" the configuration holds 2 mistakes; c.yaml:1: inbx; c.yaml:2: outbx")
