"""What labels.csv may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.errors import NothingReadable
from daemon.training.labels import LabelledScan, read_labels


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("7", ("7",)),
        ("0042", ("0042",)),
        ("12|34", ("12", "34")),
        ("1 2 - 3|-|4,50", ("123", "450")),
        ("A B|3 -", ("3",)),
        ("none", ()),
    ],
)
def test_only_digits_count_and_bars_part_lines(label, lines) -> None:
    scan = LabelledScan(Path("a.png"), "a.png", label)
    assert scan.lines == lines
    assert scan.text == "".join(lines)


def test_labels_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("note,label,file\nx, 5 ,b.png\n,none,sub/a.png\n")
    first, second = read_labels(tmp_path)
    assert (first.path, first.label, first.row) == (tmp_path / "b.png", "5", 2)
    assert (second.file, second.lines) == ("sub/a.png", ())


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"name,digit\n", "needs the columns file and label"),
        (b"file;label\na.png;1\n", "parted by a comma; it has 'file;label'"),
        (b"file,label\n", "names no file"),
        (b"file,label\n\xff\xfe,1\n", "no text in UTF-8"),
    ],
)
def test_a_labels_csv_that_says_nothing_is_refused(tmp_path: Path, data, complaint) -> None:
    (tmp_path / "labels.csv").write_bytes(data)
    with pytest.raises(NothingReadable, match=complaint):
        read_labels(tmp_path)


@pytest.mark.parametrize("label", ["", "None", "seven", "\u0663"])
def test_a_label_without_digits_says_none_or_is_a_mistake(tmp_path: Path, label: str) -> None:
    (tmp_path / "labels.csv").write_text(f"file,label\na.png,5\nb.png,{label}\n", encoding="utf-8")
    with pytest.raises(NothingReadable, match=r"labels\.csv, line 3: the label of b\.png is"):
        read_labels(tmp_path)


def test_a_file_with_two_labels_is_a_mistake(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,label\na.png,27\nb.png,27\na.png,2 7\n")
    assert len(read_labels(tmp_path)) == 3, "the same twice is no contradiction"
    table.write_text("file,label\na.png,27\nb.png,27\na.png,58\n")
    with pytest.raises(NothingReadable, match=r"line 4: a\.png has another label in line 2;"):
        read_labels(tmp_path)
