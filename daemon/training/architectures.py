"""The networks by name, each with the recipe that trains it.

All take glyphs (N, 28, 28) float32 in 0..1, ink = 1, and give logits (N, classes): softmax and
temperature belong to the reader. The `mlp-128` family are the ancestors' networks: raw MNIST
pictures, Adam, no augmentation. `mlp` and `cnn` are ours: augmented glyphs, a reject class, AdamW
with warm-up and cosine decay, smoothed labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from ..ann.registry import NONE_LABEL
from ..errors import UsageError
from .averaging import LEFT
from .mixes import HARD, PLAIN, Mix

Loss = Literal["sparse", "onehot"]
Keras = Any  # the module keras, which ships no types; imported by the caller
Layer = Any

DIGIT_LABELS = tuple("0123456789")


@dataclass(frozen=True, slots=True)
class Architecture:
    """One network and its recipe. `body` maps the input layer to the last hidden layer.

    `augmented` networks see augmented glyphs in `vision.glyph`'s geometry and learn the reject
    class; the others see MNIST's pictures as they are. What is drawn for an epoch is learnt from in
    so many `passes`, each of which counts as an epoch. The weights are the mean of those after the
    last epochs, a share of `averaged` of all, if it is not 0. An `advisor` is the architecture of
    another, cheaper network, trained along with it, that is asked first. A `teacher` is that of a
    better one, trained before it: what that says of the glyphs is what is learnt, in place of their
    labels. Both see what the network sees, in its `mix`.
    """

    name: str
    body: Callable[[Keras, Layer], Layer]
    augmented: bool
    epochs: int
    batch_size: int
    learning_rate: float
    loss: Loss
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    averaged: float = 0.0
    advisor: Architecture | None = None
    teacher: Architecture | None = None
    mix: Mix = PLAIN
    passes: int = 1

    @property
    def labels(self) -> tuple[str, ...]:
        """What the network's outputs mean."""
        return (*DIGIT_LABELS, NONE_LABEL) if self.augmented else DIGIT_LABELS

    def build(self, keras: Keras) -> Any:
        """The untrained `keras.Model`, seeded by the caller."""
        glyphs = keras.Input((28, 28), name="glyphs")  # (N, 28, 28) float32
        logits = keras.layers.Dense(len(self.labels), name="logits")(self.body(keras, glyphs))
        return keras.Model(glyphs, logits, name=self.name.replace("-", "_"))

    def optimizer(self, keras: Keras, steps: int) -> Any:
        """The optimizer for a training of `steps` batches."""
        if not self.augmented:
            return keras.optimizers.Adam(self.learning_rate)
        warm_up = min(1000, steps // 10)
        schedule = keras.optimizers.schedules.CosineDecay(
            self.learning_rate / 50,
            decay_steps=max(1, steps - warm_up),
            warmup_target=self.learning_rate,
            warmup_steps=warm_up,
            alpha=LEFT if self.averaged else 0.0,
        )
        return keras.optimizers.AdamW(schedule, weight_decay=self.weight_decay)


def _ancestor(hidden: int) -> Callable[[Keras, Layer], Layer]:
    """`hidden` dense layers of 128."""

    def body(keras: Keras, glyphs: Layer) -> Layer:
        x = keras.layers.Flatten()(glyphs)
        for _ in range(hidden):
            x = keras.layers.Dense(128, activation="relu")(x)
        return x

    return body


def _mlp(keras: Keras, glyphs: Layer) -> Layer:
    """784-1024-1024-512 with batch norm: 2.4 M weights. No dropout: on digits that are never the
    same twice it learns too little rather than too much."""
    x = keras.layers.Flatten()(glyphs)
    for units in (1024, 1024, 512):
        x = _normed(keras, keras.layers.Dense(units, use_bias=False)(x))
    return x


def _cnn(keras: Keras, glyphs: Layer) -> Layer:
    """Pairs of 3x3 convolutions, 26 to 24, 10 to 8 and 4 pixels wide: 0.52 M weights. A glyph's rim
    is empty, so the first convolutions need no padding; few channels while the picture is large
    keep an epoch affordable on two cores."""
    x = keras.layers.Reshape((28, 28, 1))(glyphs)
    for number, channels in enumerate((16, 16, 48, 64, 128, 128)):
        if number in (2, 4):
            x = keras.layers.MaxPooling2D()(x)
        padding = "valid" if number < 4 else "same"
        convolution = keras.layers.Conv2D(channels, 3, padding=padding, use_bias=False)
        x = _normed(keras, convolution(x))
    x = keras.layers.Dropout(0.3)(keras.layers.Flatten()(x))
    return _normed(keras, keras.layers.Dense(128, use_bias=False)(x))


def _normed(keras: Keras, x: Layer) -> Layer:
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(x))


def _ancestors() -> dict[str, Architecture]:
    return {
        name: Architecture(
            name=name,
            body=_ancestor(hidden),
            augmented=False,
            epochs=5,
            batch_size=32,
            learning_rate=1e-3,
            loss="sparse",
        )
        for name, hidden in (("mlp-128", 1), ("mlp-128x2", 2), ("mlp-128x3", 3))
    }


_MLP = Architecture(
    name="mlp",
    body=_mlp,
    augmented=True,
    epochs=70,
    batch_size=128,
    learning_rate=2e-3,
    loss="onehot",
    weight_decay=1e-2,
    label_smoothing=0.05,
)
_CNN = Architecture(
    name="cnn",
    body=_cnn,
    augmented=True,
    epochs=50,
    batch_size=128,
    learning_rate=3e-3,
    loss="onehot",
    weight_decay=1e-2,
    label_smoothing=0.05,
    averaged=0.25,
)
# Alone, the `mlp` is taught what the `cnn`, which reads the hard mix of glyphs, says of them. That
# reads fewer of MNIST's own digits for it, so a `cnn` that reads, and its advisor, learn the plain.
ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        **_ancestors(),
        "mlp": replace(
            _MLP, epochs=110, passes=2, mix=HARD, teacher=replace(_CNN, epochs=80, mix=HARD)
        ),
        "cnn": replace(_CNN, advisor=_MLP),
    }
)


def architecture(name: str) -> Architecture:
    """The architecture called `name`. Raises UsageError."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        known = ", ".join([*ARCHITECTURES, "line"])  # that one is trained by `line_train`
        raise UsageError(f"there is no architecture {name!r}; there are: {known}") from None
