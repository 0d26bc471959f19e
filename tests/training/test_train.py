"""Training from digits to a version folder; small networks on small data."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from daemon.ann.classifier import load_classifier
from daemon.ann.registry import ModelVersion, load_version, verify, version_names
from daemon.errors import ModelUnavailable, NothingReadable, OutputUnwritable, UsageError
from daemon.training import train as module
from daemon.training.architectures import architecture
from daemon.training.backend import load_keras
from daemon.training.calibrate import RISKS
from daemon.training.datasets import DigitSet
from daemon.training.evaluate import evaluate
from daemon.training.extras import PenSet
from daemon.training.fit import Settings, Step
from daemon.training.split import TrainingData, Validation
from daemon.training.strokes import PenDigit
from daemon.training.train import train

SETTINGS = Settings(architecture("mlp-128"), epochs=1, loss="sparse", seed=1)
PENS = PenSet(
    "pens",
    "made up",
    "",
    tuple(PenDigit(1, n, (np.array([[n, 0], [0, 40]], np.float32),)) for n in range(12)),
)


def small(digits: DigitSet, count: int) -> DigitSet:
    return digits.part(digits.name, np.arange(count))


def test_training_learns(trained_models: Path, test_digits: DigitSet) -> None:
    assert evaluate(load_classifier(trained_models), test_digits).accuracy > 0.9


def test_a_version_holds_all_its_files_and_their_digests(trained_version: ModelVersion) -> None:
    assert sorted(file.name for file in trained_version.path.iterdir()) == [
        "CARD.md",
        "metadata.json",
        "model.keras",
        "model.tflite",
        "training.png",
    ]
    verify(trained_version)
    assert set(trained_version.metadata["files"]) == {
        "CARD.md",
        "model.keras",
        "model.tflite",
        "training.png",
    }


def test_metadata_say_how_the_version_came_about(
    trained_version: ModelVersion, train_digits: DigitSet, test_digits: DigitSet
) -> None:
    metadata = json.loads((trained_version.path / "metadata.json").read_text())
    assert metadata["schema"] == "digitd.model/2"
    assert metadata["version"] == trained_version.name
    assert metadata["labels"] == list("0123456789")
    assert metadata["seed"] == 1
    assert metadata["training"]["epochs"] == 6
    assert metadata["training"]["optimizer"] == "Adam"
    assert metadata["metrics"]["agreement_keras_litert"] >= 0.999
    assert {"tensorflow", "keras", "ai-edge-litert", "numpy"} <= set(metadata["libraries"])
    assert [(item["sha256"], item["n"]) for item in metadata["data"]] == [
        (train_digits.sha256, 1200),
        (test_digits.sha256, 200),
    ]


def test_metadata_and_evaluation_agree(trained_models: Path, test_digits: DigitSet) -> None:
    classifier = load_classifier(trained_models)
    summary = evaluate(classifier, test_digits).summary()
    assert classifier.version.metadata["metrics"]["test"] == summary


def test_the_keras_file_reads_as_the_exported_one_does(
    trained_version: ModelVersion, test_digits: DigitSet
) -> None:
    keras = load_keras()
    path = trained_version.path / "model.keras"
    model = keras.models.load_model(path)
    glyphs = test_digits.images.astype(np.float32) / 255
    classifier = load_classifier(trained_version.path.parent)
    np.testing.assert_allclose(
        model.predict(glyphs, verbose=0), classifier.logits(glyphs), atol=1e-3
    )
    assert getattr(model, "optimizer", None) is None
    assert zipfile.ZipFile(path).getinfo("model.weights.h5").compress_size < 250_000


def test_the_curve_is_a_picture(trained_version: ModelVersion) -> None:
    picture = cv2.imread(str(trained_version.path / "training.png"))
    assert picture is not None
    assert picture.shape == (760, 1720, 3)


def test_the_same_seed_trains_the_same_network_with_either_form_of_labels(
    train_digits: DigitSet, test_digits: DigitSet, tmp_path: Path
) -> None:
    data = TrainingData(train_digits, test_digits)
    for second, loss in enumerate(("sparse", "onehot")):
        train(
            replace(SETTINGS, loss=loss),
            data,
            tmp_path,
            lambda _: None,
            promoted=second == 0,
            now=lambda s=second: datetime(2026, 11, 21, 10, 0, s, tzinfo=UTC),
        )
    names = version_names(tmp_path)
    assert names == ["mlp-128-20261121-100000", "mlp-128-20261121-100001"]
    glyphs = test_digits.images.astype(np.float32) / 255
    first, again = (load_classifier(tmp_path, name).logits(glyphs) for name in names)
    np.testing.assert_allclose(first, again, atol=0.02)
    assert load_version(tmp_path).name == names[0]  # the second one was not promoted


@pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning")  # of `untraced`
@pytest.mark.parametrize(("name", "epochs", "others"), [("mlp", 1, 1), ("cnn", 2, 3)])
def test_our_networks_learn_a_reject_class_and_pen_strokes(
    name: str,
    epochs: int,
    others: int,
    train_digits: DigitSet,
    test_digits: DigitSet,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    request.getfixturevalue("untraced")
    data = TrainingData(small(train_digits, 200), small(test_digits, 20), (PENS,))
    chosen = architecture(name)
    steps: list[Step] = []
    version = train(Settings(chosen, epochs, chosen.loss, seed=1), data, tmp_path, steps.append)
    assert version.labels[-1] == "none"
    assert version.normalised
    assert [item["name"] for item in version.metadata["data"]] == ["printed", "pens", "printed"]
    assert "`none`, stands for what is no digit" in (version.path / "CARD.md").read_text()
    glyphs = np.zeros((3, 28, 28), np.float32)
    assert load_classifier(tmp_path).classify(glyphs).shape == (3, 11)
    ends = [step for step in steps if step.ends_epoch]
    assert [step.epoch for step in ends] == [*range(1, 1 + epochs + others)]
    assert [step.elapsed_s for step in ends] == sorted(step.elapsed_s for step in ends)
    assert ends[-1].share == 1
    assert 0 <= ends[-1].val_accuracy <= 1
    assert (version.advisor is not None) == (name == "cnn")
    if version.advisor:
        assert version.metadata["advisor"]["architecture"] == "mlp"
        assert (
            version.metadata["advisor"]["training"]["epochs"] == others
        )  # 70 of them where 50 are
        assert "## Advisor" in (version.path / "CARD.md").read_text()
        assert version.metadata["training"]["averaged_epochs"] == 1
        assert version.metadata["training"]["mix"] == "plain"
    else:
        assert version.metadata["teacher"]["architecture"] == "cnn"
        assert (
            version.metadata["teacher"]["training"]["epochs"] == others
        )  # 80 of them where 110 are
        assert version.metadata["training"]["mix"] == "hard"
        card = (version.path / "CARD.md").read_text()
        assert "what another network says of it, `cnn`" in card
        assert "drawn afresh every 2 epochs" in card


def test_small_risks_are_kept_by_what_is_said_where_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Classifier:
        def __init__(self, _draft: object, *, max_error_read: float) -> None:
            self._chance = 0.9 if max_error_read >= 0.005 else 0.6

        def logits(self, glyphs: np.ndarray) -> np.ndarray:
            return np.full((len(glyphs), 1), self._chance, np.float32)

    monkeypatch.setattr(module, "GlyphClassifier", Classifier)
    monkeypatch.setattr(module, "softmax", lambda logits: logits)
    monkeypatch.setattr(
        module, "find_thresholds", lambda _, said: [(risk, said[0, 0]) for risk in RISKS]
    )
    some = Validation(np.zeros((2, 28, 28), np.float32), np.zeros(2, np.uint8))
    found = module._thresholds(None, some, 1.0)
    assert found == tuple(
        (risk, pytest.approx(0.6 if risk < 0.005 else 0.9, abs=1e-4)) for risk in RISKS
    )


def test_a_training_that_is_interrupted_leaves_nothing(
    train_digits: DigitSet, test_digits: DigitSet, tmp_path: Path
) -> None:
    def interrupt(_: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(SETTINGS, TrainingData(train_digits, test_digits), tmp_path, interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_models_folder_that_cannot_be_written_is_reported_before_training(
    train_digits: DigitSet, test_digits: DigitSet, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("a file")
    steps: list[Step] = []
    with pytest.raises(OutputUnwritable):
        train(SETTINGS, TrainingData(train_digits, test_digits), tmp_path / "models", steps.append)
    assert steps == []


def test_the_ancestors_learn_no_extra_digits(
    train_digits: DigitSet, test_digits: DigitSet, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="mlp-128 learns its data as they are"):
        train(SETTINGS, TrainingData(train_digits, test_digits, (PENS,)), tmp_path, lambda _: None)


def test_a_curve_that_cannot_be_written_leaves_no_version(
    train_digits: DigitSet, test_digits: DigitSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = module.training_curve

    def drawn_where_a_folder_lies(*arguments: str) -> np.ndarray:
        folder = next(tmp_path.glob(".mlp-128-*"))  # beside what was fitted
        (folder / "training.png").mkdir()
        return draw(*arguments)

    monkeypatch.setattr(module, "training_curve", drawn_where_a_folder_lies)
    monkeypatch.setattr(module, "seal", lambda *_: pytest.fail("the curve is not there"))
    data = TrainingData(small(train_digits, 20), small(test_digits, 20))
    with pytest.raises(OutputUnwritable, match=r"cannot write a model into .*: Is a directory"):
        train(SETTINGS, data, tmp_path, lambda _: None)
    assert [folder.name for folder in tmp_path.iterdir()] == [".fitted"]


def test_too_few_digits_are_reported_before_training(
    train_digits: DigitSet, test_digits: DigitSet, tmp_path: Path
) -> None:
    steps: list[Step] = []
    with pytest.raises(NothingReadable, match="19 digits are too few to learn from"):
        train(SETTINGS, TrainingData(small(train_digits, 19), test_digits), tmp_path, steps.append)
    assert steps == []
    assert list(tmp_path.iterdir()) == []


def test_a_version_in_use_that_is_gone_is_reported_before_training(
    train_digits: DigitSet, test_digits: DigitSet, tmp_path: Path
) -> None:
    """It may have had a line reader."""
    (tmp_path / "current").write_text("gone\n")
    steps: list[Step] = []
    with pytest.raises(ModelUnavailable, match="there is no model 'gone'"):
        train(SETTINGS, TrainingData(train_digits, test_digits), tmp_path, steps.append)
    assert steps == []
