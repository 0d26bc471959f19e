"""Fitted networks, kept in models/.fitted until the version that they are for is whole.

What comes after hours of fitting may fail, and fitting may be done on another machine: one that has
a GPU and another backend of Keras than TensorFlow, which exports.

    models/.fitted/cnn-DIGEST.keras    the network, in full precision
    models/.fitted/cnn-DIGEST.json     its history; written last

The digest is that of the settings, the data and the code: whatever changes, is fitted anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..ann.registry import sha256_of
from .backend import load_keras
from .fit import Fitted, Progress, Step
from .split import TrainingData

FOLDER = ".fitted"

Key = tuple[str | int, ...]

_PACKAGE = Path(__file__).parents[1]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptFits:
    """The fits for networks that learn `data`, in the folder `models`. Settings are what tells one
    fit from another, the network's name first."""

    models: Path
    data: TrainingData

    def fit(
        self, settings: Key, fitting: Callable[[Progress], Fitted], progress: Progress
    ) -> Fitted:
        """The network that was fitted before and kept, or a newly fitted one, kept now."""
        kept = self._find(settings)
        if kept is not None:
            progress(kept.history[-1])
            return kept
        fitted = fitting(progress)
        try:
            self._keep(settings, fitted)
        except OSError as error:  # no reason to lose the network that is here
            _log.warning("what was fitted cannot be kept in %s: %s", self.models, error.strerror)
        return fitted

    def drop(self, settings: Key) -> None:
        """Forget a network: its version is whole."""
        for file in self._files(settings):
            file.unlink(missing_ok=True)

    def _find(self, settings: Key) -> Fitted | None:
        network, told = self._files(settings)
        if not told.exists():
            return None
        found = json.loads(told.read_text(encoding="utf-8"))
        if not network.exists() or sha256_of(network) != found["sha256"]:
            return None
        return Fitted(
            load_keras().models.load_model(network, compile=False),
            tuple(Step(**step) for step in found["history"]),
            found["seconds"],
            found["averaged"],
            found["fitted_with"],
        )

    def _keep(self, settings: Key, fitted: Fitted) -> None:
        network, told = self._files(settings)
        network.parent.mkdir(parents=True, exist_ok=True)
        model = fitted.model
        bare = load_keras().Model(model.input, model.output, name=model.name)
        bare.save(network)  # without the optimizer's state
        kept: dict[str, Any] = {
            "sha256": sha256_of(network),
            "history": [dataclasses.asdict(step) for step in fitted.history],
            "seconds": fitted.seconds,
            "averaged": fitted.averaged,
            "fitted_with": fitted.fitted_with,
        }
        told.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")

    def _files(self, settings: Key) -> tuple[Path, Path]:
        """The network and what is told of it."""
        data = (self.data.train, *self.data.extras, self.data.test)
        told = (*settings, *(f"{digits.sha256} {len(digits)}" for digits in data), _code())
        digest = hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()
        stem = f"{settings[0]}-{digest[:16]}"
        folder = self.models / FOLDER
        return folder / f"{stem}.keras", folder / f"{stem}.json"


@cache
def _code() -> str:
    """The digest of the package's code."""
    digest = hashlib.sha256()
    for module in sorted(_PACKAGE.rglob("*.py")):
        digest.update(module.relative_to(_PACKAGE).as_posix().encode() + module.read_bytes())
    return digest.hexdigest()
