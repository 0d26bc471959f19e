"""Readings made by hand, and a results folder to deliver them to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import daemon
from daemon.records import Box, Digit, Durations, Line, PageReading, Picture, Reading, Status

MakeReading = Callable[..., Reading]
Check = Callable[[str], Mapping[str, Any]]


@pytest.fixture
def reading() -> MakeReading:
    """Makes a reading of one page with the given lines of digits."""

    def make(
        *texts: str,
        scan_id: str = "0" * 32,
        file: str = "a.png",
        pictures: tuple[bytes, ...] = (),
        status: Status = Status.READ,
    ) -> Reading:
        lines = tuple(_line(text, 40 * number) for number, text in enumerate(texts))
        page = PageReading(number=1, width=800, height=600, lines=lines)
        blank = [PageReading(n, 800, 600, ()) for n in range(2, len(pictures) + 1)]
        return Reading(
            scan_id=scan_id,
            file=file,
            sha256="ab" * 32,
            pages=(page, *blank),
            status=status if lines else Status.EMPTY,
            model="test-1",
            durations=Durations(decode_ms=1.23456, find_ms=2, read_ms=3),
            pictures=tuple(Picture(n, data) for n, data in enumerate(pictures, 1)),
        )

    return make


def _line(text: str, y: int) -> Line:
    digits = tuple(
        Digit(Box(30 * x, y, 20, 30), int(char), 0.987654321, (0.01,) * 10)
        for x, char in enumerate(text)
    )
    box = digits[0].box.union(digits[-1].box)
    return Line(digits, text, 0.987654321 ** len(text), box, Status.READ)


@pytest.fixture(scope="session")
def valid() -> Check:
    """Parses a document and checks it against the published schema."""
    schema = json.loads((Path(daemon.__file__).parent / "readings.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)

    def check(text: str) -> Mapping[str, Any]:
        document: Mapping[str, Any] = json.loads(text)
        validator.validate(document)
        return document

    return check
