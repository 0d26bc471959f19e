"""What surrounds the writing: frames, rules at the border, the desk around a sheet."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Grey
from .components import Component, Components, Labels

BORDER = 0.1  # of the page's shorter side: where frames and paper edges lie
CONTACT = 0.4  # of the page's shorter side: what lies along so much of the border is a frame
SURROUNDED = 0.3  # of the ink: so much at the border is looked at as a desk or a frame
WRITING = 0.12  # of the page's shorter side: what is smaller is no reason to drop a frame


def is_surrounded(mask: Grey) -> bool:
    """Whether much of a mask's ink, (H, W) uint8 of 0 and 1, lies at the border of the page."""
    zone = _zone(mask.shape)
    total = cv2.countNonZero(mask)
    inside = cv2.countNonZero(mask[zone:-zone, zone:-zone])
    return total - inside >= SURROUNDED * total


def frame_region(found: Components) -> Grey | None:
    """Where frames lie, (H, W) uint8 of 0 and 1, with the pixels next to them; None without any."""
    labels, components = found
    frames = [each for each in components if _is_frame(each, labels)]
    if not frames:
        return None
    region = np.zeros(labels.shape, np.uint8)
    for frame in frames:
        window = np.s_[frame.y : frame.bottom, frame.x : frame.right]
        region[window] |= (labels[window] == frame.label).view(np.uint8)
    return cv2.dilate(region, np.ones((5, 5), np.uint8))


def without_frames(found: Components) -> list[Component]:
    """Leave out what surrounds the writing, as long as something is left that could be writing."""
    labels, components = found
    kept = [each for each in components if not _is_frame(each, labels)]
    largest = max((max(each.width, each.height) for each in kept), default=0)
    return kept if largest >= WRITING * min(labels.shape) else components


def _zone(shape: tuple[int, ...]) -> int:
    """Width in pixels of the border where frames and paper edges lie."""
    return max(2, round(BORDER * min(shape)))


def _is_frame(part: Component, labels: Labels) -> bool:
    label, x, y, width, height, _ = part
    page_height, page_width = labels.shape
    spans = width >= 0.8 * page_width or height >= 0.8 * page_height
    free = 1 < x < page_width - 1 - width and 1 < y < page_height - 1 - height
    if free and not spans:
        return False
    return (
        _lies_at_border(part, labels)
        or _contact(label, labels) >= CONTACT * min(page_height, page_width)
        or (spans and _corners(label, labels) >= 2)
    )


def _lies_at_border(part: Component, labels: Labels) -> bool:
    height, width = labels.shape
    zone = _zone(labels.shape)
    inner = labels[
        max(part.y, zone) : min(part.bottom, height - zone),
        max(part.x, zone) : min(part.right, width - zone),
    ]
    return bool(np.count_nonzero(inner == part.label) <= 0.1 * part.area)


def _contact(label: int, labels: Labels) -> int:
    """How many pixels of the page's sides a part covers."""
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return sum(int(np.count_nonzero(side == label)) for side in sides)


def _corners(label: int, labels: Labels) -> int:
    """In how many corners of the page a part has ink."""
    zone = _zone(labels.shape)
    ends = (slice(None, zone), slice(-zone, None))
    corners = (labels[rows, columns] for rows in ends for columns in ends)
    return sum(bool((corner == label).any()) for corner in corners)
