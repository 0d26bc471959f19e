"""models/: one folder per version of a network, and a text file that names the one in use.

    models/current                 the name of the version in use
    models/NAME/metadata.json      what the network is, how it was made, what it scored
    models/NAME/model.tflite       the glyph network as LiteRT reads it
    models/NAME/advisor.tflite     a cheaper one that is asked first; not every version has it
    models/NAME/reader.tflite      the line network, where the version has one

A version is written once and never changed: it appears whole, by a rename. `metadata.json` holds
the sha256 of its files, and a file that differs is not loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelUnavailable, OutputUnwritable

SCHEMA = "digitd.model/2"
CURRENT = "current"
METADATA_FILE = "metadata.json"
NETWORK_FILE = "model.tflite"
ADVISOR_FILE = "advisor.tflite"
READER_FILE = "reader.tflite"
NONE_LABEL = "none"  # the label of the class "no digit at all"
NEVER = math.nextafter(1, 2)  # a threshold that no confidence reaches


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One trained glyph network, perhaps with a line network: a folder of models/.

    `labels` are "0" to "9" and, with a reject class, "none" after them. `temperature` divides the
    network's logits. `thresholds` are pairs of a share of wrong readings and the confidence from
    which no more than that were wrong on validation digits, the smallest share first.
    `normalised` says whether the network was trained on glyphs that went through
    `vision.glyph.normalise`, or on MNIST's pictures as they are. `metadata` is the whole file.
    """

    name: str
    path: Path
    architecture: str
    labels: tuple[str, ...]
    temperature: float
    thresholds: tuple[tuple[float, float], ...]
    normalised: bool
    metadata: Mapping[str, Any]

    @property
    def network(self) -> Path:
        """The file that LiteRT loads."""
        return self.path / NETWORK_FILE

    @property
    def advisor(self) -> Path | None:
        """The file of the network that is asked where the first is not sure, if there is one."""
        return self.path / ADVISOR_FILE if ADVISOR_FILE in self.metadata["files"] else None

    @property
    def reader(self) -> Path | None:
        """The line network's file, where the version has one."""
        return self.path / READER_FILE if READER_FILE in self.metadata["files"] else None

    @property
    def networks(self) -> tuple[Path, ...]:
        """All files that reading needs, but metadata.json."""
        return (self.network, *filter(None, (self.advisor, self.reader)))

    def review_below(self, max_error_read: float) -> float:
        """The confidence under which a person should look at a digit, so that at most the share
        `max_error_read` of the others is wrong; more than any where that was too few to be
        measured."""
        return threshold_of(self.thresholds, max_error_read)


def threshold_of(thresholds: Sequence[tuple[float, float]], max_error_read: float) -> float:
    """The threshold, among pairs of a risk and the confidence that keeps it, the smallest risk
    first, for this risk at most. Where nothing was found to keep it, which a threshold of 1 says,
    no confidence is enough, not 1 either, which networks without smoothed labels give."""
    kept = [threshold for risk, threshold in thresholds if risk <= max_error_read]
    return kept[-1] if kept and kept[-1] < 1 else NEVER


def version_names(models: Path) -> list[str]:
    """Names of the versions in `models`, sorted; nothing where the folder is missing."""
    return sorted(
        folder.parent.name
        for folder in models.glob(f"*/{METADATA_FILE}")
        if not folder.parent.name.startswith(".")
    )


def current_name(models: Path) -> str:
    """The name that `models/current` holds. Raises ModelUnavailable."""
    try:
        return (models / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise ModelUnavailable(
            f"{models} names no model in use (there is no file {models / CURRENT}): "
            "make one with `digitd train`, or point `models` to a folder that has one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnavailable(f"{models / CURRENT} cannot be read: {error}") from None


def load_version(models: Path, name: str = CURRENT) -> ModelVersion:
    """Read and verify one version. Raises ModelUnavailable, saying what to do."""
    if name == CURRENT:
        name = current_name(models)
    if not _is_plain(name) or not (models / name).is_dir():
        known = ", ".join(version_names(models)) or "none"
        raise ModelUnavailable(f"there is no model {name!r} in {models}; there: {known}")
    path = models / name
    version = _parse(path, _read_metadata(path / METADATA_FILE))
    verify(version, tuple(network.name for network in version.networks))
    return version


def verify(version: ModelVersion, files: tuple[str, ...] | None = None) -> None:
    """Check that `files` (all that the metadata lists, if None) are what they were when written.
    Raises ModelUnavailable."""
    expected = version.metadata["files"]
    for file in files if files is not None else tuple(expected):
        try:
            actual = sha256_of(version.path / file)
        except OSError as error:
            raise ModelUnavailable(
                f"{version.path / file} cannot be read ({error.strerror}): restore the folder "
                "or choose another version"
            ) from None
        if actual != expected.get(file):
            raise ModelUnavailable(
                f"{version.path / file} is not the file that was trained (its sha256 differs "
                f"from {METADATA_FILE}): restore the folder or choose another version"
            )


@contextmanager
def new_version(models: Path, name: str) -> Iterator[Path]:
    """Give a temporary folder to write a version into; it becomes `models/name` when the block
    ends well and vanishes when it does not. Raises OutputUnwritable, also where the block fails
    with an OSError: a disk that is full, mostly."""
    if not _is_plain(name) or (models / name).exists():
        raise OutputUnwritable(f"{models / name} exists already, or cannot be a model's name")
    try:
        models.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=models))
    except OSError as error:
        raise _unwritable(models, error) from None
    try:
        yield staging
        staging.chmod(0o755)
        for file in staging.iterdir():
            _sync(file)
        try:
            staging.rename(models / name)
        except OSError as error:
            raise OutputUnwritable(
                f"cannot put the new model at {models / name}: {error.strerror}"
            ) from None
        _sync(models)
    except OSError as error:
        raise _unwritable(models, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def promote(models: Path, name: str) -> None:
    """Make `name` the version in use, atomically. Raises ModelUnavailable, OutputUnwritable."""
    load_version(models, name)
    temporary = models / f".{CURRENT}.{os.getpid()}"
    try:
        temporary.write_text(f"{name}\n", encoding="utf-8")
        _sync(temporary)
        temporary.replace(models / CURRENT)
        _sync(models)
    except OSError as error:
        raise OutputUnwritable(f"cannot write {models / CURRENT}: {error.strerror}") from None


def has_current(models: Path) -> bool:
    """Whether a version of `models`, whole or damaged, is in use."""
    return (models / CURRENT).exists()


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_plain(name: str) -> bool:
    return bool(name) and not name.startswith(".") and Path(name).name == name


def _unwritable(models: Path, error: OSError) -> OutputUnwritable:
    """Some libraries give no number of an error, and so no `strerror`."""
    return OutputUnwritable(f"cannot write a model into {models}: {error.strerror or error}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ModelUnavailable(
            f"{path} cannot be read ({why}): restore the folder or choose another version"
        ) from None
    if not isinstance(metadata, dict) or metadata.get("schema") != SCHEMA:
        raise ModelUnavailable(f"{path} does not describe a model ({SCHEMA}) of this program")
    return metadata


def _parse(path: Path, metadata: dict[str, Any]) -> ModelVersion:
    where = path / METADATA_FILE
    labels = tuple(_get(where, metadata, "labels", list))
    digits = tuple("0123456789")
    if labels not in (digits, (*digits, NONE_LABEL)):
        raise ModelUnavailable(f"{where}: labels must be 0 to 9 and at most {NONE_LABEL!r}")
    temperature = float(_get(where, metadata, "temperature", int | float))
    if temperature <= 0:
        raise ModelUnavailable(f"{where}: temperature must be above 0, not {temperature}")
    _get(where, metadata, "files", dict)
    return ModelVersion(
        name=path.name,
        path=path,
        architecture=_get(where, metadata, "architecture", str),
        labels=labels,
        temperature=temperature,
        thresholds=_thresholds(where, metadata),
        normalised=_get(where, _get(where, metadata, "input", dict), "normalised", bool),
        metadata=metadata,
    )


def _thresholds(where: Path, metadata: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    pairs = sorted(
        (
            float(_get(where, threshold, "max_error_read", int | float)),
            float(_get(where, threshold, "review_below", int | float)),
        )
        for threshold in _get(where, metadata, "thresholds", list)
    )
    for _, confidence in pairs:
        if not 0 <= confidence <= 1:
            raise ModelUnavailable(f"{where}: review_below must be in 0..1, not {confidence}")
    return tuple(pairs)


def _get(where: Path, values: Mapping[str, Any], key: str, kind: Any) -> Any:
    value = values.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ModelUnavailable(f"{where}: {key!r} is missing or not what it should be")
    return value
