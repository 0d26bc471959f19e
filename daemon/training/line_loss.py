"""What the line network is taught by: which digit's middle lies at each frame, where the digit's
edges are, and, by connectionist temporal classification, what the whole line says.

CTC (Graves et al., 2006) alone lingers at "all blank" for long; the frames' cross-entropy leads out
of there at once.
"""

from __future__ import annotations

from typing import Any

from .line_batches import BLANK, UNCERTAIN

CTC_WEIGHT = 0.5
BOX_WEIGHT = 1.0
CLASSES = BLANK + 1

Tensor = Any  # tf.Tensor


def line_loss(outputs: Tensor, batch: tuple[Tensor, ...]) -> Tensor:
    """The mean loss a line, a scalar, of outputs (N, F, 15) against a LineBatch's fields but its
    views, in their order."""
    import tensorflow as tf

    frames, boxes, boxed, labels, lengths = batch
    logits = outputs[..., :CLASSES]
    certain = tf.cast(frames != UNCERTAIN, tf.float32)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(frames, 0), logits)
    per_line = tf.reduce_sum(entropy * certain, axis=1)
    distance = tf.reduce_sum(tf.abs(outputs[..., CLASSES:] - boxes), axis=-1)
    per_line += BOX_WEIGHT * tf.reduce_sum(distance * boxed, axis=1)
    return tf.reduce_mean(per_line + CTC_WEIGHT * _ctc(logits, labels, lengths))


def _ctc(logits: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """CTC of each line, (N,); 0 for lines without digits, which its operation does not take."""
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
