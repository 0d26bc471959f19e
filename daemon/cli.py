"""The commands: parse, call, print, exit code. Only here is printed, in `cli_train` and in `exits`.

Heavy modules are imported inside the command that needs them: `digitd --help` stays instant.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from . import __version__, cli_train
from .errors import InputMissing, UsageError
from .exits import run

_MANY = 500  # files: several batches of scans, unless hardly any is one
_COUNTED_AT_ONCE = 10_000  # scans, before the first is read: for the progress bar

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


for _command in (cli_train.train, cli_train.evaluate, cli_train.sample):
    app.command()(_command)


@app.command()
def batch(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", readable=False, help="Scans, and folders of scans."),
    ],
    out: Annotated[Path, typer.Option(help="Results folder; the same again goes on there.")],
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes that read, a core each; batches under way, on a cluster."
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler, such as tcp://scheduler:8786."),
    ] = None,
    transfer: Annotated[
        Literal["bytes", "path"] | None,
        typer.Option(help="What the cluster gets of a scan: its bytes, or its path."),
    ] = None,
    annotated: Annotated[
        Literal["all", "review", "none"] | None,
        typer.Option("--annotated", "--annotate", help="Which pages get a picture."),
    ] = None,
    documents: Annotated[
        Literal["files", "lines", "none"] | None,
        typer.Option("--json", help="A JSON file per scan, one of lines, or none."),
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for a picture per page of what every stage saw; of scans that this run "
            "reads, not of those read before.",
        ),
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Read again what earlier runs rejected.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    machine: Annotated[bool, typer.Option("--machine", help="Print one JSON object.")] = False,
) -> None:
    """Read scans: digits to a CSV file, JSON and annotated pictures. The input is never changed."""
    if workers != 1 and cluster is None and _are_many(paths):
        from .service.nursery import prepare
        from .service.reading import warm_up

        prepare(warm_up)  # all else that this process imports takes as long

    from functools import partial

    from .ann.registry import load_version
    from .config import load_config
    from .service.batch import BatchSettings, run_batch
    from .service.cluster import Cluster
    from .service.parcels import LoadSent, pack
    from .service.reading import ReaderSettings, load_reader
    from .service.workers import LoadReader, cores

    settings = load_config(config)
    if workers is None and settings.workers != "auto":
        workers = settings.workers
    limits = settings.limits.for_decoding()
    version = load_version(settings.models, settings.model)
    reader = ReaderSettings(
        models=settings.models,
        model=version.name,
        limits=limits,
        max_error_read=settings.max_error_read,
        review_below=None if settings.review_below == "auto" else settings.review_below,
        annotated=annotated or settings.outputs.annotated,
        explained=explain is not None,
    )
    load: LoadReader = partial(load_reader, reader)
    far = None
    if address := cluster or settings.cluster:
        parcel = pack(version)
        load = LoadSent(reader, parcel.digest)
        far = Cluster(address, transfer or settings.transfer, workers, parcel)
    plan = BatchSettings(
        model=version.name,
        limits=limits,
        json=documents or settings.outputs.json,
        max_scans=settings.batch.max_scans,
        workers=workers or cores(),
        cluster=far,
        hints=settings.hints,
        explain=explain,
        timeout_s=settings.limits.timeout_s,
        retry=retry,
    )
    with _progress_bar(paths, wanted=not quiet and sys.stderr.isatty()) as advance:
        summary = run_batch(paths, out, plan, load, advance=advance)
    if machine:
        print(json.dumps(summary.as_json()))
    elif not quiet:
        print(summary.as_text())
    raise typer.Exit(summary.exit_code)


def _are_many(paths: list[Path]) -> bool:
    """Whether there are so many files that worker processes are sure to be needed."""
    files = (name for path in paths for *_, names in os.walk(path) for name in names)
    return next(islice(files, _MANY, None), None) is not None


@contextmanager
def _progress_bar(paths: list[Path], *, wanted: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr that hears how many of the scans below `paths` are done. Where these are many
    they are counted meanwhile: there may be millions."""
    if not wanted:
        yield lambda _: None
        return
    from itertools import takewhile
    from threading import Event, Thread

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from .spool.intake import Candidate, find_scans

    columns = ("reading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        listed = (found for found in find_scans(paths) if isinstance(found, Candidate))
        first = sum(1 for _ in islice(listed, _COUNTED_AT_ONCE))
        over = Event()

        def count() -> None:
            total = first + sum(1 for _ in takewhile(lambda _: not over.is_set(), listed))
            progress.update(task, total=total)

        counting = Thread(target=count)
        if first < _COUNTED_AT_ONCE:
            progress.update(task, total=first)
        else:
            counting.start()
        try:
            yield lambda done: progress.update(task, completed=done)
        finally:
            over.set()
            if counting.ident:
                counting.join()


@app.command()
def watch(
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Read what is there, then exit.")] = False,
) -> None:
    """Read every scan that is dropped into the inbox; results appear in the outbox."""
    from functools import partial

    from .ann.registry import load_version
    from .config import load_config
    from .service.cluster import Cluster
    from .service.logs import configure
    from .service.parcels import LoadSent, pack
    from .service.reading import ReaderSettings, load_reader
    from .service.staff import Setup
    from .service.watch import watch as keep_watching

    def load_setup() -> Setup:
        settings = load_config(config)
        version = load_version(settings.models, settings.model)
        configure(settings.log)
        reader = ReaderSettings(
            models=settings.models,
            model=version.name,
            limits=settings.limits.for_decoding(),
            max_error_read=settings.max_error_read,
            review_below=None if settings.review_below == "auto" else settings.review_below,
            annotated=settings.outputs.annotated,
        )
        if settings.cluster is None:
            return Setup(settings, version.name, partial(load_reader, reader))
        at_once = None if settings.workers == "auto" else settings.workers
        parcel = pack(version)
        cluster = Cluster(settings.cluster, settings.transfer, at_once, parcel)
        return Setup(settings, version.name, LoadSent(reader, parcel.digest), cluster)

    raise typer.Exit(int(keep_watching(load_setup, once=once)))


@app.command()
def doctor(
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    machine: Annotated[bool, typer.Option("--machine", help="Print one JSON object.")] = False,
) -> None:
    """Try out folders, disk, journal, hints, model, cluster, clock: what is wrong, the way out."""
    from .config import load_config
    from .service.doctor import examine

    findings = []
    for finding in examine(load_config(config)):
        findings.append(finding)
        if not machine:
            print(finding.as_text(), flush=True)
    exit_code = max(finding.exit_code for finding in findings)
    if machine:
        shown = [finding.as_json() for finding in findings]
        print(json.dumps({"works": exit_code == 0, "findings": shown}))
    raise typer.Exit(exit_code)


@app.command()
def status(
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    machine: Annotated[bool, typer.Option("--machine", help="Print one JSON object.")] = False,
) -> None:
    """Show where every scan is; the exit code is 1 when something needs a person."""
    from .config import load_config
    from .service.overview import overview

    seen = overview(load_config(config))
    print(json.dumps(seen.as_json()) if machine else seen.as_text())
    raise typer.Exit(int(seen.needs_person))


@app.command()
def retry(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="As `digitd status` shows them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All rejected scans.")] = False,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Put rejected scans back into the inbox, to be read again."""
    from .config import load_config
    from .spool.durable import writing_to
    from .spool.inbox import Inbox
    from .spool.journal import Journal
    from .spool.retry import retry as put_back

    if bool(ids) == everything:
        raise UsageError("name the scans, or give --all")
    settings = load_config(config)
    with Journal(_journal_file(settings.state)) as journal, writing_to(settings.inbox):
        back = put_back(journal, Inbox(settings.inbox), settings.outbox, ids or None)
    print(f"{len(back)} back in the inbox")


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="A new folder.")],
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Write every result again from the journal: rows and documents, not pictures."""
    from .config import load_config
    from .spool.export import export as write_all
    from .spool.journal import Journal

    with Journal(_journal_file(load_config(config).state)) as journal:
        print(f"{write_all(journal, out)} results in {out}")


def _journal_file(state: Path) -> Path:
    file = state / "journal.db"
    if not file.exists():
        raise InputMissing(f"there is no journal in {state}: nothing was read yet")
    return file


config_commands = typer.Typer(no_args_is_help=True)
app.add_typer(config_commands, name="config", help="Check and show the configuration.")

_ConfigFile = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="Without it: the one that would be used.")
]


@config_commands.command("check")
def check_config(file: _ConfigFile = None) -> None:
    """Find all mistakes in the configuration or in a file of hints, each with its line."""
    from .config import HINTS_FILES, check_hints_file, explain_config
    from .spool.place import refuse_overlaps

    if file is not None and file.name in HINTS_FILES:
        check_hints_file(file)
        print(f"{file}: ok")
        return
    checked = explain_config(file)
    config = checked.config
    refuse_overlaps({"inbox": config.inbox, "outbox": config.outbox, "state": config.state})
    place = checked.file
    print(f"{place}: ok" if place else "there is no config.yaml here: defaults are used")


@config_commands.command("show")
def show_config(file: _ConfigFile = None) -> None:
    """Print the settings in effect, and where each comes from."""
    from .config import explain_config

    print(explain_config(file).as_yaml())


@config_commands.command("schema")
def show_config_schema() -> None:
    """Print the JSON Schema of config.yaml, for editors."""
    from .config import json_schema

    print(json.dumps(json_schema(), indent=2))


def main() -> None:
    """Run the command line."""
    run(_asked_command)


def _asked_command() -> None:
    if "" in sys.argv[1:]:  # as a path, it would be the working folder
        raise UsageError('an argument is empty (""): is a variable that it comes from not set?')
    app()


if __name__ == "__main__":
    main()
