"""What config.yaml can say: keys, types, defaults; the words for what a key may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_type_hints

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from .config_hints import HintSettings
from .config_sources import Key
from .records import Limits

_STRICT = ConfigDict(extra="forbid")


def _filled(value: object) -> object:
    if value == "":
        raise ValueError("empty")
    return value


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path}: whose home?") from error


# What a key may be, and the same in words: a mistake is answered with "must be", and the words.
_Folder: TypeAlias = Annotated[
    Path,
    BeforeValidator(_filled),
    AfterValidator(_expanded),
    Field(description="a folder"),
]
_NotNegative: TypeAlias = Annotated[
    float, Field(ge=0, allow_inf_nan=False, description="a number, 0 or more")
]
_Positive: TypeAlias = Annotated[
    float, Field(gt=0, allow_inf_nan=False, description="a number above 0")
]
_Count: TypeAlias = Annotated[int, Field(ge=1, description="a whole number, 1 or more")]


@dataclass(frozen=True, slots=True, config=_STRICT)
class Batch:
    """How many scans are read together, and how long one waits for others."""

    max_scans: _Count = 256
    max_wait_s: _NotNegative = 0.5


@dataclass(frozen=True, slots=True, config=_STRICT)
class Outputs:
    """What is written beside readings.csv."""

    annotated: Literal["all", "review", "none"] = "all"
    json: Literal["files", "lines", "none"] = "files"


@dataclass(frozen=True, slots=True, config=_STRICT)
class ScanLimits:
    """What one scan may cost."""

    max_file_mb: _Positive = 200
    max_megapixels: Annotated[
        float, Field(gt=0, le=1000, description="a number above 0, at most 1000")
    ] = 200  # OpenCV decodes 1073 at most
    max_pages: _Count = 500
    timeout_s: Annotated[
        float, Field(gt=0, le=1_000_000, description="a number above 0, at most 1000000")
    ] = 60  # a system waits for its milliseconds in 31 bits

    def for_decoding(self) -> Limits:
        """Those that decoding keeps."""
        return Limits(self.max_file_mb, self.max_megapixels, self.max_pages)


@dataclass(frozen=True, slots=True, config=_STRICT)
class Log:
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "plain", "json"] = "auto"


@dataclass(frozen=True, slots=True, config=_STRICT)
class Config:
    """All keys of config.yaml; the file that comes with digitd explains each."""

    inbox: _Folder = Path("inbox")
    outbox: _Folder = Path("outbox")
    models: _Folder = Path("models")
    state: _Folder = Path("state")
    model: Annotated[
        str, Field(pattern=r"^[^/\\]+$", description="current, or the name of a version")
    ] = "current"
    originals: Literal["archive", "keep", "delete"] = "archive"
    quiet_s: _NotNegative = 2
    incomplete_after_s: _NotNegative = 120
    rescan_s: _Positive = 30
    observer: Literal["auto", "inotify", "polling"] = "auto"
    batch: Batch = field(default_factory=Batch)
    workers: Annotated[
        Literal["auto"] | Annotated[int, Field(ge=1)],
        Field(description="auto, or a whole number, 1 or more"),
    ] = "auto"
    cluster: Annotated[
        Annotated[str, Field(pattern=r"^\w+://\S+$")] | None,
        Field(description="null, or an address such as tcp://scheduler:8786"),
    ] = None
    transfer: Literal["bytes", "path"] = "bytes"
    outputs: Outputs = field(default_factory=Outputs)
    hints: HintSettings = field(default_factory=HintSettings)
    review_below: Annotated[
        Literal["auto"] | Annotated[float, Field(ge=0, le=1)],
        Field(description="auto, or a number from 0 to 1"),
    ] = "auto"
    max_error_read: Annotated[
        float, Field(gt=0, le=1, description="a number above 0, at most 1")
    ] = 0.005
    limits: ScanLimits = field(default_factory=ScanLimits)
    log: Log = field(default_factory=Log)


def all_keys() -> dict[Key, str]:
    """Every key that holds a value, and in words what that may be."""
    return dict(_keys_of(Config))


def _keys_of(section: Any, above: Key = ()) -> Iterator[tuple[Key, str]]:
    for name, kind in get_type_hints(section, include_extras=True).items():
        if is_dataclass(kind):
            yield from _keys_of(kind, (*above, name))
        else:
            yield (*above, name), _words(kind)


def _words(kind: Any) -> str:
    for remark in getattr(kind, "__metadata__", ()):
        if description := getattr(remark, "description", None):
            return str(description)
    *others, last = get_args(kind)
    return f"{', '.join(others)} or {last}"
