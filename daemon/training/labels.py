"""labels.csv: which files of a folder show what. Columns `file` and `label`, others are free.

A label is the digits that are written, lines separated by `|`; what is no digit (spaces, dashes,
points) does not count. `none` says that there is no digit to read.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import NothingReadable

LABELS_FILE = "labels.csv"
NO_DIGITS = "none"


@dataclass(frozen=True, slots=True)
class LabelledScan:
    """A file, its name as its folder knows it, and its label as it was typed; `row` is where that
    stands."""

    path: Path
    file: str
    label: str
    row: int = 0

    @property
    def lines(self) -> tuple[str, ...]:
        """The digits of each line; nothing where there is no digit to read."""
        if self.label == NO_DIGITS:
            return ()
        digits = (re.sub("[^0-9]", "", line) for line in self.label.split("|"))
        return tuple(line for line in digits if line)

    @property
    def text(self) -> str:
        """All digits in reading order."""
        return "".join(self.lines)


def read_labels(folder: Path) -> tuple[LabelledScan, ...]:
    """The files that `folder`/labels.csv names. Raises NothingReadable."""
    path = folder / LABELS_FILE
    try:
        with path.open(encoding="utf-8-sig", newline="") as table:
            rows = csv.DictReader(table)
            if not {"file", "label"} <= set(rows.fieldnames or ()):
                columns = ", ".join(map(repr, rows.fieldnames or ())) or "nothing"
                raise NothingReadable(
                    f"{path} needs the columns file and label, parted by a comma; it has {columns}"
                )
            found = tuple(
                LabelledScan(folder / file, file, (row["label"] or "").strip(), rows.line_num)
                for row in rows
                if (file := row["file"])
            )
    except UnicodeDecodeError:
        raise NothingReadable(f"{path} is no text in UTF-8: save it as CSV (UTF-8)") from None
    except (OSError, csv.Error) as error:
        raise NothingReadable(f"{path} cannot be read: {error}") from None
    if not found:
        raise NothingReadable(f"{path} names no file")
    known: dict[str, LabelledScan] = {}
    for scan in found:
        other = known.setdefault(scan.file, scan)
        if other.lines != scan.lines:
            raise NothingReadable(
                f"{path}, line {scan.row}: {scan.file} has another label in line {other.row}; "
                "lines of one file stand in one label, separated by `|`"
            )
        if scan.label != NO_DIGITS and not scan.lines:
            raise NothingReadable(
                f"{path}, line {scan.row}: the label of {scan.file} is {scan.label!r}; it should "
                f"be digits or `{NO_DIGITS}`"
            )
    return found
