"""The inbox: looking through it, and claiming files by a rename.

A claimed file lies in `inbox/.claimed/ID~NAME`. The rename is atomic: of two daemons, one wins.
Links, FIFOs and what may not be read or moved are blocked: listed with the cure, never followed.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from ..errors import shortage_of
from .claims import OpenClaim, Source, mtime_ns_of
from .durable import is_read_only, sync_folder
from .names import safe_name, shown
from .settle import Signature

_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")  # of senders, browsers
_NOT_SCANS = frozenset({"thumbs.db", "desktop.ini", "@eadir"})
_IMMOVABLE = (errno.EACCES, errno.EPERM, errno.EXDEV, errno.EBUSY)  # of this file, not of the disk
_NOT_THIS_WAY = (  # a system, a disk or its rules lack a way to rename; another may be there
    errno.EPERM,
    errno.EINVAL,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ENOTSUP,  # macOS tells the two apart
    errno.EMLINK,
)
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM)  # of a path
_NO_HOME = (FileExistsError, NotADirectoryError, PermissionError)  # of this file, not of the disk
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1  # linux/fcntl.h, linux/fs.h
_CLAIMED = re.compile(r"([0-9a-f]{32})~(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that wants to be read."""

    path: Path
    signature: Signature


@dataclass(frozen=True, slots=True)
class Blocked:
    """What cannot be read as it is; `cure` says in words what would help."""

    path: Path
    cure: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """What is no scan by its name: hidden, temporary, a system's own."""

    path: Path


Lying: TypeAlias = Found | Blocked | Ignored


def is_ignored(name: str) -> bool:
    """Whether a name says that this is no scan, or not yet."""
    lower = name.lower()
    return lower.startswith((".", "~")) or lower.endswith(_UNFINISHED) or lower in _NOT_SCANS


def signature_of(path: Path) -> Signature | None:
    """The signature of a regular file; None where there is none, or something else."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return _signature(found) if stat.S_ISREG(found.st_mode) else None


def source_of(found: Found) -> Source:
    """A file as the journal has it."""
    return Source(_absolute(found.path), found.signature.size, found.signature.mtime_ns)


class Inbox:
    """The inbox in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.claimed = folder / ".claimed"
        self._immovable: dict[bytes, str] = {}  # absolute path, cure

    def create(self) -> None:
        """Make the place for claimed files. Raises OSError, also where the inbox is gone."""
        self.claimed.mkdir(exist_ok=True)

    def scan(self) -> Iterator[Lying]:
        """All that lies in the inbox now, in no order. Raises OSError where the inbox is gone."""
        stack = [self.folder]
        while stack:
            folder = stack.pop()
            try:
                entries = os.scandir(folder)
            except OSError as error:
                if folder is self.folder:
                    raise
                if shortage_of(error):
                    raise
                if error.errno != errno.ENOENT:
                    yield Blocked(folder, "digitd may not look into this folder: permit it")
                continue
            with entries:
                may_move = os.access(folder, os.W_OK | os.X_OK)
                for entry in entries:
                    if entry.name == self.claimed.name and folder is self.folder:
                        continue
                    path = folder / entry.name
                    if is_ignored(entry.name):
                        yield Ignored(path)
                    elif entry.is_dir(follow_symlinks=False):
                        stack.append(path)
                    elif self._immovable and (cure := self._immovable.get(_absolute(path))):
                        yield Blocked(path, cure)
                    elif not may_move:
                        yield Blocked(path, _cure(folder))
                    else:
                        yield from _judge(path, entry)

    def unchanged(self, found: Iterable[Found]) -> Iterator[Found]:
        """Those that still lie there as they were found, readable, and were not found out to be
        immovable."""
        for each in found:
            is_immovable = self._immovable and _absolute(each.path) in self._immovable
            is_same = not is_immovable and signature_of(each.path) == each.signature
            if is_same and os.access(each.path, os.R_OK):
                yield each

    def claim_of(self, found: Found, scan_id: str) -> OpenClaim:
        """The claim that is made when this file is to be taken."""
        return OpenClaim(scan_id, shown(found.path.relative_to(self.folder)), source_of(found))

    def place_of(self, scan_id: str, file: str) -> Path:
        """Where a claimed file lies."""
        return self.claimed / f"{scan_id}~{safe_name(file)}"

    def take(self, claim: OpenClaim) -> bool:
        """Rename a file to its place; False where somebody else was faster, it was removed, or it
        cannot be moved: then it is blocked until `forgive`. Raises OSError."""
        path = Path(os.fsdecode(claim.source.path))
        try:
            path.rename(self.place_of(claim.id, claim.file))
        except FileNotFoundError:
            if self.claimed.exists():
                return False
            raise
        except OSError as error:
            if error.errno not in _IMMOVABLE or not os.access(self.claimed, os.W_OK | os.X_OK):
                raise  # the disk's fault, or that of the place for claimed files
            cure = f"digitd cannot move it ({error.strerror}): mend that, then restart or reload"
            self._immovable[claim.source.path] = cure
            return False
        return True

    def cure_of(self, claim: OpenClaim) -> str | None:
        """What would help a file that could not be moved; None where that was not tried, or went
        well."""
        return self._immovable.get(claim.source.path)

    def immovable(self) -> list[Blocked]:
        """What could not be moved since the start or `forgive`."""
        return [Blocked(Path(os.fsdecode(path)), cure) for path, cure in self._immovable.items()]

    def block(self, immovable: Iterable[Blocked]) -> None:
        """Hear from another one at this inbox what it could not move."""
        self._immovable |= {_absolute(each.path): each.cure for each in immovable}

    def forgive(self) -> None:
        """Try again to move what could not be moved."""
        self._immovable.clear()

    def put_back(self, claim: OpenClaim) -> bool:
        """Rename a claimed file to where it was; False where another has that name by now."""
        place = self.place_of(claim.id, claim.file)
        target = Path(os.fsdecode(claim.source.path))
        if not rename_if_free(place, target):
            return False
        self.sync([claim])
        return True

    def was_put_back(self, claim: OpenClaim) -> bool:
        """Whether a crash left a file half put back; then it is finished."""
        place = self.place_of(claim.id, claim.file)
        home = Path(os.fsdecode(claim.source.path))
        try:
            is_half = home.samefile(place)
        except OSError as error:
            if error.errno in _NOWHERE:
                return False
            raise
        return is_half and self.put_back(claim)

    def sync(self, claims: Iterable[OpenClaim]) -> None:
        """Make the renames of these claims durable."""
        folders = {os.path.dirname(claim.source.path) for claim in claims}  # noqa: PTH120 -- bytes
        for folder in folders:
            with suppress(FileNotFoundError):  # moved or removed meanwhile, with what it held
                sync_folder(Path(os.fsdecode(folder)))
        sync_folder(self.claimed)

    def strangers(self, known: set[str]) -> Iterator[OpenClaim]:
        """Claims for files in `.claimed` that no claim among `known` (their ids) accounts for."""
        for path in sorted(self.claimed.iterdir()):
            match = _CLAIMED.fullmatch(path.name)
            signature = signature_of(path)
            if match is None or signature is None or match[1] in known:
                continue
            home = Found(self.folder / match[2], signature)
            yield OpenClaim(match[1], shown(match[2]), source_of(home), is_moved=True)

    @contextmanager
    def shared(self) -> Iterator[Guard]:
        """Tell other daemons at this inbox that somebody is at work in `.claimed`."""
        guard = Guard(self.claimed)
        try:
            yield guard
        finally:
            guard.close()


class Guard:
    """A lock on `.claimed` that all its daemons share: what another one claimed is not adopted."""

    def __init__(self, claimed: Path) -> None:
        """Raises OSError where the folder is gone."""
        self._descriptor = os.open(claimed, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with suppress(OSError):  # a network file system without locks
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def close(self) -> None:
        """Release it."""
        os.close(self._descriptor)

    def is_alone(self) -> bool:
        """Whether no other daemon is at work here."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            with suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return True


def rename_if_free(source: Path, target: Path) -> bool:
    """Rename a file unless the target exists, be it a link; its folder is made if need be. False
    also where that folder has become a file, or is closed to us. Raises OSError."""
    folder = target.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except _NO_HOME:
        return False
    try:
        _rename_exclusively(source, target)
    except FileExistsError:
        if not os.path.samestat(target.lstat(), source.lstat()):
            return False
        source.unlink()  # a crash came between the link and this
    except PermissionError:
        if os.access(folder, os.W_OK | os.X_OK):
            raise  # it is the folder of the source that is closed
        return False
    return True


def _rename_exclusively(source: Path, target: Path) -> None:
    """Rename a file; FileExistsError where the target has a name already.

    The first way that the system and the disk know: renameat2, which is one step; a link, then one
    name less (macOS, NFS); and where links are refused too (some FUSE and SMB disks; files of
    others under `fs.protected_hardlinks`), a look and a rename. Only there a file is overwritten
    that comes to have the name in the microseconds between the two.
    """
    for way in (_rename_at_once, _rename_by_link):
        try:
            return way(source, target)
        except OSError as error:
            if error.errno not in _NOT_THIS_WAY:
                raise
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)
    return None


def _rename_at_once(source: Path, target: Path) -> None:
    function = _renameat2()
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    function(source, target)


def _rename_by_link(source: Path, target: Path) -> None:
    os.link(source, target)
    source.unlink()


@cache
def _renameat2() -> Callable[[Path, Path], None] | None:
    """Linux's renameat2(2) that overwrites nothing, which the standard library lacks; None where
    there is none."""
    if sys.platform != "linux":
        return None
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return None

    def rename(source: Path, target: Path) -> None:
        names = os.fsencode(source), os.fsencode(target)
        if function(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(source), None, str(target))

    return rename


def _absolute(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links


def _cure(folder: Path) -> str:
    """What would help the files of a folder that they may not be moved out of."""
    if is_read_only(folder):
        return "its disk is read-only, and it cannot be moved out of its folder: make it writable"
    return "digitd may not move it out of its folder: permit it"


def _judge(path: Path, entry: os.DirEntry[str]) -> Iterator[Found | Blocked]:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return  # removed meanwhile
    except OSError as error:
        yield Blocked(path, f"its disk does not tell about it: {error.strerror}")
        return
    if stat.S_ISLNK(found.st_mode):
        yield Blocked(path, "it is a link: put the file itself here")
    elif not stat.S_ISREG(found.st_mode):
        yield Blocked(path, "it is no file: remove it")
    elif not os.access(path, os.R_OK):
        yield Blocked(path, "digitd may not read it: permit it")
    else:
        yield Found(path, _signature(found))


def _signature(found: os.stat_result) -> Signature:
    return Signature(found.st_size, mtime_ns_of(found), found.st_ino)
