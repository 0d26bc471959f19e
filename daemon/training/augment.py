"""Seeded variations of training digits: other hands, other pens, damage.

Every function draws from the generator it is given and returns glyphs, (N, 28, 28) float32 with
ink = 1, that went through `vision.glyph.normalise` as every digit does at reading time.
Elastic distortion after Simard, Steinkraus and Platt (2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from ..records import Grey, Ink
from ..vision.glyph import SIDE, normalise
from .handwriting import own_digit
from .strokes import PenDigit, render_strokes
from .styles import hurried_digit

DIGIT_FIELD = 20  # pixels, the height at which pen strokes are rendered
FIELD = 40  # pixels, the field in which a digit is warped: room for slant and scale
ELASTIC_GRID = 7  # control points a side
ELASTIC_PX = 2.0  # largest displacement of a control point
ROTATION = 8.0  # degrees, standard deviation
SHEAR = 0.14  # standard deviation
SCALE = 0.16  # of each axis on its own, up or down: aspect as well as size
PEN_WIDTH = (1.4, 3.6)  # pixels at the 20-pixel scale
STRETCH = (-0.35, 0.7)  # of the width of digits that are stretched, the logarithm
DAMAGE_SHARE = 0.06  # of the digits: a gap, specks, or what a rule left at the rim
COARSE_SHARE = 0.1  # of the digits: as few pixels as a small scan has, or out of focus
COARSE_SIDE = (6.0, 12.0)  # pixels, the longer side of such a digit
UNSHARP = (1.0, 2.2)  # pixels at the 20-pixel scale, standard deviation of the blur
JITTER_SHARE = 0.3  # of the glyphs: a pixel off centre
NOISE_SHARE = 0.15  # of the glyphs: uneven ink

_KERNEL = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def augment_digits(images: Grey, rng: np.random.Generator, *, stretched: float = 0.0) -> Ink:
    """Vary pictures of digits, (N, 28, 28) uint8 with ink = 255, into as many glyphs; of these a
    share is `stretched`, as wide or narrow as forms and other hands have them."""
    glyphs = []
    for image in images:
        ink = warp(image, rng)
        if stretched and rng.random() < stretched:
            ink = _stretched(ink, rng)
        glyphs.append(vary(ink, rng))
    return stacked(glyphs)


def render_pen_digits(digits: Sequence[PenDigit], rng: np.random.Generator) -> Ink:
    """Render recorded pen strokes with fresh pen widths and vary them into as many glyphs."""
    glyphs = []
    for digit in digits:
        ink = render_strokes(
            digit.strokes, height=float(DIGIT_FIELD), pen_width=float(rng.uniform(*PEN_WIDTH))
        )
        glyphs.append(vary(warp(to_field(ink), rng), rng))
    return stacked(glyphs)


def write_own_digits(
    n: int, rng: np.random.Generator, *, hurried: float = 0.0
) -> tuple[PenDigit, ...]:
    """Write `n` digits in the project's own styles: Europe's 1, 4, 7 and 9 among them; a share of
    them `hurried`, in any of the styles that lines are written in."""
    digits = []
    for label in rng.integers(10, size=n).tolist():
        write = hurried_digit if hurried and rng.random() < hurried else own_digit
        digits.append(PenDigit(label, 0, write(label, rng)))
    return tuple(digits)


def stacked(glyphs: Sequence[Ink]) -> Ink:
    return np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.float32)


def to_field(ink: Ink) -> Grey:
    """Fit ink of any size into (28, 28) uint8, in the middle."""
    scale = min(1.0, SIDE / max(ink.shape))
    if scale < 1:
        ink = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        ink = ink[:SIDE, :SIDE]
    field = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - ink.shape[0]) // 2, (SIDE - ink.shape[1]) // 2
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink * 255
    return field


@cache
def _mesh() -> tuple[Ink, Ink]:
    """Column and row of every pixel of the field, relative to its middle."""
    line = np.arange(FIELD, dtype=np.float32) - np.float32((FIELD - 1) / 2)
    columns, rows = np.meshgrid(line, line)
    return columns.astype(np.float32), rows.astype(np.float32)


def warp(image: Grey, rng: np.random.Generator) -> Ink:
    """One affine and elastic distortion, (28, 28) uint8 -> (40, 40) float32 in 0..1."""
    angle = np.deg2rad(np.clip(rng.normal(0, ROTATION), -20, 20))
    shear = np.clip(rng.normal(0, SHEAR), -0.35, 0.35)
    scale_x, scale_y = 1 + rng.uniform(-SCALE, SCALE, size=2)
    cos, sin = np.cos(angle), np.sin(angle)
    inverse = np.array([[cos, sin], [-sin, cos]]) / np.array([[scale_x], [scale_y]])
    inverse = np.array([[1, shear], [0, 1]]) @ inverse
    bent = rng.uniform(0, ELASTIC_PX)
    grid = rng.uniform(-bent, bent, (ELASTIC_GRID, ELASTIC_GRID, 2)).astype(np.float32)
    bend = cv2.resize(grid, (FIELD, FIELD), interpolation=cv2.INTER_CUBIC)
    columns, rows = _mesh()
    (a, b), (c, d) = inverse.astype(np.float32)
    middle = np.float32((SIDE - 1) / 2)
    map_x = a * columns + b * rows + bend[..., 0] + middle
    map_y = c * columns + d * rows + bend[..., 1] + middle
    warped = cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return warped.astype(np.float32) / np.float32(255)


def _stretched(ink: Ink, rng: np.random.Generator) -> Ink:
    """Narrower or wider by more than `warp` does it."""
    height, width = ink.shape
    wanted = round(width * float(np.exp(rng.uniform(*STRETCH))))
    by = cv2.INTER_LINEAR if wanted > width else cv2.INTER_AREA
    return np.asarray(cv2.resize(ink, (wanted, height), interpolation=by))


def vary(ink: Ink, rng: np.random.Generator) -> Ink:
    """Another pen and, now and then, damage or blur; then the glyph and its small misplacements."""
    ink = _other_pen(ink, rng)
    if rng.random() < DAMAGE_SHARE:
        ink = _damage(ink, rng)
    if rng.random() < COARSE_SHARE:
        ink = _coarsen(ink, rng)
    return finish(ink, rng)


def _other_pen(ink: Ink, rng: np.random.Generator) -> Ink:
    choice, amount = rng.random(), rng.uniform(0.2, 1.0)
    if choice < 0.18:
        return cv2.addWeighted(cv2.dilate(ink, _KERNEL), amount, ink, 1 - amount, 0)
    if choice < 0.30:
        amount *= 0.8
        return cv2.addWeighted(cv2.erode(ink, _KERNEL), amount, ink, 1 - amount, 0)
    if choice < 0.42:
        return cv2.GaussianBlur(ink, (3, 3), amount)
    if choice < 0.52:  # hard ink, as from a fax or a paint program
        return np.clip((ink - 0.5) * 4 + 0.5, 0, 1).astype(np.float32)
    return ink


def _damage(ink: Ink, rng: np.random.Generator) -> Ink:
    ink = ink.copy()
    rows, columns = np.nonzero(ink > 0.5)
    if not len(rows):
        return ink
    kind = rng.integers(3)
    if kind == 0:  # a gap: a bright line across the stroke
        at = rng.integers(len(rows))
        row, column = int(rows[at]), int(columns[at])
        angle = rng.uniform(0, np.pi)
        dx, dy = round(5 * np.cos(angle)), round(5 * np.sin(angle))
        cv2.line(ink, (column - dx, row - dy), (column + dx, row + dy), 0.0, 1, cv2.LINE_AA)
    elif kind == 1:  # specks beside the digit
        for _ in range(rng.integers(1, 4)):
            column, row = rng.integers(8, FIELD - 8, size=2)
            cv2.circle(ink, (int(column), int(row)), int(rng.integers(0, 2)), 1.0, -1)
    else:  # what is left of a rule or a frame at the rim
        vertical = rng.random() < 0.5
        across = columns if vertical else rows
        before = rng.random() < 0.5
        beside = int(rng.integers(1, 3))
        rim = int(across.min()) - beside if before else int(across.max()) + beside
        start, length = int(rng.integers(6, 20)), int(rng.integers(5, 20))
        first, last = (rim, start), (rim, start + length)
        if not vertical:
            first, last = first[::-1], last[::-1]
        cv2.line(ink, first, last, float(rng.uniform(0.5, 1)), 1, cv2.LINE_AA)
    return ink


def _coarsen(ink: Ink, rng: np.random.Generator) -> Ink:
    """Lose what few pixels cannot hold. Without such digits a network takes blur, which negatives
    from photographs have, for a sign of no digit."""
    if rng.random() < 0.4:
        return cv2.GaussianBlur(ink, (0, 0), rng.uniform(*UNSHARP))
    _, _, width, height = cv2.boundingRect((ink > 0.5).view(np.uint8))
    scale = min(1.0, rng.uniform(*COARSE_SIDE) / max(width, height, 1))
    return cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def finish(ink: Ink, rng: np.random.Generator) -> Ink:
    glyph = normalise(ink)
    if rng.random() < JITTER_SHARE:
        rows, columns = rng.integers(-1, 2, size=2)
        glyph = np.roll(glyph, (int(rows), int(columns)), axis=(0, 1))
    if rng.random() < NOISE_SHARE:
        noise = rng.normal(1, rng.uniform(0.05, 0.25), glyph.shape)
        glyph = np.clip(glyph * noise, 0, 1).astype(np.float32)
    return glyph
