"""The pen on a page of which most ink is rules that are paler, as on squared paper: what is darker
than these is ink, and they need not be taken out of it, which costs the strokes that cross them.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..records import Grey
from .page_ink import PageInk
from .page_rules import Rules, inked

_SOME = 1 / 3  # of all ink: so much at least lies on rules, some of which are thick
_MOST = 4  # times the ink beside them: so much lies on rules
_DARKER = 1.5  # times the contrast of rules: the pen's, at least
_RULE, _PEN = 0.9, 0.75  # quantiles of the contrast on rules and beside them that are theirs
_ABOVE = 0.2  # of the way from the contrast of the rules to the pen's: from there on it is ink
_USUAL = 0.8  # of the pen's contrast: what tells it from the back of the page
_SQUARES = [np.ones((side, side), np.uint8) for side in (5, 4, 3)]  # px: how thick a pen is
_MOSTLY, _RARELY = 0.5, 0.1  # of the pen beside rules, and of rules: so much is as thick as that
_NEAR = np.ones((5, 5), np.uint8)
_CROSSING = np.ones((13, 13), np.uint8)  # what of a rule is no further from the pen, may be its own


def darker_than(rules: Rules, ink: PageInk) -> PageInk:
    """The ink of a page without its `rules`, if most of it is rules and the pen is darker; else all
    of it."""
    if not rules.any:  # as on most pages
        return ink
    lines = cv2.bitwise_or(rules.lying, rules.standing)
    lined = cv2.bitwise_and(ink.mask, lines)
    count = cv2.countNonZero(lined)
    if count < _SOME * cv2.countNonZero(ink.mask):  # told sooner than what lies beside rules
        return ink
    beside = cv2.subtract(ink.mask, cv2.dilate(lines, _NEAR))
    if count < _MOST * cv2.countNonZero(beside):
        return ink
    free = cv2.subtract(lined, cv2.dilate(beside, _CROSSING))
    rule, pen = _quantile(ink.contrast, free, _RULE), _quantile(ink.contrast, beside, _PEN)
    if pen < _DARKER * rule:
        return ink
    level = round(rule + _ABOVE * (pen - rule))
    mask = (ink.contrast > level).view(np.uint8)
    return replace(ink, mask=mask, floor=rule, usual=round(_USUAL * pen))


def thicker_than(rules: Rules, mask: Grey) -> Grey | None:
    """What of the ink on `rules` is thicker than most of them, and so the pen's, on a page of
    which most ink is rules; None on others, or where the pen is no thicker."""
    if not rules.any:
        return None
    lines = cv2.bitwise_or(rules.lying, rules.standing)
    count = cv2.countNonZero(cv2.bitwise_and(mask, lines))
    if count < _SOME * cv2.countNonZero(mask):
        return None
    near = cv2.dilate(lines, _NEAR)
    beside = cv2.subtract(mask, near)
    pen = cv2.countNonZero(beside)
    if count < _MOST * pen:
        return None
    least = _MOSTLY * pen
    square = next((s for s in _SQUARES if cv2.countNonZero(_opened(beside, s)) >= least), None)
    if square is None or not _are_thinner(mask, near, square):
        return None
    thick = cv2.bitwise_and(_opened(mask, square), near)
    bold = inked(rules, thick)
    return cv2.subtract(thick, cv2.dilate(cv2.bitwise_or(bold.lying, bold.standing), _NEAR))


def _are_thinner(mask: Grey, near: Grey, square: Grey) -> bool:
    """Whether few of a mask's rules, where they are free of the pen, are as thick as a square."""
    lined = cv2.bitwise_and(mask, near)
    free = cv2.subtract(lined, cv2.dilate(cv2.subtract(mask, near), _CROSSING))
    thick = cv2.countNonZero(cv2.bitwise_and(_opened(mask, square), free))
    return thick <= _RARELY * cv2.countNonZero(free)


def _opened(mask: Grey, kernel: Grey) -> Grey:
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), np.uint8)


def _quantile(contrast: Grey, where: Grey, quantile: float) -> int:
    """Of the contrasts, (h, w) uint8, where a mask of 0 and 1 is 1."""
    passed = cv2.calcHist([contrast], [0], where, [256], [0, 256]).ravel().cumsum()
    return int(passed.searchsorted(quantile * passed[-1]))
