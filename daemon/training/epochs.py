"""What a network sees in one epoch: drawn afresh, ahead of time, in processes of their own.

An epoch depends on (seed, number) alone, not on timing: the same training twice sees the same
glyphs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from ..ann.classifier import Probabilities
from ..records import Grey, Ink
from .augment import augment_digits, render_pen_digits, write_own_digits
from .crossed import slashed_zeros
from .datasets import Labels, glyph_bytes
from .mixes import PLAIN, Mix
from .negatives import harder_negatives, negatives
from .strokes import PenDigit

NONE = 10  # the label of what is no digit
PEN_RENDERINGS = 2  # of every pen digit an epoch: their writers' styles are what MNIST lacks


@dataclass(frozen=True, slots=True)
class Material:
    """What epochs are drawn from: digits as pictures, (N, 28, 28) uint8 with labels (N,), and as
    pen strokes. Not `augmented`, the pictures are used as they are and the strokes not at all."""

    images: Grey
    labels: Labels
    pens: tuple[PenDigit, ...]
    augmented: bool
    mix: Mix = PLAIN

    @property
    def size(self) -> int:
        """Glyphs an epoch."""
        if not self.augmented:
            return len(self.labels)
        return self.digits + self.own + self.slashed + self.negatives

    @property
    def digits(self) -> int:
        """Digits an epoch that are given, as pictures and as strokes."""
        return len(self.labels) + PEN_RENDERINGS * len(self.pens)

    @property
    def own(self) -> int:
        """Digits an epoch in the project's own styles."""
        return round(self.digits * self.mix.own)

    @property
    def slashed(self) -> int:
        """Zeros an epoch with a slash, where there are zeros."""
        return round(self.digits * self.mix.slashed) if (self.labels == 0).any() else 0

    @property
    def negatives(self) -> int:
        """Glyphs an epoch that are no digit."""
        return round(self.digits * self.mix.negative)


@dataclass(frozen=True, slots=True)
class Epoch:
    """`glyphs` (N, 28, 28) uint8, ink = 255, in random order, with `labels` (N,) uint8 in 0..10,
    and the probabilities that a teacher gives them, (N, 11) float32, if there is one."""

    glyphs: Grey
    labels: Labels
    said: Probabilities | None = None


def draw(material: Material, seed: int, number: int) -> Epoch:
    """Draw epoch `number`; the first is 0."""
    rng = np.random.default_rng((seed, number))
    glyphs, labels = material.images, material.labels
    if material.augmented:
        mix = material.mix
        own = write_own_digits(material.own, rng, hurried=mix.hurried)
        pens = material.pens * PEN_RENDERINGS + own
        drawn = (
            augment_digits(glyphs, rng, stretched=mix.stretched),
            render_pen_digits(pens, rng),
            slashed_zeros(glyphs, labels, material.slashed, rng),
            _negatives(material, rng),
        )
        glyphs = np.concatenate([glyph_bytes(part) for part in drawn])
        pen_labels = np.array([pen.label for pen in pens], np.uint8)
        zeros, none = np.zeros(material.slashed), np.full(material.negatives, NONE)
        labels = np.concatenate([labels, pen_labels, zeros, none]).astype(np.uint8)
    order = rng.permutation(len(labels))
    return Epoch(glyphs[order], labels[order])


def _negatives(material: Material, rng: np.random.Generator) -> Ink:
    if material.mix.harder:
        return harder_negatives(material.images, material.labels, material.negatives, rng)
    return negatives(material.images, material.negatives, rng)


def learnt_again(epochs: Iterable[Epoch], times: int, seed: int) -> Iterator[Epoch]:
    """Each epoch so many times, every time in another order."""
    rng = np.random.default_rng(seed)
    for epoch in epochs:
        yield epoch
        for _ in range(times - 1):
            order = rng.permutation(len(epoch.labels))
            said = None if epoch.said is None else epoch.said[order]
            yield Epoch(epoch.glyphs[order], epoch.labels[order], said)


@contextmanager
def drawn_ahead(material: Material, seed: int, count: int) -> Iterator[Iterator[Epoch]]:
    """Epochs 0 to `count` - 1, each made while those before it are being learnt."""
    if not material.augmented:
        yield (draw(material, seed, number) for number in range(count))
        return
    # Spawned processes: forked ones would inherit TensorFlow's threads and locks.
    at_once = drawing_processes()
    with ProcessPoolExecutor(
        at_once, multiprocessing.get_context("spawn"), _start_worker, (material, seed)
    ) as workers:

        def submit(number: int) -> Future[Epoch]:
            return workers.submit(_draw_in_worker, number)

        def epochs() -> Iterator[Epoch]:
            upcoming = deque(submit(number) for number in range(min(at_once, count)))
            for number in range(count):
                epoch = upcoming.popleft().result()
                if number + at_once < count:
                    upcoming.append(submit(number + at_once))
                yield epoch

        try:
            yield epochs()
        finally:
            workers.shutdown(wait=False, cancel_futures=True)


def drawing_processes() -> int:
    """How many processes draw while others are learnt from: two at least, for a network without
    convolutions learns quicker than one process draws, and all cores but two, sixteen at most,
    where a GPU learns."""
    return max(2, min(16, (os.cpu_count() or 1) - 2))


def end_with_parent() -> None:
    """End this process when the one that made it is gone, killed perhaps: it has nobody to tell it
    then. (No signal at its end, for that comes at the end of the thread that made us.)"""

    def wait() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


_in_worker: tuple[Material, int] | None = None  # set once in each worker process, never here


def _start_worker(material: Material, seed: int) -> None:
    global _in_worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    cv2.setNumThreads(1)  # glyphs are too small to share: more only wait for each other
    _in_worker = material, seed
    end_with_parent()


def _draw_in_worker(number: int) -> Epoch:
    assert _in_worker is not None
    return draw(*_in_worker, number)
