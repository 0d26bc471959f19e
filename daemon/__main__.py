"""`digitd`, and `python -m daemon`: as light as can be, for processes that it starts import it."""


def main() -> None:
    """Run a command."""
    from .cli import main as run_command

    run_command()


if __name__ == "__main__":
    main()
