"""Which way up a page lies: the quarter turn in which its marks are most like digits on rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..records import DIGITS, Box, Ink
from .choice import Probabilities
from .parts import chain_edges

SAMPLE = 64  # marks that are looked at in all four turns
TURNS = (0, 1, 2, 3)
_ROW = 4  # marks, from which a row says which side of it is level
# Of what counts beside how sure the network is, which knows letters too, when they stand upright.
_DIGIT_WEIGHT = 0.3  # of marks like digits
_LEVEL_WEIGHT = 0.8  # of level rows, per digit height
_MOST_LEVEL = 0.1  # digit heights: a column of words that begin below each other is far more so
_OFF = 0.75  # quantile of what edges deviate by: in print, most tops are level as well
_MOST_OFF = 1.0  # digit heights: what is further off is no part of the row
UPRIGHT = 0.02  # what else speaks for a page that lies as its file says
_SURE = 0.25  # score: wrong turns of 172 pages had 0.21 at most
CLOSE = 0.04  # score: of 180 pages 3 were turned wrong, all by less, and 6 right
_FAINTEST = 1e-6


def sample(boxes: Sequence[Box], height: float) -> list[int]:
    """Which marks tell most: those nearest in size to digits, `height` pixels high, if need be
    some only; at even distances on the page."""
    sizes = np.array([max(box.width, box.height) for box in boxes])
    likely = np.flatnonzero((sizes >= 0.6 * height) & (sizes <= 1.7 * height))
    if len(likely) < SAMPLE:
        likely = np.argsort(np.abs(sizes - height), kind="stable")[:SAMPLE]
        likely.sort()
    at = np.linspace(0, len(likely) - 1, min(SAMPLE, len(likely))).round().astype(int)
    return [int(number) for number in likely[at]]


def turn_glyphs(glyphs: Ink, turns: int) -> Ink:
    """Glyphs, (N, 28, 28) float32, turned by quarter turns to the left; their centres stay in
    place, which is half a pixel off the middle of the field."""
    for _ in range(turns):
        glyphs = np.roll(np.rot90(glyphs, axes=(1, 2)), 1, axis=1)
    return np.ascontiguousarray(glyphs)


def score(rows: Probabilities, levelness: float) -> float:
    """How well the sample's marks are read in one of the turns: `rows` (n, 10 or 11)."""
    digits = rows[:, :DIGITS].max(axis=1)
    sure = np.log(np.maximum(rows.max(axis=1), _FAINTEST))
    digit_like = float((digits**3).mean())
    return float(sure.mean()) + _DIGIT_WEIGHT * digit_like + _LEVEL_WEIGHT * levelness


def is_upright(rows: Probabilities, levels: Sequence[float]) -> bool:
    """Whether the sample's marks, as they lie, are so surely digits that the other turns need no
    look; `levels` are those of all turns."""
    others = max(levels[1:]) * _LEVEL_WEIGHT
    return score(rows, levels[0]) + UPRIGHT >= _SURE + others


def levelness(boxes: Sequence[Box], height: float, shape: tuple[int, ...]) -> tuple[float, ...]:
    """By how much rows stand on a line more evenly than they hang from one, in digit heights, in
    each of the turns of the page (h, w) of these boxes, up to a tenth: print and most hands stand
    on the line. Upside down, what stood hangs."""
    ends = [(box.x, box.y, box.right, box.bottom) for box in boxes]
    left, top, right, bottom = np.array(ends, np.float64).reshape(-1, 4).T
    turned = top, shape[1] - right, bottom, shape[1] - left
    upright, aside = (
        max(-_MOST_LEVEL, min(_MOST_LEVEL, _levelness(np.stack(edges, axis=1), height)))
        for edges in ((left, top, right, bottom), turned)
    )
    return upright, aside, -upright, -aside


def _levelness(edges: npt.NDArray[np.float64], height: float) -> float:
    """That of boxes by their edges, (n, 4): left, top, right, bottom."""
    total = 0.0
    for row in chain_edges(edges.tolist(), height):
        if len(row) < _ROW:
            continue
        left, tops, right, bottoms = edges[row].T
        x, most = (left + right) / 2, _MOST_OFF * height
        total += len(row) * (_unevenness(x, tops, most) - _unevenness(x, bottoms, most)) / height
    return total / max(1, len(edges))


def _unevenness(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], most: float) -> float:
    """What most edges deviate by, no more than `most`, from the straight line nearest to them."""
    if len(y) > _ROW:
        x = x - x.mean()
        rest = y - y.mean() - x * (x @ y / max(float(x @ x), 1e-9))
    else:
        rest = y - _quantile(y, 0.5)
    off = np.abs(rest - _quantile(rest, 0.5))
    return _quantile(np.minimum(off, most), _OFF)


def _quantile(values: npt.NDArray[np.float64], share: float) -> float:
    """As numpy's, which takes ten times as long on so few."""
    ordered = np.sort(values).tolist()
    below, between = divmod(share * (len(ordered) - 1), 1)
    low, high = ordered[int(below)], ordered[min(int(below) + 1, len(ordered) - 1)]
    return float(low + between * (high - low))
