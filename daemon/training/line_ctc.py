"""Connectionist temporal classification (Graves et al., 2006) of lines of digits."""

from __future__ import annotations

from typing import Any

from .backend import backend_in_use, load_keras
from .line_batches import BLANK

IMPOSSIBLE = 1e4  # Keras gives more than that to what so few frames cannot say

Tensor = Any  # of the backend in use


def ctc(logits: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """CTC of each line, (N,), of logits (N, F, 11) against a LineBatch's labels and lengths: 0 for
    lines without digits, which not every backend takes, and for such as have too few frames."""
    if backend_in_use() == "tensorflow":
        return _tensorflow_ctc(logits, labels, lengths)
    ops = load_keras().ops
    frames = ops.full_like(lengths, logits.shape[1])
    digits = ops.maximum(labels, 0)
    loss = ops.ctc_loss(digits, logits, ops.maximum(lengths, 1), frames, mask_index=BLANK)
    return ops.where((lengths > 0) & (loss < IMPOSSIBLE), loss, 0.0)


def _tensorflow_ctc(logits: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """TensorFlow's own operation: Keras's takes as long there as the network itself."""
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
