"""Native libraries' messages go to the log, not to the terminal."""

from __future__ import annotations

import logging
import os

import pytest

from daemon.ann.quiet import native_stderr_logged


def test_what_is_written_to_descriptor_2_is_logged_instead(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with native_stderr_logged(logging.getLogger("native")):
        os.write(2, b"INFO: hello from C++\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
    assert caplog.messages == ["INFO: hello from C++"]


def test_the_terminal_is_given_back_after_an_exception(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        with native_stderr_logged(logging.getLogger("native")):
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"
