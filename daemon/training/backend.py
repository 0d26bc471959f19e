"""Keras and what computes beneath it, imported quietly and late: it takes seconds and hundreds of
megabytes.

Networks are exported by TensorFlow, which therefore is Keras's backend here. Fitting alone may use
another one, on a machine that has a GPU for it.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, Literal

from ..ann.quiet import native_stderr_logged
from ..errors import UsageError

Backend = Literal["tensorflow", "jax"]
TENSORFLOW: Backend = "tensorflow"

_log = logging.getLogger(__name__)


def load_keras(backend: Backend | None = None) -> Any:
    """The module `keras`, with `backend` beneath. A process has one, the first that is asked for or
    else TensorFlow. Raises UsageError where it is not installed, or another one is in use."""
    if loaded := sys.modules.get("keras"):
        if backend not in {None, loaded.config.backend()}:
            raise UsageError(f"Keras runs on {loaded.config.backend()} here, not on {backend}")
        return loaded
    backend = backend or TENSORFLOW
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = backend
    # oneDNN's convolutions, which TensorFlow leaves out on processors without AVX-512, take two
    # thirds of the time.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        with native_stderr_logged(_log):
            import keras

            if backend == "jax":
                import jax

                # It would round the factors of products to ten bits where a GPU has that.
                jax.config.update("jax_default_matmul_precision", "highest")
            else:
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
    """What computes beneath Keras here."""
    return "jax" if load_keras().config.backend() == "jax" else TENSORFLOW


def describe_backend() -> dict[str, str]:
    """The versions of what fits here, and on which device."""
    keras, backend = load_keras(), backend_in_use()
    module = sys.modules[backend]
    return {"keras": keras.__version__, backend: module.__version__, "device": _device(module)}


def _device(module: Any) -> str:
    """The name of the first GPU, or `CPU`."""
    if module.__name__ == "jax":
        first = module.devices()[0]
        return "CPU" if first.platform == "cpu" else str(first.device_kind)
    devices = module.config.list_physical_devices("GPU")
    details = module.config.experimental.get_device_details(devices[0]) if devices else {}
    return str(details.get("device_name", "CPU"))
