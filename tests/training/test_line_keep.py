"""A line network that was fitted elsewhere: what is kept of it, and how it is fitted on torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from daemon.errors import NothingReadable, UsageError
from daemon.training import line_step
from daemon.training.backend import load_keras
from daemon.training.datasets import DigitSet
from daemon.training.line_fit import LineSettings
from daemon.training.line_keep import fit_and_keep
from daemon.training.line_network import build, towers_of
from daemon.training.line_step import learner
from daemon.training.split import TrainingData

SETTINGS = LineSettings(epochs=1, seed=1, batch=2, epoch=2, validated=1)
VIEWS = np.random.default_rng(0).random((2, 32, 64), np.float32)

ON_TORCH = """
import sys
from pathlib import Path
import numpy as np
from daemon.training.backend import load_keras
from daemon.training.datasets import DigitSet
from daemon.training.line_fit import LineSettings
from daemon.training.line_keep import fit_and_keep
from daemon.training.split import TrainingData
if __name__ == "__main__":
    keras = load_keras("torch")
    folder = Path(sys.argv[1])
    given = np.load(folder / "digits.npz")
    digits = DigitSet("digits", "", given["images"], given["labels"])
    settings = LineSettings(epochs=1, seed=1, batch=2, epoch=2, validated=1)
    fitted = fit_and_keep(settings, TrainingData(digits, digits), folder, lambda step: None)
    outputs = fitted.model(np.load(folder / "views.npy"), training=False)
    np.save(folder / "outputs.npy", keras.ops.convert_to_numpy(outputs))
"""


@pytest.fixture
def data(train_digits: DigitSet) -> TrainingData:
    return TrainingData(train_digits, train_digits)


@pytest.mark.usefixtures("untraced")
def test_the_network_and_its_history_are_kept(data: TrainingData, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "kept"
    fitted = fit_and_keep(SETTINGS, data, folder, lambda _: None)
    kept = json.loads((folder / "history.json").read_text())
    assert kept["settings"] == asdict(SETTINGS)
    assert [step["val_loss"] for step in kept["history"]] == [fitted.kept.val_loss]
    assert kept["averaged"] == fitted.averaged == 1
    loaded = load_keras().models.load_model(folder / "model.keras")
    assert len(towers_of(loaded)) == 2
    np.testing.assert_allclose(loaded(VIEWS), fitted.model(VIEWS), atol=1e-5)


def test_too_few_digits_are_reported_before_anything_is_fitted(
    data: TrainingData, tmp_path: Path
) -> None:
    fewer = data.train.part("few", np.flatnonzero(data.train.labels != 4))
    with pytest.raises(NothingReadable, match="to learn from none is a 4"):
        fit_and_keep(SETTINGS, replace(data, train=fewer), tmp_path / "kept", lambda _: None)
    assert not (tmp_path / "kept").exists()


def test_on_torch_a_network_is_fitted_that_tensorflow_takes(
    data: TrainingData, tmp_path: Path, on_torch: Callable[..., None]
) -> None:
    np.savez(tmp_path / "digits.npz", images=data.train.images, labels=data.train.labels)
    np.save(tmp_path / "views.npy", VIEWS)
    on_torch(ON_TORCH, tmp_path)
    loaded = load_keras().models.load_model(tmp_path / "model.keras")
    assert len(towers_of(loaded)) == 2
    np.testing.assert_allclose(loaded(VIEWS), np.load(tmp_path / "outputs.npy"), atol=1e-5)


def test_lines_are_not_fitted_on_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    keras = load_keras()
    monkeypatch.setattr(line_step, "backend_in_use", lambda: "jax")
    with pytest.raises(UsageError, match="on tensorflow or torch, not on jax"):
        learner(build(keras), keras.optimizers.AdamW())
