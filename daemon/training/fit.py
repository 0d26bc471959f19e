"""Fit one network to its digits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ann.classifier import softmax
from ..records import Grey, Ink
from .architectures import Architecture, Loss
from .averaging import WeightAverage
from .backend import backend_in_use, describe_backend, load_keras
from .epochs import Epoch, drawn_ahead, learnt_again
from .split import Split

REPORT_EVERY_S = 0.2
TAUGHT_AT_ONCE = 2048  # glyphs
LEAST_PATIENCE = 5  # epochs

Targets = npt.NDArray[Any]  # (labels,) int32, or (labels, labels) float32: one row a label


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person who trains chooses."""

    architecture: Architecture
    epochs: int
    loss: Loss
    seed: int

    @property
    def key(self) -> tuple[str | int, ...]:
        """What tells one fit from another."""
        chosen = self.architecture
        taught = "taught" if self.is_taught else ""
        return chosen.name, self.epochs, self.loss, self.seed, chosen.mix.name, taught

    @property
    def is_taught(self) -> bool:
        """Whether a teacher says what is learnt: of labels that are numbers nobody can say more."""
        return self.architecture.teacher is not None and self.loss == "onehot"


@dataclass(frozen=True, slots=True)
class Step:
    """How far training is. `epoch` counts from 1, `share` of all training in 0..1; `loss` and
    `accuracy` are the epoch's so far, `ends_epoch` when it is over; the validation's are the last
    known, NaN during the first epoch."""

    epoch: int
    epochs: int
    ends_epoch: bool
    share: float
    elapsed_s: float
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float


Progress = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained `keras.Model`, the steps that ended its epochs, and the seconds of fitting. Its
    weights are the mean of those at the ends of the last `averaged` epochs, where there are any,
    else those of the best epoch. `fitted_with` names the libraries and the device."""

    model: Any
    history: tuple[Step, ...]
    seconds: float
    averaged: int = 0
    fitted_with: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> Step:
        """The epoch whose validation is that of the model."""
        if self.averaged:
            return self.history[-1]
        return min(self.history, key=lambda step: step.val_loss)


def fit(settings: Settings, data: Split, progress: Progress, teacher: Any | None = None) -> Fitted:
    """Train until the epochs are over, and keep the mean weights of the last ones, if the
    architecture wants it. Else, train until then, or until the validation loss has not fallen for
    a third of the epochs, and keep the weights of the best one. What is learnt are the labels, or
    the probabilities that the `teacher`, a `keras.Model`, gives the same glyphs (Beyer et al.,
    Knowledge distillation: A good teacher is patient and consistent, 2022)."""
    keras = load_keras()
    keras.utils.set_random_seed(settings.seed)
    chosen = settings.architecture
    steps = math.ceil(data.material.size / chosen.batch_size)
    model = chosen.build(keras)
    model.compile(
        optimizer=chosen.optimizer(keras, steps * settings.epochs),
        loss=_loss(keras, settings.loss),
        metrics=["accuracy"],
        # TensorFlow's XLA makes convolutions ten times slower on a CPU; JAX is slow without.
        jit_compile=backend_in_use() == "jax",
    )
    report = _Report(progress, settings.epochs, steps)
    averaged = math.ceil(chosen.averaged * settings.epochs)
    targets = make_targets(chosen, settings.loss)
    drawn = math.ceil(settings.epochs / chosen.passes)
    with drawn_ahead(data.material, settings.seed, drawn) as epochs:
        told = _taught(epochs, teacher) if teacher else epochs
        learnt = learnt_again(told, chosen.passes, settings.seed)
        model.fit(
            _batches(learnt, targets, chosen.batch_size),
            shuffle=False,  # an epoch is drawn in random order
            epochs=settings.epochs,
            steps_per_epoch=steps,
            validation_data=(data.clean.glyphs, targets[data.clean.labels]),
            validation_batch_size=1024,
            verbose=0,
            callbacks=[
                _averaging(keras, model, settings.epochs - averaged)
                if averaged
                else keras.callbacks.EarlyStopping(
                    monitor="val_loss",
                    patience=max(LEAST_PATIENCE, settings.epochs // 3),
                    restore_best_weights=True,
                ),
                keras.callbacks.LambdaCallback(
                    on_epoch_begin=report.epoch_begins,
                    on_train_batch_end=report.batch_ends,
                    on_epoch_end=report.epoch_ends,
                ),
            ],
        )
    history = tuple(report.history)
    return Fitted(model, history, report.elapsed_s, averaged, describe_backend())


def make_targets(chosen: Architecture, loss: Loss) -> Targets:
    """What each label becomes as a target, indexed by label: itself, or a row of probabilities.

    Smoothing spreads over the ten digits only; what is no digit stays certain.
    """
    classes = len(chosen.labels)
    if loss == "sparse":
        return np.arange(classes, dtype=np.int32)
    rows = np.eye(classes, dtype=np.float32)
    rows[:10] *= 1 - chosen.label_smoothing
    rows[:10, :10] += chosen.label_smoothing / 10
    return rows


def _averaging(keras: Any, model: Any, first: int) -> Any:
    average = WeightAverage(model, first)
    return keras.callbacks.LambdaCallback(
        on_test_begin=lambda _logs: average.epoch_ends(),
        on_test_end=lambda _logs: average.training_goes_on(),
        on_train_end=lambda _logs: average.training_ends(),
    )


class _Report:
    """Turns Keras's callbacks into steps."""

    def __init__(self, progress: Progress, epochs: int, batches: int) -> None:
        self.history: list[Step] = []
        self._progress = progress
        self._epochs, self._batches = epochs, batches
        self._epoch = 0
        self._started = time.perf_counter()
        self._reported_s = 0.0

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self._started

    def epoch_begins(self, epoch: int, _logs: object = None) -> None:
        self._epoch = epoch

    def batch_ends(self, batch: int, logs: dict[str, float]) -> None:
        if self.elapsed_s - self._reported_s >= REPORT_EVERY_S:
            self._reported_s = self.elapsed_s
            self._progress(self._step(batch + 1, logs))

    def epoch_ends(self, _epoch: int, logs: dict[str, float]) -> None:
        step = self._step(self._batches, logs)
        self.history.append(step)
        self._progress(step)

    def _step(self, batches: int, logs: dict[str, float]) -> Step:
        last = self.history[-1] if self.history else None
        return Step(
            epoch=self._epoch + 1,
            epochs=self._epochs,
            ends_epoch="val_loss" in logs,
            share=(self._epoch + batches / self._batches) / self._epochs,
            elapsed_s=self.elapsed_s,
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            val_loss=logs.get("val_loss", last.val_loss if last else math.nan),
            val_accuracy=logs.get("val_accuracy", last.val_accuracy if last else math.nan),
        )


def _loss(keras: Any, loss: Loss) -> Any:
    if loss == "sparse":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def _batches(
    epochs: Iterable[Epoch], targets: Targets, size: int
) -> Iterator[tuple[npt.NDArray[np.float32], Targets]]:
    for epoch in epochs:
        for start in range(0, len(epoch.labels), size):
            part = slice(start, start + size)
            said = targets[epoch.labels[part]] if epoch.said is None else epoch.said[part]
            yield _as_ink(epoch.glyphs[part]), said


def _taught(epochs: Iterable[Epoch], teacher: Any) -> Iterator[Epoch]:
    """Epochs with what the teacher says of them."""
    for epoch in epochs:
        logits = teacher.predict(_as_ink(epoch.glyphs), batch_size=TAUGHT_AT_ONCE, verbose=0)
        yield replace(epoch, said=softmax(logits))


def _as_ink(glyphs: Grey) -> Ink:
    return np.asarray(glyphs.astype(np.float32) / np.float32(255))
