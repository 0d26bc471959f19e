"""By how much a page lies askew: the angle at which its ink falls into the sharpest rows.

The projection profile's energy (Postl, 1986, Detection of linear oblique structures and skew scan
in digitized documents), of all ink at once: a table's rules outweigh its writing, and where there
are none, the rows decide. Quarter turns look the same to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..records import Grey
from .runs import places_of

MOST = 40.0  # degrees: beyond, rows and columns could change places
_LITTLE = 5.0  # degrees that weak evidence is enough for
_CLEAR, _WEAK = 2.6, 1.5  # times the median energy of all angles: what says something
_POINTS = 12_000  # of ink at most: the profile of more is no sharper
_LEAST = 50  # pixels of ink
_SIDE = 1000  # px, the page's longer side to which lengths refer
_COARSE, _FINE = 1.0, 0.12  # degrees from one angle to the next
_COARSE_BIN, _FINE_BIN = 3.0, 1.5  # px, height of a row of the profile

_APART = 5  # angles, of which one tells what is usual
_SPARSE = 8  # points, of which one tells which angles are worth a closer look:
_WORTH = 1.3  # those of so many times the usual energy, and where weak evidence is enough

_TOGETHER = 9  # so many times some of the angles are looked at together

_BOTH = (0, 1)  # rows, columns
_ANGLES = np.arange(-MOST, MOST + _COARSE / 2, _COARSE)

Points: TypeAlias = npt.NDArray[np.float64]  # (3, n): x, y around (0, 0), 1


def find_skew(mask: Grey, most: float = MOST, *, is_straight: bool = False) -> float:
    """Degrees clockwise by which rows slope on a mask, (H, W) uint8 of 0 and 1, between -`most` and
    `most`; 0 where nothing tells. Of a page that `is_straight` by its edges, weak evidence is none:
    it comes from single strokes as often as from rows."""
    points = _points(mask)
    if points.shape[1] < _LEAST:
        return 0.0
    energies = _energies(points)
    usual = float(np.median(energies[::_APART]))
    energies[np.abs(_ANGLES) > most] = 0
    if energies.max() < _CLEAR * usual:
        if is_straight:
            return 0.0
        energies[np.abs(_ANGLES) > _LITTLE] = 0
        if energies.max() < _WEAK * usual:
            return 0.0
    best = float(_ANGLES[energies.argmax()])
    sharper = int(np.argmax([_energy(points, best, _COARSE_BIN, (way,)) for way in _BOTH]))
    near = best + np.arange(-1.2, 1.2 + _FINE / 2, _FINE)
    return float(near[np.argmax([_energy(points, angle, _FINE_BIN, (sharper,)) for angle in near])])


def _points(mask: Grey) -> Points:
    """Where ink is; every k-th pixel of much."""
    at = places_of(mask)
    at = at[:: max(1, -(-len(at) // _POINTS))]
    rows, columns = np.divmod(at, mask.shape[1])
    middle = (np.array(mask.shape[::-1]) - 1) / 2
    scale = min(1.0, _SIDE / max(mask.shape))
    x, y = (columns - middle[0]) * scale, (rows - middle[1]) * scale
    return np.stack([x, y, np.ones(len(at))])


def _energies(points: Points) -> npt.NDArray[np.float64]:
    """The energy of every coarse angle, (n,); 0 where a few of the points tell that it cannot be
    the sharpest."""
    few = np.ascontiguousarray(points[:, ::_SPARSE])
    rough = np.concatenate([_together(few, angles) for angles in np.split(_ANGLES, _TOGETHER)])
    looked = (rough >= _WORTH * np.median(rough)) | (np.abs(_ANGLES) <= _LITTLE)
    looked[::_APART] = True
    energies = np.zeros(len(_ANGLES))
    energies[looked] = [_energy(points, angle, _COARSE_BIN) for angle in _ANGLES[looked]]
    return energies


def _together(points: Points, angles: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The energy of some coarse angles, (n,), for which as many calls would take longer where the
    points are few."""
    cos, sin = np.cos(np.deg2rad(angles)) / _COARSE_BIN, np.sin(np.deg2rad(angles)) / _COARSE_BIN
    off, bins = np.full(len(angles), _SIDE / _COARSE_BIN), int(2 * _SIDE / _COARSE_BIN) + 1
    onto = np.stack([-sin, cos, off, cos, sin, off], axis=1).reshape(-1, 3)
    rows = (onto @ points).astype(np.intp)  # (2 n, points)
    rows += bins * np.arange(len(rows))[:, None]
    profiles = np.bincount(rows.reshape(-1), minlength=bins * len(rows)).reshape(-1, 2, bins)
    steps = np.diff(profiles)
    return np.asarray((steps * steps).sum(axis=2).max(axis=1))


def _energy(points: Points, angle: float, height: float, ways: Sequence[int] = _BOTH) -> float:
    """How sharply rows (0) or columns (1), whichever of these `ways` is sharper, begin and end that
    slope by `angle`: the sum of squares of what the profile changes by from each row of that
    `height` to the next."""
    cos, sin = (part(math.radians(angle)) / height for part in (math.cos, math.sin))
    off = _SIDE / height  # none is below 0 then: to cut off is to round down
    onto = np.array([((-sin, cos, off), (cos, sin, off))[way] for way in ways])
    energy = 0.0
    for rows in (onto @ points).astype(np.intp):
        profile = np.bincount(rows, minlength=int(2 * off) + 1)
        steps = profile[1:] - profile[:-1]
        energy = max(energy, float(steps @ steps))
    return energy
