"""Hints: what users say of their paper, in config.yaml and in files beside the scans.

`hints:` of the configuration holds for all scans, a file `.digitd.yaml` for those of its folder and
of the folders below; of two that say something of the same key, the nearer one wins.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import yaml
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from .config_judge import in_order, judge
from .config_sources import Given, Key, Mistake, given_by_file
from .records import Check, Expect, Expected, Hints

FILE_NAME = ".digitd.yaml"
MISNAMED = (".digitd.yml", ".digitd.yaml.txt", ".digitd.yml.txt")  # slips, and Windows' editors
GROUP = "hints"  # what the keys stand below in config.yaml; in a file of hints they need not
MAX_BYTES = 4096  # of a file of hints: a stranger's may be nested as deeply as it has bytes
LONGEST = 100  # digits of a line
ROUNDING = 1e-6  # by which fractions that were rounded may reach over the page

_LEAST_CHECKED = {Check.LUHN: 2, Check.MOD97: 3, Check.EAN13: 13}  # digits that a check needs


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _rising(ends: tuple[int, int]) -> tuple[int, int]:
    if ends[0] > ends[1]:
        raise ValueError("the least is more than the most")
    return ends


def _inside(region: tuple[float, ...]) -> tuple[float, ...]:
    x, y, width, height = region
    if width <= 0 or height <= 0 or x + width > 1 + ROUNDING or y + height > 1 + ROUNDING:
        raise ValueError("not inside the page")
    return region


_Count: TypeAlias = Annotated[int, Field(ge=1, le=LONGEST)]
_Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class HintSettings:
    """What is known of all scans, or of those in a folder; config.yaml explains each key."""

    expect: Annotated[Expect | None, Field(description="number, digit, page or null")] = None
    digits: Annotated[
        _Count | Annotated[tuple[_Count, _Count], AfterValidator(_rising)] | None,
        Field(description=f"a whole number from 1 to {LONGEST}, [least, most] or null"),
    ] = None
    lines: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(description="a whole number, 1 or more, or null"),
    ] = None
    rotate: Annotated[
        Literal[0, 90, 180, 270] | None,
        BeforeValidator(_number),
        Field(description="0, 90, 180, 270 or null"),
    ] = None
    region: Annotated[
        Annotated[tuple[_Share, _Share, _Share, _Share], AfterValidator(_inside)] | None,
        Field(
            description="[x, y, width, height] in fractions of the page, such as "
            "[0.5, 0, 0.5, 0.25], or null"
        ),
    ] = None
    check: Annotated[Check, Field(description="luhn, mod97, ean13 or none")] = Check.NONE


_SCHEMA = TypeAdapter(HintSettings)
_KEYS: dict[Key, str] = {
    (name,): str(key["description"]) for name, key in _SCHEMA.json_schema()["properties"].items()
}


class Hint(NamedTuple):
    """The value of one key, and where it was found."""

    value: Any
    given: Given


Said: TypeAlias = Mapping[str, Hint]  # by key, only those that are said


def said_by(settings: HintSettings) -> Said:
    """What a configuration that was judged says; a default says nothing."""
    default = HintSettings()
    values = _SCHEMA.dump_python(settings, mode="json")
    return {
        name: Hint(getattr(settings, name), _configured(name, value))
        for name, value in values.items()
        if getattr(settings, name) != getattr(default, name)
    }


def said_in(settings: HintSettings, given: Mapping[str, Given]) -> Said:
    """The same with where each key was found."""
    return {name: Hint(getattr(settings, name), each) for name, each in given.items()}


def read_hints(path: Path, outer: Said) -> tuple[Said, list[Mistake]]:
    """What holds in the folder of the file `path`, where `outer` holds above it; mistakes from top
    to bottom, and with any, what they leave is not to be used. A file that is not there says
    nothing."""
    if refused := _refused(path):
        return outer, [Mistake(str(path), 0, refused)]
    try:
        found, mistakes = given_by_file(path, {GROUP})
    except FileNotFoundError:
        return outer, []
    except OSError as error:
        return outer, [Mistake(str(path), 0, f"cannot be read: {error.strerror}")]
    given: list[Given] = []
    for each in found:
        key = each.key[1:] if each.key[0] == GROUP and len(each.key) > 1 else each.key
        if twin := next((other for other in given if other.key == key), None):
            mistakes.append(each.mistake(f"is there twice, first in line {twin.line}"))
        else:
            given.append(Given(key, each.value, each.written, each.place, each.line))
    judged = judge(_SCHEMA, _KEYS, given)
    mistakes += judged.mistakes
    if judged.value is None:
        return outer, in_order(mistakes)
    inner = said_in(judged.value, {key[0]: each for key, each in judged.settings.items()})
    return {**outer, **inner}, in_order(mistakes + clashes(inner, outer))


def clashes(inner: Said, outer: Said) -> list[Mistake]:
    """Where what is said in one place goes neither with the rest nor with what `outer` says."""
    merged = {**outer, **inner}
    values = {name: hint.value for name, hint in merged.items()}
    mistakes = []
    for pair in _contradictions(values):
        own = sorted((name for name in pair if name in inner), key=lambda n: inner[n].given.line)
        if not own:
            continue  # said of the outer one already
        name = own[-1]
        other = next(each for each in pair if each != name)
        given = merged[other].given
        text = f"{merged[name].given.written} does not go with {other}: {given.written}"
        if other not in inner:
            undone = "none" if other == "check" else "null"
            text += f", as {given.place} says; `{other}: {undone}` here undoes that"
        mistakes.append(merged[name].given.mistake(text))
    return mistakes


def hints_of(said: Said) -> Hints:
    """The hints as reading takes them."""
    values = {name: hint.value for name, hint in said.items()}
    least, most = _range(values)
    check = values.get("check", Check.NONE)
    if check is Check.EAN13:
        least = most = _LEAST_CHECKED[check]
    return Hints(
        expect=values.get("expect"),
        line=Expected(least, most, check),
        lines=values.get("lines"),
        rotate=values.get("rotate"),
        region=values.get("region"),
    )


def _contradictions(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys of which not both can be true."""
    least, most = _range(values)
    check = values.get("check", Check.NONE)
    if values.get("expect") is Expect.DIGIT:
        if least > 1:
            yield "expect", "digits"
        if values.get("lines") not in (None, 1):
            yield "expect", "lines"
        if check is not Check.NONE:
            yield "expect", "check"
    needed = _LEAST_CHECKED.get(check, 0)
    if most is not None and (most < needed or (check is Check.EAN13 and least > needed)):
        yield "check", "digits"


def _range(values: Mapping[str, Any]) -> tuple[int, int | None]:
    """The least and the most digits of a line."""
    digits = values.get("digits")
    if digits is None:
        return 0, None
    return digits if isinstance(digits, tuple) else (digits, digits)


def _configured(name: str, value: object) -> Given:
    flow = yaml.safe_dump(value, default_flow_style=True).removesuffix("\n...\n").strip()
    return Given((GROUP, name), None, flow, "the configuration")


def _refused(path: Path) -> str:
    """Why a file is not even opened; "" where it may be, or is not there."""
    if path.name in MISNAMED:
        return f"has to be called {FILE_NAME}"
    try:
        found = path.lstat()
    except OSError:
        return ""
    if not stat.S_ISREG(found.st_mode):
        return "is no file of its own: put the file itself here"
    return "is too large for a file of hints" if found.st_size > MAX_BYTES else ""
