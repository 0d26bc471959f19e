from __future__ import annotations

from pathlib import Path

from bench.measure import Run
from bench.speed_table import Row, compare, read_ratios, table, write_table

FAST, SLOW = Run(8, 1, 2, 300, 100, 0.2), Run(8, 4, 6, 200, 100, 0.5)


def test_a_ratio_is_of_the_time_a_scan_and_the_median_of_runs() -> None:
    row = Row.of("a / b", [SLOW, SLOW, FAST], [FAST, FAST, FAST], at_most=4)
    assert (row.ratio, row.is_held) == (4, True)
    assert row.wall_ms == (500, 125)
    assert row.per_s == (2, 8)
    assert Row.of("a / b", [SLOW], [FAST], cpu=True).ratio == 3
    assert not Row.of("a / b", [SLOW], [FAST], at_least=4.1).is_held


def test_what_is_written_is_read_again_and_the_other_table_stays(tmp_path: Path) -> None:
    document = tmp_path / "speed.md"
    document.write_text(
        "text\n<!-- bench -->\nold\n<!-- end -->\n<!-- bench-quick -->\nold\n<!-- end -->\nmore\n"
    )
    rows = [Row.of("a / b", [SLOW], [FAST], at_most=2), Row("memory", 1.1, at_most=1.3)]
    write_table(document, table(rows, "today"), quick=False)
    assert read_ratios(document, quick=False) == {"a / b": 4.0, "memory": 1.1}
    assert read_ratios(document, quick=True) == {}
    assert document.read_text().endswith("<!-- bench-quick -->\nold\n<!-- end -->\nmore\n")
    assert "**missed**" in document.read_text()


def test_only_what_got_clearly_worse_is_warned_of() -> None:
    before = {"time": 3.0, "gain": 100.0, "plain": 1.0}
    rows = [Row("time", 4.1, at_most=5), Row("gain", 60, at_least=50), Row("plain", 9)]
    assert compare(rows, before) == ["time: 4.10, was 3.00", "gain: 60.00, was 100.00"]
    assert compare([Row("time", 3.5, at_most=5), Row("new", 9, at_most=1)], before) == []
