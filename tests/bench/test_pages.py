"""The project's own pages: seeded, labelled, and held against what was read."""

from __future__ import annotations

import gzip
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import read_pages
from bench.page_scores import PageScore, interval, score, score_table, written_rows
from bench.pages import SEEN, UNSEEN, draw, encode, write_pages
from bench.read_pages import contact_sheets
from bench.writers import OWN, PENDIGITS, Writers, find_writers
from daemon.records import Status
from daemon.training.labels import LabelledScan, read_labels
from daemon.training.scans import ScanResult

SHARED = Path(__file__).parents[3] / "shared" / "data"
NOBODY = Writers((), {})
SMALL = 8  # a puzzle: quickly drawn


def result(label: str, *lines: str) -> ScanResult:
    scan = LabelledScan(Path("a.png"), "a.png", label)
    return ScanResult(scan, lines, Status.READ, 0.9)


def test_a_page_depends_on_its_number_only() -> None:
    once = draw(SMALL, NOBODY)
    draw(5, NOBODY)
    again, other = draw(SMALL, NOBODY), draw(SMALL + 10, NOBODY)
    np.testing.assert_array_equal(once.photo.pixels, again.photo.pixels)
    assert (once.photo.label, once.aspects) == (again.photo.label, again.aspects)
    assert other.photo.label != once.photo.label


def test_halves_share_no_page_and_all_layouts() -> None:
    assert not set(SEEN) & set(UNSEEN)
    assert len(SEEN) == len(UNSEEN) == 100


def test_files_and_labels_belong_together(tmp_path: Path) -> None:
    aspects = write_pages([1, SMALL], tmp_path / "new", NOBODY)
    scans = read_labels(tmp_path / "new")
    assert [each["layout"] for each in aspects] == ["slip", "puzzle"]
    for scan, number in zip(scans, (1, SMALL), strict=True):
        drawn = draw(number, NOBODY)
        assert scan.label == drawn.photo.label
        assert scan.path.read_bytes() == encode(drawn)
        page = cv2.imread(str(scan.path), cv2.IMREAD_GRAYSCALE)
        assert page.shape == drawn.photo.pixels.shape[:2]
    text = (tmp_path / "new" / "labels.csv").read_text(encoding="utf-8")
    boxes = text.splitlines()[1].split("boxes=")[1].split()
    assert len(boxes) == len(scans[0].text)


def test_without_shared_the_project_writes_itself() -> None:
    assert draw(SMALL, find_writers(Path("/nowhere"))).aspects[-1] == ("hand", OWN)


def test_recorded_writers_keep_their_digits_to_themselves(tmp_path: Path) -> None:
    segment = '.SEGMENT DIGIT ? ? "{label}"\n.COMMENT {label} {writer} 1\n.PEN_DOWN\n{points}\n'
    texts = [
        segment.format(label=label, writer=writer, points="\n".join(f"{x} {x}" for x in (0, 50)))
        for writer in (1, 4)
        for label in range(10)
    ]
    (tmp_path / "pendigits").mkdir()
    (tmp_path / "pendigits" / "pendigits-orig.tes.gz").write_bytes(
        gzip.compress("".join(texts).encode())
    )
    writers = find_writers(tmp_path)
    drawn = [writers.draw(0, np.random.default_rng(seed)) for seed in range(20)]
    hands = [hand for kind, hand in drawn if kind == PENDIGITS]
    assert {kind for kind, _ in drawn} == {PENDIGITS, OWN}
    owners = [{d.writer for digits in hand.digits.values() for d in digits} for hand in hands]
    assert {frozenset(owner) for owner in owners} == {frozenset({1}), frozenset({4})}


def test_halves_are_written_with_different_digits() -> None:
    if not (SHARED / "mnist").is_dir():
        pytest.skip("../shared/data/mnist is not here")
    first, second = find_writers(SHARED).bitmaps
    assert sum(map(len, first.values())) == sum(map(len, second.values())) == 5000


def test_labels_are_rows_of_groups() -> None:
    assert written_rows("12 12|3,5 -|A B|-") == (("12", "12"), ("35",))
    assert written_rows("none") == ()


def test_digits_count_wherever_they_stand_and_lines_where_they_are_whole() -> None:
    assert score("12 12|34", ["12", "12", "43"]) == PageScore(6, 6, 6, 2, 1, 0, 3, 2)
    assert score("12 12|34", ["1212", "34"]) == PageScore(6, 6, 6, 2, 2, 2, 3, 1)
    assert score("12|34", ["12", "5", "34", "9"]) == PageScore(4, 4, 6, 2, 2, 2, 2, 2)
    assert score("123", ["12", "4", "3"]).found == 0


def test_no_line_serves_two_rows() -> None:
    assert score("12|12", ["12"]).found == 1
    assert score("1 2|12", ["12", "1", "2"]).found == 2
    assert score("1 2|1 2", ["1", "2", "2"]).found == 1
    assert score("20|20 20", ["20", "20", "20"]).found == 2
    assert score("1|1 2 5", ["1", "2", "5", "1"]).found == 2


def test_the_table_has_a_row_for_each_value_of_each_aspect() -> None:
    results = [result("12", "12"), result("34", "3"), result("56")]
    aspects = [{"turn": "left"}, {"turn": "right"}, {"turn": "right"}]
    lines = score_table(results, aspects).splitlines()
    assert len(lines) == 5
    assert lines[2].startswith("| **all** | 3 | 6 | 50.00 (")
    assert lines[3].startswith("| turn: left | 1 | 2 | 100.00 (")
    assert "| turn: right | 2 | 4 | 25.00 (" in lines[4]
    assert " 100.00 (0.0 to 100.0) |" in lines[4]  # precision: nothing was read of the other page


def test_the_interval_is_one_of_pages() -> None:
    few = interval([10, 0], [10, 10])
    many = interval([10, 0] * 50, [10, 10] * 50)
    assert few == (0.0, 1.0)
    assert 0.35 < many[0] < 0.5 < many[1] < 0.65
    assert interval([3], [4]) == (0.75, 0.75)


def test_contact_sheets_show_every_page(tmp_path: Path) -> None:
    write_pages([1, SMALL, 18], tmp_path, NOBODY)
    sheets = contact_sheets(tmp_path, per_sheet=(2, 1))
    assert len(sheets) == 2
    assert {sheet.shape for sheet in sheets} == {(640, 1280, 3)}
    assert (sheets[1][:, 640:] == 128).all()


def test_unseen_pages_are_not_shown(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["read_pages", "--unseen", "--sheets"])
    with pytest.raises(SystemExit):
        read_pages.main()
    assert "--unseen pages are not to be looked at" in capsys.readouterr().err
