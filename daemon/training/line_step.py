"""One step of learning, on each backend of Keras that lines are fitted with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .backend import backend_in_use
from .line_loss import line_loss

Tensor = Any  # of the backend in use
Learn = Callable[..., tuple[Tensor, Tensor]]


def learners(models: Sequence[Any], optimizers: Sequence[Any]) -> list[Learn]:
    """A function for each of several models of the same layers, that learns one batch, given the
    fields of a LineBatch in their order, and returns its mean loss a line and the outputs
    (N, F, 15). It may return before a GPU is done with them."""
    for model, optimizer in zip(models, optimizers, strict=True):
        optimizer.build(model.trainable_variables)
    if backend_in_use() == "jax":
        return _jax_learners(models, optimizers)
    pairs = zip(models, optimizers, strict=True)
    return [_tensorflow_learner(model, optimizer) for model, optimizer in pairs]


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


def _jax_learners(models: Sequence[Any], optimizers: Sequence[Any]) -> list[Learn]:
    """All models learn by the step of the first: it is compiled once for each width of a batch."""
    import jax

    network, rule = models[0], optimizers[0]

    def loss_of(
        weights: Tensor, others: Tensor, views: Tensor, targets: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        outputs, others = network.stateless_call(weights, others, views, training=True)
        return line_loss(outputs, targets), (outputs, others)

    def step(
        weights: Tensor, others: Tensor, state: Tensor, views: Tensor, *targets: Tensor
    ) -> tuple[Tensor, ...]:
        graded = jax.value_and_grad(loss_of, has_aux=True)
        (loss, (outputs, others)), gradients = graded(weights, others, views, targets)
        weights, state = rule.stateless_apply(state, gradients, weights)
        return loss, outputs, (*weights, *others, *state)

    compiled = jax.jit(step)

    def learner(model: Any, optimizer: Any) -> Learn:
        parts = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
        variables = [variable for part in parts for variable in part]

        def learn(views: Tensor, *targets: Tensor) -> tuple[Tensor, Tensor]:
            values = ([variable.value for variable in part] for part in parts)
            loss, outputs, learnt = compiled(*values, views, *targets)
            for variable, value in zip(variables, learnt, strict=True):
                variable.assign(value)
            return loss, outputs

        return learn

    return [learner(*pair) for pair in zip(models, optimizers, strict=True)]
