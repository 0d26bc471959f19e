"""The commands: parse, call, print, exit code. The only module that prints.

Heavy modules are imported inside the command that needs them: `digitd --help` stays instant.
"""

from __future__ import annotations

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
    from .training.datasets import load
    from .training.extras import load_extra
    from .training.fit import Settings, TrainingData
    from .training.progress import shown
    from .training.train import train as train_version

    chosen = find_architecture(architecture)
    settings = load_config(config)
    train_part, test_part = load(data).for_training(seed)
    extras = tuple(digits for path in extra or () for digits in load_extra(path))
    with shown(Console(stderr=True)) as progress:
        version = train_version(
            Settings(chosen, epochs or chosen.epochs, loss or chosen.loss, seed,
                     settings.max_error_read),
            TrainingData(train_part, test_part, extras),
            models or settings.models,
            progress,
            promoted=promote,
        )
    measured = version.metadata["metrics"]["test"]
    print(
        f"{version.name}: {measured['accuracy']:.2%} of {measured['n']:,} test digits right, "
        f"calibration error {measured['ece']:.2%}; in {version.path}"
    )


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
