"""The three ways out of the command line."""

from __future__ import annotations

import pytest

from daemon import cli
from daemon.errors import InputMissing


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputMissing("no such folder: x"), 66, "digitd: no such folder: x"),
        (KeyboardInterrupt(), 130, "digitd: interrupted"),
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
    assert capsys.readouterr().err.splitlines()[-1] == line
