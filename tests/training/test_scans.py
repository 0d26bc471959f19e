"""Labelled files read the whole way, and what is counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from daemon.ann.classifier import load_classifier
from daemon.errors import ConfigInvalid, InputMissing
from daemon.records import Expected, Hints, Status
from daemon.training import scans as module
from daemon.training.labels import LabelledScan, read_labels
from daemon.training.misread import misread_scans_sheet
from daemon.training.plots import risk_coverage_picture
from daemon.training.report import tables
from daemon.training.scans import ScanEvaluation, ScanResult, evaluate_scans
from daemon.training.scores import Share

ROOT = Path(__file__).parents[2]


def result(
    label: str, *lines: str, status: Status = Status.READ, confidence: float = 0.9
) -> ScanResult:
    scan = LabelledScan(Path("a.png"), "a.png", label)
    accepted = status is Status.READ
    return ScanResult(scan, lines, status, confidence if lines else 0.0, accepted)


COUNTED = ScanEvaluation(
    "cnn-1",
    "made up",
    (
        result("12|34", "12", "34"),
        result("1234", "12", "34"),  # how lines break does not count
        result("567", "57"),
        result("8", status=Status.EMPTY),
        result("9", "9", "1", status=Status.REVIEW),
        result("none", "0"),
        result("none", "0", status=Status.REVIEW),
        result("none", status=Status.REJECTED),
    ),
)


def test_exact_is_all_digits_in_order_and_none_extra() -> None:
    right = [each.correct for each in COUNTED.results]
    assert right == [True, True, False, False, False, False, True, True]
    assert COUNTED.scores.exact == Share(4, 8)


def test_called_read_is_what_the_program_says_of_the_whole_file() -> None:
    assert COUNTED.scores.coverage == Share(4, 8)
    assert COUNTED.scores.error_read == Share(2, 4)
    assert COUNTED.accepted == Share(4, 8)
    assert COUNTED.with_status(Status.EMPTY, Status.REJECTED) == Share(2, 8)


def test_digits_and_lines_are_counted_on_their_own() -> None:
    assert COUNTED.lines == Share(3, 6)
    assert COUNTED.recall == Share(11, 13)
    assert COUNTED.precision == Share(11, 14)
    confusion = COUNTED.confusion
    assert confusion.sum() == 13
    assert confusion[6, 10] == confusion[8, 10] == 1
    assert confusion[5, 5] == 1


def test_the_summary_keeps_the_keys_of_arrays_and_adds_its_own() -> None:
    summary = COUNTED.summary()
    assert summary["n"] == 8
    assert summary["accuracy"] == 0.5
    assert (summary["wrong"], summary["unfound"], summary["refused"]) == (4, 2, 2)
    assert (summary["loss"], summary["extra"]) == (None, 3)
    assert summary["digit_error"] == pytest.approx(5 / 13, abs=1e-6)


def test_a_part_keeps_its_order() -> None:
    part = COUNTED.part([each.correct for each in COUNTED.results], "right ones")
    assert part.scores.exact == Share(4, 4)
    assert part.data == "right ones"


def test_the_samples_are_read_as_a_batch_reads_them(tmp_path: Path) -> None:
    for name in ("two.png", "two-lines.jpg", "tiny.png"):
        shutil.copy(ROOT / "samples" / name, tmp_path)
    (tmp_path / "page.png").write_bytes(
        cv2.imencode(".png", np.full((90, 90), 240, np.uint8))[1].tobytes()
    )
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "labels.csv").write_text(
        "file,label\ntwo.png,52\ntwo-lines.jpg,27|58\ntiny.png,3\npage.png,none\nnotes.txt,1\n"
    )
    classifier = load_classifier(ROOT / "models")
    found = evaluate_scans(classifier, "mine", read_labels(tmp_path))
    assert [each.lines for each in found.results] == [("52",), ("27", "58"), ("5",), (), ()]
    assert [each.correct for each in found.results] == [True, True, False, True, False]
    assert [each.status for each in found.results][3:] == [Status.EMPTY, Status.REJECTED]
    assert found.model == classifier.name
    strict = evaluate_scans(classifier, "mine", read_labels(tmp_path), review_below=1.01)
    assert strict.scores.coverage.hits == 0
    three = Hints(line=Expected(3, 3))
    hinted = evaluate_scans(classifier, "mine", read_labels(tmp_path), hints_of=lambda _: three)
    assert [each.status for each in hinted.results[:2]] == [Status.REVIEW] * 2
    sheet = misread_scans_sheet(found)
    shown = sheet[150:390, 48:848].reshape(-1, 3)
    assert (shown.std(axis=0) > 5).all()  # the two misread files' tiles: one has a picture


def test_a_labelled_file_that_is_missing_is_named(tmp_path: Path) -> None:
    names = ("gone.png", "too.png", "tiny.png")
    shutil.copy(ROOT / "samples" / "tiny.png", tmp_path)
    labelled = [LabelledScan(tmp_path / name, name, "5") for name in names]
    with pytest.raises(InputMissing, match=r"gone\.png cannot be read.*not there, nor 1 others$"):
        evaluate_scans(load_classifier(ROOT / "models"), "mine", labelled)


def test_mistaken_hints_are_found_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = [LabelledScan(ROOT / "samples" / "tiny.png", name, "3") for name in "ab"]

    def hints_of(label: LabelledScan) -> Hints:
        if label.file == "b":
            raise ConfigInvalid("the hints hold a mistake")
        return Hints()

    monkeypatch.setattr(module, "_BATCH_SCANS", 1)
    monkeypatch.setattr(module, "read_batch", lambda *_, **__: pytest.fail("one was read"))
    with pytest.raises(ConfigInvalid):
        evaluate_scans(load_classifier(ROOT / "models"), "mine", labelled, hints_of=hints_of)


def test_curves_are_drawn_a_colour_each() -> None:
    one = risk_coverage_picture({"a": COUNTED.scores}, "Errors", "made up")
    two = risk_coverage_picture({"a": COUNTED.scores, "b": COUNTED.scores}, "Errors", "made up")
    assert one.shape == two.shape
    assert (one != two).any()


def test_tables_say_what_was_missed_and_what_was_made_up() -> None:
    from rich.console import Console

    console = Console(width=80)
    with console.capture() as shown:
        console.print(tables(COUNTED))
    text = shown.get()
    assert "8 files, 50.00% right" in text
    assert "2 digits that are written were not found" in text
    assert "3 digits were read where none is written" in text
    assert "wrong among read" in text
