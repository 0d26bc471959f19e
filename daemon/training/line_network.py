"""The line network: views (N, 32, W) of any width -> a frame every four columns.

Fully convolutional and without recurrence, so that LiteRT takes it at any width. A frame says which
digit's middle it holds (ten logits and blank) and how far the digit's edges are. Several towers,
each begun with weights of its own, are asked one after the other: what one misreads, another often
does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Keras = Any  # the module keras, which ships no types; imported by the caller
Layer = Any

NAME = "line"
OUTPUTS = 15  # a frame: ten digits, blank, left, right, top, bottom
WIDTHS = (16, 32, 64, 96, 184)  # channels


def build(keras: Keras) -> Any:
    """One untrained tower, a `keras.Model`, seeded by the caller: 0.7 M weights."""
    views = _input(keras)
    x = keras.layers.Reshape((32, -1, 1))(views)
    first, second, third, fourth, last = WIDTHS
    x = _convolved(keras, x, first, (5, 5))
    x = keras.layers.MaxPooling2D((2, 2))(x)  # (N, 16, W/2, 16)
    x = _convolved(keras, x, second, (3, 3))
    x = keras.layers.MaxPooling2D((2, 2))(x)  # (N, 8, W/4, 32)
    x = _convolved(keras, x, third, (3, 3))
    x = _convolved(keras, x, third, (3, 3))
    x = keras.layers.MaxPooling2D((2, 1))(x)  # (N, 4, W/4, 64)
    x = _convolved(keras, x, fourth, (3, 3))
    x = _convolved(keras, x, fourth, (3, 3))
    x = keras.layers.ZeroPadding2D(((0, 0), (1, 1)))(x)
    x = _convolved(keras, x, last, (4, 3), padding="valid")  # (N, 1, W/4, 184)
    for dilation in (1, 2, 1):
        inner = _convolved(keras, x, last, (1, 3), dilation=dilation)
        x = keras.layers.Add()([x, inner])
    x = keras.layers.Dropout(0.1)(x)
    frames = keras.layers.Conv2D(OUTPUTS, 1, name="frames")(x)
    return keras.Model(views, keras.layers.Reshape((-1, OUTPUTS))(frames))


def joined(keras: Keras, towers: Sequence[Any]) -> Any:
    """Towers as one network, whose outputs are the means of theirs."""
    views = _input(keras)
    outputs = [tower(views) for tower in towers]
    return keras.Model(views, keras.layers.Average()(outputs), name=NAME)


def towers_of(network: Any) -> list[Any]:
    """The towers that were `joined`."""
    return [layer for layer in network.layers if hasattr(layer, "layers")]


def _input(keras: Keras) -> Layer:
    return keras.Input((32, None), name="views")  # (N, 32, W) float32


def _convolved(
    keras: Keras,
    x: Layer,
    channels: int,
    kernel: tuple[int, int],
    *,
    padding: str = "same",
    dilation: int = 1,
) -> Layer:
    x = keras.layers.Conv2D(
        channels, kernel, padding=padding, dilation_rate=(1, dilation), use_bias=False
    )(x)
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
