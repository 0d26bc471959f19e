"""Gates, tables and the document, from made-up measurements."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.document import BEGIN, END, Run, document, summary_table, write_document
from bench.gates import GATES, Figure, Gate, gate_table
from bench.peers import Peer
from bench.pictures import figures, misread_figures
from bench.results import Results, ece_interval, score_table, variation_table
from daemon.records import Status
from daemon.training.labels import LabelledScan
from daemon.training.scans import ScanEvaluation, ScanResult
from daemon.training.scores import Share


def scans(name: str, model: str, right: int, wrong: int, label: str = "5") -> ScanEvaluation:
    """Files that are called read with 0.9, some of them wrong."""
    scan = LabelledScan(Path("a.png"), "a.png", label)
    results = [
        ScanResult(scan, (text,), Status.READ, 0.9, True)
        for text, n in (("5", right), ("6", wrong))
        for _ in range(n)
    ]
    return ScanEvaluation(model, name, tuple(results))


def results() -> Results:
    sets = {}
    for model, wrong in (("mlp-1", 4), ("cnn-1", 1)):
        for name in ("single", "cells", "cells, odd"):
            sets[name, model] = scans(name, model, 100 - wrong, wrong)
        sets["nondigit", model] = scans("nondigit", model, wrong, 0, label="none")
    variations = {("tiny", model): scans("tiny", model, 9, 1) for model in ("mlp-1", "cnn-1")}
    peers = [Peer("single", "Tesseract", Share(20, 100))]
    return Results({"mlp-1": "mlp", "cnn-1": "cnn"}, sets, variations, peers)


def test_gates_say_pass_or_fail_of_each_version() -> None:
    lines = [line.strip("| ").split(" | ") for line in gate_table(results()).splitlines()[2:]]
    verdicts = {name: [cell.split()[-1] for cell in cells] for name, _, *cells in lines}
    assert verdicts["`single`"] == ["**fail**", "pass"]
    assert verdicts["`cells` called read"] == ["pass", "pass"]
    assert verdicts["`nondigit`, some line called read"] == ["**fail**", "**fail**"]
    assert {gate.name for gate in GATES} > set(verdicts)  # without those of sets not measured


@pytest.mark.parametrize(
    ("value", "at_least", "passed"), [(0.99, True, True), (0.98, True, False), (0.99, False, True)]
)
def test_a_gate_takes_its_limit_as_kept(value: float, at_least: bool, passed: bool) -> None:
    gate = Gate("made up", (), lambda _: Figure(0, (0, 0)), 0.99, at_least)
    assert gate.passed(Figure(value, (0.9, 1))) is passed


def test_peers_stand_below_the_versions_and_halves_apart() -> None:
    whole, halves = score_table(results()), score_table(results(), halves=True)
    assert "| single | 100 | Tesseract | 20.00 (13.3 to 28.9) | - | - | - |" in whole
    assert "cells, odd" not in whole
    assert "cells, odd" in halves
    assert "single" not in halves
    assert "| tiny | 10 | 90.00 (59.6 to 98.2) | 100.0 | 10.0 |" in variation_table(results())


def test_the_interval_of_calibration_holds_its_own_figure() -> None:
    scores = scans("single", "mlp-1", 90, 10).scores
    low, high = ece_interval(scores)
    assert low <= scores.ece + 1e-9
    assert high > 0.02
    assert (low, high) == ece_interval(scores)


def test_the_readme_takes_the_documents_first_table(tmp_path: Path) -> None:
    run = Run(results(), date(2026, 11, 21), "cnn-1", ["orand: there is no ../shared/data/orand"])
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_document(run, tmp_path, readme)
    table = summary_table(run)
    assert readme.read_text() == f"before\n{BEGIN}\n{table}{END}\nafter\n"
    text = (tmp_path / "accuracy.md").read_text()
    assert table in text
    assert "Measured 2026-11-21" in text
    assert "Not measured: orand" in text
    assert "| single digits: phone photos, scans, drawings | 100 | 96.0 | 99.00 |" in table
    assert text == document(run)


def test_figures_show_counts_and_curves_and_keep_one_half_unseen(tmp_path: Path) -> None:
    picture = np.full((40, 40), 200, np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    scan = LabelledScan(path, "a.png", "5")
    found = ScanEvaluation("cnn-1", "x", (ScanResult(scan, ("6",), Status.READ, 0.9, True),))
    names = ("single", "cells", "nondigit", "nondigit, even", "nondigit, odd", "cells, odd")
    made = Results({"cnn-1": "cnn"}, {(name, "cnn-1"): found for name in names}, {}, [])
    assert set(figures(made, "cnn-1")) == {"errors-by-coverage.png", "confusion.png"}
    assert set(misread_figures(made, "cnn-1")) == {
        "misread-single.png",
        "misread-cells.png",
        "misread-nondigit-even.png",
    }
