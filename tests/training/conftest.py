"""What tests of training share."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import daemon
from daemon.training.backend import load_keras


@pytest.fixture
def untraced() -> Iterator[None]:
    """TensorFlow learns at once, instead of tracing how first: for a few steps of a large network
    that takes longer than all of them."""
    load_keras()
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def on_jax(tmp_path: Path) -> Callable[..., None]:
    """Runs a script in a process of its own, where JAX is installed: Keras runs on
    TensorFlow in this one."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed")

    def run(text: str, *arguments: Path) -> None:
        script = tmp_path / "script.py"
        script.write_text(text)
        paths = (str(Path(daemon.__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        subprocess.run([sys.executable, script, *arguments], check=True, env=environment)

    return run
