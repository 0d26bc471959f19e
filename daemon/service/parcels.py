"""A network on its way to another machine: the files that reading needs, known by their digest."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..ann.registry import METADATA_FILE, ModelVersion
from ..errors import ClusterUnavailable, ModelUnavailable
from .reading import ReaderSettings, load_reader
from .workers import LoadReader, Reader

_UNPACKED: dict[str, Path] = {}  # models folders of this process by digest


@dataclass(frozen=True, slots=True)
class Parcel:
    """The files of the version `name` that reading needs, by their names; `digest` is of them all
    (hex sha256)."""

    name: str
    digest: str
    files: Mapping[str, bytes]

    def unpack(self, folder: Path) -> None:
        """Write a models folder that holds this version below `folder`, for `LoadSent`."""
        models = Path(tempfile.mkdtemp(prefix=f"digitd-{self.digest[:8]}-", dir=folder))
        (models / self.name).mkdir()
        for name, data in self.files.items():
            (models / self.name / name).write_bytes(data)
        _UNPACKED[self.digest] = models


def pack(version: ModelVersion) -> Parcel:
    """Take a version along. Raises ModelUnavailable where a file cannot be read."""
    paths = (version.path / METADATA_FILE, *version.networks)
    try:
        files = {path.name: path.read_bytes() for path in paths}
    except OSError as error:
        raise ModelUnavailable(f"{version.path} cannot be read: {error.strerror}") from None
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    listed = json.dumps([version.name, digests], sort_keys=True)
    return Parcel(version.name, hashlib.sha256(listed.encode()).hexdigest(), files)


@dataclass(frozen=True, slots=True)
class LoadSent:
    """As `load_reader`, with the parcel `digest`, which was unpacked in this process; for another
    process of this machine, `here` it is.

    Raises ClusterUnavailable where it was not, ModelUnavailable.
    """

    settings: ReaderSettings
    digest: str

    def __call__(self) -> Reader:
        return self.here()()

    def here(self) -> LoadReader:
        """To load it from where it was unpacked."""
        if self.digest not in _UNPACKED:
            raise ClusterUnavailable(
                f"the network {self.settings.model} did not reach a worker of the cluster: try "
                "again, then it is sent anew"
            )
        return partial(load_reader, replace(self.settings, models=_UNPACKED[self.digest]))
