"""The reader of this house: vision with the networks of models/."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal

from ..records import Limits
from .pulse import PULSE
from .workers import Reader

_IMPORTED = (
    "ai_edge_litert.interpreter",
    "numpy.ma",  # NumPy itself does when it is first asked for a quantile
    "..ann.trust",
    "..vision.reader",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """What to read with: the version `model` in the folder `models`. The network's threshold on a
    digit's confidence is the one for `max_error_read`; `review_below` overrides it. `annotated`
    says which scans get a picture, `explained` whether all get one of what every stage saw."""

    models: Path
    model: str
    limits: Limits
    max_error_read: float
    review_below: float | None = None
    annotated: Literal["all", "review", "none"] = "all"
    explained: bool = False


def warm_up() -> None:
    """Import what loading and reading take, whatever the settings."""
    from ..ann.quiet import native_stderr_logged

    with native_stderr_logged(log):
        for module in _IMPORTED:
            import_module(module, __package__)


def load_reader(settings: ReaderSettings) -> Reader:
    """Load the networks; worker processes share what their nursery loaded.

    Raises:
        ModelUnavailable: it is missing, damaged or cannot be loaded.
    """
    from ..ann.classifier import load_classifier
    from ..ann.trust import load_trusted
    from ..vision.reader import read_batch

    most = settings.max_error_read
    classifier = load_classifier(settings.models, settings.model, max_error_read=most)
    return partial(
        read_batch,
        classifier=classifier,
        line_network=load_trusted(classifier.version, max_error_read=most),
        limits=settings.limits,
        review_below=settings.review_below,
        annotated=settings.annotated,
        explained=settings.explained,
        alive=PULSE.beat,
    )
