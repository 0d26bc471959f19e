"""The commands train, evaluate and sample, as a person calls them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from daemon.ann.registry import ModelVersion, current_name, load_version
from daemon.cli import app
from daemon.errors import (
    InputMissing,
    ModelUnavailable,
    NothingReadable,
    OutputUnwritable,
    UsageError,
)
from daemon.training import backend, line_train, recipe
from daemon.training import train as glyph_train
from daemon.training.datasets import DigitSet
from daemon.training.fit import Settings
from daemon.training.line_fit import LineSettings
from daemon.training.split import TrainingData


@pytest.fixture
def data(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    train_digits: DigitSet,
    test_digits: DigitSet,
) -> Path:
    """Printed digits as a Keras-like .npz, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "digits.npz"
    np.savez(
        path,
        x_train=train_digits.images,
        y_train=train_digits.labels,
        x_test=test_digits.images,
        y_test=test_digits.labels,
    )
    return path


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def test_train_adds_a_version_and_says_how_good_it_is(data: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    out = run("train", "--data", data, "--architecture", "mlp-128", "--models", models,
              "--epochs", 3)  # fmt: skip
    version = load_version(models)
    accuracy = version.metadata["metrics"]["test"]["accuracy"]
    assert out.startswith(f"{version.name}: {accuracy:.2%} of 200 test digits right")
    assert accuracy > 0.5


def test_train_can_leave_the_version_in_use_alone(
    data: Path, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fake(settings: Settings, _: TrainingData, models: Path, *_rest: object, promoted: bool):
        asked.append((settings.architecture.name, settings.epochs, models, promoted))
        return load_version(trained_models)

    monkeypatch.setattr(glyph_train, "train", fake)
    run("train", "--data", data, "--architecture", "mlp-128", "--models", "new", "--epochs", 1,
        "--no-promote")  # fmt: skip
    assert asked == [("mlp-128", 1, Path("new"), False)]


def test_train_only_fits_where_another_backend_is_wanted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(backend, "load_keras", asked.append)
    load = recipe.training_data

    def loaded(*arguments: Any, **named: Any) -> TrainingData:
        assert asked == ["jax"]  # else Keras, which downloads MNIST, would run on another one
        return load(*arguments, **named)

    monkeypatch.setattr(recipe, "training_data", loaded)
    fitted: list[Path] = []
    monkeypatch.setattr(
        glyph_train, "fit_ahead", lambda _settings, _data, models, _progress: fitted.append(models)
    )
    models = tmp_path / "models"
    told = run("train", "--data", data, "--models", models, "--backend", "jax")
    assert fitted == [models]
    assert f"kept in {models / '.fitted'}: the same command without --backend" in told


def test_train_warns_of_a_version_in_use_that_reads_little(
    data: Path, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = load_version(trained_models)

    def warned(accuracy: float, *flags: str) -> bool:
        measured = {"accuracy": accuracy, "n": 200, "ece": 0.01}
        told = replace(version, metadata={"metrics": {"test": measured}})
        monkeypatch.setattr(glyph_train, "train", lambda *_, **__: told)
        arguments = ["train", "--data", str(data), "--models", str(trained_models), *flags]
        return "warning: that is little" in CliRunner().invoke(app, arguments).stderr

    assert warned(0.4)
    assert not warned(0.4, "--no-promote")
    assert not warned(0.95)


def test_train_knows_its_architectures(data: Path) -> None:
    with pytest.raises(UsageError, match="there is no architecture 'lstm'"):
        run("train", "--data", data, "--architecture", "lstm")


def test_train_takes_the_line_reader_where_its_settings_say(
    data: Path, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fake(settings: LineSettings, digits: TrainingData, *rest: object, **options: object):
        asked.append((settings, len(digits.test), rest[0], options))
        version = load_version(trained_models)
        return replace(version, metadata={"reader": {"metrics": {"exact": 0.5, "lines": 1000}}})

    monkeypatch.setattr(line_train, "train_lines", fake)
    out = run("train", "--architecture", "line", "--data", data, "--models", trained_models,
              "--epochs", 3, "--seed", 7, "--no-promote")  # fmt: skip
    assert asked == [(LineSettings(3, 7), 200, trained_models, {"promoted": False})]
    assert "50.00% of 1,000 composed lines" in out


def test_train_takes_a_trained_line_reader_where_one_is_given(
    data: Path, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_version = load_version(trained_models)
    asked = []

    def fake(source: ModelVersion, _: TrainingData, models: Path, *, promoted: bool):
        asked.append((source.name, models, promoted))
        return replace(source, metadata={"trust": {"metrics": {"exact": 0.5, "lines": 1000}}})

    monkeypatch.setattr(line_train, "adopt_lines", fake)
    out = run("train", "--architecture", "line", "--reader", trained_version.path, "--data", data,
              "--models", trained_models, "--no-promote")  # fmt: skip
    assert asked == [(trained_version.name, trained_models, False)]
    assert "50.00% of 1,000 drawn lines right, both networks together" in out


def test_a_line_reader_is_taken_for_lines_only(data: Path) -> None:
    with pytest.raises(UsageError, match="--reader goes with --architecture line"):
        run("train", "--reader", data, "--data", data)


def test_a_line_reader_that_is_taken_learns_no_epochs(data: Path) -> None:
    with pytest.raises(UsageError, match="leave --epochs out"):
        run("train", "--architecture", "line", "--reader", data, "--data", data, "--epochs", "3")


@pytest.mark.parametrize("seed", [-1, 2**31, 2**32])
def test_a_seed_that_numpy_would_refuse_is_refused_at_once(seed: int) -> None:
    result = CliRunner().invoke(app, ["train", "--seed", str(seed)])
    assert result.exit_code == 2
    assert "--seed" in result.stderr


def test_the_largest_seed_is_taken(
    data: Path, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fake(settings: Settings, *_rest: object, **_options: object):
        asked.append(settings.seed)
        return load_version(trained_models)

    monkeypatch.setattr(glyph_train, "train", fake)
    run("train", "--data", data, "--architecture", "mlp-128", "--seed", 2**31 - 1)
    assert asked == [2**31 - 1]


def test_the_line_reader_has_a_loss_of_its_own(data: Path) -> None:
    with pytest.raises(UsageError, match="leave --loss out"):
        run("train", "--architecture", "line", "--data", data, "--loss", "sparse")


def test_the_line_reader_needs_a_glyph_network_beside_it(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        run("train", "--architecture", "line", "--data", data, "--models", tmp_path / "none")


def test_evaluate_prints_tables(data: Path, trained_models: Path) -> None:
    out = run("evaluate", "--data", data, "--models", trained_models)
    assert f"{current_name(trained_models)} on digits/test" in out
    assert "precision" in out
    assert "true digit (rows) by reading" in out


def test_evaluate_gives_programs_one_json_object(data: Path, trained_models: Path) -> None:
    out = run("evaluate", "--data", data, "--models", trained_models, "--machine")
    figures = json.loads(out)
    assert {"n", "accuracy", "loss", "ece", "model"} <= set(figures)
    assert figures["n"] == 200
    assert figures["model"] == current_name(trained_models)
    assert figures["accuracy"] > 0.9


def test_evaluate_and_sample_need_no_tensorflow(
    data: Path, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, module, None)
    figures = run("evaluate", "--data", data, "--models", trained_models, "--machine")
    assert json.loads(figures)["n"] == 200
    run("sample", 7, "--data", data, "--models", trained_models)


def test_evaluate_takes_a_version_by_name_and_writes_figures(
    data: Path, trained_models: Path, tmp_path: Path
) -> None:
    name = current_name(trained_models)
    run("evaluate", "--data", data, "--models", trained_models, "--model", name,
        "--out", tmp_path / "out")  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "confusion.png",
        "evaluation.json",
        "misread.png",
        "reliability.png",
        "risk-coverage.png",
    ]


def test_a_folder_that_cannot_be_made_costs_no_evaluation(
    data: Path, trained_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").write_text("a file")
    monkeypatch.setattr("daemon.training.evaluate.evaluate", lambda *_: pytest.fail("measured"))
    with pytest.raises(OutputUnwritable, match="cannot write into"):
        run("evaluate", "--data", data, "--models", trained_models, "--out", tmp_path / "out")


def test_figures_are_printed_before_their_pictures_are_drawn(
    data: Path, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OutputUnwritable("the disk is full")

    monkeypatch.setattr("daemon.training.report.write_report", fail)
    command = ("evaluate", "--data", data, "--models", trained_models, "--machine", "--out", "out")
    ended = CliRunner().invoke(app, [*map(str, command)])
    assert isinstance(ended.exception, OutputUnwritable)
    assert json.loads(ended.stdout)["n"] > 0


def test_evaluate_reads_labelled_files_the_whole_way(trained_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    page = np.full((120, 260), 245, np.uint8)
    for digit, x in ((4, 40), (7, 170)):
        cv2.putText(page, str(digit), (x, 85), 0, 2, 20, 4, cv2.LINE_AA)
    (folder / "number.png").write_bytes(cv2.imencode(".png", page)[1].tobytes())
    (folder / "blank.png").write_bytes(cv2.imencode(".png", page * 0 + 245)[1].tobytes())
    (folder / "labels.csv").write_text("file,label\nnumber.png,47\nblank.png,none\n")
    out = run("evaluate", "--data", folder, "--models", trained_models, "--machine",
              "--out", tmp_path / "out")  # fmt: skip
    figures = json.loads(out)
    assert {"n", "accuracy", "loss", "ece", "model", "unfound", "wrong", "refused", "precision",
            "recall", "f1", "confusion", "coverage", "error_read"} <= set(figures)  # fmt: skip
    assert (figures["data"], figures["n"], figures["unfound"]) == ("mine", 2, 1)
    assert np.sum(figures["confusion"]) == 2
    assert (tmp_path / "out" / "misread.png").stat().st_size > 0
    assert "called read" in run("evaluate", "--data", folder, "--models", trained_models)
    (folder / ".digitd.yaml").write_text("region: [0, 0, 0.5, 1]\n")
    figures = json.loads(run("evaluate", "--data", folder, "--models", trained_models, "--machine"))
    assert np.sum(figures["confusion"], axis=0)[10] == 1  # the other half's digit was not found


def test_evaluate_reads_a_folder_per_class_the_whole_way(
    trained_models: Path, tmp_path: Path
) -> None:
    page = np.full((120, 120), 245, np.uint8)
    cv2.putText(page, "4", (40, 85), 0, 2, 20, 4, cv2.LINE_AA)
    (tmp_path / "mine" / "test" / "4").mkdir(parents=True)
    (tmp_path / "mine" / "test" / "4" / "a.png").write_bytes(cv2.imencode(".png", page)[1])
    out = run("evaluate", "--data", tmp_path / "mine", "--models", trained_models, "--machine")
    figures = json.loads(out)
    assert figures["n"] == 1
    assert np.sum(figures["confusion"][4]) == 1


def test_training_on_labelled_numbers_says_that_it_wants_single_digits(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\nnumber.png,47\n")
    with pytest.raises(NothingReadable, match="only single digits, 0 to 9, can be learnt"):
        run("train", "--data", tmp_path, "--architecture", "mlp-128")


def test_evaluate_needs_data_that_exist(trained_models: Path, tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="there is no data at"):
        run("evaluate", "--data", tmp_path / "nowhere", "--models", trained_models)


def test_sample_shows_one_digit(
    data: Path, trained_models: Path, test_digits: DigitSet, tmp_path: Path
) -> None:
    picture = tmp_path / "seven.png"
    out = run("sample", 7, "--data", data, "--models", trained_models, "--out", picture)
    *drawing, verdict, guesses = out.splitlines()
    assert len(drawing) == 14
    assert {len(line) for line in drawing} == {28}
    assert verdict.startswith(f"digits/test 7: label {test_digits.labels[7]}, read as ")
    assert guesses.count("%") == 3
    assert picture.stat().st_size > 0


def test_sample_says_which_digits_there_are(data: Path, trained_models: Path) -> None:
    with pytest.raises(UsageError, match="has digits 0 to 199, but no 200"):
        run("sample", 200, "--data", data, "--models", trained_models)
