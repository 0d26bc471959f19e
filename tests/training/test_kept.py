"""What was fitted outlives what comes after it, until its version is whole."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daemon.ann.registry import version_names
from daemon.errors import UsageError
from daemon.training import kept as module
from daemon.training import train as train_module
from daemon.training.architectures import architecture
from daemon.training.backend import describe_backend, load_keras
from daemon.training.datasets import DigitSet
from daemon.training.export import ExportFailed
from daemon.training.fit import Fitted, Settings, Step
from daemon.training.kept import FOLDER, KeptFits
from daemon.training.split import Split, TrainingData, split
from daemon.training.train import fit_ahead, train

SETTINGS = Settings(architecture("mlp-128"), epochs=1, loss="sparse", seed=1)
ADVISED = replace(
    SETTINGS, architecture=replace(SETTINGS.architecture, advisor=architecture("mlp-128x2"))
)
TAUGHT = replace(
    SETTINGS, architecture=replace(SETTINGS.architecture, teacher=architecture("mlp-128x2"))
)


def ignored(_: Step) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def data(train_digits: DigitSet, test_digits: DigitSet) -> TrainingData:
    return TrainingData(train_digits.part("few", np.arange(200)), test_digits)


@pytest.fixture
def parts(data: TrainingData) -> Split:
    return split(data, 1, augmented=False)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the networks that were fitted, in order."""
    names: list[str] = []
    fit = train_module.fit

    def told(
        settings: Settings, parts: Split, progress: Callable[[Step], None], teacher: Any
    ) -> Fitted:
        names.append(settings.architecture.name)
        return fit(settings, parts, progress, teacher)

    monkeypatch.setattr(train_module, "fit", told)
    return names


def test_a_network_is_fitted_once(
    tmp_path: Path, data: TrainingData, parts: Split, fits: list[str]
) -> None:
    first = train_module._fit(SETTINGS, parts, KeptFits(tmp_path, data), ignored)
    steps: list[Step] = []
    again = train_module._fit(SETTINGS, parts, KeptFits(tmp_path, data), steps.append)
    assert fits == ["mlp-128"]
    assert steps == [first.history[-1]]
    assert replace(again, model=None) == replace(first, model=None)
    assert first.fitted_with == describe_backend()
    glyphs = parts.clean.glyphs
    np.testing.assert_array_equal(
        again.model.predict(glyphs, verbose=0), first.model.predict(glyphs, verbose=0)
    )


@pytest.mark.parametrize("other", [{"epochs": 2}, {"seed": 2}, {"loss": "onehot"}])
def test_other_settings_are_fitted_anew(
    tmp_path: Path, data: TrainingData, parts: Split, fits: list[str], other: dict[str, int | str]
) -> None:
    kept = KeptFits(tmp_path, data)
    train_module._fit(SETTINGS, parts, kept, ignored)
    train_module._fit(replace(SETTINGS, **other), parts, kept, ignored)
    assert len(fits) == 2


def test_other_data_and_other_code_are_fitted_anew(
    tmp_path: Path,
    data: TrainingData,
    parts: Split,
    fits: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train_module._fit(SETTINGS, parts, KeptFits(tmp_path, data), ignored)
    fewer = replace(data, train=data.train.part("fewer", np.arange(150)))
    train_module._fit(SETTINGS, parts, KeptFits(tmp_path, fewer), ignored)
    assert len(fits) == 2
    monkeypatch.setattr(module, "_code", lambda: "another")
    train_module._fit(SETTINGS, parts, KeptFits(tmp_path, data), ignored)
    assert len(fits) == 3


def test_a_damaged_network_is_fitted_anew(
    tmp_path: Path, data: TrainingData, parts: Split, fits: list[str]
) -> None:
    kept = KeptFits(tmp_path, data)
    train_module._fit(SETTINGS, parts, kept, ignored)
    network = next((tmp_path / FOLDER).glob("*.keras"))
    network.write_bytes(network.read_bytes()[:-1])
    train_module._fit(SETTINGS, parts, kept, ignored)
    assert len(fits) == 2


def test_a_folder_that_cannot_be_written_costs_no_network(
    tmp_path: Path,
    data: TrainingData,
    parts: Split,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / FOLDER).write_text("no folder")
    with caplog.at_level(logging.WARNING):
        assert train_module._fit(SETTINGS, parts, KeptFits(tmp_path, data), ignored).history
    assert "cannot be kept" in caplog.text


def test_training_goes_on_where_it_failed_and_leaves_nothing(
    tmp_path: Path, data: TrainingData, fits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ExportFailed("as if")

    with monkeypatch.context() as broken:
        broken.setattr(train_module, "check_agreement", fails)
        with pytest.raises(ExportFailed):
            train(ADVISED, data, tmp_path, ignored)
    assert not version_names(tmp_path)
    version = train(ADVISED, data, tmp_path, ignored)
    assert fits == ["mlp-128", "mlp-128x2"]
    assert version_names(tmp_path) == [version.name]
    assert not list((tmp_path / FOLDER).iterdir())


def test_a_teacher_is_fitted_first_and_of_numbers_it_says_nothing(
    tmp_path: Path, data: TrainingData, fits: list[str]
) -> None:
    fit_ahead(replace(TAUGHT, loss="onehot"), data, tmp_path, ignored)
    assert fits == ["mlp-128x2", "mlp-128"]
    fit_ahead(TAUGHT, data, tmp_path, ignored)  # labels are numbers
    assert fits[2:] == ["mlp-128"]
    version = train(replace(TAUGHT, loss="onehot"), data, tmp_path, ignored)
    assert len(fits) == 3
    assert version.metadata["teacher"]["architecture"] == "mlp-128x2"
    assert not version.advisor


def test_what_is_fitted_ahead_is_taken(tmp_path: Path, data: TrainingData, fits: list[str]) -> None:
    fit_ahead(ADVISED, data, tmp_path, ignored)
    assert fits == ["mlp-128", "mlp-128x2"]
    version = train(ADVISED, data, tmp_path, ignored)
    assert len(fits) == 2
    assert version.metadata["training"]["fitted_with"] == describe_backend()
    assert "on CPU" in (version.path / "CARD.md").read_text()


def test_a_process_has_one_backend() -> None:
    keras = load_keras()
    assert load_keras("tensorflow") is keras
    with pytest.raises(UsageError, match="Keras runs on tensorflow here, not on jax"):
        load_keras("jax")
