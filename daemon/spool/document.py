"""An outcome as text: the JSON document `digitd.reading/1` and its rows of readings.csv.

Both are made once, when the outcome is recorded, and kept in the journal: what a later version of
digitd would write differently stays as it was published.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from ..records import Box, Digit, Line, Outcome, PageReading, Reading, Reason, Status

SCHEMA = "digitd.reading/1"
CSV_HEADER = (
    "file,page,line,text,confidence,status,x,y,width,height,"
    "scan_id,sha256,duplicate_of,model,processed_at,reason\r\n"
)
COLUMNS = tuple(CSV_HEADER.strip().split(","))  # new ones only at the end

Json: TypeAlias = dict[str, Any]

# Spreadsheets run a cell that starts like this as a formula, and file names come from strangers.
# Quotes before it count too, so that the guard can be taken off again without a doubt.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SUSPECT = frozenset("'=+-@\t\r")  # first characters
_OTHER_SEPARATORS = (";", "\t")  # that spreadsheets cut at as well, of some countries or by default

_to_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of one scan and how it is written. `reason` says why it was rejected, or else
    why its first rejected page was. `document` is JSON on one line (without its line end), `rows`
    are complete lines of CSV, `digits` counts the digits read."""

    status: Status
    reason: Reason | None
    duplicate_of: str | None
    digits: int
    document: str
    rows: str


def result_of(outcome: Outcome, processed_at: datetime, annotated: Sequence[str] = ()) -> Result:
    """The result of an outcome; `annotated` names its pictures, relative to the results folder."""
    document: Json = {
        "schema": SCHEMA,
        "scan_id": outcome.scan_id,
        "file": outcome.file,
        "sha256": outcome.sha256,
        "duplicate_of": None,
        "processed_at": timestamp(processed_at),
    }
    if isinstance(outcome, Reading):
        document |= {
            "status": outcome.status,
            "model": outcome.model,
            "durations": {
                "decode_ms": round(outcome.durations.decode_ms, 3),
                "find_ms": round(outcome.durations.find_ms, 3),
                "read_ms": round(outcome.durations.read_ms, 3),
            },
            "annotated": list(annotated),
            "pages": [_page(page) for page in outcome.pages],
            "rejected_pages": [
                {"page": page.number, "reason": page.reason, "message": page.message}
                for page in outcome.rejected_pages
            ],
        }
    else:
        document |= {
            "status": Status.REJECTED,
            "reason": outcome.reason,
            "message": outcome.message,
        }
    return _result(document)


def copied_result(
    original: Result, scan_id: str, file: str, processed_at: datetime, way: str = ""
) -> Result:
    """The result of a scan whose content was read before: the same under its own name. `way` leads
    to the results folder of the original, where its pictures are."""
    document: Json = json.loads(original.document)
    if "annotated" in document:
        document["annotated"] = [f"{way}{name}" for name in document["annotated"]]
    return _result(
        document
        | {
            "scan_id": scan_id,
            "file": file,
            "duplicate_of": document["scan_id"],
            "processed_at": timestamp(processed_at),
        }
    )


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """RFC 4180 lines of these cells, strings guarded; None is an empty cell. Where a cell holds
    what some spreadsheets cut at, and would take the rest for a cell of its own, all are quoted."""
    guarded = [[guard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    text = _written(guarded, csv.QUOTE_MINIMAL)
    if any(separator in text for separator in _OTHER_SEPARATORS):
        return _written(guarded, csv.QUOTE_NONNUMERIC)
    return text


def guard(cell: str) -> str:
    """The cell with a leading `'` where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell[:1] in _SUSPECT and _FORMULA.match(cell) else cell


def unguard(cell: str) -> str:
    """The cell as it was before `guard`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _written(rows: Iterable[Sequence[object]], quoting: Literal[0, 2]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n", quoting=quoting).writerows(rows)
    return buffer.getvalue()


@lru_cache(maxsize=4)  # a batch has one
def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _result(document: Json) -> Result:
    lines = [(page["page"], line) for page in document.get("pages", ()) for line in page["lines"]]
    rejected = document.get("rejected_pages", ())
    blank: Json = {name: document.get(name) for name in COLUMNS}
    rows: list[Json] = [blank | _cells(page, line) for page, line in lines]
    if rejected:
        rows += [
            blank | {"page": page["page"], "reason": page["reason"], "status": Status.REJECTED}
            for page in rejected
        ]
        rows.sort(key=lambda row: row["page"])
    reasons = [each["reason"] for each in (document, *rejected) if "reason" in each]
    return Result(
        status=Status(document["status"]),
        reason=Reason(reasons[0]) if reasons else None,
        duplicate_of=document["duplicate_of"],
        digits=sum(len(line["digits"]) for _, line in lines),
        document=_to_json(document),
        rows=csv_text(row.values() for row in rows or [blank]),
    )


def _cells(page: int, line: Json) -> Json:
    """What a line of a page says in its row."""
    return {
        "page": page,
        "line": line["line"],
        "text": line["text"],
        "confidence": f"{line['confidence']:.4f}",
        "status": line["status"],
        "reason": line["reason"],
        **line["box"],
    }


def _page(page: PageReading) -> Json:
    return {
        "page": page.number,
        "width": page.width,
        "height": page.height,
        "lines": [_line(number, line) for number, line in enumerate(page.lines, 1)],
    }


def _line(number: int, line: Line) -> Json:
    return {
        "line": number,
        "text": line.text,
        "confidence": round(line.confidence, 4),
        "status": line.status,
        "box": _box(line.box),
        "reason": line.reason,
        "alternatives": [
            {"text": text, "probability": round(probability, 4)}
            for text, probability in line.alternatives
        ],
        "digits": [_digit(digit) for digit in line.digits],
    }


def _digit(digit: Digit) -> Json:
    return {
        "digit": digit.digit,
        "confidence": round(digit.confidence, 4),
        "box": _box(digit.box),
        "probabilities": [round(probability, 6) for probability in digit.probabilities],
    }


def _box(box: Box) -> Json:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
