"""Folders that must be there: not removed, and not an empty mount point whose disk is gone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import ConfigInvalid, OutputUnwritable
from .names import printable, shown


class Place:
    """A folder that was there at the start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._was_mounted = os.path.ismount(folder)

    def check(self) -> None:
        """Raise OutputUnwritable where it is gone."""
        name = printable(shown(self._folder))
        if not self._folder.is_dir():
            raise OutputUnwritable(f"the folder {name} is gone: put it back, or mount its disk")
        if self._was_mounted and not os.path.ismount(self._folder):
            raise OutputUnwritable(f"the disk of {name} is no longer mounted: mount it again")


def check_claimed(folder: Path) -> None:
    """Raise OutputUnwritable where the folder of claimed files is gone, and with it those files."""
    if not folder.is_dir():
        name = printable(shown(folder))
        raise OutputUnwritable(
            f"the folder {name} is gone, with scans that digitd has in work: mount the disk of the "
            "inbox, or put the folder back; only if these scans are really gone, make it anew "
            f"(mkdir {name}, as the user that digitd runs as), and they are forgotten"
        )


def refuse_overlaps(folders: Mapping[str, Path]) -> None:
    """Refuse folders (by what they are called) of which one is or lies inside another: results
    would be read as scans. Raises ConfigInvalid."""
    for name, folder in folders.items():
        for other, outer in folders.items():
            if name != other and folder.resolve().is_relative_to(outer.resolve()):
                raise ConfigInvalid(
                    f"{name} ({printable(shown(folder))}) lies inside {other} "
                    f"({printable(shown(outer))}): results would be read as scans; name a folder "
                    "outside of it"
                )
