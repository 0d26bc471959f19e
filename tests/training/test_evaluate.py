"""An evaluation's figures, tables and pictures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from daemon.errors import OutputUnwritable
from daemon.training.datasets import DigitSet
from daemon.training.evaluate import Evaluation
from daemon.training.fit import Step
from daemon.training.misread import misread_sheet
from daemon.training.plots import (
    confusion_picture,
    reliability_diagram,
    training_curve,
)
from daemon.training.report import best_guesses, half_blocks, tables, write_report, write_sample
from daemon.vision.choice import SURELY_NO_DIGIT


def evaluation(digits: DigitSet, wrong: int, *, unfound: int = 0, classes: int = 11) -> Evaluation:
    """All digits read right with 0.9, but the first `wrong` as their successor."""
    probabilities = np.full((len(digits), classes), 0.1 / (classes - 1), np.float32)
    predicted = digits.labels.astype(np.int64)
    predicted[:wrong] = (predicted[:wrong] + 1) % classes
    probabilities[np.arange(len(digits)), predicted] = 0.9
    marked = DigitSet(digits.name, digits.source, digits.images, digits.labels, unfound)
    return Evaluation("mlp-1", marked, probabilities, 0.8)


def test_the_summary_has_what_scripts_rely_on(test_digits: DigitSet) -> None:
    summary = evaluation(test_digits, 10).summary()
    assert summary["n"] == 200
    assert summary["accuracy"] == 0.95
    assert summary["wrong"] == 10
    assert summary["ece"] == pytest.approx(0.05, abs=1e-5)
    assert summary["loss"] == pytest.approx(
        -(190 * np.log(0.9) + 10 * np.log(0.01)) / 200, abs=1e-4
    )
    assert np.sum(summary["confusion"]) == 200
    assert json.loads(json.dumps(summary)) == summary


def test_files_without_a_digit_count_as_wrong(test_digits: DigitSet) -> None:
    found = evaluation(test_digits, 0, unfound=50)
    assert found.n == 250
    assert found.accuracy == 0.8
    assert found.summary()["wrong"] == 50
    console = Console(width=80)
    with console.capture() as shown:
        console.print(tables(found))
    assert "no digit found in 50 files" in shown.get()


@pytest.mark.parametrize("classes", [10, 11])
def test_the_tables_fit_a_terminal_of_80_columns(test_digits: DigitSet, classes: int) -> None:
    images, labels = test_digits.images.repeat(60, axis=0), test_digits.labels.repeat(60)
    big = DigitSet("big", "made up", images, labels)
    console = Console(width=80)
    with console.capture() as shown:
        console.print(tables(evaluation(big, 300, classes=classes)))
    text = shown.get()
    assert "…" not in text
    assert "97.50% right" in text
    assert ("none" in text) == (classes == 11)


def test_a_digit_that_may_be_none_counts_as_what_reading_would_show(test_digits: DigitSet) -> None:
    probabilities = np.zeros((200, 11), np.float32)
    probabilities[np.arange(200), test_digits.labels] = 0.15
    probabilities[:, 10] = SURELY_NO_DIGIT - 0.05
    found = Evaluation("mlp-1", test_digits, probabilities, 0.8)
    assert (found.refused, found.wrong) == (0, 0)
    np.testing.assert_allclose(found.confidence, 0.15)


def test_digits_taken_for_no_digit_are_counted_among_the_wrong_ones(test_digits: DigitSet) -> None:
    probabilities = np.zeros((200, 11), np.float32)
    probabilities[np.arange(200), test_digits.labels] = 1
    probabilities[:3] = np.eye(11, dtype=np.float32)[10]
    found = Evaluation("mlp-1", test_digits, probabilities, 0.8)
    assert (found.refused, found.wrong) == (3, 3)
    console = Console(width=80)
    with console.capture() as shown:
        console.print(tables(found))
    assert "3 taken for no digit" in shown.get()


def test_called_read_is_what_is_sure_enough_and_a_digit(test_digits: DigitSet) -> None:
    probabilities = np.zeros((200, 11), np.float32)
    probabilities[np.arange(200), test_digits.labels] = 0.9
    probabilities[:20] *= 0.5  # below the threshold
    probabilities[20:24] = np.eye(11, dtype=np.float32)[10]
    probabilities[24] = np.roll(probabilities[24], 1)
    found = Evaluation("mlp-1", test_digits, probabilities, 0.8).scores
    assert (found.coverage.hits, found.coverage.n) == (176, 200)
    assert (found.error_read.hits, found.error_read.n) == (1, 176)


def test_files_without_a_digit_are_not_called_read(test_digits: DigitSet) -> None:
    scores = evaluation(test_digits, 10, unfound=50).scores
    assert (scores.exact.hits, scores.exact.n) == (190, 250)
    assert scores.coverage.hits == 200
    assert scores.ece == pytest.approx(0.05, abs=1e-5)


def test_every_cell_of_the_confusion_matrix_is_drawn(test_digits: DigitSet) -> None:
    none_wrong = confusion_picture(evaluation(test_digits, 0))
    some_wrong = confusion_picture(evaluation(test_digits, 40))
    narrow = confusion_picture(evaluation(test_digits, 0, classes=10))
    assert none_wrong.shape == some_wrong.shape
    assert (none_wrong != some_wrong).any(axis=2).sum() > 10 * 90 * 90
    assert narrow.shape[1] < none_wrong.shape[1]


def test_the_sheet_grows_with_what_is_wrong_up_to_a_page(test_digits: DigitSet) -> None:
    heights = [len(misread_sheet(evaluation(test_digits, wrong))) for wrong in (0, 10, 11, 80, 200)]
    assert heights[0] == heights[1] < heights[2] < heights[3] == heights[4]


def test_the_sheet_shows_the_misread_digit_itself(test_digits: DigitSet) -> None:
    sheet = misread_sheet(evaluation(test_digits, 1))
    shown = 255 - test_digits.images[0].repeat(5, axis=0).repeat(5, axis=1)
    match = cv2.matchTemplate(sheet[..., 0], shown, cv2.TM_SQDIFF)
    assert match.min() == 0


def test_the_reliability_diagram_marks_overconfidence(test_digits: DigitSet) -> None:
    honest = reliability_diagram(evaluation(test_digits, 20))
    overconfident = reliability_diagram(evaluation(test_digits, 100))

    def amber(picture: np.ndarray) -> int:
        blue, green, red = (picture[..., channel].astype(int) for channel in range(3))
        return int(((red > green + 30) & (green > blue + 30)).sum())

    assert amber(overconfident) > amber(honest) + 1000


@pytest.mark.parametrize("epochs", [1, 2, 40])
def test_a_curve_is_drawn_for_any_number_of_epochs(epochs: int) -> None:
    history = [
        Step(e + 1, epochs, True, (e + 1) / epochs, 1.0, 1 / (e + 1), 0.9, 0.5 / (e + 1), 1.0)
        for e in range(epochs)
    ]
    picture = training_curve(history, "mlp-1", "by epoch")
    assert picture.shape == (760, 1720, 3)
    colours = {tuple(colour) for colour in picture.reshape(-1, 3)[::7].tolist()}
    assert {(168, 96, 31), (14, 120, 230)} <= colours


def test_a_training_that_went_astray_is_drawn_as_well() -> None:
    losses = (2.3, 1e30, math.inf, math.nan)
    history = [
        Step(e + 1, 4, True, (e + 1) / 4, 1.0, loss, 0.1, loss, 0.1)
        for e, loss in enumerate(losses)
    ]
    assert training_curve(history, "mlp-1", "by epoch").shape == (760, 1720, 3)


def test_a_report_is_written_whole(test_digits: DigitSet, tmp_path: Path) -> None:
    write_report(evaluation(test_digits, 10), tmp_path / "new" / "out")
    for name in ("confusion.png", "misread.png", "reliability.png", "risk-coverage.png"):
        assert cv2.imread(str(tmp_path / "new" / "out" / name)) is not None
    written = json.loads((tmp_path / "new" / "out" / "evaluation.json").read_text())
    assert written["model"] == "mlp-1"
    assert written["accuracy"] == 0.95


def test_a_report_that_cannot_be_written_is_reported(test_digits: DigitSet, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputUnwritable, match="cannot write into"):
        write_report(evaluation(test_digits, 10), tmp_path / "out")
    with pytest.raises(OutputUnwritable, match="cannot write"):
        write_sample(test_digits.images[0], tmp_path)


def test_a_sample_is_written_enlarged(test_digits: DigitSet, tmp_path: Path) -> None:
    write_sample(test_digits.images[0], tmp_path / "a" / "sample.png")
    picture = cv2.imread(str(tmp_path / "a" / "sample.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    np.testing.assert_array_equal(picture[5::10, 5::10], test_digits.images[0])


def test_half_blocks_draw_two_rows_a_line() -> None:
    image = np.array([[0, 255, 0, 255], [0, 0, 255, 255], [255, 0, 0, 0]], np.uint8)
    assert half_blocks(image) == " ▀▄█\n▀   "


def test_the_best_guesses_come_in_order() -> None:
    probabilities = np.array([0.1, 0.6, 0.05, 0.25], np.float32)
    assert best_guesses(probabilities, "abcd") == "b 60.0%, d 25.0%, a 10.0%"
