"""`digitd train --architecture line`: the glyph network in use, with a newly trained line reader
beside it, as a version of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ann.classifier import GlyphClassifier
from ..ann.ctc import Digits as Reading
from ..ann.ctc import greedy_batch
from ..ann.line_reader import LineReader
from ..ann.registry import READER_FILE, ModelVersion, load_version, new_version, promote
from ..errors import ModelUnavailable
from .assemble import complete, take_glyphs
from .describe import describe_data, describe_libraries
from .export import ExportFailed, export_reader
from .fit import Fitted, Progress
from .hands import Copybook, Digits, need_all_ten
from .kept import KeptFits
from .line_batches import LineBatch, draw_lines
from .line_fit import LEARNING_RATE, WEIGHT_DECAY, LineSettings, fit_lines
from .line_loss import CLASSES, CTC_WEIGHT
from .line_network import NAME, towers_of
from .line_trust import LINES, calibrating_digits, find_trust
from .split import TrainingData, divide

MIN_AGREEMENT = 0.99  # of these lines must be read alike by TensorFlow and LiteRT


def train_lines(
    settings: LineSettings,
    data: TrainingData,
    models: Path,
    progress: Progress,
    *,
    promoted: bool = True,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ModelVersion:
    """Train a line reader and add it to `models`, beside the glyph network of the version in use,
    with how far both together are trusted; `promoted`, the new version becomes the one in use.
    Raises ModelUnavailable where no version is in use or it is damaged, NothingReadable where the
    digits are too few, both before the training; OutputUnwritable, ExportFailed."""
    beside = load_version(models)
    glyphs = GlyphClassifier(beside)
    started = now()
    name = f"{beside.architecture}-{NAME}-{started:%Y%m%d-%H%M%S}"
    with new_version(models, name) as folder:  # first: an unwritable folder must not cost hours
        take_glyphs(beside, folder)
        given = _given(data, settings.seed, beside)
        kept = KeptFits(models, data)
        fitted = _fit(settings, given.learnt, given.validated, kept, progress)
        export_reader(towers_of(fitted.model), folder / READER_FILE)
        reader = {
            "architecture": NAME,
            "created_at": started.isoformat(timespec="seconds"),
            "beside": beside.name,
            "input": {"shape": [32, None], "paper": 0, "ink": 1},
            "output": "per 4 columns: logits of 0 to 9 and blank; left, right, top, bottom",
            "metrics": _measure(settings, given.tested, fitted, folder / READER_FILE),
            "training": _training(settings, fitted),
            "data": describe_data(data),
            "libraries": describe_libraries(),
            "seed": settings.seed,
        }
        network = LineReader(folder / READER_FILE)
        trust = find_trust(glyphs, network, given.calibrating, settings.seed + 3, settings.trusted)
        complete(beside, name, folder, reader, trust)
    kept.drop(settings.key)
    if promoted:
        promote(models, name)
    return load_version(models, name)


def fit_lines_ahead(
    settings: LineSettings, data: TrainingData, models: Path, progress: Progress
) -> None:
    """Fit the network that `train_lines` needs with these settings and data, and keep it in
    `models` for it. Raises NothingReadable where the digits are too few."""
    learnt, validated = _parts(data, settings.seed)
    _fit(settings, learnt, validated, KeptFits(models, data), progress)


def _fit(
    settings: LineSettings, learnt: Digits, validated: Digits, kept: KeptFits, progress: Progress
) -> Fitted:
    return kept.fit(
        settings.key, lambda told: fit_lines(settings, learnt, validated, told), progress
    )


def adopt_lines(
    source: ModelVersion,
    data: TrainingData,
    models: Path,
    *,
    promoted: bool = True,
    lines: int = LINES,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ModelVersion:
    """Add the line reader of `source`, a version that may lie elsewhere, to `models`, beside the
    glyph network of the version in use, and find how far both together are trusted. Raises
    ModelUnavailable, NothingReadable where the digits are too few, OutputUnwritable."""
    if source.reader is None:
        raise ModelUnavailable(f"{source.path} has no line reader ({READER_FILE})")
    beside = load_version(models)
    name = f"{beside.architecture}-{NAME}-{now():%Y%m%d-%H%M%S}"
    with new_version(models, name) as folder:
        take_glyphs(beside, folder)
        shutil.copy(source.reader, folder / READER_FILE)
        reader = dict(source.metadata["reader"]) | {"beside": beside.name}
        seed = int(reader["seed"])
        digits = calibrating_digits(data, seed, _seed_of(beside, seed))
        network = LineReader(folder / READER_FILE)
        trust = find_trust(GlyphClassifier(beside), network, digits, seed + 3, lines)
        complete(beside, name, folder, reader, trust)
    if promoted:
        promote(models, name)
    return load_version(models, name)


@dataclass(frozen=True, slots=True)
class _Given:
    """The digits that lines are written with, each part with all ten: those to learn from, those
    that validate, those that calibrate both networks together, and the test digits."""

    learnt: Digits
    validated: Digits
    calibrating: Digits
    tested: Digits


def _given(data: TrainingData, seed: int, beside: ModelVersion) -> _Given:
    """The parts of the data for a training with `seed`. Raises NothingReadable."""
    learnt, validated = _parts(data, seed)
    tested = Digits(data.test.images, data.test.labels, ())
    _need_all_ten(tested, "to test with")
    return _Given(learnt, validated, calibrating_digits(data, seed, _seed_of(beside, seed)), tested)


def _parts(data: TrainingData, seed: int) -> tuple[Digits, Digits]:
    """The digits to learn from, and those that validate. Raises NothingReadable."""
    parts = divide(data, seed)
    learnt = Digits(parts.learnt.images, parts.learnt.labels, parts.pens)
    validated = Digits(parts.held.images, parts.held.labels, parts.held_pens)
    _need_all_ten(learnt, "to learn from")
    _need_all_ten(validated, "held back")
    return learnt, validated


def _need_all_ten(digits: Digits, part: str) -> None:
    need_all_ten(digits, part, "train a line reader", "give more digits")


def _seed_of(version: ModelVersion, otherwise: int) -> int:
    """The seed by which the version's glyph network set digits aside."""
    return int(version.metadata.get("seed", otherwise))


def _measure(
    settings: LineSettings, tested: Digits, fitted: Fitted, network: Path
) -> dict[str, Any]:
    """What LiteRT makes of composed lines of the test digits. Raises ExportFailed."""
    batches = draw_lines(Copybook(tested), settings.seed + 2, 0, settings.tested, settings.batch)
    reader = LineReader(network)
    ours = _read(batches, lambda views: fitted.model(views, training=False).numpy())
    theirs = _read(batches, lambda views: reader.frames(views).posteriors)
    written = [
        tuple(labels[:length].tolist())
        for batch in batches
        for labels, length in zip(batch.labels, batch.lengths, strict=True)
    ]
    agreement = _share(ours, theirs)
    if agreement < MIN_AGREEMENT:
        raise ExportFailed(
            f"the exported line network reads only {agreement:.2%} of the lines as the trained one "
            "does: the model was not saved; please report it"
        )
    return {
        "exact": round(_share(theirs, written), 6),
        "lines": len(written),
        "agreement_keras_litert": agreement,
        "weights": int(fitted.model.count_params()),
    }


def _read(
    batches: Sequence[LineBatch],
    network: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.floating]],
) -> list[Reading]:
    return [
        digits for batch in batches for digits in greedy_batch(network(batch.views)[..., :CLASSES])
    ]


def _share(ones: Sequence[Reading], others: Sequence[Reading]) -> float:
    return float(np.mean([one == other for one, other in zip(ones, others, strict=True)]))


def _training(settings: LineSettings, fitted: Fitted) -> dict[str, Any]:
    last = fitted.history[-1]
    return {
        "towers": settings.towers,
        "epochs": settings.epochs,
        "averaged_epochs": fitted.averaged,
        "lines": settings.epochs * settings.epoch * settings.batch,
        "batch_size": settings.batch,
        "loss": f"{CTC_WEIGHT:g} CTC + cross-entropy of frames + L1 of boxes",
        "optimizer": "AdamW",
        "learning_rate": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "composed": "daemon.training.lines",
        "validation_loss": round(last.val_loss, 6),
        "validation_exact": round(last.val_accuracy, 6),
        "seconds": round(fitted.seconds, 1),
        "fitted_with": fitted.fitted_with,
    }
