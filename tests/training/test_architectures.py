"""The networks by name."""

from __future__ import annotations

import sys

import pytest

from daemon.errors import UsageError
from daemon.training.architectures import ARCHITECTURES, architecture
from daemon.training.backend import load_keras
from daemon.training.fit import make_targets

WEIGHTS = {  # biases and batch norm's statistics included
    "mlp-128": 784 * 128 + 128 + 128 * 10 + 10,
    "mlp-128x2": 784 * 128 + 128 + 129 * 128 + 129 * 10,
    "mlp-128x3": 784 * 128 + 128 + 2 * 129 * 128 + 129 * 10,
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_takes_glyphs_and_gives_a_logit_a_label(name: str) -> None:
    chosen = architecture(name)
    model = chosen.build(load_keras())
    assert model.input_shape == (None, 28, 28)
    assert model.output_shape == (None, len(chosen.labels))
    assert chosen.labels[-1] == ("none" if name in ("mlp", "cnn") else "9")
    if name in WEIGHTS:
        assert model.count_params() == WEIGHTS[name]


def test_the_convolutional_network_is_small() -> None:
    assert architecture("cnn").build(load_keras()).count_params() <= 550_000


def test_an_unknown_network_names_the_known_ones() -> None:
    with pytest.raises(
        UsageError, match=r"no architecture 'lstm'; there are: mlp-128, .*, mlp, cnn"
    ):
        architecture("lstm")


def test_our_learning_rate_warms_up_and_falls_to_nothing() -> None:
    chosen = architecture("mlp")
    optimizer = chosen.optimizer(load_keras(), steps=1000)
    schedule = optimizer._learning_rate
    rates = [float(schedule(step)) for step in (0, 50, 100, 500, 1000)]
    assert rates[0] < rates[1] < rates[2] == pytest.approx(chosen.learning_rate)
    assert rates[2] > rates[3] > rates[4]
    assert rates[4] < chosen.learning_rate / 100


def test_where_weights_are_averaged_learning_goes_on_to_the_end() -> None:
    chosen = architecture("cnn")
    assert chosen.averaged
    schedule = chosen.optimizer(load_keras(), steps=1000)._learning_rate
    assert float(schedule(1000)) == pytest.approx(chosen.learning_rate / 6)


def test_targets_are_labels_or_rows() -> None:
    assert make_targets(architecture("mlp-128"), "sparse").tolist() == list(range(10))
    rows = make_targets(architecture("mlp-128"), "onehot")
    assert rows.tolist() == [[float(i == j) for j in range(10)] for i in range(10)]


def test_smoothing_spreads_over_the_digits_and_leaves_no_digit_certain() -> None:
    rows = make_targets(architecture("mlp"), "onehot")
    assert rows.shape == (11, 11)
    assert rows.sum(axis=1) == pytest.approx([1] * 11)
    assert rows[3, 3] == pytest.approx(0.955)
    assert rows[3, 4] == pytest.approx(0.005)
    assert rows[3, 10] == 0
    assert rows[10, 10] == 1


def test_without_tensorflow_training_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UsageError, match=r"pip install 'digitd\[train\]'"):
        load_keras()
