"""What tests of training share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
