"""Which folders are on a network: there, inotify sees nothing and locks cannot be relied upon."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# statfs(2), linux/magic.h. FUSE counts: whether sshfs or a local disk is behind it cannot be told.
_NETWORK = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFE534D42: "SMB",
    0xFF534D42: "CIFS",
    0x01021997: "9P",
    0x00C36400: "Ceph",
    0x5346414F: "AFS",
    0x6B414653: "AFS",
    0x47504653: "GPFS",
    0x0BD00BD0: "Lustre",
    0x65735546: "FUSE",
}
_STATFS_BYTES = 256  # more than the structure takes anywhere; the type is its first word


def network_kind(path: Path) -> str | None:
    """What kind of network file system `path` is on; None for a local one, and where there is no
    telling (not on Linux).

    Raises:
        OSError: it does not exist, or cannot be reached.
    """
    if sys.platform != "linux":
        return None
    found = ctypes.create_string_buffer(_STATFS_BYTES)
    if ctypes.CDLL(None, use_errno=True).statfs(os.fsencode(path), found) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))
    return _NETWORK.get(ctypes.c_long.from_buffer(found).value & 0xFFFFFFFF)
