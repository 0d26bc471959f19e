"""One step of learning, on each backend of Keras that lines are fitted with.

These are TensorFlow, and torch for machines with a GPU. JAX is left out: it would compile the step
for each of the two dozen widths of a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UsageError
from .backend import backend_in_use
from .line_loss import line_loss

Tensor = Any  # of the backend in use
Learn = Callable[..., tuple[Tensor, Tensor]]


def learner(model: Any, optimizer: Any) -> Learn:
    """A function that learns one batch, given the fields of a LineBatch in their order, and returns
    its mean loss a line and the outputs (N, F, 15). It may return before a GPU is done with them.
    Raises UsageError where Keras has another backend."""
    optimizer.build(model.trainable_variables)
    backend = backend_in_use()
    if backend == "tensorflow":
        return _tensorflow_learner(model, optimizer)
    if backend == "torch":
        return _torch_learner(model, optimizer)
    raise UsageError(f"line readers are trained on tensorflow or torch, not on {backend}")


def _tensorflow_learner(model: Any, optimizer: Any) -> Learn:
    import tensorflow as tf

    # One for all widths: else the step would be traced for each of them.
    signature = [
        tf.TensorSpec((None, 32, None), tf.float32),
        tf.TensorSpec((None, None), tf.int32),
        tf.TensorSpec((None, None, 4), tf.float32),
        tf.TensorSpec((None, None), tf.float32),
        tf.TensorSpec((None, None), tf.int32),
        tf.TensorSpec((None,), tf.int32),
    ]

    def learn(views: Tensor, *targets: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            outputs = model(views, training=True)
            loss = line_loss(outputs, targets)
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss, outputs

    traced: Learn = tf.function(learn, input_signature=signature)
    return traced


def _torch_learner(model: Any, optimizer: Any) -> Learn:
    import torch

    def learn(views: Tensor, *targets: Tensor) -> tuple[Tensor, Tensor]:
        outputs = model(views, training=True)
        loss = line_loss(outputs, targets)
        weights = [variable.value for variable in model.trainable_variables]
        optimizer.apply(torch.autograd.grad(loss, weights))
        return loss.detach(), outputs.detach()

    return learn
