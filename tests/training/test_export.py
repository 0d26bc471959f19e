"""The exported network must read as the trained one does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daemon.ann.classifier import _Network, softmax
from daemon.training.architectures import architecture
from daemon.training.backend import load_keras
from daemon.training.export import ExportFailed, check_agreement, export_network

LABELS = np.arange(10_000, dtype=np.int64).astype(np.uint8) % 10
TRAINED = np.eye(10, dtype=np.float32)[LABELS]


def with_changed(count: int) -> np.ndarray:
    """The same outputs, but `count` digits read as their neighbour."""
    outputs = TRAINED.copy()
    outputs[:count] = np.roll(outputs[:count], 1, axis=1)
    return outputs


def test_a_few_digits_may_be_read_otherwise() -> None:
    assert check_agreement(TRAINED, TRAINED, LABELS) == 1
    assert check_agreement(TRAINED, with_changed(4), LABELS) == pytest.approx(0.9996)


def test_too_different_an_accuracy_is_refused() -> None:
    with pytest.raises(ExportFailed, match=r"accuracy 0\.06% apart"):
        check_agreement(TRAINED, with_changed(6), LABELS)


def test_of_few_digits_a_doubtful_one_may_be_read_otherwise() -> None:
    assert check_agreement(TRAINED[:100], with_changed(3)[:100], LABELS[:100]) == 0.97
    with pytest.raises(ExportFailed, match=r"only 96\.00% of the test digits"):
        check_agreement(TRAINED[:100], with_changed(4)[:100], LABELS[:100])


def test_too_many_different_digits_are_refused_even_at_the_same_accuracy() -> None:
    truth = LABELS.copy()
    truth[:11] = 255  # wrong either way
    with pytest.raises(ExportFailed, match=r"only 99\.89% of the test digits"):
        check_agreement(TRAINED, with_changed(11), truth)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_weights_of_bytes_read_alike_and_take_half_the_room(tmp_path: Path, name: str) -> None:
    keras = load_keras()
    keras.utils.set_random_seed(1)
    chosen = architecture(name)
    model = chosen.build(keras)
    glyphs = np.random.default_rng(1).random((40, 28, 28), np.float32)
    glyphs[glyphs < 0.7] = 0
    said = []
    for as_bytes in (False, True):
        network = tmp_path / f"{as_bytes}.tflite"
        export_network(model, network, as_bytes=as_bytes)
        outputs = _Network(network, len(chosen.labels), 1).outputs
        said.append(softmax(outputs(glyphs)))
        # What is said of a glyph does not depend on the others that are asked about.
        assert np.array_equal(softmax(outputs(glyphs[:1])), said[-1][:1])
    sizes = [(tmp_path / f"{as_bytes}.tflite").stat().st_size for as_bytes in (False, True)]
    assert sizes[1] < 0.6 * sizes[0]
    assert 0 < np.abs(said[0] - said[1]).max() < 0.02
