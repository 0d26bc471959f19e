"""metadata.json: what a version is, how it came about and what it scored."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .. import __version__
from ..ann.registry import SCHEMA
from .evaluate import Evaluation
from .fit import Fitted, Settings
from .split import Split, TrainingData

_LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python-headless")


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out about a network after fitting: its calibration, the share of test digits
    that Keras and LiteRT read alike, and its evaluation on the test digits."""

    temperature: float
    thresholds: tuple[tuple[float, float], ...]
    agreement: float
    test: Evaluation


def describe(
    settings: Settings,
    data: TrainingData,
    parts: Split,
    fitted: Fitted,
    measured: Measured,
    created_at: datetime,
) -> dict[str, Any]:
    """All of metadata.json but the digests of the files."""
    chosen, network = settings.architecture, describe_network(settings, fitted, parts)
    return {
        "schema": SCHEMA,
        "version": measured.test.model,
        "architecture": chosen.name,
        "created_at": created_at.isoformat(timespec="seconds"),
        "labels": list(chosen.labels),
        "input": {"shape": [28, 28], "range": [0, 1], "normalised": chosen.augmented},
        "output": "logits",
        "temperature": measured.temperature,
        "thresholds": [
            {"max_error_read": risk, "review_below": threshold}
            for risk, threshold in measured.thresholds
        ],
        "metrics": {
            "test": measured.test.summary(),
            "agreement_keras_litert": measured.agreement,
            "calibration_glyphs": len(parts.calibration.labels),
            "weights": network["weights"],
        },
        "training": network["training"],
        "data": describe_data(data),
        "libraries": describe_libraries(),
        "seed": settings.seed,
    }


def describe_network(settings: Settings, fitted: Fitted, parts: Split) -> dict[str, Any]:
    """What one network is and how it was trained."""
    return {
        "architecture": settings.architecture.name,
        "weights": int(fitted.model.count_params()),
        "training": _training(settings, fitted, parts.material.size),
    }


def describe_data(data: TrainingData) -> list[dict[str, Any]]:
    """The sets that were learnt and, last, the one that only measured."""
    return [
        {"name": digits.name, "source": digits.source, "sha256": digits.sha256, "n": len(digits)}
        for digits in (data.train, *data.extras, data.test)
    ]


def _training(settings: Settings, fitted: Fitted, glyphs: int) -> dict[str, Any]:
    chosen, kept = settings.architecture, fitted.kept
    return {
        "epochs": len(fitted.history),
        "epochs_at_most": settings.epochs,
        "best_epoch": kept.epoch,
        "averaged_epochs": fitted.averaged,
        "glyphs_per_epoch": glyphs,
        "passes": chosen.passes,
        "mix": chosen.mix.name,
        "batch_size": chosen.batch_size,
        "loss": settings.loss,
        "label_smoothing": chosen.label_smoothing if settings.loss == "onehot" else 0.0,
        "optimizer": "AdamW" if chosen.augmented else "Adam",
        "learning_rate": chosen.learning_rate,
        "weight_decay": chosen.weight_decay,
        "augmentation": "daemon.training.augment" if chosen.augmented else "none",
        "negative_share": chosen.mix.negative if chosen.augmented else 0.0,
        "own_style_share": chosen.mix.own if chosen.augmented else 0.0,
        "validation_loss": round(kept.val_loss, 6),
        "validation_accuracy": round(kept.val_accuracy, 6),
        "seconds": round(fitted.seconds, 1),
        "fitted_with": fitted.fitted_with,
    }


def describe_libraries() -> dict[str, str]:
    """Versions of what trained the network."""
    found = {"digitd": __version__, "python": platform.python_version(), "platform": sys.platform}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:  # installed under another name, as tensorflow-cpu
            continue
    return found
