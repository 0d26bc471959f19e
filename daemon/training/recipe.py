"""What the shipped networks learn from, and where it lies on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputMissing
from .extras import load_extra
from .sources import load
from .split import TrainingData

FOLDERS = (Path("data"), Path("../shared/data"))  # looked through in this order
_EXTRAS = {
    "pendigits": "pendigits-orig.tra and pendigits-orig.tes (Pen-Based Recognition of Handwritten "
    "Digits)",
    "optdigits": "optdigits-orig.tra (Optical Recognition of Handwritten Digits)",
}


def training_data(
    data: str | None, extra: Sequence[Path] | None, seed: int, *, augmented: bool
) -> TrainingData:
    """What to learn from: the set `data` and the folders `extra`. Where `data` is None it is MNIST,
    and where neither is given, what is `augmented` learns all that the shipped networks do.

    Raises InputMissing, NothingReadable, UsageError.
    """
    paths = extra or (find_extras() if data is None and augmented else ())
    train, test = load(data or find_mnist()).for_training(seed)
    return TrainingData(train, test, tuple(each for path in paths for each in load_extra(path)))


def find_mnist() -> str:
    """MNIST's folder where there is one, else `mnist`, which Keras downloads."""
    folder = _find("mnist")
    return "mnist" if folder is None else str(folder)


def find_extras() -> tuple[Path, ...]:
    """The folders of the sets learnt beside MNIST. Raises InputMissing, saying where to put
    them."""
    found = {name: _find(name) for name in _EXTRAS}
    missing = [name for name, folder in found.items() if folder is None]
    if missing:
        files = "; ".join(f"data/{name}: {_EXTRAS[name]}" for name in missing)
        raise InputMissing(
            f"the shipped networks also learn {' and '.join(missing)}, which are not here. Put the "
            f"files of the UCI repository, unpacked (gzip -d *.Z), into {files}. Or train on MNIST "
            "alone: --data mnist"
        )
    return tuple(folder for folder in found.values() if folder is not None)


def _find(name: str) -> Path | None:
    found = (folder / name for folder in FOLDERS)
    return next((path for path in found if os.path.isdir(path)), None)  # noqa: PTH112 -- see config
