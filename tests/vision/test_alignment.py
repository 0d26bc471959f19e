"""Digits written against digits read."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.vision import alignment
from daemon.vision.alignment import align, edits

digits = st.text("0123456789", max_size=7)


@pytest.mark.parametrize(
    ("written", "read", "pairs"),
    [
        ("123", "123", [("1", "1"), ("2", "2"), ("3", "3")]),
        ("123", "13", [("1", "1"), ("2", None), ("3", "3")]),
        ("13", "123", [("1", "1"), (None, "2"), ("3", "3")]),
        ("7", "1", [("7", "1")]),
        ("", "5", [(None, "5")]),
    ],
)
def test_the_fewest_changes_are_found(written, read, pairs) -> None:
    assert align(written, read) == pairs


@given(digits, digits)
def test_nothing_written_or_read_is_lost(written, read) -> None:
    pairs = align(written, read)
    assert "".join(w for w, _ in pairs if w) == written
    assert "".join(r for _, r in pairs if r) == read
    assert abs(len(written) - len(read)) <= edits(pairs) <= max(len(written), len(read))
    assert edits(align(read, written)) == edits(pairs)


@pytest.mark.parametrize("length", range(6))
def test_what_differs_in_few_places_is_aligned_as_everything_else_is(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["".join(each) for each in product("01", repeat=length)]
    pairs = list(product(texts, texts))
    short = [align(written, read) for written, read in pairs]
    monkeypatch.setattr(alignment, "SUBSTITUTED", -1)
    assert short == [align(written, read) for written, read in pairs]
