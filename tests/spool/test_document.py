from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.records import Reading, Reason, RejectedPage, Rejection, Status
from daemon.spool.document import COLUMNS, copied_result, csv_text, guard, result_of, unguard
from daemon.spool.names import shown

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ID, OTHER_ID = "12" * 16, "34" * 16


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), fieldnames=COLUMNS))


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_any_file_name_round_trips_through_the_csv(name: bytes) -> None:
    file = shown(name.decode("utf-8", "surrogateescape"))
    outcome = Rejection(ID, file, None, Reason.UNREADABLE, "?")
    (row,) = rows_of(result_of(outcome, NOON).rows.encode().decode())
    assert unguard(row["file"]) == name.decode("utf-8", "backslashreplace")
    assert row["reason"] == "unreadable"


@given(st.text(st.sampled_from("'=+-@\t\r a"), max_size=4))
def test_no_cell_is_a_formula_and_the_guard_comes_off(cell: str) -> None:
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(guard(cell)) == cell


def test_a_line_of_digits_is_a_row(reading: Callable[..., Reading]) -> None:
    result = result_of(reading("007", "12", scan_id=ID, file="x/a.png"), NOON)
    assert result.rows == (
        f"x/a.png,1,1,007,0.9634,read,0,0,80,30,{ID},{'ab' * 32},,test-1,2026-11-21T12:00:00Z,\r\n"
        f"x/a.png,1,2,12,0.9755,read,0,40,50,30,{ID},{'ab' * 32},,test-1,2026-11-21T12:00:00Z,\r\n"
    )
    assert (result.digits, result.status, result.reason) == (5, Status.READ, None)


def test_a_line_tells_why_to_look_and_what_else_it_may_say(
    reading: Callable[..., Reading], valid: Callable[[str], Mapping[str, Any]]
) -> None:
    read = reading("128", status=Status.REVIEW)
    (line,) = read.pages[0].lines
    doubtful = replace(line, reason="read as 128 and as 126", alternatives=(("126", 0.12345),))
    read = replace(read, pages=(replace(read.pages[0], lines=(doubtful,)),))
    result = result_of(read, NOON)
    (written,) = valid(result.document)["pages"][0]["lines"]
    assert written["reason"] == "read as 128 and as 126"
    assert written["alternatives"] == [{"text": "126", "probability": 0.1235}]
    (row,) = rows_of(result.rows)
    assert row["reason"] == "read as 128 and as 126"
    assert result.reason is None


def test_an_empty_scan_has_one_row_without_digits(reading: Callable[..., Reading]) -> None:
    (row,) = rows_of(result_of(reading(), NOON).rows)
    assert row["status"] == "empty"
    assert [row[name] for name in ("page", "line", "text", "confidence", "x", "reason")] == [""] * 6


def test_a_rejected_page_is_a_row_in_its_place(
    reading: Callable[..., Reading], valid: Callable[[str], Mapping[str, Any]]
) -> None:
    lost = tuple(RejectedPage(n, Reason.TRUNCATED, "torn") for n in (1, 3))
    read = reading("12", file="a.tif", status=Status.REVIEW)
    read = replace(read, pages=(replace(read.pages[0], number=2),), rejected_pages=lost)
    result = result_of(read, NOON)
    rows = rows_of(result.rows)
    assert [(row["page"], row["text"], row["status"], row["reason"]) for row in rows] == [
        ("1", "", "rejected", "truncated"),
        ("2", "12", "read", ""),
        ("3", "", "rejected", "truncated"),
    ]
    assert (result.status, result.reason, result.digits) == (Status.REVIEW, Reason.TRUNCATED, 2)
    document = valid(result.document)
    assert document["rejected_pages"][1] == {"page": 3, "reason": "truncated", "message": "torn"}
    copy = copied_result(result, OTHER_ID, "b.tif", NOON)
    assert (copy.status, copy.reason) == (result.status, result.reason)
    assert len(rows_of(copy.rows)) == 3


def test_a_line_says_why_a_person_should_look(
    reading: Callable[..., Reading], valid: Callable[[str], Mapping[str, Any]]
) -> None:
    read = reading("12", "345", status=Status.REVIEW)
    (page,) = read.pages
    why = "3 digits expected, 2 found"
    lines = (replace(page.lines[0], reason=why, status=Status.REVIEW), page.lines[1])
    result = result_of(replace(read, pages=(replace(page, lines=lines),)), NOON)
    assert [(row["status"], row["reason"]) for row in rows_of(result.rows)] == [
        ("review", why),
        ("read", ""),
    ]
    first, second = valid(result.document)["pages"][0]["lines"]
    assert first["reason"] == why
    assert second["reason"] == ""
    assert result.reason is None


def test_a_rejected_scan_has_one_row_with_its_reason() -> None:
    outcome = Rejection(ID, "a.png", None, Reason.NOT_AN_IMAGE, "it is a text")
    (row,) = rows_of(result_of(outcome, NOON).rows)
    assert (row["status"], row["reason"]) == ("rejected", "not_an_image")
    assert row["model"] == row["sha256"] == row["text"] == ""


def test_documents_follow_the_schema(
    reading: Callable[..., Reading], valid: Callable[[str], Mapping[str, Any]]
) -> None:
    outcomes = [
        reading("12", "3", scan_id=ID),
        reading(scan_id=ID),
        Rejection(ID, "a.png", None, Reason.NO_PERMISSION, "may not read it"),
    ]
    for outcome in outcomes:
        document = valid(result_of(outcome, NOON).document)
        assert document["scan_id"] == ID
    read = valid(result_of(outcomes[0], NOON, ["annotated/a.jpg"]).document)
    assert read["annotated"] == ["annotated/a.jpg"]
    assert read["durations"]["decode_ms"] == 1.235
    assert [line["text"] for line in read["pages"][0]["lines"]] == ["12", "3"]


def test_the_schema_wants_a_reason_of_a_rejected_scan(
    valid: Callable[[str], Mapping[str, Any]],
) -> None:
    outcome = Rejection(ID, "a.png", None, Reason.DAMAGED, "?")
    document = json.loads(result_of(outcome, NOON).document)
    del document["reason"]
    with pytest.raises(jsonschema.ValidationError, match="reason"):
        valid(json.dumps(document))


def test_a_document_is_one_line_whatever_the_file_is_called() -> None:
    outcome = Rejection(ID, "a\nb\r\u2028.png", None, Reason.DAMAGED, "?")
    document = result_of(outcome, NOON).document
    assert "\n" not in document
    assert "\r" not in document
    assert json.loads(document)["file"] == outcome.file


def test_a_copy_has_its_own_name_and_the_first_ones_reading(
    reading: Callable[..., Reading], valid: Callable[[str], Mapping[str, Any]]
) -> None:
    original = result_of(reading("42", scan_id=ID), NOON, ["annotated/a.jpg"])
    later = NOON + timedelta(hours=1)
    copy = copied_result(original, OTHER_ID, "b.png", later)
    (row,) = rows_of(copy.rows)
    assert (row["file"], row["text"], row["scan_id"]) == ("b.png", "42", OTHER_ID)
    assert row["duplicate_of"] == copy.duplicate_of == ID
    assert row["processed_at"] == "2026-11-21T13:00:00Z"
    assert valid(copy.document)["annotated"] == ["annotated/a.jpg"]


def test_times_are_written_in_utc(reading: Callable[..., Reading]) -> None:
    moment = datetime(2026, 11, 21, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    (row,) = rows_of(result_of(reading("1"), moment).rows)
    assert row["processed_at"] == "2026-11-20T23:30:00Z"


def test_nothing_is_an_empty_cell() -> None:
    assert csv_text([[None, 0, ""]]) == ",0,\r\n"


@pytest.mark.parametrize("cell", ["a;=1+1.png", "a\t=1+1.png"])
def test_a_spreadsheet_that_cuts_at_other_separators_has_the_same_cells(cell: str) -> None:
    text = csv_text([[cell, 1, "52", None], ["b", 2, "7", None]])
    assert text == f'"{cell}",1,"52",""\r\n"b",2,"7",""\r\n'
    assert csv_text([["a.png", 1, "52", None]]) == "a.png,1,52,\r\n"
