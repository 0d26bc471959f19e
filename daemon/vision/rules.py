"""Ruled lines and frames: found by straightness, removed without cutting what crosses them.

A rule is made of long runs of ink, which few rows of a page have: only those are looked at.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .components import find_components
from .runs import find_runs

MIN_LENGTH = 0.13  # of the page's side: what a rule measures at least without a gap
MIN_SPAN = 0.85  # of the page's side: what a whole rule covers, gaps included
MAX_THICKNESS = 1 / 20  # of the rule's length
STROKE = 2  # times the rule's thickness, and a pixel: what is thicker is a stroke along it
GAP = 0.06  # of the page's side: what a rule's widest gap may measure

Rows = npt.NDArray[np.bool_]  # (H,), which of a page's rows


def remove(mask: Grey) -> Grey | None:
    """Take the rules out of a mask, (H, W) uint8 of 0 and 1; None where there are none."""
    height, width = mask.shape
    left, top, breadth, depth = cv2.boundingRect(mask)
    cleaned = mask
    if _is_across(left, breadth, width):
        cleaned = _without_lying(cleaned)
    if _is_across(top, depth, height):
        cleaned = cv2.transpose(_without_lying(cv2.transpose(cleaned)))
    return None if cleaned is mask or np.array_equal(cleaned, mask) else cleaned


def _without_lying(mask: Grey) -> Grey:
    rules, thickness = _lying(mask)
    if not thickness:
        return mask
    cleaned = mask & ~rules
    # Strokes that cross a rule stand on both of its sides: what joins them is given back.
    reach = thickness + 4
    crossed = _near(rules, reach)
    margins = ((reach, reach), (0, 0))
    padded: Grey = np.pad(cleaned[crossed], margins)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    cleaned[crossed] |= np.asarray(closed[reach:-reach] & rules[crossed], np.uint8)
    return cleaned


def _lying(mask: Grey) -> tuple[Grey, int]:
    """The lying rules of a mask (long, thin, from side to side), and the thickest one's pixels."""
    width = mask.shape[1]
    rules = np.zeros_like(mask)
    runs = _long_runs(mask, max(4, round(MIN_LENGTH * width)))
    rows = _near(runs, 1)  # with the rows beside them, so that what does not touch stays apart
    if not rows.any():
        return rules, 0
    bridged = cv2.dilate(runs[rows], np.ones((1, max(5, round(GAP * width)) | 1), np.uint8))
    labels, components, _ = find_components(bridged)
    found = np.zeros_like(bridged)
    thickest = 0.0
    for each in components:
        thickness = each.area / each.width
        if _is_across(each.x, each.width, width) and thickness <= MAX_THICKNESS * width + 1:
            own = labels == each.label
            depths = own.sum(axis=0)
            usual = float(np.median(depths[depths > 0]))
            found[own & (depths <= STROKE * usual + 1)] = 1
            thickest = max(thickest, min(thickness, usual + 1))
    rules[rows] = cv2.dilate(found, np.ones((3, 1), np.uint8)) & mask[rows]
    return rules, math.ceil(thickest)


def _is_across(left: int, breadth: int, width: int) -> bool:
    """Whether columns from `left` on go across the page, and to one of its sides."""
    return breadth >= MIN_SPAN * width and (left <= 2 or left + breadth >= width - 2)


def _long_runs(mask: Grey, length: int) -> Grey:
    """The runs of ink along the rows that have `length` pixels: (H, W) uint8 of 0 and 1. At a side
    of the page half of that is enough: a run may go on beyond it."""
    rows, starts, stops = find_runs(mask)
    at_side = (starts == 0) | (stops == mask.shape[1])
    chosen = stops - starts >= np.where(at_side, length / 2, length)
    runs = np.zeros_like(mask)
    for row, start, stop in np.stack([rows, starts, stops], axis=1)[chosen].tolist():
        runs[row, start:stop] = 1
    return runs


def _near(mask: Grey, reach: int) -> Rows:
    """Which rows are at most `reach` away from one with ink."""
    inked = mask.max(axis=1)[None]
    return cv2.dilate(inked, np.ones((1, 2 * reach + 1), np.uint8)).ravel().view(np.bool_)
