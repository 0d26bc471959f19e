"""Files of hints beside the scans: what holds in which folder, and which scans wait for a person.

A file `.digitd.yaml` is read again when it changes. While it changes, and while it holds mistakes,
no scan of its folder or of those below is to be read: its reading would not be as was wanted. A
name like it, such as `.digitd.yml`, is a mistake as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from ..config import HintSettings
from ..config_hints import FILE_NAME, MISNAMED, Said, hints_of, read_hints, said_by
from ..config_judge import report
from ..config_sources import Mistake
from ..errors import ConfigInvalid
from ..records import Hints
from ..spool.inbox import Blocked, is_ignored
from ..spool.intake import is_folder
from ..spool.names import printable, shown
from ..spool.scanner import Wait


@dataclass(frozen=True, slots=True)
class Answer:
    """What holds for the scans of a folder. With `mistakes` in `file`, they wait until these are
    mended; with `due_s`, so many seconds more until it is clear that all files of hints that it is
    by are whole."""

    said: Said
    hints: Hints
    file: Path | None = None
    mistakes: tuple[Mistake, ...] = ()
    due_s: float = 0.0

    @property
    def cure(self) -> str:
        """What is wrong, on one line."""
        first, count = self.mistakes[0], len(self.mistakes)
        line = f"line {first.line}: " if first.line else ""
        more = f" (1 of {count} mistakes)" if count > 1 else ""
        return printable(f"{line}{first.text}{more}: mend it; the scans of its folder wait")


class HasFile(Protocol):
    """A scan on a disk."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def file(self) -> str:
        """The same from the folder that was given on, `/` as separator."""


class _State(NamedTuple):
    """A file as the system describes it: any change of it is seen."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(slots=True)
class _File:
    """A file of hints, since when it is as it is, and what holds by it below `outer`, once read."""

    state: _State | None
    since: float
    outer: Said | None = None
    answer: Answer | None = None


class HintFiles:
    """What the configuration says, and the files below the folders that are looked at.

    A file that is new or was changed is trusted when it has been as it is for `quiet_s` by `clock`,
    which is monotonic. `tell` hears of files with mistakes, once for each change.
    """

    def __init__(
        self,
        settings: HintSettings,
        *,
        quiet_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        said = said_by(settings)
        self._top = Answer(said, hints_of(said))
        self._quiet_s = quiet_s
        self._clock = clock
        self._tell = tell
        self._told: dict[Path, str] = {}
        self._files: dict[Path, _File] = {}
        # Of one look: by root and folder; by folder and how many above it count.
        self._answers: dict[tuple[Path, Path], Answer] = {}
        self._near: dict[tuple[str, int], Answer] = {}

    def look(self, root: Path) -> Callable[[Path], Wait | None]:
        """Look at all files anew; says of a scan below `root` whether it has to wait."""
        self._answers.clear()
        self._near.clear()
        known: dict[Path, Wait | None] = {}

        def wait_of(path: Path) -> Wait | None:
            folder = path.parent
            if folder not in known:
                known[folder] = _wait_of(self.of(folder, root))
            return known[folder]

        return wait_of

    def of(self, folder: Path, root: Path) -> Answer:
        """What holds in a folder, `root` or one below it, as of the last look."""
        if found := self._answers.get((root, folder)):
            return found
        if not folder.is_relative_to(root):
            folder = root
        chain = [folder]
        while (root, chain[-1]) not in self._answers and chain[-1] != root:
            chain.append(chain[-1].parent)
        answer = self._top
        for each in reversed(chain):
            known = self._answers.get((root, each))
            answer = known or self._below(answer, each)
            self._answers[root, each] = answer
        return answer

    def of_home(self, home: Path, root: Path) -> Answer:
        """What holds for a file that lay in `root` or below it, by its absolute path."""
        top = Path(os.path.abspath(root))  # noqa: PTH100 -- resolve() would follow links
        folder = home.parent
        return self.of(root / folder.relative_to(top) if folder.is_relative_to(top) else root, root)

    def of_scan(self, scan: HasFile) -> Answer:
        """What holds for a file that was named, or found below a folder that was."""
        key = os.path.dirname(scan.path), scan.file.count("/")  # noqa: PTH120 -- for each file
        answer = self._near.get(key)
        if answer is None:
            above = scan.path.parents
            root = above[min(key[1], len(above) - 1)]  # fewer, where a name holds a `./`
            answer = self._near[key] = self.of(scan.path.parent, root)
        return answer

    def _below(self, outer: Answer, folder: Path) -> Answer:
        """What holds in a folder, by what holds around it and by its own file."""
        if outer.mistakes:
            return outer
        path, state = _found_in(folder)
        file = self._track(folder, state)
        if file is None:
            return outer
        own_due_s = max(0.0, file.since + self._quiet_s - self._clock())
        due_s = max(outer.due_s, own_due_s)
        if file.state is None:
            if not own_due_s:
                del self._files[folder]
            return Answer(outer.said, outer.hints, path, due_s=due_s)
        if file.answer is None or file.outer is not outer.said:
            said, mistakes = read_hints(path, outer.said)
            hints = outer.hints if mistakes else hints_of(said)
            file.outer, file.answer = outer.said, Answer(said, hints, path, tuple(mistakes))
        answer = replace(file.answer, due_s=due_s)
        self._warn(answer, folder)
        if any(not mistake.line for mistake in answer.mistakes):
            file.answer = None  # perhaps its disk did not give it: tried again
        return answer

    def _track(self, folder: Path, state: _State | None) -> _File | None:
        """The file of a folder; None where there is none and was none."""
        file = self._files.get(folder)
        if file is None and state is None:
            return None
        if file is None or file.state != state:
            file = self._files[folder] = _File(state, self._clock())
        return file

    def _warn(self, answer: Answer, folder: Path) -> None:
        if not answer.mistakes:
            self._told.pop(folder, None)
        elif not answer.due_s and self._told.get(folder) != answer.cure:
            self._told[folder] = answer.cure
            self._tell(f"{printable(shown(answer.file or folder))}: {answer.cure}")


def hints_for(files: HintFiles, scan: HasFile) -> Hints:
    """The hints of a file that was named, or found below a folder that was. Raises ConfigInvalid
    where the file that says them holds mistakes."""
    answer = files.of_scan(scan)
    if answer.mistakes:
        raise ConfigInvalid(report("the hints hold", answer.mistakes))
    return answer.hints


def check_hints(files: HintFiles, inputs: Sequence[Path]) -> None:
    """Raise ConfigInvalid with all mistakes in files of hints below `inputs`, or beside those that
    are files themselves."""
    mistakes = [
        mistake
        for path in inputs
        for deep in [is_folder(path)]
        for answer in bad_files(files, path if deep else path.parent, deep=deep)
        for mistake in answer.mistakes
    ]
    if mistakes:
        raise ConfigInvalid(report("the hints hold", list(dict.fromkeys(mistakes))))


def bad_files(files: HintFiles, root: Path, *, deep: bool = True) -> Iterator[Answer]:
    """The files of hints with mistakes, a folder above before those below it; of these, where the
    one above has some, those that are wrong whatever it says."""
    seen = set()
    for folder in _folders(root) if deep else [root]:
        answer = files.of(folder, root)
        if not answer.mistakes:
            continue
        if answer.file not in seen:
            seen.add(answer.file)
            yield answer
        path, state = _found_in(folder)
        if state and path not in seen:
            said, mistakes = read_hints(path, {})
            if mistakes:
                yield Answer(said, answer.hints, path, tuple(mistakes))


def hint_files(root: Path) -> Iterable[Path]:
    """The files of hints below a folder."""
    paths = (folder / FILE_NAME for folder in _folders(root))
    return (path for path in paths if os.path.lexists(path))


def _folders(top: Path) -> Iterator[Path]:
    """A folder and all below it in which scans are looked for; links are not followed."""
    stack = [top]
    while stack:
        folder = stack.pop()
        yield folder
        try:
            with os.scandir(folder) as entries:
                stack += [
                    folder / entry.name
                    for entry in entries
                    if entry.is_dir(follow_symlinks=False) and not is_ignored(entry.name)
                ]
        except OSError:  # said elsewhere, where its scans are looked for
            continue


def _wait_of(answer: Answer) -> Wait | None:
    if answer.due_s:
        return Wait(answer.due_s)
    if answer.mistakes:
        return Wait(blocked=Blocked(answer.file or Path(), answer.cure))
    return None


def _found_in(folder: Path) -> tuple[Path, _State | None]:
    """The file of hints in a folder, or one whose name says that it was meant to be one."""
    path = folder / FILE_NAME
    state = _state_of(path)
    if state is None:
        for name in MISNAMED:
            if other := _state_of(folder / name):
                return folder / name, other
    return path, state


def _state_of(path: Path) -> _State | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return _State(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
