"""TensorFlow and Keras, imported quietly and late: it takes seconds and hundreds of megabytes."""

from __future__ import annotations

import logging
import os
from typing import Any

from ..ann.quiet import native_stderr_logged
from ..errors import UsageError

_log = logging.getLogger(__name__)


def load_keras() -> Any:
    """The module `keras`, with TensorFlow beneath. Raises UsageError where it is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # oneDNN's convolutions, which TensorFlow leaves out on processors without AVX-512, take two
    # thirds of the time.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        with native_stderr_logged(_log):
            import keras
            import tensorflow as tf

            tf.config.list_logical_devices()  # it has more to say when it first looks for devices
    except ImportError as error:
        raise UsageError(
            f"training needs TensorFlow ({error}): pip install 'digitd[train]'"
        ) from None
    logging.getLogger("absl").setLevel(logging.ERROR)
    return keras
