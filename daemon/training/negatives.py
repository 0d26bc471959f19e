"""Glyphs of what is no digit, or no single one: examples of what is not to be read.

As in `augment`, every function draws from the generator it is given, and ink is float32 in 0..1.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Grey, Ink
from . import words as writing
from .augment import DIGIT_FIELD, FIELD, PEN_WIDTH, finish, stacked, to_field, warp
from .clutter import clutter
from .crossed import crossed_out
from .datasets import Labels
from .strokes import render_strokes
from .symbols import draw_symbol

CROSSED_SHARE = 0.11  # of the glyphs: digits that are crossed out
PIECE_INK = 0.4  # of a digit's ink, the most that a piece of it keeps: more may be read
WORD_PEN = (1.0, 3.0)  # pixels, where a word is as wide as a digit is high
SCRIBBLE_POINTS = (9, 18)  # fewer make a clean 0, 4, 6 or 8
APART = 5  # pixels between upright rules: closer ones with a rule below are a 1 on its foot
_TRIED = 1000  # crops, of which one should hold a piece


def negatives(images: Grey, n: int, rng: np.random.Generator, *, words: bool = False) -> Ink:
    """Make `n` glyphs of what is no single digit: half of them pieces of digits and several
    digits of `images` (M, 28, 28) in one glyph, letters and symbols, scribbles, rules, dots and
    texture, and `words` if wanted; the other half what vision finds in photographs and print."""
    among = _WITH_WORDS if words else _NEGATIVES
    picks = rng.integers(len(among), size=n // 2)
    drawn = [finish(among[pick](images, rng), rng) for pick in picks]
    return stacked([*drawn, *clutter(n - n // 2, rng)])


def harder_negatives(images: Grey, labels: Labels, n: int, rng: np.random.Generator) -> Ink:
    """The same with words, and with digits among them, which `labels` (M,) name, that are crossed
    out."""
    crossed = round(n * CROSSED_SHARE)
    others = negatives(images, n - crossed, rng, words=True)
    return np.concatenate([crossed_out(images, labels, crossed, rng), others])


def _piece(images: Grey, rng: np.random.Generator) -> Ink:
    """What the edge of a crop leaves of a digit, where that is more than one stroke."""
    for _ in range(_TRIED):
        ink = warp(images[rng.integers(len(images))], rng)
        side = int(rng.integers(8, 15))
        top, left = rng.integers(8, FIELD - 8 - side, 2)
        piece = ink[top : top + side, left : left + side]
        rim = np.concatenate([piece[0], piece[1:, -1], piece[-1, -2::-1], piece[-2:0:-1, 0]])
        crossings = np.count_nonzero((rim > 0.5) & (np.roll(rim, 1) <= 0.5))
        if crossings >= 3 and piece.sum() <= PIECE_INK * ink.sum():
            break
    return piece


def _several(images: Grey, rng: np.random.Generator) -> Ink:
    """Two or three digits in one glyph."""
    count = 2 if rng.random() < 0.7 else 3
    inks = [warp(images[at], rng) for at in rng.integers(len(images), size=count)]
    step = int(rng.integers(14, 22))
    field = np.zeros((FIELD, FIELD + step * (count - 1)), np.float32)
    for place, ink in enumerate(inks):
        part = field[:, place * step : place * step + FIELD]
        np.maximum(part, ink, out=part)
    return field


def _symbol(_: Grey, rng: np.random.Generator) -> Ink:
    strokes = draw_symbol(rng)
    ink = render_strokes(
        strokes, height=float(DIGIT_FIELD), pen_width=float(rng.uniform(*PEN_WIDTH))
    )
    return warp(to_field(ink), rng)


def _word(_: Grey, rng: np.random.Generator) -> Ink:
    """A few joined-up letters, capitals, or a scribble as long."""
    kind = rng.choice(3, p=(0.6, 0.2, 0.2))
    if kind == 0:
        strokes = writing.cursive(rng, int(rng.integers(2, 6)))
    elif kind == 1:
        strokes = writing.capitals(rng, int(rng.integers(2, 4)))
    else:
        strokes = writing.scribble(rng)
    ink = render_strokes(
        strokes, height=float(DIGIT_FIELD), pen_width=float(rng.uniform(*WORD_PEN))
    )
    return warp(to_field(ink), rng)


def _scribble(_: Grey, rng: np.random.Generator) -> Ink:
    """A pen that went to and fro without a plan."""
    points: Ink = rng.uniform(0, 20, (int(rng.integers(*SCRIBBLE_POINTS)), 2)).astype(np.float32)
    if rng.random() < 0.5:  # round turns
        points = cv2.resize(points, (2, len(points) * 6), interpolation=cv2.INTER_CUBIC)
    return render_strokes(
        (points,), height=float(DIGIT_FIELD), pen_width=float(rng.uniform(*PEN_WIDTH))
    )


def _rules(_: Grey, rng: np.random.Generator) -> Ink:
    """Lying strokes, crosses, corners, grids and dots."""
    field = np.zeros((FIELD, FIELD), np.float32)
    thickness = int(rng.integers(1, 4))
    kind = rng.integers(5)
    low, high = (int(v) for v in (rng.integers(2, 12), rng.integers(28, 38)))
    if kind == 0:
        cv2.circle(field, (20, 20), int(rng.integers(4, 12)), 1.0, -1, cv2.LINE_AA)
    elif kind == 1:
        tilt = int(rng.integers(-5, 6))
        cv2.line(field, (low, 20 - tilt), (high, 20 + tilt), 1.0, thickness, cv2.LINE_AA)
    else:
        for _line in range(int(rng.integers(1, 3))):
            at = int(rng.integers(4, 36))
            cv2.line(field, (low, at), (high, at), 1.0, thickness, cv2.LINE_AA)
        for at in _uprights(rng):
            cv2.line(field, (at, low), (at, high), 1.0, thickness, cv2.LINE_AA)
    return field


def _uprights(rng: np.random.Generator) -> list[int]:
    """Two or three columns of a field, not close to one another."""
    places = np.arange(rng.integers(4, 4 + APART), 36, APART)
    columns: list[int] = rng.choice(places, int(rng.integers(2, 4)), replace=False).tolist()
    return columns


def _texture(_: Grey, rng: np.random.Generator) -> Ink:
    """Noise of a random grain, as photographs and paper leave it."""
    grain = int(rng.integers(4, FIELD))
    coarse = rng.random((grain, grain), dtype=np.float32)
    noise = np.asarray(cv2.resize(coarse, (FIELD, FIELD), interpolation=cv2.INTER_CUBIC))
    level, slope = rng.uniform(0.3, 0.7), rng.uniform(2, 12)
    return np.asarray(np.clip((noise - level) * slope, 0, 1), np.float32)


_NEGATIVES = (
    *(_piece, _several, _several, _symbol, _symbol, _symbol),
    *(_scribble, _scribble, _rules, _texture),
)
_WITH_WORDS = (*_NEGATIVES[:6], _word, _word, *_NEGATIVES[6:])
