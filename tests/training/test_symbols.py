"""Letters and signs that are learnt as no digits."""

from __future__ import annotations

from daemon.training.symbols import SYMBOLS


def test_no_symbol_is_written_like_a_digit() -> None:
    like_digits = set("0123456789ODaIlSZ?B&GbPqgAYUhu!FTftr")
    assert not like_digits & set(SYMBOLS)
    assert len(SYMBOLS) > 20
