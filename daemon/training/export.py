"""From a trained Keras model to the files of a version: `model.keras` and `model.tflite`.

Weights are rounded to half precision first, which takes half the room: three decimals more than
the digits can tell. For LiteRT those of our own networks become bytes (dynamic range quantisation,
Jacob et al. 2018), which takes a quarter of the time and half the room again.
"""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ann.quiet import native_stderr_logged
from ..errors import DigitdError

KERAS_FILE = "model.keras"
MIN_AGREEMENT = 0.999  # of the test digits must be read alike by both files
MAX_ACCURACY_DIFFERENCE = 0.0005
FEW = 3  # test digits, by which both may differ where they are few

_log = logging.getLogger(__name__)


class ExportFailed(DigitdError):
    """The exported network does not read as the trained one does: a bug, or a broken library."""


def export(model: Any, folder: Path) -> None:
    """Write `model` to `folder` as Keras reads it, without optimizer state. Rounds the model's own
    weights."""
    _rounded(model).save(folder / KERAS_FILE)
    _deflate(folder / KERAS_FILE)


def export_network(model: Any, network: Path, *, as_bytes: bool) -> None:
    """Write `model` to `network` as LiteRT reads it, for any number of glyphs a call, with weights
    of half precision or `as_bytes`. Rounds the model's own weights."""
    import tensorflow as tf

    inference, announced = _rounded(model), io.StringIO()
    with native_stderr_logged(_log), contextlib.redirect_stdout(announced):
        converter = tf.lite.TFLiteConverter.from_keras_model(inference)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if not as_bytes:
            converter.target_spec.supported_types = [tf.float16]
        network.write_bytes(converter.convert())
    _log.debug("%s", announced.getvalue())


def export_reader(towers: Sequence[Any], network: Path) -> None:
    """Write the towers of a line network to `network` as LiteRT reads them, each by itself, a
    signature a tower: for any number of lines a call, of any width, with weights of one byte each.
    Rounds the towers' own weights first."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    lines = [tf.TensorSpec((None, 32, None), tf.float32, name="views")]

    def signature(tower: Any) -> Any:
        inference = _rounded(tower)
        called = tf.function(lambda views: inference(views, training=False), lines)
        # Of several signatures the converter leaves variables as they are: without their values.
        frozen = convert_variables_to_constants_v2(called.get_concrete_function())
        return tf.function(lambda views: {"frames": frozen(views)[0]}, lines)

    signatures = {f"tower_{n}": signature(tower) for n, tower in enumerate(towers, start=1)}
    with tempfile.TemporaryDirectory() as folder, native_stderr_logged(_log):
        tf.saved_model.save(tf.Module(), folder, signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, list(signatures))
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        network.write_bytes(converter.convert())


def _rounded(model: Any) -> Any:
    """The model for inference, never compiled, with weights of half precision."""
    import keras

    for weight in model.weights:
        weight.assign(weight.numpy().astype(np.float16).astype(np.float32))
    return keras.Model(model.inputs, model.outputs, name=model.name)


def check_agreement(
    trained: npt.NDArray[np.float32],
    exported: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
) -> float:
    """The share of digits on which two networks' outputs, (N, K) each, choose the same class.
    Raises ExportFailed when that or their accuracies are too far apart, by more than a few digits:
    of a thousand, weights of bytes may well turn a doubtful one."""
    ours, theirs = trained.argmax(axis=1), exported.argmax(axis=1)
    agreement = float(np.mean(ours == theirs))
    difference = abs(float(np.mean(ours == labels)) - float(np.mean(theirs == labels)))
    apart = agreement < MIN_AGREEMENT or difference >= MAX_ACCURACY_DIFFERENCE
    if apart and np.count_nonzero(ours != theirs) > FEW:
        raise ExportFailed(
            f"the exported network reads only {agreement:.2%} of the test digits as the trained "
            f"one does (accuracy {difference:.2%} apart): the model was not saved; please report it"
        )
    return agreement


def _deflate(path: Path) -> None:
    """Compress the archive that Keras stores uncompressed: rounded weights shrink by half."""
    smaller = path.with_suffix(".deflated")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(smaller, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    shutil.move(smaller, path)
