"""Settings as they were found -> values, or a list of mistakes, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from .config_sources import Given, Key, Mistake

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """The `value` that settings make, None where some are wrong; those that count, by key; and the
    mistakes."""

    value: T | None
    settings: dict[Key, Given]
    mistakes: list[Mistake]


def judge(adapter: TypeAdapter[T], keys: Mapping[Key, str], given: Sequence[Given]) -> Judged[T]:
    """What was found, judged. `keys` are all there are, each with what it may be in words."""
    mistakes = [each.mistake(_stranger(each, keys)) for each in given if each.key not in keys]
    settings = {each.key: each for each in given if each.key in keys}
    try:
        return Judged(adapter.validate_python(_nested(settings)), settings, mistakes)
    except ValidationError as error:
        wrong = dict.fromkeys(_key_of(each["loc"], settings) for each in error.errors())
        mistakes += [
            settings[key].mistake(f"must be {keys[key]}, not {settings[key].written}")
            for key in wrong
        ]
        return Judged(None, settings, mistakes)


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Those in a file from top to bottom, then those elsewhere."""
    return sorted(mistakes, key=lambda each: (each.line == 0, each.line, each.place))


def report(title: str, mistakes: Sequence[Mistake]) -> str:
    """All of them, a line each; `title` is what holds them."""
    count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return "\n".join([f"{title} {count}", *map(str, mistakes)])


def _stranger(given: Given, keys: Iterable[Key]) -> str:
    """What is wrong with a key that does not exist."""
    known = {part: None for key in keys for part in (key[:1], key)}  # sections too, in order
    below = [key[-1] for key in known if len(key) > 1 and key[:1] == given.key]
    if below:
        return f"must be a group of keys ({', '.join(below)}), not {given.written}"
    siblings = {key[-1]: key for key in known if key[:-1] == given.key[:-1]}
    cousins = {key[-1]: key for key in known}
    if given.key[-1] in cousins:
        siblings = {}  # the very name stands elsewhere
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
