"""Training the line reader: from digits to a version that holds both networks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from daemon.ann.classifier import GlyphClassifier
from daemon.ann.line_reader import LineReader, decode
from daemon.ann.registry import ModelVersion, load_version, verify
from daemon.ann.trust import load_trusted, parse_trust
from daemon.errors import ModelUnavailable, NothingReadable
from daemon.records import AskedLine, Grey, SeenLine
from daemon.training import line_fit, line_train, line_trust
from daemon.training.architectures import architecture
from daemon.training.averaging import WeightAverage
from daemon.training.backend import load_keras
from daemon.training.calibrate import RISKS
from daemon.training.datasets import DigitSet, Labels
from daemon.training.fit import Settings, Step
from daemon.training.hands import Digits
from daemon.training.line_batches import LineBatch, LineExample, as_batch
from daemon.training.line_fit import LineSettings
from daemon.training.line_ink import ComposedLine
from daemon.training.line_loss import line_loss
from daemon.training.line_network import OUTPUTS, build, joined, towers_of
from daemon.training.line_train import adopt_lines, fit_lines_ahead, train_lines
from daemon.training.rows import draw_row
from daemon.training.split import TrainingData
from daemon.training.train import train

ONE_BY_ONE = ("tower_1", "tower_2")
ONE_EPOCH = Settings(architecture("mlp-128"), epochs=1, loss="sparse", seed=1)
SHORT = LineSettings(epochs=5, seed=1, batch=8, epoch=3, validated=1, tested=2, trusted=6)


@pytest.fixture(scope="module")
def data(train_digits: DigitSet, test_digits: DigitSet) -> TrainingData:
    return TrainingData(train_digits, test_digits)


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return []


class Average(WeightAverage):
    """Remembers the weights at the ends of all epochs, and those in the end."""

    ends: ClassVar[list[list[np.ndarray]]] = []

    def epoch_ends(self) -> None:
        self.ends.append(self._model.get_weights())
        super().epoch_ends()

    def training_ends(self) -> None:
        super().training_ends()
        self.ends.append(self._model.get_weights())


@pytest.fixture(scope="module")
def version(
    tmp_path_factory: pytest.TempPathFactory,
    trained_models: Path,
    data: TrainingData,
    steps: list[Step],
) -> ModelVersion:
    """A version whose line reader learnt five times three batches."""
    models = tmp_path_factory.mktemp("lines") / "models"
    shutil.copytree(trained_models, models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_fit, "WeightAverage", Average)
        return train_lines(SHORT, data, models, steps.append)


@pytest.fixture
def models(trained_models: Path, tmp_path: Path) -> Path:
    """A folder of models of one's own."""
    return Path(shutil.copytree(trained_models, tmp_path / "models"))


def test_a_version_has_the_glyph_network_and_the_line_reader(
    version: ModelVersion, trained_version: ModelVersion
) -> None:
    assert version.name.startswith("mlp-128-line-")
    assert version.network.read_bytes() == trained_version.network.read_bytes()
    assert version.reader is not None
    assert set(version.metadata["files"]) == {*trained_version.metadata["files"], "reader.tflite"}
    verify(version)
    assert load_version(version.path.parent).name == version.name  # promoted
    assert trained_version.reader is None


def test_the_metadata_say_what_trained_each(
    version: ModelVersion, trained_version: ModelVersion, train_digits: DigitSet
) -> None:
    metadata = json.loads((version.path / "metadata.json").read_text())
    reader = metadata["reader"]
    assert metadata["training"] == trained_version.metadata["training"]
    assert reader["beside"] == trained_version.name
    assert reader["training"]["towers"] == 2
    assert reader["training"]["lines"] == 5 * 3 * 8
    assert reader["training"]["averaged_epochs"] == 2
    assert reader["data"][0]["sha256"] == train_digits.sha256
    assert reader["metrics"]["lines"] == 16
    assert reader["metrics"]["weights"] < 1_500_000
    assert reader["metrics"]["agreement_keras_litert"] >= 0.99


def test_the_card_describes_both(version: ModelVersion) -> None:
    card = (version.path / "CARD.md").read_text()
    assert card.startswith(f"# {version.name}\n")
    assert card.count("## Line reader") == 1
    assert "120 composed lines" in card


@pytest.mark.usefixtures("version")
def test_the_weights_are_the_mean_of_the_last_epochs() -> None:
    *ends, kept = Average.ends
    assert len(ends) == 5
    for one, other, mean in zip(*ends[-2:], kept, strict=True):
        np.testing.assert_allclose(mean, (one + other) / 2, atol=1e-6)


def test_training_is_reported_by_epoch(version: ModelVersion, steps: list[Step]) -> None:
    assert version.reader is not None
    *_, end = ends = [step for step in steps if step.ends_epoch]
    assert len(ends) == 5
    assert (end.epoch, end.epochs, end.share) == (5, 5, 1)
    assert 0 <= end.val_accuracy <= 1
    assert end.loss > 0


def test_the_reader_takes_lines_of_any_width(version: ModelVersion) -> None:
    assert version.reader is not None
    reader = LineReader(version.reader)
    for count, width in ((1, 32), (3, 200), (2, 64), (0, 64)):
        lines = reader.read(np.zeros((count, 32, width), np.float32))
        assert len(lines) == count
        assert all(isinstance(line, SeenLine) for line in lines)
    assert reader.frames(np.zeros((2, 32, 64), np.float32)).boxes.shape == (2, 16, 4)


def test_the_towers_can_be_asked_one_by_one(version: ModelVersion) -> None:
    file = Interpreter(str(version.reader))
    views = np.random.default_rng(0).random((1, 32, 64), np.float32)
    towers = [file.get_signature_runner(name)(views=views)["frames"] for name in ONE_BY_ONE]
    assert not np.allclose(*towers, atol=1e-3)
    assert version.reader is not None
    together = LineReader(version.reader).frames(views).boxes
    np.testing.assert_allclose(together, decode(np.mean(towers, axis=0)).boxes, atol=1e-4)


def test_a_new_glyph_network_takes_the_line_reader_along(
    version: ModelVersion, data: TrainingData
) -> None:
    models = version.path.parent
    newer = train(ONE_EPOCH, data, models, lambda _: None, promoted=False, lines=6)
    assert load_trusted(newer) is not None
    assert newer.reader is not None
    assert version.reader is not None
    assert newer.reader.read_bytes() == version.reader.read_bytes()
    assert newer.metadata["reader"] == version.metadata["reader"]
    assert (newer.path / "CARD.md").read_text().count("## Line reader") == 1


def test_trust_is_found_on_composed_lines_and_on_rows_of_digits_as_they_are(
    version: ModelVersion, test_digits: DigitSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[str] = []

    def drawn(images: Grey, labels: Labels, rng: np.random.Generator) -> ComposedLine:
        row = draw_row(images, labels, rng)
        rows.append(row.text)
        return row

    monkeypatch.setattr(line_trust, "draw_row", drawn)
    assert version.reader is not None
    digits = Digits(test_digits.images, test_digits.labels, ())
    reader = LineReader(version.reader)
    trials = line_trust.observe(GlyphClassifier(version), reader, digits, seed=1, lines=24)
    assert 6 <= len(rows) <= 18
    assert {trial.truth for trial in trials} & set(rows)
    assert len({trial.truth for trial in trials} - set(rows)) >= 3


def test_both_networks_are_trusted_as_far_as_composed_lines_say(version: ModelVersion) -> None:
    trust = parse_trust(version.metadata["trust"], "metadata.json")
    assert [risk for risk, _ in trust.thresholds] == list(RISKS)
    assert all(0.5 <= below <= 1 for _, below in trust.thresholds)
    trusted = load_trusted(version, max_error_read=0.005)
    assert trusted is not None
    assert trusted.review_below == trust.review_below(0.005)
    (line,) = trusted.read_lines([AskedLine(np.zeros((32, 64), np.float32))])
    assert isinstance(line, SeenLine)


def test_a_trained_line_reader_is_adopted_beside_another_glyph_network(
    version: ModelVersion, models: Path, data: TrainingData
) -> None:
    beside = load_version(models)
    adopted = adopt_lines(version, data, models, lines=6)
    assert load_version(models).name == adopted.name  # promoted
    assert adopted.reader is not None
    assert version.reader is not None
    assert adopted.reader.read_bytes() == version.reader.read_bytes()
    assert adopted.network.read_bytes() == beside.network.read_bytes()
    assert adopted.metadata["reader"]["beside"] == beside.name
    assert load_trusted(adopted) is not None
    verify(adopted)
    with pytest.raises(ModelUnavailable, match="has no line reader"):
        adopt_lines(beside, data, models)


def test_without_a_glyph_network_there_is_nothing_to_stand_beside(
    data: TrainingData, tmp_path: Path
) -> None:
    steps: list[Step] = []
    with pytest.raises(ModelUnavailable, match="names no model in use"):
        train_lines(SHORT, data, tmp_path / "models", steps.append)
    assert steps == []


@pytest.mark.usefixtures("untraced")
def test_an_interrupted_training_leaves_nothing(
    models: Path, trained_models: Path, data: TrainingData
) -> None:
    def interrupt(_: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_lines(SHORT, data, models, interrupt)
    assert names_in(models) == names_in(trained_models)


def without_fours(digits: DigitSet) -> DigitSet:
    return digits.part(digits.name, np.flatnonzero(digits.labels != 4))


def with_one_four(digits: DigitSet) -> DigitSet:
    """One that a training with seed 1 does not hold back."""
    (four, *_) = np.flatnonzero(digits.labels == 4)
    order = np.array([four, *np.flatnonzero(digits.labels != 4)])
    return digits.part(digits.name, order)


def test_digits_that_cannot_calibrate_a_line_reader_are_reported_before_the_training(
    version: ModelVersion, data: TrainingData
) -> None:
    steps: list[Step] = []
    before = names_in(version.path.parent)
    fewer = replace(data, train=without_fours(data.train))
    complaint = "calibrate the line reader beside it: of 108 held back none is a 4; .* --models FOL"
    with pytest.raises(NothingReadable, match=complaint):
        train(ONE_EPOCH, fewer, version.path.parent, steps.append)
    with pytest.raises(NothingReadable, match="of 108 held back none is a 4; give more digits"):
        adopt_lines(version, fewer, version.path.parent, lines=6)
    assert steps == []
    assert names_in(version.path.parent) == before


@pytest.mark.parametrize(
    ("fewer", "complaint"),
    [
        (lambda data: replace(data, train=without_fours(data.train)), "972 to learn from"),
        (lambda data: replace(data, train=with_one_four(data.train)), "108 held back"),
        (lambda data: replace(data, test=without_fours(data.test)), "180 to test with"),
    ],
    ids=["learnt", "held back", "test"],
)
def test_digits_that_cannot_train_a_line_reader_are_reported_before_the_training(
    fewer: Callable[[TrainingData], TrainingData],
    complaint: str,
    trained_models: Path,
    data: TrainingData,
) -> None:
    steps: list[Step] = []
    before = names_in(trained_models)
    with pytest.raises(NothingReadable, match=f"of {complaint} none is a 4; give more digits"):
        train_lines(SHORT, fewer(data), trained_models, steps.append)
    assert steps == []
    assert names_in(trained_models) == before


def test_a_line_reader_stands_beside_a_glyph_network_without_what_reading_does_not_need(
    version: ModelVersion, models: Path, data: TrainingData
) -> None:
    beside = load_version(models)
    for file in ("model.keras", "training.png", "CARD.md"):  # the wheel leaves out two of them
        (beside.path / file).unlink()
    adopted = adopt_lines(version, data, models, lines=6)
    assert set(adopted.metadata["files"]) == {"CARD.md", "model.tflite", "reader.tflite"}
    verify(adopted)
    assert (adopted.path / "CARD.md").read_text().startswith(f"# {adopted.name}\n\n## Line reader")


@pytest.mark.parametrize("file", ["model.tflite", "training.png"])
def test_a_damaged_glyph_network_is_reported_before_the_training(
    file: str, models: Path, data: TrainingData
) -> None:
    before = names_in(models)
    (load_version(models).path / file).write_bytes(b"damaged")
    steps: list[Step] = []
    with pytest.raises(ModelUnavailable, match="is not the file that was trained"):
        train_lines(SHORT, data, models, steps.append)
    assert steps == []
    assert names_in(models) == before


@pytest.mark.parametrize("damaged", ["reader.tflite", "metadata.json"])
def test_a_damaged_line_reader_is_not_lost_but_reported_before_the_training(
    damaged: str, version: ModelVersion, data: TrainingData, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(version.path.parent, models)
    (models / version.name / damaged).write_bytes(b"damaged")
    before = names_in(models)
    steps: list[Step] = []
    with pytest.raises(ModelUnavailable, match=damaged):
        train(ONE_EPOCH, data, models, steps.append)
    assert steps == []
    assert names_in(models) == before


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def perfect(batch: LineBatch) -> np.ndarray:  # type: ignore[type-arg]
    """Outputs that say what the batch's targets say."""
    outputs = np.zeros((*batch.frames.shape, OUTPUTS), np.float32)
    labels = np.where(batch.frames < 0, 10, batch.frames)
    np.put_along_axis(outputs, labels[..., None], 20, axis=2)
    outputs[..., 11:] = batch.boxes
    return outputs


def losses(batch: LineBatch, outputs: np.ndarray) -> float:  # type: ignore[type-arg]
    load_keras()
    targets = (batch.frames, batch.boxes, batch.boxed, batch.labels, batch.lengths)
    return float(line_loss(outputs, targets))


def test_the_loss_is_nought_for_the_truth_and_more_for_each_kind_of_mistake() -> None:
    view = np.zeros((32, 48), np.float32)
    boxes = np.array([[4, 3, 19, 30], [28, 2, 36, 31]], np.float32)
    batch = as_batch([LineExample(view, (7, 1), boxes), LineExample(view, (), boxes[:0])])
    truth = perfect(batch)
    assert losses(batch, truth) == pytest.approx(0, abs=1e-3)
    assert decode(truth).boxes[0, 2].tolist() == pytest.approx([4, 3, 19, 30])
    wrong = truth.copy()
    wrong[0, 2, [7, 9]] = wrong[0, 2, [9, 7]]
    assert losses(batch, wrong) > 5
    wide = truth.copy()
    wide[0, 2, 11] += 0.5
    assert losses(batch, wide) == pytest.approx(0.25, abs=1e-3)  # half a height, in one of two
    extra = truth.copy()
    extra[1, 5, 3] = 40
    assert losses(batch, extra) > 5  # a digit where there is none


def test_frames_beside_a_digit_s_middle_are_free_to_say_either() -> None:
    view = np.zeros((32, 48), np.float32)
    batch = as_batch([LineExample(view, (7,), np.array([[4, 3, 19, 30]], np.float32))])
    said = perfect(batch)
    said[0, 1, 7] = 25  # one frame to the left the same digit shows as well
    assert losses(batch, said) == pytest.approx(0, abs=0.05)


def test_a_network_of_two_towers_is_small_and_sees_four_columns_a_frame() -> None:
    keras = load_keras()
    model = joined(keras, [build(keras), build(keras)])
    assert model.count_params() < 1_500_000
    assert model(np.zeros((2, 32, 100), np.float32)).shape == (2, 25, OUTPUTS)


def test_towers_answer_with_their_mean() -> None:
    keras = load_keras()
    keras.utils.set_random_seed(0)
    towers = [build(keras), build(keras)]
    views = np.random.default_rng(0).uniform(0, 1, (1, 32, 48)).astype(np.float32)
    one, other = (tower(views).numpy() for tower in towers)
    assert not np.allclose(one, other, atol=1e-3)
    np.testing.assert_allclose(joined(keras, towers)(views), (one + other) / 2, atol=1e-5)


ON_JAX = """
import sys
from pathlib import Path
import numpy as np
from daemon.training.backend import load_keras
from daemon.training.datasets import DigitSet
from daemon.training.line_fit import LineSettings
from daemon.training.line_train import fit_lines_ahead
from daemon.training.split import TrainingData
if __name__ == "__main__":
    load_keras("jax")
    folder = Path(sys.argv[1])
    given = np.load(folder / "digits.npz")
    digits = DigitSet("digits", "", given["images"], given["labels"])
    settings = LineSettings(epochs=1, seed=1, batch=2, epoch=2, validated=1)
    fit_lines_ahead(settings, TrainingData(digits, digits), folder, lambda step: None)
"""


def test_on_jax_a_network_is_fitted_that_tensorflow_takes(
    train_digits: DigitSet, tmp_path: Path, on_jax: Callable[..., None]
) -> None:
    np.savez(tmp_path / "digits.npz", images=train_digits.images, labels=train_digits.labels)
    on_jax(ON_JAX, tmp_path)
    (network,) = (tmp_path / ".fitted").glob("line-*.keras")
    loaded = load_keras().models.load_model(network)
    assert len(towers_of(loaded)) == 2
    assert loaded(np.zeros((1, 32, 64), np.float32)).shape == (1, 16, OUTPUTS)


@pytest.mark.usefixtures("untraced")
def test_lines_that_are_fitted_ahead_are_taken(
    trained_models: Path,
    data: TrainingData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = tmp_path / "models"
    shutil.copytree(trained_models, models)
    fit_lines_ahead(SHORT, data, models, lambda _: None)
    assert list((models / ".fitted").glob("line-*.json"))
    monkeypatch.setattr(line_train, "fit_lines", lambda *_: pytest.fail("it is fitted already"))
    version = train_lines(SHORT, data, models, lambda _: None)
    assert version.metadata["reader"]["training"]["fitted_with"]["device"] == "CPU"
    assert not list((models / ".fitted").iterdir())
