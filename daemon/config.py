"""config.yaml -> Config, with all mistakes at once, each with its place.

The environment wins over the file, the file over the defaults; relative paths are relative to the
file. A variable is named after its key: DIGITD_INBOX, DIGITD_BATCH__MAX_SCANS.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from .config_schema import Config, all_keys
from .config_sources import (
    FILE_VARIABLE,
    Given,
    Key,
    Mistake,
    given_by_environment,
    given_by_file,
)
from .errors import ConfigInvalid

__all__ = ["Config", "Loaded", "explain_config", "json_schema", "load_config", "shipped_models"]

FILE_NAME = "config.yaml"
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
        setting = yaml.safe_dump({key[-1]: value}, width=float("inf"), allow_unicode=True)
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
        given, mistakes = given_by_file(file, {key[0] for key in keys if len(key) > 1})
    given += given_by_environment(os.environ)
    mistakes += [each.mistake(_stranger(each, keys)) for each in given if each.key not in keys]
    settings = {each.key: each for each in given if each.key in keys}
    try:
        config = SCHEMA.validate_python(_nested(settings))
    except ValidationError as error:
        wrong = dict.fromkeys(_key_of(each["loc"], settings) for each in error.errors())
        mistakes += [
            settings[key].mistake(f"must be {keys[key]}, not {settings[key].written}")
            for key in wrong
        ]
    if mistakes:
        raise ConfigInvalid(_report(mistakes))
    places = {key: each.place for key, each in settings.items()}
    return Loaded(_placed(config, file, settings), file, places)


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
    return Path(FILE_NAME) if Path(FILE_NAME).exists() else None


def _stranger(given: Given, keys: Iterable[Key]) -> str:
    """What is wrong with a key that does not exist."""
    known = {part: None for key in keys for part in (key[:1], key)}  # sections too, in order
    below = [key[-1] for key in known if len(key) > 1 and key[:1] == given.key]
    if below:
        return f"must be a group of keys ({', '.join(below)}), not {given.written}"
    siblings = {key[-1]: key for key in known if key[:-1] == given.key[:-1]}
    cousins = {key[-1]: key for key in known}
    for near in (siblings, cousins):
        for name in get_close_matches(given.key[-1], near, 1):
            return f"there is no such key; did you mean {given.spell(near[name])}?"
    return "there is no such key"


def _nested(settings: Mapping[Key, Given]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for (*above, name), given in settings.items():
        section = values
        for part in above:
            section = section.setdefault(part, {})
        section[name] = given.value
    return values


def _key_of(place: tuple[int | str, ...], settings: Mapping[Key, Given]) -> Key:
    """The key that a complaint of pydantic is about; it goes into the parts of a key's type."""
    return next(key for key in settings if place[: len(key)] == key)


def _report(mistakes: Iterable[Mistake]) -> str:
    """Mistakes in the file from top to bottom, then those in the environment."""
    listed = sorted(mistakes, key=lambda each: (each.line == 0, each.line, each.place))
    count = "a mistake" if len(listed) == 1 else f"{len(listed)} mistakes"
    return "\n".join([f"the configuration holds {count}", *map(str, listed)])


def _placed(config: Config, file: Path | None, settings: Mapping[Key, Given]) -> Config:
    """Make folders relative to what names them: the file, or for a variable where one stands."""
    here = Path() if file is None else file.parent
    folders = {}
    for name in ("inbox", "outbox", "models", "state"):
        given = settings.get((name,))
        folders[name] = (Path() if given and not given.line else here) / getattr(config, name)
    if ("models",) not in settings and not folders["models"].is_dir():
        folders["models"] = shipped_models()
    return replace(config, **folders)
