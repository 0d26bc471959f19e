"""config.yaml -> Config, with all mistakes at once, each with its place.

The environment wins over the file, the file over the defaults; relative paths are relative to the
file. A variable is named after its key: DIGITD_INBOX, DIGITD_BATCH__MAX_SCANS.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from .config_hints import FILE_NAME as HINTS_FILE
from .config_hints import GROUP, MISNAMED, HintSettings, clashes, read_hints, said_by, said_in
from .config_judge import in_order, judge, report
from .config_schema import Config, all_keys
from .config_sources import (
    FILE_VARIABLE,
    Given,
    Key,
    Mistake,
    given_by_environment,
    given_by_file,
)
from .errors import ConfigInvalid, InputMissing

__all__ = [
    "HINTS_FILES",
    "Config",
    "HintSettings",
    "Loaded",
    "check_hints_file",
    "explain_config",
    "json_schema",
    "load_config",
    "shipped_models",
]

FILE_NAME = "config.yaml"
HINTS_FILES = (HINTS_FILE, *MISNAMED)  # names that tell that a file is, or was meant to be, hints
SCHEMA = TypeAdapter(Config)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, the file it is from, and where each of its settings that is not a default
    was found."""

    config: Config
    file: Path | None
    places: Mapping[Key, str]

    def as_yaml(self) -> str:
        """The settings in effect, each with its place."""
        lines = []
        for name, value in SCHEMA.dump_python(self.config, mode="json").items():
            if isinstance(value, dict):
                lines.append(f"{name}:")
                lines += [self._line((name, below), value[below]) for below in value]
            else:
                lines.append(self._line((name,), value))
        return "\n".join(lines)

    def _line(self, key: Key, value: object) -> str:
        flow = None if isinstance(value, list) else False  # a list on one line
        setting = yaml.safe_dump(
            {key[-1]: value}, width=float("inf"), allow_unicode=True, default_flow_style=flow
        )
        indented = "  " * (len(key) - 1) + setting.rstrip()
        return f"{indented:<32} # {self.places.get(key, 'default')}"


def load_config(path: Path | None = None) -> Config:
    """The configuration from `path`; without one, from the file that DIGITD_CONFIG names, else
    ./config.yaml, else nothing but defaults.

    Raises:
        InputMissing: the file that was named is not there.
        ConfigInvalid: there are mistakes; the message lists them all.
    """
    return explain_config(path).config


def explain_config(path: Path | None = None) -> Loaded:
    """As `load_config`, with where every setting comes from."""
    file = _find_file(path)
    keys = all_keys()
    given: list[Given] = []
    mistakes: list[Mistake] = []
    if file is not None:
        try:
            given, mistakes = given_by_file(file, {key[0] for key in keys if len(key) > 1})
        except OSError as error:
            raise InputMissing(f"{file} cannot be read: {error.strerror}") from None
    given += given_by_environment(os.environ)
    judged = judge(SCHEMA, keys, given)
    config, settings = judged.value, judged.settings
    mistakes += judged.mistakes
    if config is not None:
        own = {key[1]: each for key, each in settings.items() if key[0] == GROUP}
        mistakes += clashes(said_in(config.hints, own), {})
    if mistakes or config is None:
        raise ConfigInvalid(report("the configuration holds", in_order(mistakes)))
    places = {key: each.place for key, each in settings.items()}
    return Loaded(_placed(config, file, settings), file, places)


def check_hints_file(path: Path) -> None:
    """Look for mistakes in a file of hints, as one beside scans that the configuration is for.

    Raises:
        InputMissing: it is not there.
        ConfigInvalid: it holds mistakes, or the configuration does; the message lists them all.
    """
    if not os.path.lexists(path):
        raise InputMissing(f"{path} cannot be read: No such file or directory")
    if mistakes := read_hints(path, said_by(load_config().hints))[1]:
        raise ConfigInvalid(report("the hints hold", mistakes))


def shipped_models() -> Path:
    """The models that come with digitd: in the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, for editors."""
    return SCHEMA.json_schema()


def _find_file(path: Path | None) -> Path | None:
    if path is not None:
        return path
    if named := os.environ.get(FILE_VARIABLE):
        return Path(named)
    is_here = os.path.exists(FILE_NAME)  # noqa: PTH110 -- raises not where one may not enter
    return Path(FILE_NAME) if is_here else None


def _placed(config: Config, file: Path | None, settings: Mapping[Key, Given]) -> Config:
    """Make folders relative to what names them: the file, or for a variable where one stands."""
    here = Path() if file is None else file.parent
    folders = {}
    for name in ("inbox", "outbox", "models", "state"):
        given = settings.get((name,))
        folders[name] = (Path() if given and not given.line else here) / getattr(config, name)
    if ("models",) not in settings and not os.path.isdir(folders["models"]):  # noqa: PTH112
        folders["models"] = shipped_models()
    return replace(config, **folders)
