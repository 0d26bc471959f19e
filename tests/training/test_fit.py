"""Which weights a network has when it was trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from daemon.training import fit as module
from daemon.training.architectures import architecture
from daemon.training.backend import load_keras
from daemon.training.epochs import Epoch, Material
from daemon.training.fit import Fitted, Settings, fit
from daemon.training.split import Split, Validation

DRAWN = np.random.default_rng(0)
IMAGES = DRAWN.integers(0, 256, (256, 28, 28), np.uint8)
LABELS = DRAWN.integers(0, 10, 256).astype(np.uint8)
HELD = Validation(IMAGES[:64].astype(np.float32) / 255, LABELS[:64])
DIGITS = Split(Material(IMAGES, LABELS, (), augmented=False), HELD, HELD)


def fitted(epochs: int, averaged: float = 0.0) -> Fitted:
    """A classic, trained with the mean of so large a share of its epochs."""
    chosen = replace(architecture("mlp-128"), averaged=averaged)
    return fit(Settings(chosen, epochs, "sparse", seed=1), DIGITS, lambda _: None)


def loss(network: Fitted) -> float:
    """What the network loses on the digits that validated it."""
    logits = network.model.predict(HELD.glyphs, verbose=0).astype(np.float64)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(logs)), HELD.labels].mean())


def test_the_weights_are_the_mean_of_the_last_epochs_which_learn_as_if_there_were_none() -> None:
    ends = [fitted(epochs, averaged=1e-9).model.get_weights() for epochs in (3, 4)]
    averaged = fitted(4, averaged=0.5)
    assert averaged.averaged == 2
    for own, first, second in zip(averaged.model.get_weights(), *ends, strict=True):
        np.testing.assert_allclose(own, (first + second) / 2, atol=1e-5)
    assert averaged.kept is averaged.history[-1]
    assert averaged.kept.val_loss == pytest.approx(loss(averaged), rel=1e-4)


def test_what_is_drawn_is_learnt_from_in_several_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    drawn_ahead = module.drawn_ahead

    def told(material: Material, seed: int, count: int) -> AbstractContextManager[Iterator[Epoch]]:
        asked.append(count)
        return drawn_ahead(material, seed, count)

    monkeypatch.setattr(module, "drawn_ahead", told)
    chosen = replace(architecture("mlp-128"), passes=2)
    network = fit(Settings(chosen, 3, "sparse", seed=1), DIGITS, lambda _: None)
    assert asked == [2]
    assert len(network.history) == 3


def test_what_is_learnt_is_what_a_teacher_says() -> None:
    keras = load_keras()
    glyphs = keras.Input((28, 28))
    flat = keras.layers.Flatten()(glyphs)
    teacher = keras.Model(glyphs, keras.layers.Dense(10, bias_initializer=says_three)(flat * 0))
    chosen = replace(architecture("mlp-128"), teacher=architecture("mlp-128"))
    network = fit(Settings(chosen, 4, "onehot", seed=1), DIGITS, lambda _: None, teacher)
    assert (network.model.predict(HELD.glyphs, verbose=0).argmax(axis=1) == 3).all()


def says_three(shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """Biases that make a network say 3."""
    return (9 * (np.arange(*shape) == 3)).astype(dtype)


def test_without_a_mean_they_are_those_of_the_epoch_that_validated_best() -> None:
    best = fitted(4)
    assert best.averaged == 0
    assert best.kept.val_loss == min(step.val_loss for step in best.history)
    assert best.kept.val_loss == pytest.approx(loss(best), rel=1e-4)
