"""The commands: parse, call, print, exit code. The only module that prints.

Heavy modules are imported inside the command that needs them: `digitd --help` stays instant.
"""

from __future__ import annotations

import sys
from typing import Annotated

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
