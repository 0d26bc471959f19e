"""What others make of the same sets: the recipe of digitd's ancestors, and Tesseract 5.

The recipe: read as grey, resize to 28x28, invert, three dense layers of 128 that learnt MNIST for
five epochs. `inverted always` is how it is found; `by its border` inverts what has a light one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.ann.registry import version_names
from daemon.errors import InputMissing, ModelUnavailable
from daemon.records import Grey
from daemon.training.labels import LabelledScan
from daemon.training.scores import Share

from .sets import LOAD_DIGITS, MNIST, SEMEION, USPS, ArraySet, FileSet

ANCESTOR = "mlp-128x3"
SAMPLE = 100  # of a set's files, where a peer is slow
_TIMEOUT_S = 30
_MODES = {"single": 10, "cells": 10, "strings": 7, "orand": 7}  # 10: one character, 7: one line


@dataclass(frozen=True, slots=True)
class Peer:
    """What `who` read right of the set `name`."""

    name: str
    who: str
    exact: Share


class Ancestor:
    """The recipe, with a network that is trained on first use and kept in `folder`."""

    sets = (MNIST, USPS, SEMEION, LOAD_DIGITS, "single", "cells")

    def __init__(self, folder: Path, mnist: Path) -> None:
        """`mnist` holds the four IDX files; without them they are downloaded."""
        self._classifier = _trained(folder, mnist)

    def read(self, group: ArraySet | FileSet) -> Iterator[Peer]:
        """What it makes of one of its sets."""
        if isinstance(group, ArraySet):
            pictures = np.stack([_resized(image) for image in group.images])
            yield self._peer(group.name, "ancestors' recipe", pictures, group.labels)
            return
        pictures = np.stack([_read(scan.path) for scan in group.scans])
        labels = np.array([int(scan.text) for scan in group.scans])
        borders = np.stack([_border_mean(picture) for picture in pictures])
        by_border = np.where((borders > 127)[:, None, None], 255 - pictures, pictures)
        yield self._peer(group.name, "ancestors' recipe, inverted always", 255 - pictures, labels)
        yield self._peer(group.name, "the same, inverted by its border", by_border, labels)

    def _peer(self, name: str, who: str, pictures: Grey, labels: npt.NDArray[np.integer]) -> Peer:
        glyphs = pictures.astype(np.float32) / np.float32(255)
        predicted = self._classifier.classify(glyphs).argmax(axis=1)
        return Peer(name, who, Share(int((predicted == labels).sum()), len(labels)))


def tesseract(group: FileSet) -> Iterator[Peer]:
    """What Tesseract makes of one of the sets for which it has a mode."""
    scans: Sequence[LabelledScan] = group.scans
    if len(scans) > 2 * SAMPLE:
        chosen = np.random.default_rng(1).permutation(len(scans))[:SAMPLE]
        scans = [scans[index] for index in sorted(chosen)]
    mode = _MODES[group.name]
    right = sum(_run_tesseract(scan.path, mode) == scan.text for scan in scans)
    yield Peer(group.name, f"Tesseract, --psm {mode}", Share(right, len(scans)))


def find_peers(
    cache: Path, shared: Path, missing: Callable[[str], None]
) -> list[tuple[Sequence[str], Callable[[ArraySet | FileSet], Iterator[Peer]]]]:
    """Those that can run here, with the sets they read."""
    peers: list[tuple[Sequence[str], Callable[..., Iterator[Peer]]]] = []
    try:
        ancestor = Ancestor(cache, shared / "mnist")
        peers.append((Ancestor.sets, ancestor.read))
    except ImportError:
        missing("ancestors' recipe: TensorFlow, which trains it, is not installed")
    except InputMissing as error:
        missing(f"ancestors' recipe: {error}")
    if shutil.which("tesseract"):
        peers.append((tuple(_MODES), tesseract))
    else:
        missing("Tesseract: not installed (Debian: apt-get install tesseract-ocr)")
    return peers


def _trained(folder: Path, mnist: Path) -> GlyphClassifier:
    """The network in `folder`; trained where there is none, or one of an older format."""
    for name in version_names(folder):
        try:
            return load_classifier(folder, name)
        except ModelUnavailable:
            shutil.rmtree(folder / name)
    from daemon.training.architectures import architecture
    from daemon.training.fit import Settings
    from daemon.training.sources import load
    from daemon.training.split import TrainingData
    from daemon.training.train import train

    parts = load(str(mnist) if mnist.is_dir() else "mnist").for_training(seed=1)
    chosen = architecture(ANCESTOR)
    settings = Settings(chosen, chosen.epochs, chosen.loss, seed=1)
    version = train(settings, TrainingData(*parts), folder, lambda _: None, promoted=False)
    return GlyphClassifier(version)


def _read(path: Path) -> Grey:
    """A file as the recipe sees it; black where it cannot be read."""
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return np.zeros((28, 28), np.uint8) if picture is None else _resized(picture)


def _resized(picture: Grey) -> Grey:
    return np.asarray(cv2.resize(picture, (28, 28)))


def _border_mean(picture: Grey) -> float:
    return float(np.concatenate([picture[[0, -1]].ravel(), picture[1:-1, [0, -1]].ravel()]).mean())


def _run_tesseract(path: Path, mode: int) -> str:
    """The digits it reads; nothing where it fails."""
    command = ["tesseract", str(path), "-", "--psm", str(mode)]
    whitelist = ["-c", "tessedit_char_whitelist=0123456789"]
    try:
        done = subprocess.run(
            [*command, *whitelist],
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_S,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired:
        return ""
    return re.sub("[^0-9]", "", done.stdout.decode("utf-8", "replace"))
