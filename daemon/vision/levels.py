"""How dark the pixels of each component are, told of all components at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..records import Grey
from .components import Components

_LEVELS = 256
_SPARSE = 2  # times as many kinds of pixels as pixels: more are not counted


class Levels:
    """The levels of an image, (H, W) uint8, in the components that were `found` on it; put in order
    when they are first asked for. What is said of them is that of labels 1 to n: (n,)."""

    def __init__(self, found: Components, image: Grey) -> None:
        self._found, self._image = found, image

    def reaching(self, level: int) -> npt.NDArray[np.intp]:
        """How many pixels reach a level."""
        least = _LEVELS * np.arange(1, len(self._bounds)) + level
        return np.asarray(self._bounds[1:] - np.searchsorted(self._ordered, least))

    def quantiles(self, quantile: float) -> npt.NDArray[np.int32]:
        """The lower neighbour of numpy's quantile."""
        last = np.diff(self._bounds) - 1
        at = self._bounds[:-1] + np.floor(quantile * last).astype(np.intp)
        return np.asarray(self._ordered[at] % _LEVELS)

    @cached_property
    def _ordered(self) -> npt.NDArray[np.int32]:
        """The levels of all ink, by label and then by level, on top of 256 times the label."""
        owners, levels = self._found.labelled.inked(self._image)
        keys = _LEVELS * owners + levels
        kinds = _LEVELS * (int(owners.max(initial=0)) + 1)
        if kinds > _SPARSE * len(keys):
            return np.sort(keys)
        counts = np.bincount(keys, minlength=kinds)  # a fifth of the time that sorting takes
        return np.repeat(np.arange(kinds, dtype=np.int32), counts)

    @cached_property
    def _bounds(self) -> npt.NDArray[np.intp]:
        """Where the levels of each label begin, and where the last one's end: (n + 1,)."""
        last = int(self._ordered[-1]) // _LEVELS if len(self._ordered) else 0
        return np.searchsorted(self._ordered, _LEVELS * np.arange(1, last + 2))
