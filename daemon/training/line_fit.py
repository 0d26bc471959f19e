"""Fit the line network to composed lines: all its towers learn side by side from the same ones."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ann.ctc import greedy_batch
from .averaging import LEFT, WeightAverage
from .backend import load_keras
from .fit import REPORT_EVERY_S, Fitted, Progress, Step
from .hands import Digits
from .line_batches import BATCH, BATCHES, LineBatch, LineSource, lines_ahead
from .line_loss import CLASSES, line_loss
from .line_network import build, joined
from .line_trust import LINES

EPOCH = 200  # batches: lines never repeat, an epoch is a stretch between two validations
EPOCHS = 65
TOWERS = 2
LEARNING_RATE = 2e-3
WARM_UP = 300  # batches
WEIGHT_DECAY = 1e-2
CLIP_NORM = 3.0
AVERAGED = 0.25  # of the epochs, the last ones


@dataclass(frozen=True, slots=True)
class LineSettings:
    """What the person who trains chooses; the lines of a batch; the batches of an epoch, of a
    validation and of the test; the lines that calibrate; the towers."""

    epochs: int
    seed: int
    batch: int = BATCH
    epoch: int = EPOCH
    validated: int = 16
    tested: int = 20
    trusted: int = LINES
    towers: int = TOWERS


def fit_lines(
    settings: LineSettings, learnt: Digits, validated: Digits, progress: Progress
) -> Fitted:
    """Train the towers on lines of `learnt` digits; after each epoch, the network that they are
    together reads lines of `validated` digits. The steps' accuracies are shares of lines read
    exactly, in training those of a tower in the mean."""
    keras = load_keras()
    keras.utils.set_random_seed(settings.seed)
    towers = [build(keras) for _ in range(settings.towers)]
    model = joined(keras, towers)
    steps = settings.epochs * settings.epoch
    learners = [_learner(keras, tower, steps) for tower in towers]
    averaged = math.ceil(AVERAGED * settings.epochs)
    average = WeightAverage(model, settings.epochs - averaged)
    validation = LineSource(validated, settings.seed + 1).make(settings.validated, settings.batch)
    history: list[Step] = []
    started = time.perf_counter()
    at_once = min(BATCHES, settings.epoch)
    with lines_ahead(learnt, settings.seed, at_once, settings.batch) as batches:
        for _ in range(settings.epochs):
            for step in _epoch(learners, batches, settings, history, started):
                progress(step)
            average.epoch_ends()
            scores = validate(model, validation)
            average.training_goes_on()
            ended = replace(step, ends_epoch=True, val_loss=scores.loss, val_accuracy=scores.exact)
            history.append(ended)
            progress(ended)
    average.training_ends()
    return Fitted(model, tuple(history), time.perf_counter() - started, averaged)


@dataclass(frozen=True, slots=True)
class LineScores:
    """Mean loss a line, and the share of lines read exactly."""

    loss: float
    exact: float


def validate(model: Any, batches: Sequence[LineBatch]) -> LineScores:
    """How well the model reads composed lines, greedily."""
    losses, exact, count = [], 0, 0
    for batch in batches:
        outputs = model(batch.views, training=False)
        losses.append(float(line_loss(outputs, _targets(batch))))
        exact += _exact(outputs.numpy(), batch)
        count += len(batch.lengths)
    return LineScores(float(np.mean(losses)), exact / count)


def _learner(keras: Any, model: Any, steps: int) -> Any:
    """A function that learns one batch, and returns its loss and the outputs."""
    import tensorflow as tf

    warm_up = min(WARM_UP, steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 50,
        decay_steps=max(1, steps - warm_up),
        warmup_target=LEARNING_RATE,
        warmup_steps=warm_up,
        alpha=LEFT,
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=WEIGHT_DECAY, global_clipnorm=CLIP_NORM
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    optimizer.build(model.trainable_variables)  # else `learn` is traced twice
    signature = [
        tf.TensorSpec((None, 32, None), tf.float32),
        tf.TensorSpec((None, None), tf.int32),
        tf.TensorSpec((None, None, 4), tf.float32),
        tf.TensorSpec((None, None), tf.float32),
        tf.TensorSpec((None, None), tf.int32),
        tf.TensorSpec((None,), tf.int32),
    ]

    def learn(views: Any, *targets: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            outputs = model(views, training=True)
            loss = line_loss(outputs, targets)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss, outputs

    return tf.function(learn, input_signature=signature)


def _epoch(
    learners: Sequence[Any],
    batches: Iterator[LineBatch],
    settings: LineSettings,
    history: Sequence[Step],
    started: float,
) -> Iterator[Step]:
    """Learn one epoch's batches; a step every now and then, and for the last one."""
    losses, exact, count = 0.0, 0, 0
    reported_s = 0.0
    last = history[-1] if history else None
    epoch, epochs = len(history) + 1, settings.epochs
    for number in range(1, settings.epoch + 1):
        batch = next(batches)
        for learn in learners:
            loss, outputs = learn(batch.views, *_targets(batch))
            losses += float(loss) / len(learners)
            exact += _exact(outputs.numpy(), batch)
            count += len(batch.lengths)
        elapsed_s = time.perf_counter() - started
        if number < settings.epoch and elapsed_s - reported_s < REPORT_EVERY_S:
            continue
        reported_s = elapsed_s
        yield Step(
            epoch=epoch,
            epochs=epochs,
            ends_epoch=False,
            share=(epoch - 1 + number / settings.epoch) / epochs,
            elapsed_s=elapsed_s,
            loss=losses / number,
            accuracy=exact / count,
            val_loss=last.val_loss if last else math.nan,
            val_accuracy=last.val_accuracy if last else math.nan,
        )


def _targets(batch: LineBatch) -> tuple[npt.NDArray[Any], ...]:
    return batch.frames, batch.boxes, batch.boxed, batch.labels, batch.lengths


def _exact(outputs: npt.NDArray[np.float32], batch: LineBatch) -> int:
    """How many lines of the batch are read exactly."""
    read = greedy_batch(outputs[..., :CLASSES])
    return sum(
        digits == tuple(labels[:length].tolist())
        for digits, labels, length in zip(read, batch.labels, batch.lengths, strict=True)
    )
