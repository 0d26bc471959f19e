"""Values on their way between processes."""

from __future__ import annotations

import pickle

from daemon.records import (
    Box,
    Digit,
    Durations,
    Expect,
    Hints,
    Line,
    PageReading,
    Picture,
    Reading,
    Scan,
    Status,
)


def test_a_scan_and_its_reading_come_to_another_process_as_they_left() -> None:
    scan = Scan("1" * 32, "a.png", "ab" * 32, b"\x89PNG", Hints(Expect.DIGIT), b"/in/a\xff.png")
    digit = Digit(Box(1, 2, 3, 4), 7, 0.75, (0.025,) * 7 + (0.75, 0.05, 0.025))
    line = Line((digit,), "7", 0.75, digit.box, Status.REVIEW, "told", (("1", 0.1),))
    reading = Reading(
        scan.id,
        scan.file,
        scan.sha256,
        (PageReading(1, 28, 28, (line,)),),
        Status.REVIEW,
        "test-1",
        Durations(0.5, 1.5, 2.5),
        (Picture(1, b"\xff\xd8"),),
    )
    assert pickle.loads(pickle.dumps((scan, reading))) == (scan, reading)


def test_what_a_reading_holds_takes_little_more_than_its_values() -> None:
    boxes = [Box(n, 2 * n, 3, 4) for n in range(1000, 2000)]
    assert len(pickle.dumps(boxes)) < 19 * len(boxes), "no names of fields, no lists"
