"""Fit the line network where there is a GPU but no TensorFlow to export it, and keep what was
fitted for where there is.

The machine needs Keras, torch, h5py and OpenCV; that Keras computes on torch is said first:
`load_keras("torch")`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from .export import KERAS_FILE
from .fit import Fitted, Progress
from .hands import Digits, need_all_ten
from .line_fit import LineSettings, fit_lines
from .split import TrainingData, divide

HISTORY_FILE = "history.json"


def fit_and_keep(
    settings: LineSettings, data: TrainingData, folder: Path, progress: Progress
) -> Fitted:
    """Fit the line network to the data, divided by the settings' seed, and write it to the folder:
    `model.keras`, which any backend of Keras loads, and `history.json`, the settings with the
    epochs and what else `Fitted` tells. Raises NothingReadable where the digits are too few."""
    parts = divide(data, settings.seed)
    learnt = Digits(parts.learnt.images, parts.learnt.labels, parts.pens)
    validated = Digits(parts.held.images, parts.held.labels, parts.held_pens)
    for digits, part in ((learnt, "to learn from"), (validated, "held back")):
        need_all_ten(digits, part, "train a line reader", "give more digits")
    folder.mkdir(parents=True, exist_ok=True)  # before hours are spent
    fitted = fit_lines(settings, learnt, validated, progress)
    fitted.model.save(folder / KERAS_FILE)
    history = {
        "settings": asdict(settings),
        "history": [asdict(step) for step in fitted.history],
        "seconds": fitted.seconds,
        "averaged": fitted.averaged,
    }
    (folder / HISTORY_FILE).write_text(json.dumps(history, indent=1) + "\n", encoding="utf-8")
    return fitted
