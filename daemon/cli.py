"""The commands: parse, call, print, exit code. The only module that prints.

Heavy modules are imported inside the command that needs them: `digitd --help` stays instant.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from . import __version__
from .errors import DigitdError

app = typer.Typer(
    name="digitd",
    help="Reads handwritten digits from scans and photos.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _print_version(value: bool) -> None:
    if value:
        print(f"digitd {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Reads handwritten digits from scans and photos."""


@app.command()
def train(
    data: Annotated[
        str, typer.Option(help="mnist, or a path: IDX folder, .npz, images by class or labels.csv.")
    ] = "mnist",
    extra: Annotated[
        list[Path] | None,
        typer.Option(help="More digits: a pendigits or optdigits folder. May be repeated."),
    ] = None,
    architecture: Annotated[
        str, typer.Option(help="mlp, cnn, or an ancestor's: mlp-128, mlp-128x2, mlp-128x3.")
    ] = "mlp",
    epochs: Annotated[
        int | None, typer.Option(min=1, help="At most so many; each architecture has its own.")
    ] = None,
    loss: Annotated[
        Literal["sparse", "onehot"] | None,
        typer.Option(help="Cross-entropy of labels or of one-hot rows."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same training.")] = 1,
    models: Annotated[Path | None, typer.Option(help="Where the version goes.")] = None,
    promote: Annotated[bool, typer.Option(help="Make it the version in use.")] = True,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Train a network and add it to the models folder."""
    from rich.console import Console

    from .config import load_config
    from .training.architectures import architecture as find_architecture
    from .training.extras import load_extra
    from .training.fit import Settings
    from .training.progress import shown
    from .training.sources import load
    from .training.split import TrainingData
    from .training.train import train as train_version

    chosen = find_architecture(architecture)
    settings = load_config(config)
    choices = Settings(
        chosen, epochs or chosen.epochs, loss or chosen.loss, seed, settings.max_error_read
    )
    parts = load(data).for_training(seed)
    extras = tuple(digits for path in extra or () for digits in load_extra(path))
    with shown(Console(stderr=True)) as progress:
        version = train_version(
            choices,
            TrainingData(*parts, extras),
            models or settings.models,
            progress,
            promoted=promote,
        )
    measured = version.metadata["metrics"]["test"]
    print(
        f"{version.name}: {measured['accuracy']:.2%} of {measured['n']:,} test digits right, "
        f"calibration error {measured['ece']:.2%}; in {version.path}"
    )


@app.command()
def evaluate(
    data: Annotated[
        str, typer.Option(help="mnist, or a path: IDX folder, .npz, images by class or labels.csv.")
    ] = "mnist",
    model: Annotated[str | None, typer.Option(help="A version's name.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for figures and JSON.")] = None,
    models: Annotated[Path | None, typer.Option(help="The models folder.")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    machine: Annotated[bool, typer.Option("--machine", help="Print one JSON object.")] = False,
) -> None:
    """Measure how well a network reads labelled digits."""
    from rich.console import Console

    from .ann.classifier import load_classifier
    from .config import load_config
    from .training.evaluate import evaluate as measure
    from .training.report import tables, write_report
    from .training.sources import load

    settings = load_config(config)
    classifier = load_classifier(models or settings.models, model or settings.model)
    evaluation = measure(classifier, load(data).for_evaluation())
    if out is not None:
        write_report(evaluation, out)
    if machine:
        print(json.dumps({"model": evaluation.model, **evaluation.summary()}))
    else:
        Console().print(tables(evaluation))


@app.command()
def sample(
    number: Annotated[int, typer.Argument(metavar="N", min=0, help="Which one; the first is 0.")],
    data: Annotated[
        str, typer.Option(help="mnist, or a path: IDX folder, .npz, images by class or labels.csv.")
    ] = "mnist",
    out: Annotated[Path | None, typer.Option(help="Write its picture here, as PNG.")] = None,
    model: Annotated[str | None, typer.Option(help="A version's name.")] = None,
    models: Annotated[Path | None, typer.Option(help="The models folder.")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Show one test digit: its picture, its label and what is read."""
    from .ann.classifier import load_classifier
    from .config import load_config
    from .training.evaluate import evaluate as measure
    from .training.report import best_guesses, half_blocks, write_sample
    from .training.sources import load

    settings = load_config(config)
    classifier = load_classifier(models or settings.models, model or settings.model)
    digits = load(data).for_evaluation()
    one = measure(classifier, digits.single(number))
    if out is not None:
        write_sample(one.digits.images[0], out)
    read, label = classifier.labels[one.predicted[0]], one.digits.labels[0]
    print(half_blocks(one.digits.images[0]))
    print(f"{digits.name} {number}: label {label}, read as {read}")
    print(f"most probable: {best_guesses(one.probabilities[0], classifier.labels)}")


def main() -> None:
    """Run the command line: expected errors, Ctrl-C and bugs are the three ways out."""
    try:
        app()
    except DigitdError as error:
        print(f"digitd: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("digitd: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
