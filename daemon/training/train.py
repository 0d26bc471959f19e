"""`digitd train`: fit, export, check, calibrate, measure, and write one version folder."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..ann.classifier import MAX_ERROR_READ, GlyphClassifier, softmax
from ..ann.line_reader import LineReader
from ..ann.registry import (
    ADVISOR_FILE,
    NETWORK_FILE,
    READER_FILE,
    ModelVersion,
    load_version,
    new_version,
    promote,
)
from ..errors import UsageError
from .architectures import Architecture
from .assemble import seal, take_reader
from .calibrate import find_temperature, find_thresholds
from .card import CARD_FILE, model_card, reader_card
from .datasets import DigitSet
from .describe import Measured, describe, describe_network
from .evaluate import Evaluation, prepare_glyphs
from .export import check_agreement, export, export_network
from .fit import Fitted, Progress, Settings, Step, fit
from .hands import Digits
from .kept import KeptFits
from .line_trust import LINES, calibrating_digits, find_trust
from .plots import training_curve
from .split import Split, TrainingData, Validation, split

CURVE_FILE = "training.png"
NETWORK, ADVISOR, TEACHER = "network", "advisor", "teacher"  # roles in a training


def train(
    settings: Settings,
    data: TrainingData,
    models: Path,
    progress: Progress,
    *,
    promoted: bool = True,
    lines: int = LINES,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ModelVersion:
    """Train a network, and its advisor, and add them to the folder `models`, whole or not at all;
    `promoted`, the version becomes the one in use. A line reader of the version in use is taken
    along, and calibrated beside it on so many composed `lines`. Raises UsageError, NothingReadable
    where the digits are too few and ModelUnavailable where the version in use is damaged, all
    before the training; OutputUnwritable, ExportFailed."""
    _check(settings, data)
    chosen = settings.architecture
    started = now()
    name = f"{chosen.name}-{started:%Y%m%d-%H%M%S}"
    with new_version(models, name) as folder:  # first: an unwritable folder must not cost hours
        parts = _split(settings, data)
        beside = _take_beside(models, folder, data, settings.seed)
        kept = KeptFits(models, data)
        fits = _fit_all(settings, parts, kept, progress)
        fitted = fits[NETWORK].fitted
        export(fitted.model, folder)
        export_network(fitted.model, folder / NETWORK_FILE, as_bytes=chosen.augmented)
        if ADVISOR in fits:
            advisor = fits[ADVISOR].fitted.model
            export_network(advisor, folder / ADVISOR_FILE, as_bytes=chosen.augmented)
        measured = _measure(_draft(name, folder, settings), fitted, parts.calibration, data.test)
        metadata = describe(settings, data, parts, fitted, measured, started)
        for role, other in fits.items():
            if role != NETWORK:
                metadata[role] = describe_network(other.settings, other.fitted, parts)
        learnt = "augmented glyphs" if chosen.augmented else "the pictures as they are"
        curve = training_curve(fitted.history, name, f"by epoch, learning {learnt}")
        (folder / CURVE_FILE).write_bytes(cv2.imencode(".png", curve)[1].tobytes())
        card = model_card(metadata, measured.test)
        if beside:
            calibrated = replace(
                _draft(name, folder, settings),
                temperature=measured.temperature,
                thresholds=measured.thresholds,
            )
            trust = find_trust(
                GlyphClassifier(calibrated), beside.network, beside.digits, settings.seed, lines
            )
            metadata |= {"reader": beside.reader, "trust": trust}
            card = f"{card}\n{reader_card(beside.reader)}"
        (folder / CARD_FILE).write_text(card, encoding="utf-8")
        seal(folder, metadata)
    for done in fits.values():
        kept.drop(done.settings.key)
    if promoted:
        promote(models, name)
    return load_version(models, name)


def fit_ahead(settings: Settings, data: TrainingData, models: Path, progress: Progress) -> None:
    """Fit the networks that `train` needs with these settings and data, and keep them in `models`
    for it. Raises UsageError, NothingReadable as `train` does."""
    _check(settings, data)
    _fit_all(settings, _split(settings, data), KeptFits(models, data), progress)


def _split(settings: Settings, data: TrainingData) -> Split:
    chosen = settings.architecture
    return split(data, settings.seed, augmented=chosen.augmented, mix=chosen.mix)


@dataclass(frozen=True, slots=True)
class _Fit:
    """One of the networks of a training."""

    settings: Settings
    fitted: Fitted


def _fit_all(
    settings: Settings, parts: Split, kept: KeptFits, progress: Progress
) -> dict[str, _Fit]:
    """Fit a network after its teacher and before its advisor, where it has these, by their role."""
    plan = {NETWORK: settings}
    teacher, advisor = settings.architecture.teacher, settings.architecture.advisor
    if teacher and settings.is_taught:
        plan = {TEACHER: _beside_it(settings, teacher)} | plan
    if advisor:
        plan[ADVISOR] = _beside_it(settings, advisor)
    epochs = sum(each.epochs for each in plan.values())
    fits: dict[str, _Fit] = {}
    for role, each in plan.items():
        before = sum(done.settings.epochs for done in fits.values())
        before_s = sum(done.fitted.seconds for done in fits.values())
        knows = fits[TEACHER].fitted.model if role == NETWORK and TEACHER in fits else None
        told = _within(progress, epochs, before, before_s)
        fits[role] = _Fit(each, _fit(each, parts, kept, told, knows))
    return fits


def _fit(
    settings: Settings,
    parts: Split,
    kept: KeptFits,
    progress: Progress,
    teacher: Any | None = None,
) -> Fitted:
    return kept.fit(settings.key, lambda told: fit(settings, parts, told, teacher), progress)


def _beside_it(settings: Settings, chosen: Architecture) -> Settings:
    """The settings of another network of the same training: its own number of epochs where the
    network has its own, else as many in proportion."""
    epochs = math.ceil(settings.epochs * chosen.epochs / settings.architecture.epochs)
    return replace(settings, architecture=chosen, loss=chosen.loss, epochs=epochs)


def _check(settings: Settings, data: TrainingData) -> None:
    chosen = settings.architecture
    if data.extras and not chosen.augmented:
        raise UsageError(f"{chosen.name} learns its data as they are, without --extra digits")


@dataclass(frozen=True, slots=True)
class _Beside:
    """The line reader that is taken along: what metadata say of it, its network, and the digits
    that calibrate it beside the new network."""

    reader: dict[str, Any]
    network: LineReader
    digits: Digits


def _take_beside(models: Path, folder: Path, data: TrainingData, seed: int) -> _Beside | None:
    """Take the line reader of the version in use, if there is one, into `folder`. Raises
    ModelUnavailable, NothingReadable."""
    reader = take_reader(models, folder)
    if reader is None:
        return None
    way_out = "give more digits, or train into another folder: --models FOLDER"
    digits = calibrating_digits(data, seed, int(reader["seed"]), way_out=way_out)
    return _Beside(reader, LineReader(folder / READER_FILE), digits)


def _within(progress: Progress, epochs: int, before: int = 0, before_s: float = 0.0) -> Progress:
    """Reports the steps of one of several trainings as those of a single one of so many `epochs`;
    those before it had `before` and took `before_s`."""

    def report(step: Step) -> None:
        progress(
            replace(
                step,
                epoch=before + step.epoch,
                epochs=epochs,
                share=(before + step.share * step.epochs) / epochs,
                elapsed_s=before_s + step.elapsed_s,
            )
        )

    return report


def _draft(name: str, folder: Path, settings: Settings) -> ModelVersion:
    """The version before it is calibrated."""
    return ModelVersion(
        name=name,
        path=folder,
        architecture=settings.architecture.name,
        labels=settings.architecture.labels,
        temperature=1.0,
        thresholds=(),
        normalised=settings.architecture.augmented,
        metadata={"files": {file.name: "" for file in folder.iterdir()}},
    )


def _measure(
    draft: ModelVersion,
    fitted: Fitted,
    calibration: Validation,
    test: DigitSet,
) -> Measured:
    """Calibrate, and measure on the test digits, what LiteRT makes of the exported network: with
    four decimals, as the metadata have them, so that measuring again finds the same."""
    classifier = GlyphClassifier(draft)
    validated = classifier.logits(calibration.glyphs)
    temperature = round(float(find_temperature(validated, calibration.labels)), 4)
    thresholds = _thresholds(draft, calibration, temperature)
    glyphs = prepare_glyphs(test.images, draft)
    logits = classifier.logits(glyphs)
    trained = fitted.model.predict(glyphs, batch_size=1024, verbose=0)
    review_below = replace(draft, thresholds=thresholds).review_below(MAX_ERROR_READ)
    return Measured(
        temperature=temperature,
        thresholds=thresholds,
        agreement=check_agreement(trained, classifier.outputs(glyphs), test.labels),
        test=Evaluation(draft.name, test, softmax(logits / np.float32(temperature)), review_below),
    )


def _thresholds(
    draft: ModelVersion, calibration: Validation, temperature: float
) -> tuple[tuple[float, float], ...]:
    """Pairs of a risk and the confidence that keeps it: of risks smaller than the usual one, by
    what is said of a glyph where these are wanted."""
    found: dict[float, float] = {}
    for most in (MAX_ERROR_READ, 0.0):
        logits = GlyphClassifier(draft, max_error_read=most).logits(calibration.glyphs)
        calibrated = softmax(logits / np.float32(temperature))
        found |= {
            risk: math.ceil(threshold * 1e4) / 1e4
            for risk, threshold in find_thresholds(calibration.labels, calibrated)
            if most == MAX_ERROR_READ or risk < MAX_ERROR_READ
        }
    return tuple(found.items())
