"""Train one network, from labelled digits to a version folder that reading can use."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..records import Grey
from ..vision.glyph import normalise_images
from .architectures import Architecture, Loss
from .augment import augment_digits, negatives, render_pen_digits
from .backend import load_keras
from .datasets import DigitSet, Labels
from .epochs import NEGATIVE_SHARE, NONE, Epoch, Material, drawn_ahead
from .extras import PenSet
from .strokes import PenDigit

VALIDATION_DIGITS = 5000  # at most, and at most a tenth of the training digits
HELD_OUT_WRITERS = 1 / 11  # of a set of pen strokes: 4 of pendigits' 44
REPORT_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person who trains chooses."""

    architecture: Architecture
    epochs: int
    loss: Loss
    seed: int
    max_error_read: float


@dataclass(frozen=True, slots=True)
class TrainingData:
    """`test` is only measured on. `extras` are learnt besides, by augmented architectures only."""

    train: DigitSet
    test: DigitSet
    extras: tuple[PenSet | DigitSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """How far training is. `epoch` counts from 1, `share` of all training in 0..1; `loss` and
    `accuracy` are the epoch's so far, `ends_epoch` when it is over; the validation's are the last
    known, None during the first epoch."""

    epoch: int
    epochs: int
    ends_epoch: bool
    share: float
    elapsed_s: float
    loss: float
    accuracy: float
    val_loss: float | None = None
    val_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Training material, and validation glyphs that nothing is learnt from: `clean` ones to stop
    by, and more, damaged and negative ones included, to calibrate by. Glyphs are float32."""

    material: Material
    clean: tuple[npt.NDArray[np.float32], Labels]
    calibration: tuple[npt.NDArray[np.float32], Labels]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained `keras.Model`, the steps at the epochs' ends, and the seconds of fitting."""

    model: Any
    history: tuple[Step, ...]
    seconds: float


def split(data: TrainingData, architecture: Architecture, seed: int) -> Split:
    """Set validation digits and writers aside, by `seed`."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.train))
    held = min(VALIDATION_DIGITS, len(order) // 10)
    if not architecture.augmented:
        val = data.train.part("validation", order[:held])
        rest = data.train.part("training", order[held:])
        glyphs = val.images.astype(np.float32) / np.float32(255)
        return Split(
            Material(rest.images, rest.labels, (), False),
            (glyphs, val.labels),
            (glyphs, val.labels),
        )
    kept, val_parts = [data.train.part("training", order[held:])], [order[:held]]
    vals = [data.train.part("validation", val_parts[0])]
    pens: list[PenDigit] = []
    val_pens: list[PenDigit] = []
    for extra in data.extras:
        if isinstance(extra, PenSet):
            known, unknown = _by_writer(extra.digits, rng)
            pens += known
            val_pens += unknown
        else:
            order = rng.permutation(len(extra))
            kept.append(extra.part(extra.name, order[len(order) // 10 :]))
            vals.append(extra.part(extra.name, order[: len(order) // 10]))
    images, labels = _joined(kept)
    val_images, val_labels = _joined(vals)
    pen_labels = np.array([pen.label for pen in val_pens], np.uint8)
    none = round(NEGATIVE_SHARE * len(val_labels))
    plain, rendered = normalise_images(val_images), render_pen_digits(val_pens, rng)
    clean_labels = np.concatenate([val_labels, pen_labels])
    return Split(
        Material(images, labels, tuple(pens), True),
        (np.concatenate([plain, rendered]), clean_labels),
        (
            np.concatenate(
                [plain, rendered, augment_digits(val_images, rng), negatives(val_images, none, rng)]
            ),
            np.concatenate([clean_labels, val_labels, np.full(none, NONE, np.uint8)]),
        ),
    )


def fit(settings: Settings, data: Split, progress: Callable[[Step], None]) -> Fitted:
    """Train until the epochs are over or the validation loss has long not fallen; the weights of
    the best epoch stay. The same settings and data give nearly the same network (sums of floats
    in another order aside)."""
    keras = load_keras()
    random.seed(settings.seed)
    keras.utils.set_random_seed(settings.seed)
    chosen = settings.architecture
    steps = math.ceil(data.material.size / chosen.batch_size)
    model = chosen.build(keras)
    # XLA is slower here: convolutions tenfold on two cores.
    model.compile(
        optimizer=chosen.optimizer(keras, steps * settings.epochs),
        loss=_loss(keras, settings.loss),
        metrics=["accuracy"],
        jit_compile=False,
    )
    report = _Report(progress, settings.epochs, steps)
    targets = _targets(chosen, settings.loss)
    glyphs, labels = data.clean
    with drawn_ahead(data.material, settings.seed, settings.epochs) as epochs:
        model.fit(
            _stream(_batches(epochs, targets, chosen.batch_size), targets),
            shuffle=False,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            validation_data=(glyphs, targets[labels]),
            validation_batch_size=1024,
            verbose=0,
            callbacks=[
                keras.callbacks.EarlyStopping(
                    monitor="val_loss", patience=chosen.patience, restore_best_weights=True
                ),
                keras.callbacks.LambdaCallback(
                    on_epoch_begin=report.epoch_begins,
                    on_train_batch_end=report.batch_ends,
                    on_epoch_end=report.epoch_ends,
                ),
            ],
        )
    return Fitted(model, tuple(report.history), report.elapsed_s)


class _Report:
    """Turns Keras's callbacks into steps."""

    def __init__(self, progress: Callable[[Step], None], epochs: int, batches: int) -> None:
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
        done = self._epoch + batches / self._batches
        last = self.history[-1] if self.history else None
        return Step(
            epoch=self._epoch + 1,
            epochs=self._epochs,
            ends_epoch="val_loss" in logs,
            share=done / self._epochs,
            elapsed_s=self.elapsed_s,
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            val_loss=logs.get("val_loss", last and last.val_loss),
            val_accuracy=logs.get("val_accuracy", last and last.val_accuracy),
        )


def _loss(keras: Any, loss: Loss) -> Any:
    if loss == "sparse":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def _targets(chosen: Architecture, loss: Loss) -> npt.NDArray[Any]:
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


def _batches(
    epochs: Iterable[Epoch], targets: npt.NDArray[Any], size: int
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[Any]]]:
    for epoch in epochs:
        for start in range(0, len(epoch.labels), size):
            part = slice(start, start + size)
            glyphs = epoch.glyphs[part].astype(np.float32) / np.float32(255)
            yield glyphs, targets[epoch.labels[part]]


def _stream(batches: Iterator[Any], targets: npt.NDArray[Any]) -> Any:
    """The batches as a `tf.data.Dataset`."""
    import tensorflow as tf

    signature = (
        tf.TensorSpec((None, 28, 28), tf.float32),
        tf.TensorSpec((None, *targets.shape[1:]), targets.dtype),
    )
    return tf.data.Dataset.from_generator(lambda: batches, output_signature=signature).prefetch(4)


def _by_writer(
    digits: tuple[PenDigit, ...], rng: np.random.Generator
) -> tuple[list[PenDigit], list[PenDigit]]:
    """The digits of most writers, and of the few that are held out."""
    writers = sorted({digit.writer for digit in digits})
    held = set(rng.permutation(writers)[: max(1, round(len(writers) * HELD_OUT_WRITERS))].tolist())
    known = [digit for digit in digits if digit.writer not in held]
    return known, [digit for digit in digits if digit.writer in held]


def _joined(sets: list[DigitSet]) -> tuple[Grey, Labels]:
    return np.concatenate([s.images for s in sets]), np.concatenate([s.labels for s in sets])
