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
from .backend import backend_in_use, describe_backend, load_keras
from .fit import REPORT_EVERY_S, Fitted, Progress, Step
from .hands import Copybook, Digits
from .line_batches import (
    BATCH,
    BATCHES,
    ROUND,
    ROUND_COMPILED,
    LineBatch,
    draw_lines,
    lines_ahead,
)
from .line_loss import CLASSES, line_loss
from .line_network import NAME, build, joined
from .line_step import Learn, learners
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

    @property
    def key(self) -> tuple[str | int, ...]:
        """What tells one fit from another."""
        learnt = (self.batch, self.epoch, self.validated, self.towers)
        return NAME, self.epochs, self.seed, *learnt


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
    learning = learners(towers, [_optimizer(keras, steps) for _ in towers])
    averaged = math.ceil(AVERAGED * settings.epochs)
    average = WeightAverage(model, settings.epochs - averaged)
    rounded = ROUND_COMPILED if backend_in_use() == "jax" else ROUND
    book = Copybook(validated)
    validation = draw_lines(
        *(book, settings.seed + 1, 0, settings.validated, settings.batch), rounded=rounded
    )
    history: list[Step] = []
    started = time.perf_counter()
    at_once = min(BATCHES, settings.epoch)
    with lines_ahead(learnt, settings.seed, at_once, settings.batch, rounded=rounded) as batches:
        for _ in range(settings.epochs):
            for step in _epoch(learning, batches, settings, history, started):
                progress(step)
            average.epoch_ends()
            scores = validate(model, validation)
            average.training_goes_on()
            ended = replace(step, ends_epoch=True, val_loss=scores.loss, val_accuracy=scores.exact)
            history.append(ended)
            progress(ended)
    average.training_ends()
    seconds = time.perf_counter() - started
    return Fitted(model, tuple(history), seconds, averaged, describe_backend())


@dataclass(frozen=True, slots=True)
class LineScores:
    """Mean loss a line, and the share of lines read exactly."""

    loss: float
    exact: float


def validate(model: Any, batches: Sequence[LineBatch]) -> LineScores:
    """How well the model reads composed lines, greedily."""
    losses, exact, count = [], 0, 0
    for batch in batches:
        outputs = _array(model(batch.views, training=False))
        losses.append(float(line_loss(outputs, _targets(batch))))
        exact += _exact(outputs, batch)
        count += len(batch.lengths)
    return LineScores(float(np.mean(losses)), exact / count)


def _optimizer(keras: Any, steps: int) -> Any:
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
    return optimizer


def _epoch(
    learners: Sequence[Learn],
    batches: Iterator[LineBatch],
    settings: LineSettings,
    history: Sequence[Step],
    started: float,
) -> Iterator[Step]:
    """Learn one epoch's batches; a step every now and then, and for the last one. In between nobody
    asks for what a GPU may still be computing."""
    convert = load_keras().ops.convert_to_tensor
    losses, exact, count = 0.0, 0, 0
    reported_s = 0.0
    last = history[-1] if history else None
    epoch, epochs = len(history) + 1, settings.epochs
    for number in range(1, settings.epoch + 1):
        batch = next(batches)
        given = [convert(part) for part in (batch.views, *_targets(batch))]
        learnt = [learn(*given) for learn in learners]
        losses += sum(loss for loss, _ in learnt) / len(learners)
        elapsed_s = time.perf_counter() - started
        if number < settings.epoch and elapsed_s - reported_s < REPORT_EVERY_S:
            continue
        reported_s = elapsed_s
        exact += sum(_exact(_array(outputs), batch) for _, outputs in learnt)
        count += len(learners) * len(batch.lengths)
        yield Step(
            epoch=epoch,
            epochs=epochs,
            ends_epoch=False,
            share=(epoch - 1 + number / settings.epoch) / epochs,
            elapsed_s=elapsed_s,
            loss=float(losses) / number,
            accuracy=exact / count,
            val_loss=last.val_loss if last else math.nan,
            val_accuracy=last.val_accuracy if last else math.nan,
        )


def _array(outputs: Any) -> npt.NDArray[np.float32]:
    return np.asarray(load_keras().ops.convert_to_numpy(outputs))


def _targets(batch: LineBatch) -> tuple[npt.NDArray[Any], ...]:
    return batch.frames, batch.boxes, batch.boxed, batch.labels, batch.lengths


def _exact(outputs: npt.NDArray[np.float32], batch: LineBatch) -> int:
    """How many lines of the batch are read exactly."""
    read = greedy_batch(outputs[..., :CLASSES])
    return sum(
        digits == tuple(labels[:length].tolist())
        for digits, labels, length in zip(read, batch.labels, batch.lengths, strict=True)
    )
