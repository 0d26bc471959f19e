"""What is learnt, what is validated on, and what calibrates: parts that never overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ann.classifier import Glyphs
from ..errors import NothingReadable
from ..vision.glyph import normalise_images
from .augment import augment_digits, render_pen_digits
from .datasets import DigitSet, Labels, concatenated
from .epochs import NONE, Material
from .extras import PenSet
from .mixes import PLAIN, Mix
from .negatives import negatives
from .strokes import PenDigit

VALIDATION_DIGITS = 5000  # of the training digits, at most a tenth of them
LEAST_DIGITS = 20  # to learn from: two of them are held out then
EXTRA_SHARE = 0.1  # of other people's bitmaps
NEGATIVE_SHARE = 0.2  # of the digits: so many glyphs that are none calibrate beside them
WRITER_SHARE = 1 / 11  # of the writers of pen strokes: 4 of pendigits' 44


@dataclass(frozen=True, slots=True)
class TrainingData:
    """`test` is only measured on. `extras` are learnt beside `train`, by augmented architectures
    alone."""

    train: DigitSet
    test: DigitSet
    extras: tuple[PenSet | DigitSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """`glyphs` (N, 28, 28) float32 as the network wants them, with `labels` (N,) in 0..10."""

    glyphs: Glyphs
    labels: Labels


@dataclass(frozen=True, slots=True)
class Split:
    """`material` is learnt. `clean` digits choose the best epoch. `calibration` holds them too
    and, for augmented architectures, damaged digits and glyphs that are no digit."""

    material: Material
    clean: Validation
    calibration: Validation


def split(data: TrainingData, seed: int, *, augmented: bool, mix: Mix = PLAIN) -> Split:
    """Set validation digits and writers aside, by `seed`; what is learnt is mixed as `mix` says.
    Raises NothingReadable where there are too few."""
    rng = np.random.default_rng(seed)
    train, held = _validated_apart(data.train, rng)
    if not augmented:
        clean = Validation(held.images.astype(np.float32) / np.float32(255), held.labels)
        return Split(Material(train.images, train.labels, (), augmented=False), clean, clean)

    parts = _parts(data, train, held, rng)
    clean, calibration = _validation(parts.held, parts.held_pens, rng)
    material = Material(
        parts.learnt.images, parts.learnt.labels, parts.pens, augmented=True, mix=mix
    )
    return Split(material, clean, calibration)


@dataclass(frozen=True, slots=True)
class Parts:
    """Digits to learn and digits held back, as bitmaps and as pen strokes of other writers."""

    learnt: DigitSet
    pens: tuple[PenDigit, ...]
    held: DigitSet
    held_pens: tuple[PenDigit, ...]


def divide(data: TrainingData, seed: int) -> Parts:
    """The parts that `split` makes glyphs of, for the same seed. Raises NothingReadable."""
    rng = np.random.default_rng(seed)
    train, held = _validated_apart(data.train, rng)
    return _parts(data, train, held, rng)


def _parts(data: TrainingData, train: DigitSet, held: DigitSet, rng: np.random.Generator) -> Parts:
    """The training digits' two parts, with those of the extra sets."""
    trains, helds = [train], [held]
    pens: list[PenDigit] = []
    held_pens: list[PenDigit] = []
    for extra in data.extras:
        if isinstance(extra, PenSet):
            known, unknown = _divided_by_writer(extra.digits, rng)
            pens += known
            held_pens += unknown
        else:
            known_part, unknown_part = _divided(extra, round(len(extra) * EXTRA_SHARE), rng)
            trains.append(known_part)
            helds.append(unknown_part)
    return Parts(concatenated(trains), tuple(pens), concatenated(helds), tuple(held_pens))


def _validation(
    digits: DigitSet, pens: Sequence[PenDigit], rng: np.random.Generator
) -> tuple[Validation, Validation]:
    """The clean part, and it with augmented digits and negatives added."""
    glyphs = [normalise_images(digits.images), render_pen_digits(pens, rng)]
    labels = [digits.labels, np.array([pen.label for pen in pens], np.uint8)]
    clean = Validation(np.concatenate(glyphs), np.concatenate(labels))
    others = round(len(digits) * NEGATIVE_SHARE)
    glyphs += [augment_digits(digits.images, rng), negatives(digits.images, others, rng)]
    labels += [digits.labels, np.full(others, NONE, np.uint8)]
    return clean, Validation(np.concatenate(glyphs), np.concatenate(labels))


def _validated_apart(digits: DigitSet, rng: np.random.Generator) -> tuple[DigitSet, DigitSet]:
    """The training digits that are learnt, and those that validate. Raises NothingReadable."""
    if len(digits) < LEAST_DIGITS:
        raise NothingReadable(
            f"{digits.name}: {len(digits)} digits are too few to learn from: at least "
            f"{LEAST_DIGITS}, better thousands"
        )
    return _divided(digits, min(VALIDATION_DIGITS, len(digits) // 10), rng)


def _divided(digits: DigitSet, held: int, rng: np.random.Generator) -> tuple[DigitSet, DigitSet]:
    """All but `held` digits, and those."""
    order = rng.permutation(len(digits))
    return digits.part(digits.name, order[held:]), digits.part(digits.name, order[:held])


def _divided_by_writer(
    digits: Sequence[PenDigit], rng: np.random.Generator
) -> tuple[list[PenDigit], list[PenDigit]]:
    """The digits of most writers, and those of the few that are held out."""
    writers = sorted({digit.writer for digit in digits})
    count = round(len(writers) * WRITER_SHARE)
    held = {int(writer) for writer in rng.permutation(writers)[:count]}
    known = [digit for digit in digits if digit.writer not in held]
    return known, [digit for digit in digits if digit.writer in held]
