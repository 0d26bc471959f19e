"""Connectionist temporal classification (Graves et al., 2006) of lines of digits, by what each
backend of Keras has for it: Keras's own takes as long in TensorFlow as the network itself."""

from __future__ import annotations

from typing import Any

from .backend import backend_in_use
from .line_batches import BLANK

Tensor = Any  # of the backend in use


def ctc(logits: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """CTC of each line, (N,), of logits (N, F, 11) against a LineBatch's labels and lengths: 0 for
    lines without digits, which not every backend takes, and for such as have too few frames."""
    if backend_in_use() == "torch":
        return _torch_ctc(logits, labels, lengths)
    return _tensorflow_ctc(logits, labels, lengths)


def _tensorflow_ctc(logits: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    import tensorflow as tf

    written = tf.cast(lengths > 0, tf.float32)
    digits = tf.maximum(labels, 0)
    taken = tf.sequence_mask(tf.maximum(lengths, 1), tf.shape(labels)[1])
    places = tf.where(taken)
    count, frames = tf.shape(logits)[0], tf.shape(logits)[1]
    loss = tf.raw_ops.CTCLoss(
        inputs=tf.transpose(logits, (1, 0, 2)),
        labels_indices=places,
        labels_values=tf.gather_nd(digits, places),
        sequence_length=tf.fill((count,), frames),
        preprocess_collapse_repeated=False,
        ctc_merge_repeated=True,
        ignore_longer_outputs_than_inputs=True,
    )[0]
    return loss * written


def _torch_ctc(logits: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    import torch

    loss = torch.nn.functional.ctc_loss(
        torch.log_softmax(logits, dim=-1).transpose(0, 1),
        labels.clamp(min=0),
        torch.full_like(lengths, logits.shape[1]),
        lengths.clamp(min=1),
        blank=BLANK,
        reduction="none",
        zero_infinity=True,
    )
    return loss * (lengths > 0)
