"""Ruled lines and frames: found by straightness, removed without cutting what crosses them."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Grey

MIN_LENGTH = 0.4  # of the page's side: shorter straight strokes may be part of a digit
MIN_SPAN = 0.85  # of the page's side: what a whole rule covers, gaps included
MAX_THICKNESS = 1 / 20  # of the rule's length


def remove(mask: Grey) -> Grey | None:
    """Take the rules out of a mask, (H, W) uint8 of 0 and 1; None where there are none."""
    lying = _rules(mask)
    standing = np.ascontiguousarray(_rules(np.ascontiguousarray(mask.T)).T)
    if not lying.any() and not standing.any():
        return None
    cleaned = mask & ~(lying | standing) & 1
    return _bridge(mask, cleaned, lying, (1, 0)) | _bridge(mask, cleaned, standing, (0, 1))


def _rules(mask: Grey) -> Grey:
    """The lying rules of a mask: long, thin, and from one side of the page to the other."""
    width = mask.shape[1]
    length = max(12, round(MIN_LENGTH * width))
    found = np.zeros_like(mask)
    if length > width:
        return found
    straight = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, length // 3), np.uint8))
    straight = cv2.dilate(straight, np.ones((1, 5), np.uint8)) & mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    for label in range(1, count):
        x, _y, breadth, _h, area = (int(v) for v in stats[label])
        thickness = area / breadth
        reaches = x <= 2 or x + breadth >= width - 2
        if breadth >= MIN_SPAN * width and reaches and thickness <= MAX_THICKNESS * width + 1:
            found |= (labels == label).view(np.uint8)
    if not found.any():
        return found
    return cv2.dilate(found, np.ones((3, 1), np.uint8)) & mask


def _bridge(mask: Grey, cleaned: Grey, rules: Grey, direction: tuple[int, int]) -> Grey:
    """Give back the pixels of a rule that join strokes on both of its sides."""
    if not rules.any():
        return cleaned
    thickness = int(rules.sum(axis=0 if direction[0] else 1).max()) + 4
    kernel = np.ones((thickness, 1) if direction[0] else (1, thickness), np.uint8)
    padded = cv2.copyMakeBorder(cleaned, *[thickness] * 4, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    closed = closed[thickness:-thickness, thickness:-thickness]
    return cleaned | (closed & rules & mask)
