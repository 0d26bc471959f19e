"""Keras and what computes beneath it, imported quietly and late: it takes seconds and hundreds of
megabytes.

Networks are exported by TensorFlow, which therefore is Keras's backend here. Fitting alone may use
another one, on a machine that has a GPU for it.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, Literal, get_args

from ..ann.quiet import native_stderr_logged
from ..errors import UsageError

Backend = Literal["tensorflow", "jax", "torch"]
TENSORFLOW: Backend = "tensorflow"

_log = logging.getLogger(__name__)


def load_keras(backend: Backend = TENSORFLOW) -> Any:
    """The module `keras`, with `backend` beneath: a process has one, the first that is asked for.
    Raises UsageError where it is not installed."""
    if loaded := sys.modules.get("keras"):
        return loaded
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = backend
    # oneDNN's convolutions, which TensorFlow leaves out on processors without AVX-512, take two
    # thirds of the time.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        with native_stderr_logged(_log):
            import keras

            if backend == TENSORFLOW:
                import tensorflow as tf

                # It has more to say when it first looks for devices.
                tf.config.list_logical_devices()
    except ImportError as error:
        needed = "TensorFlow" if backend == TENSORFLOW else f"keras and {backend}"
        packages = "'digitd[train]'" if backend == TENSORFLOW else f"keras {backend}"
        raise UsageError(f"training needs {needed} ({error}): pip install {packages}") from None
    logging.getLogger("absl").setLevel(logging.ERROR)
    return keras


def backend_in_use() -> Backend:
    """What computes beneath the Keras that is loaded."""
    name: str = load_keras().config.backend()
    return next(known for known in get_args(Backend) if known == name)
