"""What the line network is taught by: which digit's middle lies at each frame, where the digit's
edges are, and, by connectionist temporal classification, what the whole line says.

CTC alone lingers at "all blank" for long; the frames' cross-entropy leads out of there at once.
"""

from __future__ import annotations

from typing import Any

from .backend import load_keras
from .line_batches import BLANK, UNCERTAIN
from .line_ctc import ctc

CTC_WEIGHT = 0.5
BOX_WEIGHT = 1.0
CLASSES = BLANK + 1

Tensor = Any  # of the backend in use, or an array


def line_loss(outputs: Tensor, batch: tuple[Tensor, ...]) -> Tensor:
    """The mean loss a line, a scalar, of outputs (N, F, 15) against a LineBatch's fields but its
    views, in their order."""
    ops = load_keras().ops
    outputs, frames, boxes, boxed, labels, lengths = map(ops.convert_to_tensor, (outputs, *batch))
    logits = outputs[..., :CLASSES]
    certain = ops.cast(frames != UNCERTAIN, "float32")
    entropy = ops.sparse_categorical_crossentropy(ops.maximum(frames, 0), logits, from_logits=True)
    per_line = ops.sum(entropy * certain, axis=1)
    distance = ops.sum(ops.abs(outputs[..., CLASSES:] - boxes), axis=-1)
    per_line += BOX_WEIGHT * ops.sum(distance * boxed, axis=1)
    return ops.mean(per_line + CTC_WEIGHT * ctc(logits, labels, lengths))
