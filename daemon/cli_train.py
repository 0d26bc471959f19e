"""The commands that train networks, measure them, and look at single digits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .errors import UsageError

if TYPE_CHECKING:
    from .training.fit import Progress

FAIR = 0.9  # of test digits: the plainest network reads more, once it has learnt enough of them
_LARGEST_SEED = 2**31 - 1  # NumPy takes less than 2**32, and the next few seeds are used as well


def train(
    data: Annotated[
        str | None,
        typer.Option(
            help="mnist, or a path: IDX folder, .npz, images by class or labels.csv. "
            "Without it: MNIST and the extra sets that the shipped networks learn."
        ),
    ] = None,
    extra: Annotated[
        list[Path] | None,
        typer.Option(help="More digits: a pendigits or optdigits folder. May be repeated."),
    ] = None,
    architecture: Annotated[
        str,
        typer.Option(
            help="cnn, mlp, or an ancestor's: mlp-128, mlp-128x2, mlp-128x3. "
            "line: the line reader, beside the glyph network in use."
        ),
    ] = "cnn",
    epochs: Annotated[
        int | None, typer.Option(min=1, help="At most so many; each architecture has its own.")
    ] = None,
    loss: Annotated[
        Literal["sparse", "onehot"] | None,
        typer.Option(help="Cross-entropy of labels or of one-hot rows."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=_LARGEST_SEED, help="Same seed, same training.")
    ] = 1,
    models: Annotated[Path | None, typer.Option(help="Where the version goes.")] = None,
    promote: Annotated[bool, typer.Option(help="Make it the version in use.")] = True,
    reader: Annotated[
        Path | None,
        typer.Option(
            metavar="VERSION",
            help="With line: the folder of a version whose line reader is taken, not trained anew, "
            "and calibrated beside the glyph network in use.",
        ),
    ] = None,
    backend: Annotated[
        Literal["tensorflow", "jax"],
        typer.Option(
            help="Keras's backend. With jax, which may have a GPU, the networks are fitted only; "
            "the same command without it then makes the version of them."
        ),
    ] = "tensorflow",
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Train a network and add it to the models folder."""
    if architecture == "line":
        if loss is not None:
            raise UsageError("the line reader has a loss of its own: leave --loss out")
        if reader is not None and epochs is not None:
            raise UsageError("a line reader that is taken is not trained: leave --epochs out")
        if reader is not None:
            _adopt_lines(reader, data, extra, seed, models, promote, config)
        else:
            _train_lines(data, extra, epochs, seed, models, promote, backend, config)
        return
    if reader is not None:
        raise UsageError("--reader goes with --architecture line")
    from rich.console import Console

    from .config import load_config
    from .training.architectures import architecture as find_architecture
    from .training.backend import load_keras
    from .training.fit import Settings
    from .training.progress import shown
    from .training.recipe import training_data
    from .training.train import fit_ahead
    from .training.train import train as train_version

    chosen = find_architecture(architecture)
    settings = load_config(config)
    choices = Settings(chosen, epochs or chosen.epochs, loss or chosen.loss, seed)
    ahead = backend != "tensorflow"
    if ahead:
        load_keras(backend)  # before the data: Keras, which downloads MNIST, has one backend
    digits = training_data(data, extra, seed, augmented=chosen.augmented)
    if ahead:
        _fit_ahead(models or settings.models, partial(fit_ahead, choices, digits))
        return
    with shown(Console(stderr=True)) as progress:
        version = train_version(
            choices, digits, models or settings.models, progress, promoted=promote
        )
    measured = version.metadata["metrics"]["test"]
    print(
        f"{version.name}: {measured['accuracy']:.2%} of {measured['n']:,} test digits right, "
        f"calibration error {measured['ece']:.2%}; in {version.path}"
    )
    if promote and measured["accuracy"] < FAIR:
        print(
            "warning: that is little for the version in use: train with more digits or epochs, or "
            f"write another version's name into {version.path.parent / 'current'}",
            file=sys.stderr,
        )


def _fit_ahead(models: Path, fit: Callable[[Path, Progress], None]) -> None:
    """Fit networks, and say what to do with them."""
    from rich.console import Console

    from .training.kept import FOLDER
    from .training.progress import shown

    with shown(Console(stderr=True)) as progress:
        fit(models, progress)
    print(
        f"fitted, and kept in {models / FOLDER}: the same command without --backend makes the "
        "version of it, also on another machine that has this folder"
    )


def _train_lines(
    data: str | None,
    extra: list[Path] | None,
    epochs: int | None,
    seed: int,
    models: Path | None,
    promoted: bool,
    backend: Literal["tensorflow", "jax"],
    config: Path | None,
) -> None:
    """Train a line reader beside the glyph network in use."""
    from rich.console import Console

    from .config import load_config
    from .training.backend import load_keras
    from .training.line_fit import EPOCHS, LineSettings
    from .training.line_train import fit_lines_ahead, train_lines
    from .training.progress import shown
    from .training.recipe import training_data

    settings = load_config(config)
    choices = LineSettings(epochs or EPOCHS, seed)
    ahead = backend != "tensorflow"
    if ahead:
        load_keras(backend)
    digits = training_data(data, extra, seed, augmented=True)
    if ahead:
        _fit_ahead(models or settings.models, partial(fit_lines_ahead, choices, digits))
        return
    with shown(Console(stderr=True)) as progress:
        version = train_lines(
            choices, digits, models or settings.models, progress, promoted=promoted
        )
    measured = version.metadata["reader"]["metrics"]
    print(
        f"{version.name}: {measured['exact']:.2%} of {measured['lines']:,} composed lines of test "
        f"digits right; in {version.path}"
    )


def _adopt_lines(
    reader: Path,
    data: str | None,
    extra: list[Path] | None,
    seed: int,
    models: Path | None,
    promoted: bool,
    config: Path | None,
) -> None:
    """Take a version's line reader, and calibrate it beside the glyph network in use."""
    from .ann.registry import load_version
    from .config import load_config
    from .training.line_train import adopt_lines
    from .training.recipe import training_data

    settings = load_config(config)
    folder = reader.resolve()
    source = load_version(folder.parent, folder.name)
    digits = training_data(data, extra, seed, augmented=True)
    print("calibrating on drawn lines, which takes minutes", file=sys.stderr)
    version = adopt_lines(source, digits, models or settings.models, promoted=promoted)
    measured = version.metadata["trust"]["metrics"]
    print(
        f"{version.name}: {measured['exact']:.2%} of {measured['lines']:,} drawn lines right, "
        f"both networks together; in {version.path}"
    )


def evaluate(
    data: Annotated[
        str | None,
        typer.Option(
            help="mnist, or a path: IDX folder, .npz, images by class or labels.csv; MNIST, in "
            "data/mnist or from Keras, where none is given."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(help="A version's name.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for figures and JSON.")] = None,
    models: Annotated[Path | None, typer.Option(help="The models folder.")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    machine: Annotated[bool, typer.Option("--machine", help="Print one JSON object.")] = False,
) -> None:
    """Measure how well labelled digits are read: arrays, or scans as `batch` reads them."""
    from rich.console import Console

    from .ann.classifier import load_classifier
    from .ann.trust import load_trusted
    from .config import load_config
    from .service.hints import HintFiles, hints_for
    from .training.evaluate import Evaluation
    from .training.evaluate import evaluate as measure
    from .training.recipe import find_mnist
    from .training.report import make_folder, tables, write_report
    from .training.scans import ScanEvaluation, evaluate_scans
    from .training.sources import labelled_scans, load

    settings = load_config(config)
    classifier = load_classifier(
        models or settings.models,
        model or settings.model,
        max_error_read=settings.max_error_read,
    )
    review_below = None if settings.review_below == "auto" else settings.review_below
    evaluation: Evaluation | ScanEvaluation
    if out is not None:
        make_folder(out)
    data = data or find_mnist()
    if scans := labelled_scans(data):
        evaluation = evaluate_scans(
            classifier,
            Path(data).resolve().name,
            scans,
            limits=settings.limits.for_decoding(),
            review_below=review_below,
            hints_of=partial(hints_for, HintFiles(settings.hints)),
            line_network=load_trusted(classifier.version, max_error_read=settings.max_error_read),
        )
    else:
        evaluation = measure(classifier, load(data).for_evaluation(), review_below=review_below)
    if machine:
        print(json.dumps({"model": evaluation.model, **evaluation.summary()}))
    else:
        Console().print(tables(evaluation))
    if out is not None:
        write_report(evaluation, out)


def sample(
    number: Annotated[int, typer.Argument(metavar="N", min=0, help="Which one; the first is 0.")],
    data: Annotated[
        str | None,
        typer.Option(
            help="mnist, or a path: IDX folder, .npz, images by class or labels.csv; MNIST, in "
            "data/mnist or from Keras, where none is given."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write its picture here, as PNG.")] = None,
    model: Annotated[str | None, typer.Option(help="A version's name.")] = None,
    models: Annotated[Path | None, typer.Option(help="The models folder.")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Show one test digit: its picture, its label and what is read."""
    from .ann.classifier import load_classifier
    from .config import load_config
    from .training.evaluate import evaluate as measure
    from .training.recipe import find_mnist
    from .training.report import best_guesses, half_blocks, write_sample
    from .training.sources import load

    settings = load_config(config)
    classifier = load_classifier(models or settings.models, model or settings.model)
    digits = load(data or find_mnist()).for_evaluation()
    one = measure(classifier, digits.single(number))
    if out is not None:
        write_sample(one.digits.images[0], out)
    read, label = classifier.labels[one.predicted[0]], one.digits.labels[0]
    print(half_blocks(one.digits.images[0]))
    print(f"{digits.name} {number}: label {label}, read as {read}")
    print(f"most probable: {best_guesses(one.probabilities[0], classifier.labels)}")
