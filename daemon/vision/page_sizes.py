"""How high the digits of a page are where most of its marks are small print.

The median height of marks is that of print then: numbers written by hand may be twice as high.
"""

from __future__ import annotations

import numpy as np

from ..records import DIGITS
from .choice import Probabilities
from .page_marks import Marks

_TALLER = 1.6  # times the height of most marks
_SURE = 0.95  # probability of a digit whose height counts
_FEW = 3  # such digits at least
_SHARE = 0.7  # of a row's tall marks, that are sure digits: of a heading fewer are


def taller_height(marks: Marks, rows: Probabilities, height: float) -> float:
    """The height in pixels of digits much taller than most marks, which are `height` high; 0 where
    there are none. `rows` are what the network says of all marks."""
    sure = rows[:, :DIGITS].max(axis=1, initial=0) > _SURE
    found: list[int] = []
    at = 0
    for row in marks.rows:
        tall = [n for n, mark in enumerate(row) if mark.box.height >= _TALLER * height]
        digits = [n for n in tall if sure[at + n]]
        if tall and len(digits) >= _SHARE * len(tall):
            found += [row[n].box.height for n in digits]
        at += len(row)
    return float(np.median(found)) if len(found) >= _FEW else 0.0
