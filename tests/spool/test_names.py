from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from daemon.spool.names import MAX_NAME_BYTES, printable, safe_name, shown

file_names = st.binary(min_size=1).filter(lambda name: b"\0" not in name and b"/" not in name)


@given(file_names)
def test_a_safe_name_is_one_visible_printable_component_that_fits(name: bytes) -> None:
    safe = safe_name(shown(os.fsdecode(name)))
    assert 0 < len(safe.encode()) <= MAX_NAME_BYTES
    assert safe.isprintable()
    assert not set(safe) & set('/\\:*?"<>|')
    assert not safe.startswith(".")


@given(st.from_regex(r"[a-zA-Z0-9 _äß字-]{1,40}\.(png|JPEG|tif)", fullmatch=True))
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    assert safe_name(f"some/where/{name}") == name


def test_a_long_name_keeps_its_extension() -> None:
    assert safe_name("ä" * 300 + ".png") == "ä" * ((MAX_NAME_BYTES - 4) // 2) + ".png"


def test_bytes_that_are_no_utf8_are_shown_as_escapes() -> None:
    assert shown(os.fsdecode(b"caf\xe9 \xc3\xa9.png")) == r"caf\xe9 é.png"


def test_what_a_terminal_would_obey_is_printed_as_escapes() -> None:
    assert printable("a\nb\x1b[31m\u202egnp.exe é") == r"a\nb\x1b[31m\u202egnp.exe é"
