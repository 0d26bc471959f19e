"""`digitd train`: fit, export, check, calibrate, measure, and write one version folder."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .. import __version__
from ..ann.classifier import GlyphClassifier, softmax
from ..ann.registry import (
    METADATA_FILE,
    NETWORK_FILE,
    SCHEMA,
    ModelVersion,
    load_version,
    new_version,
    promote,
    sha256_of,
)
from ..errors import UsageError
from .calibrate import find_temperature, find_threshold
from .card import CARD_FILE, model_card
from .epochs import NEGATIVE_SHARE
from .evaluate import Evaluation, prepare_glyphs
from .export import check_agreement, export
from .extras import PenSet
from .fit import Fitted, Progress, Settings, fit
from .plots import training_curve
from .split import TrainingData, split

CURVE_FILE = "training.png"
_LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python-headless")


def train(
    settings: Settings,
    data: TrainingData,
    models: Path,
    progress: Progress,
    *,
    promoted: bool = True,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ModelVersion:
    """Train a network and add it to the folder `models`, whole or not at all; `promoted`, it
    becomes the one in use. Raises UsageError, OutputUnwritable, ExportFailed."""
    if data.extras and not settings.architecture.augmented:
        raise UsageError(
            f"{settings.architecture.name} learns its data as they are, without --extra digits"
        )
    started = now()
    name = f"{settings.architecture.name}-{started:%Y%m%d-%H%M%S}"
    with new_version(models, name) as folder:  # first: an unwritable folder must not cost hours
        parts = split(data, settings.seed, augmented=settings.architecture.augmented)
        fitted = fit(settings, parts, progress)
        network = folder / NETWORK_FILE
        export(fitted.model, folder, network)
        draft = _draft(name, folder, settings)
        classifier = GlyphClassifier(draft)

        glyphs = prepare_glyphs(data.test.images, draft)
        logits = classifier.logits(glyphs)
        agreement = check_agreement(
            fitted.model.predict(glyphs, batch_size=1024, verbose=0), logits, data.test.labels
        )
        labels = parts.calibration.labels
        validated = classifier.logits(parts.calibration.glyphs)
        temperature = find_temperature(validated, labels)
        review_below = find_threshold(
            labels, softmax(validated / np.float32(temperature)), settings.max_error_read
        )
        measured = Evaluation(name, data.test, softmax(logits / np.float32(temperature)))
        metadata = {
            "schema": SCHEMA,
            "version": name,
            "architecture": settings.architecture.name,
            "created_at": started.isoformat(timespec="seconds"),
            "labels": list(draft.labels),
            "input": {"shape": [28, 28], "range": [0, 1], "normalised": draft.normalised},
            "output": "logits",
            "temperature": temperature,
            "thresholds": {"review_below": review_below},
            "metrics": {
                "test": measured.summary(),
                "agreement_keras_litert": agreement,
                "calibration_glyphs": len(labels),
                "weights": int(fitted.model.count_params()),
            },
            "training": _training(settings, fitted, parts.material.size),
            "data": _data(data),
            "libraries": _libraries(),
            "seed": settings.seed,
        }
        cv2.imwrite(str(folder / CURVE_FILE), training_curve(fitted.history, name))
        (folder / CARD_FILE).write_text(model_card(metadata, measured), encoding="utf-8")
        metadata["files"] = {file.name: sha256_of(file) for file in sorted(folder.iterdir())}
        (folder / METADATA_FILE).write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
    if promoted:
        promote(models, name)
    return load_version(models, name)


def _draft(name: str, folder: Path, settings: Settings) -> ModelVersion:
    """The version before it is calibrated."""
    return ModelVersion(
        name=name,
        path=folder,
        architecture=settings.architecture.name,
        labels=settings.architecture.labels,
        temperature=1.0,
        review_below=1.0,
        normalised=settings.architecture.augmented,
        metadata={},
    )


def _training(settings: Settings, fitted: Fitted, glyphs: int) -> dict[str, Any]:
    chosen = settings.architecture
    best = min(fitted.history, key=lambda step: step.val_loss or 0.0)
    return {
        "epochs": len(fitted.history),
        "epochs_at_most": settings.epochs,
        "best_epoch": best.epoch,
        "glyphs_per_epoch": glyphs,
        "batch_size": chosen.batch_size,
        "loss": settings.loss,
        "label_smoothing": chosen.label_smoothing if settings.loss == "onehot" else 0.0,
        "optimizer": "AdamW" if chosen.augmented else "Adam",
        "learning_rate": chosen.learning_rate,
        "weight_decay": chosen.weight_decay,
        "augmentation": "daemon.training.augment" if chosen.augmented else "none",
        "negative_share": NEGATIVE_SHARE if chosen.augmented else 0.0,
        "validation_loss": round(best.val_loss or 0.0, 5),
        "validation_accuracy": round(best.val_accuracy or 0.0, 5),
        "seconds": round(fitted.seconds, 1),
        "max_error_read": settings.max_error_read,
    }


def _data(data: TrainingData) -> list[dict[str, Any]]:
    """Where the digits came from: what was learnt, and last the test digits."""
    sets = [data.train, *data.extras, data.test]
    return [
        {
            "name": digits.name,
            "source": digits.source,
            "sha256": digits.sha256,
            "n": len(digits.digits) if isinstance(digits, PenSet) else len(digits),
        }
        for digits in sets
    ]


def _libraries() -> dict[str, str]:
    found = {"digitd": __version__, "python": platform.python_version(), "platform": sys.platform}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:  # installed under another name, as tensorflow-cpu
            continue
    return found
