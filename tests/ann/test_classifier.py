"""The glyph network at reading time."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from daemon.ann import classifier as module
from daemon.ann.classifier import GlyphClassifier, load_classifier, softmax
from daemon.ann.registry import ModelVersion
from daemon.errors import ModelUnavailable
from daemon.training.datasets import DigitSet


def glyphs_of(digits: DigitSet) -> np.ndarray:
    return digits.images.astype(np.float32) / 255


def test_it_reads_the_digits_it_was_trained_for(
    trained_models: Path, test_digits: DigitSet
) -> None:
    classifier = load_classifier(trained_models)
    probabilities = classifier.classify(glyphs_of(test_digits))
    assert probabilities.shape == (len(test_digits), 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == test_digits.labels) > 0.9


def test_it_answers_for_no_glyphs_at_all(trained_version: ModelVersion) -> None:
    nothing = np.zeros((0, 28, 28), np.float32)
    assert GlyphClassifier(trained_version).classify(nothing).shape == (0, 10)


def test_chunks_give_what_one_call_gives(
    trained_version: ModelVersion, test_digits: DigitSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = GlyphClassifier(trained_version)
    whole = classifier.classify(glyphs_of(test_digits))
    monkeypatch.setattr(module, "CHUNK", 64)
    np.testing.assert_allclose(classifier.classify(glyphs_of(test_digits)), whole, atol=1e-6)


def test_an_answer_does_not_change_with_the_next_call(
    trained_version: ModelVersion, test_digits: DigitSet
) -> None:
    classifier = GlyphClassifier(trained_version)
    first = classifier.classify(glyphs_of(test_digits)[:5])
    kept = first.copy()
    classifier.classify(glyphs_of(test_digits)[5:10])
    np.testing.assert_array_equal(first, kept)


def test_a_higher_temperature_makes_it_less_sure_of_the_same_digits(
    trained_version: ModelVersion, test_digits: DigitSet
) -> None:
    glyphs = glyphs_of(test_digits)
    cool = GlyphClassifier(replace(trained_version, temperature=1.0)).classify(glyphs)
    warm = GlyphClassifier(replace(trained_version, temperature=3.0)).classify(glyphs)
    np.testing.assert_array_equal(cool.argmax(axis=1), warm.argmax(axis=1))
    assert warm.max(axis=1).mean() < cool.max(axis=1).mean()


def test_what_it_is_not_sure_of_it_looks_at_again_turned_to_both_sides(
    trained_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[np.ndarray] = []

    def outputs(_: GlyphClassifier, glyphs: np.ndarray) -> np.ndarray:
        shown.append(glyphs)
        chances = np.full((len(glyphs), 10), 1e-6, np.float32)
        chances[:, [3, 7]] = [(0.99, 0.01), (0.4, 0.6)] if len(shown) == 1 else [(0.7, 0.3)]
        return np.log(chances)

    monkeypatch.setattr(GlyphClassifier, "outputs", outputs)
    bar = np.zeros((2, 28, 28), np.float32)
    bar[:, 4:24, 13:15] = [[[1.0]], [[0.05]]]
    logits = GlyphClassifier(replace(trained_version, normalised=True)).logits(bar)
    assert [len(glyphs) for glyphs in shown] == [2, 1, 1]
    to_the_left, to_the_right = shown[1][0], shown[2][0]
    assert to_the_left[4, :13].sum() > to_the_left[4, 15:].sum()
    np.testing.assert_allclose(to_the_left, to_the_right[:, ::-1], atol=0.01)
    sure, unsure = softmax(logits)
    assert sure[3] == pytest.approx(0.99, abs=1e-4)
    assert unsure[7] == pytest.approx((0.6 + 0.3 + 0.3) / 3, abs=1e-4)
    shown.clear()
    GlyphClassifier(trained_version).logits(bar)
    assert [len(glyphs) for glyphs in shown] == [2]


def advised(
    version: ModelVersion,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    chances: dict[str, list],
    **settings: float,
) -> tuple[GlyphClassifier, list[tuple[str, list[int]]]]:
    """A classifier whose networks give these chances of a 3, a 7 and of no digit for glyphs that
    are as dark as their number says, from 0 on; and who is asked about which of them."""
    for name in ("model.tflite", "advisor.tflite"):
        shutil.copy(version.network, folder / name)
    files = {"model.tflite": "", "advisor.tflite": ""}
    version = replace(version, path=folder, normalised=True, metadata={"files": files})
    asked: list[tuple[str, list[int]]] = []

    def says(who: str, glyphs: np.ndarray) -> np.ndarray:
        numbers = (10 * glyphs[:, 14, 14]).round().astype(int).tolist()
        asked.append((who, numbers))
        given = np.zeros((len(glyphs), 11), np.float32)
        given[:, [3, 7, 10]] = np.reshape([chances[who][n] for n in numbers], (-1, 3))
        return np.log(np.maximum(given, 1e-6))

    classifier = GlyphClassifier(version, **settings)
    monkeypatch.setattr(classifier, "outputs", partial(says, "network"))
    monkeypatch.setattr(classifier._advisor, "outputs", partial(says, "advisor"))
    return classifier, asked


def numbered(count: int) -> np.ndarray:
    numbers = np.arange(count, dtype=np.float32) / 10
    return np.broadcast_to(numbers[:, None, None], (count, 28, 28))


def test_an_advisor_is_asked_first_and_where_it_is_sure_of_a_digit_nobody_else(
    trained_version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chances = {
        "advisor": [(0.95, 0.05, 0), (0.93, 0.07, 0), (0.95, 0.03, 0.02), (0, 0.01, 0.99)],
        "network": [(0, 0, 1), (0.01, 0.99, 0), (0.01, 0.99, 0), (0.01, 0.99, 0)],
    }
    classifier, asked = advised(trained_version, tmp_path, monkeypatch, chances)
    said = softmax(classifier.logits(numbered(4)))
    assert asked[:2] == [("advisor", [0, 1, 2, 3]), ("network", [1, 2, 3])]
    assert all(glyphs == [] for _, glyphs in asked[2:])
    assert said.argmax(axis=1).tolist() == [3, 7, 7, 7]
    assert said[0, 3] == pytest.approx(0.95, abs=1e-4)


@pytest.mark.parametrize(("max_error_read", "left"), [(0.01, [1]), (0.005, [1]), (0.002, [0, 1])])
def test_where_fewer_errors_than_usual_are_wanted_the_network_looks_at_all(
    trained_version: ModelVersion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    max_error_read: float,
    left: list[int],
) -> None:
    chances = {"advisor": [(1, 0, 0), (0.9, 0.1, 0)], "network": [(0, 1, 0), (0, 1, 0)]}
    classifier, asked = advised(
        trained_version, tmp_path, monkeypatch, chances, max_error_read=max_error_read
    )
    classifier.logits(numbered(2))
    assert asked[:2] == [("advisor", [0, 1]), ("network", left)]


def test_an_advisor_counts_for_as_much_where_the_network_is_not_sure_either(
    trained_version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chances = {
        "advisor": [(0.1, 0.9, 0.0), (0.1, 0.9, 0.0)],
        "network": [(0.99, 0.01, 0.0), (0.6, 0.4, 0.0)],
    }
    classifier, asked = advised(trained_version, tmp_path, monkeypatch, chances)
    sure, unsure = softmax(classifier.logits(numbered(2)))
    assert [who for who, _ in asked] == ["advisor", "network", "network", "network"]
    assert [len(glyphs) for _, glyphs in asked] == [2, 2, 1, 1]
    assert sure[3] == pytest.approx(0.99, abs=1e-4)
    assert unsure[7] == pytest.approx((0.4 + 0.9) / 2, abs=1e-4)


def test_an_advisor_has_no_say_in_whether_it_is_a_digit() -> None:
    said, advice = np.full((2, 11), 0.01, np.float32), np.full((2, 11), 0.001, np.float32)
    said[:, [3, 7, 10]] = 0.20, 0.12, 0.6
    advice[:, 7] = 0.99
    advised = module._advised(said, advice)
    np.testing.assert_allclose(advised[:, 10], said[:, 10])
    np.testing.assert_allclose(advised.sum(axis=1), said.sum(axis=1), rtol=1e-5)
    assert advised[0, :10].argmax() == 7
    assert advised[0, 7] == pytest.approx(0.4 * (0.12 / 0.4 + 0.99 / 0.999) / 2, rel=0.01)
    nothing = np.eye(11, dtype=np.float32)[[10, 10]]  # an advisor that is sure of no digit at all
    assert module._advised(said, nothing)[0, :10].argmax() == 3


def test_it_passes_on_what_the_version_says(trained_version: ModelVersion) -> None:
    classifier = GlyphClassifier(trained_version)
    assert classifier.name == trained_version.name
    assert classifier.review_below == trained_version.review_below(0.005)
    assert classifier.labels == tuple("0123456789")


def test_loading_writes_nothing_to_the_terminal(
    trained_version: ModelVersion, test_digits: DigitSet, capfd: pytest.CaptureFixture[str]
) -> None:
    GlyphClassifier(trained_version).classify(glyphs_of(test_digits)[:3])
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_no_network_is_refused(
    trained_version: ModelVersion, tmp_path: Path
) -> None:
    (tmp_path / "model.tflite").write_bytes(b"not a flatbuffer")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        GlyphClassifier(replace(trained_version, path=tmp_path))


def test_a_network_with_other_classes_than_its_metadata_is_refused(
    trained_version: ModelVersion,
) -> None:
    with pytest.raises(ModelUnavailable, match="knows 10 classes, its metadata 11"):
        GlyphClassifier(replace(trained_version, labels=(*"0123456789", "none")))


def test_softmax_does_not_overflow() -> None:
    probabilities = softmax(np.array([[1000, 1000, -1000]], np.float32))
    np.testing.assert_allclose(probabilities, [[0.5, 0.5, 0]])
