"""What tests of several rooms share: made-up digits, and a network that was trained on them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from daemon.ann.registry import ModelVersion
from daemon.training.datasets import DigitSet


def printed_digits(count: int, seed: int) -> DigitSet:
    """Printed digits, 28x28, at random places and pen widths: easy, but they must be learnt."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = rng.integers(0, 12, (count, 28, 28), np.uint8)  # grain: no two are the same
    for image, label in zip(images, labels, strict=True):
        x, y = (int(v) for v in rng.integers(-1, 2, size=2))
        pen = int(rng.integers(1, 3))
        cv2.putText(image, str(label), (6 + x, 22 + y), 0, 0.75, 255, pen, cv2.LINE_AA)
    return DigitSet("printed", "made up", images, labels)


@pytest.fixture(scope="session")
def train_digits() -> DigitSet:
    """1,200 printed digits."""
    return printed_digits(1200, seed=1)


@pytest.fixture(scope="session")
def test_digits() -> DigitSet:
    """200 others."""
    return printed_digits(200, seed=2)


@pytest.fixture(scope="session")
def trained_models(
    tmp_path_factory: pytest.TempPathFactory, train_digits: DigitSet, test_digits: DigitSet
) -> Path:
    """A models folder with one version in use, an ancestor's network trained for some seconds."""
    from daemon.training.architectures import architecture
    from daemon.training.fit import Settings
    from daemon.training.split import TrainingData
    from daemon.training.train import train

    models = tmp_path_factory.mktemp("trained") / "models"
    settings = Settings(architecture("mlp-128"), epochs=6, loss="sparse", seed=1)
    train(settings, TrainingData(train_digits, test_digits), models, lambda _: None)
    return models


@pytest.fixture(scope="session")
def trained_version(trained_models: Path) -> ModelVersion:
    """The version in use in `trained_models`."""
    from daemon.ann.registry import load_version

    return load_version(trained_models)
