"""`digitd`, and `python -m daemon`: as light as can be, for processes that it starts import it."""

import sys


def main() -> None:
    """Run a command."""
    try:
        from .cli import main as run_command
    except KeyboardInterrupt:  # it takes its time, and nobody there hears of it yet
        sys.exit(130)
    run_command()


if __name__ == "__main__":
    main()
