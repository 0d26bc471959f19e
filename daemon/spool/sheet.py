"""Files of rows (readings.csv, readings.jsonl) that only grow, up to what the journal vouches for.

The journal knows the length and the digest of what we wrote. Bytes after it are either the
beginning of the rows that were about to be written when the machine died: they are cut off and
written again; or somebody edited the file: then it is left alone, and `readings-2.csv` begins.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from .durable import sync_files, sync_folder
from .journal import Arrival, Journal, Voucher


@dataclass(frozen=True, slots=True)
class Form:
    """How rows stand in a file: its suffix, its first line, and what it says of an arrival."""

    suffix: str
    header: str
    text: Callable[[Arrival], str]  # "" where it says nothing


@dataclass(slots=True)
class _Tip:
    """The end of the file as we left it: while `stat` stays, nobody else has written to it."""

    name: str
    stat: tuple[int, int, int] | None
    digest: hashlib._Hash

    def stands_for(self, voucher: Voucher, stat: tuple[int, int, int] | None) -> bool:
        """Whether it is the end of what is vouched for, and the file is as it was. Rows whose
        publishing the journal could not take in are in the file, but are not vouched for."""
        return (self.name, self.stat, self.digest.hexdigest()) == (
            voucher.name,
            stat,
            voucher.sha256,
        )


class Sheet:
    """The rows of one form in `folder`, which the journal calls `place`; `staging` lies on the same
    file system."""

    def __init__(
        self, folder: Path, staging: Path, journal: Journal, form: Form, place: str = ""
    ) -> None:
        self._folder = folder
        self._staging = staging
        self._journal = journal
        self._form = form
        self._place = place
        self._tip: _Tip | None = None

    @property
    def path(self) -> Path:
        """The file that rows are appended to."""
        vouchers = self._vouchers()
        return self._folder / (vouchers[-1].name if vouchers else f"readings{self._form.suffix}")

    def restore(self) -> None:
        """Write the current file again from the journal when somebody has removed it."""
        vouchers = self._vouchers()
        if not vouchers or (self._folder / vouchers[-1].name).exists():
            return
        voucher, digest, length = vouchers[-1], hashlib.sha256(), 0
        staged = self._staging / voucher.name
        with staged.open("wb") as file:
            for text in self._texts_since(voucher.first):
                data = text.encode()
                file.write(data)
                digest.update(data)
                length += len(data)
        sync_files([staged], self._staging)
        staged.replace(self._folder / voucher.name)
        sync_folder(self._folder)
        self._journal.vouch(replace(voucher, length=length, sha256=digest.hexdigest()))

    def append(self, arrivals: list[Arrival]) -> Voucher | None:
        """Append what the form says of `arrivals` (in order, recorded), durably.

        Returns what the journal is to vouch for from now on, or None if there was nothing to say.
        Called again after a crash it leaves the same bytes.
        """
        body = "".join(map(self._form.text, arrivals)).encode()
        if not body:
            return None
        self.restore()
        header = self._form.header.encode()
        for voucher in self._candidates(arrivals[0].number):
            tail = body if voucher.length else header + body
            digest = self._digest_if_ours(voucher, tail)
            if digest is not None:
                return self._write(voucher, digest, tail)
        raise AssertionError("unreachable: a name that is not taken is ours")

    def _vouchers(self) -> list[Voucher]:
        return self._journal.vouchers(self._form.suffix, self._place)

    def _texts_since(self, number: int) -> Iterator[str]:
        yield self._form.header
        yield from map(self._form.text, self._journal.published_since(number, self._place))

    def _candidates(self, first: int) -> Iterator[Voucher]:
        """The current file, then those that could come after it."""
        vouchers = self._vouchers()
        if vouchers:
            yield vouchers[-1]
        known = {voucher.name for voucher in vouchers}
        for number in count(1):
            name = f"readings{f'-{number}' if number > 1 else ''}{self._form.suffix}"
            if name not in known:
                yield Voucher(name, first, 0, hashlib.sha256().hexdigest(), self._place)

    def _digest_if_ours(self, voucher: Voucher, tail: bytes) -> hashlib._Hash | None:
        """The running digest of the vouched part, if the file holds that and then at most a
        beginning of `tail`; else None."""
        path = self._folder / voucher.name
        found = _stat(path)
        if self._tip and self._tip.stands_for(voucher, found):
            return self._tip.digest
        digest = hashlib.sha256()
        if found is None:
            return digest
        left = voucher.length
        with path.open("rb") as file:
            while left and (chunk := file.read(min(left, 1 << 20))):
                digest.update(chunk)
                left -= len(chunk)
            rest = file.read(len(tail) + 1)
        # A power cut can leave a file long enough but with zeros where the rows should be.
        ours = tail.startswith(rest.rstrip(b"\0")) and len(rest) <= len(tail)
        return digest if ours and digest.hexdigest() == voucher.sha256 else None

    def _write(self, voucher: Voucher, digest: hashlib._Hash, tail: bytes) -> Voucher:
        path = self._folder / voucher.name
        is_new = not path.exists()
        with path.open("xb" if is_new else "r+b") as file:
            file.truncate(voucher.length)
            file.seek(voucher.length)
            file.write(tail)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self._folder)
        digest = digest.copy()
        digest.update(tail)
        self._tip = _Tip(voucher.name, _stat(path), digest)
        length = voucher.length + len(tail)
        return replace(voucher, length=length, sha256=digest.hexdigest())


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
