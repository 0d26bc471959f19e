"""Ruled lines and frames: found by straightness, removed without cutting what crosses them."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..records import Grey

MIN_LENGTH = 0.13  # of the page's side: what a rule measures at least without a gap
MIN_SPAN = 0.85  # of the page's side: what a whole rule covers, gaps included
MAX_THICKNESS = 1 / 20  # of the rule's length


def remove(mask: Grey) -> Grey | None:
    """Take the rules out of a mask, (H, W) uint8 of 0 and 1; None where there are none."""
    cleaned = _without_lying(mask)
    cleaned = _transposed(_without_lying(_transposed(cleaned)))
    return None if (cleaned == mask).all() else cleaned


def _transposed(mask: Grey) -> Grey:
    return np.ascontiguousarray(mask.T)


def _without_lying(mask: Grey) -> Grey:
    rules, thickness = _lying(mask)
    if not thickness:
        return mask
    cleaned = mask & ~rules
    # Strokes that cross a rule stand on both of its sides: what joins them is given back.
    reach = thickness + 4
    closed = cv2.morphologyEx(
        np.pad(cleaned, reach), cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8)
    )[reach:-reach, reach:-reach]
    return np.asarray(cleaned | (closed & rules))


def _lying(mask: Grey) -> tuple[Grey, int]:
    """The lying rules of a mask (long, thin, from side to side), and the thickest one's pixels."""
    width = mask.shape[1]
    found = np.zeros_like(mask)
    length = max(4, round(MIN_LENGTH * width))
    straight = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    straight = cv2.dilate(straight, np.ones((1, 5), np.uint8)) & mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    thickest = 0.0
    for label in range(1, count):
        x, _y, breadth, _h, area = (int(v) for v in stats[label])
        thickness = area / breadth
        reaches = x <= 2 or x + breadth >= width - 2
        if breadth >= MIN_SPAN * width and reaches and thickness <= MAX_THICKNESS * width + 1:
            found |= (labels == label).view(np.uint8)
            thickest = max(thickest, thickness)
    near = cv2.dilate(found, np.ones((3, 1), np.uint8)) & mask
    return near, math.ceil(thickest)
