"""Finding scans and taking their bytes, without ever changing or blocking on what is there.

Whatever is wrong with a file is found out here as a value, a `Reason`: it gets its row.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputMissing, ResourcesExhausted, UsageError, shortage_of
from ..records import SCAN_EXTENSIONS, Limits, Reason, is_passed_over
from .claims import Source, mtime_ns_of
from .names import printable, shown

_RESULTS = ".digitd/journal.db"  # in a folder that `batch` wrote results to
_SEPARATOR, _NAME = b"/", re.compile(rb"[^/]+")  # the one character that no name has


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a path cannot be read at all."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A path that gets a row. `file` is its name as shown: relative to the folder that was given,
    `/` as separator; for a file that was given, its own name."""

    path: Path
    file: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A path in a folder that is no scan by its name."""

    path: Path


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file, read once; `source` is its state before they were read."""

    source: Source
    data: bytes
    sha256: str


def check_paths(inputs: Sequence[Path], out: Path, explain: Path | None = None) -> None:
    """Refuse what cannot work, before anything is written.

    Raises:
        InputMissing: a named path does not exist.
        UsageError: the results folder or that for explanations is or lies inside an input folder,
            or is no folder.
    """
    missing = [path for path in inputs if not os.path.lexists(path)]
    if missing:
        names = ", ".join(printable(shown(path)) for path in missing)
        raise InputMissing(f"no such file or folder: {names}")
    _check_output("--out", out, inputs)
    if explain is not None:
        _check_output("--explain", explain, inputs)


def find_scans(inputs: Sequence[Path]) -> Iterator[Candidate | Ignored]:
    """Walk the inputs in the order given, folders recursively and sorted by name.

    Links are followed to regular files only, so that no walk goes in circles. A folder that cannot
    be listed is a candidate, for it must not be passed over in silence. Folders of results are
    ignored: their pictures show digits that were read.
    """
    for path in inputs:
        if is_folder(path):
            yield from _walk(path)
        else:
            yield Candidate(path, shown(path.name))


def inspect(candidate: Candidate, limits: Limits) -> tuple[Source, Problem | None]:
    """Look at a candidate without opening it."""
    path, problem = candidate.path, candidate.problem
    try:
        found = path.stat()
    except OSError as error:
        return _source(absolute(path), _lstat(path)), problem or _problem(error)
    if problem is None and not stat.S_ISREG(found.st_mode):
        may_walk = stat.S_ISDIR(found.st_mode) and not path.is_symlink()
        way_out = ": rename it, to have its scans read" if may_walk else ""
        message = f"it is {_kind(found.st_mode)}, not a file{way_out}"
        problem = Problem(Reason.NOT_A_FILE, message)
    elif problem is None and _is_too_large(found, limits):
        problem = _too_large(found, limits)
    return _source(absolute(path), found), problem


def read(path: Path, limits: Limits, place: bytes | None = None) -> Content | Problem:
    """Read a regular file once, as long as it is when it is opened. `place` is its absolute path,
    where that is known."""
    try:
        # Should it have become a FIFO since it was inspected, opening it must not wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            if _is_too_large(found, limits):
                return _too_large(found, limits)
            data = _read(descriptor, found.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        return _problem(error)
    source = _source(place or absolute(path), found)
    return Content(source, data, hashlib.sha256(data).hexdigest())


def absolute(path: Path) -> bytes:
    """Where a file lies, as the disk has it."""
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links too


def is_folder(path: Path) -> bool:
    """Whether there is a folder, as far as this user can see."""
    try:
        return path.is_dir()
    except OSError:  # above it is one that this user may not enter
        return False


def _check_output(flag: str, folder: Path, inputs: Sequence[Path]) -> None:
    place = printable(shown(folder))
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(
            f"{flag} {place} is no folder; name a folder, it is made if it is not there"
        )
    for path in inputs:
        if is_folder(path) and folder.resolve().is_relative_to(path.resolve()):
            raise UsageError(
                f"{flag} {place} lies inside the input folder {printable(shown(path))}: results "
                "would be read as scans; name a folder outside of it"
            )


def _walk(top: Path) -> Iterator[Candidate | Ignored]:
    """Everything below a folder, depth first, sorted; no recursion, for a stranger chose the depth.
    Only the names of the folders on the way are in memory: there may be millions."""
    try:
        stack = [(top, "", _names(top))]
    except OSError as error:
        yield Candidate(top, shown("."), _problem(error))
        return
    while stack:
        folder, above, names = stack[-1]
        name = next(names, None)
        if name is None:
            stack.pop()
            continue
        path = folder / name
        if is_passed_over(name):
            yield Ignored(path)
        elif os.path.splitext(name)[1].lower() in SCAN_EXTENSIONS:  # noqa: PTH122 -- for each file
            yield Candidate(path, shown(f"{above}{name}"))
        elif is_folder(path) and not path.is_symlink() and not _holds_results(path):
            try:
                stack.append((path, f"{above}{name}/", _names(path)))
            except OSError as error:
                yield Candidate(path, shown(f"{above}{name}"), _problem(error))
        else:
            yield Ignored(path)


def _holds_results(folder: Path) -> bool:
    return os.path.exists(folder / _RESULTS)  # noqa: PTH110 -- raises not where one may not enter


def _names(folder: Path) -> Iterator[str]:
    """Sorted, and kept as one piece, which takes a fifth of the memory: there may be millions."""
    names = os.listdir(os.fsencode(folder))  # noqa: PTH208 -- names are smaller
    names.sort()
    every = _SEPARATOR.join(names)
    return (os.fsdecode(name[0]) for name in _NAME.finditer(every))


def _read(descriptor: int, size: int) -> bytes:
    """So many bytes of a file, fewer only where it ends."""
    data = os.read(descriptor, size)
    if len(data) == size:
        return data
    parts = [data]
    while parts[-1] and (left := size - sum(map(len, parts))):
        parts.append(os.read(descriptor, left))
    return b"".join(parts)


def _source(place: bytes, found: os.stat_result | None) -> Source:
    size, mtime_ns = (found.st_size, mtime_ns_of(found)) if found else (0, 0)
    return Source(place, size, mtime_ns)


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _problem(error: OSError) -> Problem:
    """What is wrong with a path. Raises ResourcesExhausted where that is not the path's fault."""
    if lacking := shortage_of(error):
        raise ResourcesExhausted(lacking) from error
    if error.errno in (errno.EACCES, errno.EPERM):
        return Problem(Reason.NO_PERMISSION, "digitd may not read it; give it the permission")
    if error.errno in (errno.ENOENT, errno.ELOOP):
        return Problem(Reason.BROKEN_LINK, "it is a link to nothing, or was removed meanwhile")
    return Problem(Reason.UNREADABLE, f"its disk could not read it: {error.strerror}")


def _is_too_large(found: os.stat_result, limits: Limits) -> bool:
    return found.st_size > limits.max_file_mb * 1e6


def _too_large(found: os.stat_result, limits: Limits) -> Problem:
    size = f"{found.st_size / 1e6:.1f} MB"
    allowed = f"limits.max_file_mb ({limits.max_file_mb:g})"
    return Problem(Reason.TOO_LARGE, f"its {size} are more than {allowed} allows")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
