from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from daemon.records import Reading
from daemon.spool.claims import Source
from daemon.spool.document import CSV_HEADER, result_of
from daemon.spool.journal import Arrival, Journal
from daemon.spool.sheet import Form, Sheet

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CSV = Form(".csv", CSV_HEADER, lambda arrival: arrival.result.rows)


@dataclass
class Desk:
    """A results folder with its journal, and a pile of arrivals."""

    folder: Path
    journal: Journal
    arrivals: Iterator[Arrival]

    def new_sheet(self) -> Sheet:
        return Sheet(self.folder, self.folder / "staging", self.journal, CSV)

    def write(self, sheet: Sheet, *, publish: bool = True) -> str:
        """Record one more arrival and append all that waits; the rows that were due."""
        self.journal.record([next(self.arrivals)])
        waiting = self.journal.unpublished()
        voucher = sheet.append(waiting)
        assert voucher is not None
        if publish:
            self.journal.publish(waiting, [voucher])
        return "".join(arrival.result.rows for arrival in waiting)

    def read(self, name: str = "readings.csv") -> str:
        return (self.folder / name).read_bytes().decode()


@pytest.fixture
def desk(tmp_path: Path, reading: Callable[..., Reading]) -> Iterator[Desk]:
    def arrive() -> Iterator[Arrival]:
        for number in range(100):
            scan_id = f"{number:08d}" * 4
            result = result_of(reading("42", scan_id=scan_id, file=f"{number}.png"), NOON)
            yield Arrival(scan_id, f"{number}.png", Source(b"/x", 1, number), None, "m", result)

    (tmp_path / "staging").mkdir()
    with Journal(tmp_path / "journal.db") as journal:
        yield Desk(tmp_path, journal, arrive())


def test_rows_follow_each_other_under_one_header(desk: Desk) -> None:
    sheet = desk.new_sheet()
    rows = [desk.write(sheet), desk.write(sheet), desk.write(desk.new_sheet())]
    assert desk.read() == CSV_HEADER + "".join(rows)


@pytest.mark.parametrize("kept", [0, 1, 60, 199])
def test_rows_cut_off_by_a_crash_are_written_again(desk: Desk, kept: int) -> None:
    before = CSV_HEADER + desk.write(desk.new_sheet())
    desk.write(desk.new_sheet(), publish=False)
    os.truncate(desk.folder / "readings.csv", len(before) + kept)
    rows = desk.write(desk.new_sheet())
    assert desk.read() == before + rows


@pytest.mark.parametrize("kept", [0, 10, 300])
def test_a_first_write_cut_off_by_a_crash_is_done_again(desk: Desk, kept: int) -> None:
    desk.write(desk.new_sheet(), publish=False)
    os.truncate(desk.folder / "readings.csv", kept)
    rows = desk.write(desk.new_sheet())
    assert desk.read() == CSV_HEADER + rows


def test_zeros_that_a_power_cut_left_are_cut_off(desk: Desk) -> None:
    before = CSV_HEADER + desk.write(desk.new_sheet())
    desk.write(desk.new_sheet(), publish=False)
    path = desk.folder / "readings.csv"
    size = path.stat().st_size
    os.truncate(path, len(before) + 5)
    os.truncate(path, size)
    rows = desk.write(desk.new_sheet())
    assert desk.read() == before + rows


@pytest.mark.parametrize("is_first", [True, False])
def test_what_is_vouched_for_is_the_file_after_a_publishing_that_failed(
    desk: Desk, is_first: bool
) -> None:
    sheet = desk.new_sheet()
    before = CSV_HEADER + ("" if is_first else desk.write(sheet))
    desk.write(sheet, publish=False)  # the disk is full: the journal does not take it in
    rows = desk.write(sheet)
    assert desk.read() == before + rows
    (voucher,) = desk.journal.vouchers(".csv")
    content = desk.read().encode()
    assert (voucher.length, voucher.sha256) == (len(content), sha256(content).hexdigest())
    rows += desk.write(desk.new_sheet())
    assert desk.read() == before + rows


@pytest.mark.parametrize("same_run", [True, False])
@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("42", "43"),
        lambda text: text + "my own row\r\n",
        lambda text: text[:-20],
        lambda _: "",
        lambda text: "\ufeff" + text.replace("\r\n", "\n"),
    ],
    ids=["digit corrected", "row added", "row removed", "emptied", "saved by a spreadsheet"],
)
def test_a_file_that_a_person_changed_is_left_alone(
    desk: Desk, edit: Callable[[str], str], same_run: bool
) -> None:
    sheet = desk.new_sheet()
    desk.write(sheet)
    edited = edit(desk.read())
    (desk.folder / "readings.csv").write_bytes(edited.encode())
    os.utime(desk.folder / "readings.csv", (1, 1))  # clocks tick more slowly than tests
    rows = [desk.write(sheet if same_run else desk.new_sheet()) for _ in range(2)]
    assert desk.read() == edited
    assert desk.read("readings-2.csv") == CSV_HEADER + "".join(rows)


def test_a_strangers_file_is_left_alone(desk: Desk) -> None:
    (desk.folder / "readings.csv").write_text("mine\n")
    (desk.folder / "readings-2.csv").write_text("mine too\n")
    rows = desk.write(desk.new_sheet())
    assert desk.read("readings-3.csv") == CSV_HEADER + rows
    assert desk.read("readings.csv") == "mine\n"
    assert desk.new_sheet().path == desk.folder / "readings-3.csv"


def test_a_removed_file_is_written_again_from_the_journal(desk: Desk) -> None:
    for _ in range(3):
        desk.write(desk.new_sheet())
    before = desk.read()
    (desk.folder / "readings.csv").unlink()
    desk.new_sheet().restore()
    assert desk.read() == before
    rows = desk.write(desk.new_sheet())
    assert desk.read() == before + rows


def test_a_file_removed_in_the_middle_of_a_run_is_written_again(desk: Desk) -> None:
    sheet = desk.new_sheet()
    rows = [desk.write(sheet)]
    (desk.folder / "readings.csv").unlink()
    rows.append(desk.write(sheet))
    assert desk.read() == CSV_HEADER + "".join(rows)


def test_a_second_file_is_written_again_with_its_own_rows_only(desk: Desk) -> None:
    desk.write(desk.new_sheet())
    (desk.folder / "readings.csv").write_text("edited\n")
    rows = desk.write(desk.new_sheet())
    (desk.folder / "readings-2.csv").unlink()
    desk.new_sheet().restore()
    assert desk.read("readings-2.csv") == CSV_HEADER + rows
    assert desk.read() == "edited\n"


def test_nothing_to_say_leaves_no_file(desk: Desk) -> None:
    silent = Sheet(desk.folder, desk.folder, desk.journal, Form(".jsonl", "", lambda _: ""))
    desk.journal.record([next(desk.arrivals)])
    assert silent.append(desk.journal.unpublished()) is None
    assert not (desk.folder / "readings.jsonl").exists()
