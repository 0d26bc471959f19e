"""Two digitds side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.compare import ROOT, Digitd, Seen, compare, files_of, least, report

SAMPLE = ROOT / "samples"


def seen(*lines: tuple[str, str], cpu_ms: float = 2, find_ms: float = 1) -> Seen:
    return Seen(lines, repr(lines), cpu_ms, find_ms)


def test_the_least_times_of_the_rounds_count_each_by_itself() -> None:
    rounds = [seen(("1", "read"), cpu_ms=5, find_ms=2), seen(("1", "read"), cpu_ms=4, find_ms=3)]
    assert least(rounds) == seen(("1", "read"), cpu_ms=4, find_ms=2)


def test_a_report_gives_ratios_and_what_is_read_otherwise(tmp_path: Path) -> None:
    other, ours = seen(("12", "read"), cpu_ms=4, find_ms=2), seen(("17", "read"), cpu_ms=3)
    told = report(tmp_path, [(tmp_path / "a.png", [other, ours])], listed=5)
    assert "CPU 0.750 (4.00 then 3.00 ms), finding 0.500; 1 not the same, 1 in text" in told
    assert "a.png: [('12', 'read')] -> [('17', 'read')]" in told


def test_with_labels_it_tells_what_is_right_and_what_is_wrong_without_a_word(
    tmp_path: Path,
) -> None:
    (tmp_path / "labels.csv").write_text("file,label,notes\na.png,12|345,\n", encoding="utf-8")
    other = seen(("12", "read"), ("3", "read"), ("45", "read"))
    ours = seen(("12", "review"), ("345", "read"))
    told = report(tmp_path, [(tmp_path / "a.png", [other, ours])], listed=0)
    assert (
        "other rows 2 of 2, digits 5 of 5, precision 100.00, silent 2, right for review 0" in told
    )
    assert (
        "this  rows 2 of 2, digits 5 of 5, precision 100.00, silent 0, right for review 1" in told
    )


def test_a_checkout_beside_itself_reads_the_same() -> None:
    files = files_of(SAMPLE)[:1]
    with Digitd(ROOT) as one, Digitd(ROOT) as another:
        ((file, (other, ours)),) = compare((one, another), files, rounds=1)
    assert file == files[0]
    assert other.exact == ours.exact
    assert other.lines == ours.lines != ()
    assert min(other.cpu_ms, ours.cpu_ms) > 0


def test_a_folder_that_is_no_checkout_is_told(tmp_path: Path) -> None:
    with Digitd(tmp_path) as digitd, pytest.raises(SystemExit, match="has ended"):
        digitd.read(files_of(SAMPLE)[0])
