"""File names of strangers: how they are shown, and how they become names of our own files.

A name on a POSIX disk is bytes. Python holds undecodable bytes as lone surrogates, which no UTF-8
file can carry, so every name is *shown* before it goes into a record.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath

MAX_NAME_BYTES = 180  # of 255 on common file systems: leaves room for `.ID8.p500.reason.json`
_SHORT = MAX_NAME_BYTES // 4  # bytes of an extension
_UNSAFE = frozenset('/\\:*?"<>|')  # separators, and what a Windows share refuses


def shown(path: str | os.PathLike[str]) -> str:
    r"""The name as valid text: itself, but with `\xff` for a byte that is no UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def printable(text: str) -> str:
    r"""The text on one line and without terminal commands: `\n`, `\x1b` for what cannot be seen."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def safe_name(file: str) -> str:
    """A file name made from the last component of a shown path; never hidden, never too long.

    The extension stays, so that a person sees where a result comes from.
    """
    name = file.rpartition("/")[2]
    if not (name.isprintable() and _UNSAFE.isdisjoint(name)):
        name = "".join(char if char.isprintable() and char not in _UNSAFE else "_" for char in name)
    if name.startswith("."):
        name = "_" + name[1:]
    if len(name) <= _SHORT and name.isascii():
        return name
    path = PurePosixPath(name)
    extension = _cut(path.suffix, _SHORT)
    return _cut(path.stem, MAX_NAME_BYTES - len(extension.encode())) + extension


def _cut(text: str, size: int) -> str:
    """The longest beginning of `text` that takes at most `size` bytes of UTF-8."""
    return text.encode()[:size].decode("utf-8", "ignore")
