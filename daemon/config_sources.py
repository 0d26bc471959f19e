"""Where settings come from: a YAML file and the environment, as keys with values and places.

Nothing is judged here but YAML itself: which keys there are and what they may hold is `config`'s
business. Values stay text, so that a file and a variable mean the same by the same characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import yaml

PREFIX = "DIGITD_"
FILE_VARIABLE = "DIGITD_CONFIG"  # names the file, and is no setting

Key: TypeAlias = tuple[str, ...]  # ("batch", "max_scans") for `max_scans` below `batch`
Value: TypeAlias = str | list[str | None] | dict[str, str] | None  # a dict is nonsense

MAX_WRITTEN = 60  # characters of a value that a message repeats

_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something to mend, told in one line. `line` is 0 where there is none."""

    place: str
    line: int
    text: str

    def __str__(self) -> str:
        told = f"{self.place}: {self.text}"
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in told)


@dataclass(frozen=True, slots=True)
class Given:
    """One setting as it was found. `place` is FILE:LINE or the variable's name, and `line` is 0
    for a variable; `written` is how the value was put, for messages."""

    key: Key
    value: Value
    written: str
    place: str
    line: int = 0

    def spell(self, key: Key) -> str:
        """How another key would be written in the same place."""
        return ".".join(key) if self.line else PREFIX + "__".join(key).upper()

    def mistake(self, text: str) -> Mistake:
        """A mistake with this setting."""
        key = f"{self.spell(self.key)}: " if self.line else ""
        return Mistake(self.place, self.line, key + text)


def given_by_file(path: Path, sections: Set[str]) -> tuple[list[Given], list[Mistake]]:
    """What a file says; `sections` are the keys that hold keys. Raises OSError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return [], [Mistake(str(path), 0, "this is not UTF-8 text")]
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        place = f"{path}:{line}" if line else str(path)
        way_out = "; indent by spaces, not tabs" if _is_indented_by_tab(text, line) else ""
        return [], [Mistake(place, line, f"this is not YAML: {error.problem}{way_out}")]
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # these of an impossible \U
        return [], [Mistake(str(path), 0, f"this is not YAML: {' '.join(str(error).split())}")]
    except RecursionError:
        return [], [Mistake(f"{path}:1", 1, "this is nested too deeply")]
    if root is None:
        return [], []
    if not isinstance(root, yaml.MappingNode):
        return [], [Mistake(f"{path}:1", 1, "there must be keys with values, as in `inbox: scans`")]
    found = list(_walk(root, path, sections))
    return (
        [each for each in found if isinstance(each, Given)],
        [each for each in found if isinstance(each, Mistake)],
    )


def given_by_environment(environment: Mapping[str, str]) -> list[Given]:
    """What the variables DIGITD_KEY and DIGITD_SECTION__KEY say. An empty one says nothing: that is
    how service managers and containers pass what is not set."""
    return [
        Given(
            key=tuple(name.removeprefix(PREFIX).lower().split("__")),
            value=_value_of_variable(value),
            written=value,
            place=name,
        )
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX) and name != FILE_VARIABLE and value
    ]


def _value_of_variable(text: str) -> Value:
    """A list is written as in YAML; whatever else is text."""
    if text in ("null", "~"):
        return None
    if text.startswith("[") and text.endswith("]"):
        return [item.strip() for item in text[1:-1].split(",")]
    return text


def _walk(
    node: yaml.MappingNode, path: Path, sections: Set[str], above: Key = ()
) -> Iterator[Given | Mistake]:
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        place = f"{path}:{line}"
        if not isinstance(key_node, yaml.ScalarNode):
            yield Mistake(place, line, "a key must be a word")
            continue
        name = key_node.value
        given = Given((*above, name), *_value(value_node), place, line)
        if name in lines:
            yield given.mistake(f"is there twice, first in line {lines[name]}")
            continue
        lines[name] = line
        if above or name not in sections:
            yield given
        elif isinstance(value_node, yaml.MappingNode):
            yield from _walk(value_node, path, sections, given.key)
        elif given.value is not None:  # a section whose keys are all commented out says nothing
            yield given


def _value(node: yaml.Node) -> tuple[Value, str]:
    """A node's value, and how it was written."""
    if isinstance(node, yaml.MappingNode):
        return {}, "a group of keys"
    if isinstance(node, yaml.SequenceNode):
        items = [_value(item) for item in node.value if isinstance(item, yaml.ScalarNode)]
        if len(items) < len(node.value):
            return [None], "a list of lists"
        values = [value if isinstance(value, str) else None for value, _ in items]
        return values, _short(f"[{', '.join(written for _, written in items)}]")
    text = str(node.value)
    return (None if node.tag == _NULL else text), _short(text) or "nothing"


def _is_indented_by_tab(text: str, line: int) -> bool:
    written = text.split("\n")[line - 1] if line else ""
    return "\t" in written[: len(written) - len(written.lstrip())]


def _short(text: str) -> str:
    return text if len(text) <= MAX_WRITTEN else f"{text[: MAX_WRITTEN - 3]}..."
