"""What surrounds the writing: frames, rules at the border, the desk around a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Grey
from .bars import bars_in
from .components import Component, Components

BORDER = 0.1  # of the page's shorter side: where frames and paper edges lie
CONTACT = 0.4  # of the page's shorter side: what lies along so much of the border is a frame
INNER = 0.1  # of a mark: so little of it lies elsewhere if it lies at the border
CORNERED = 2  # corners: in so many has ink what goes from one end to the other and is no writing
SPANS = 0.8  # of a side of the page: so long goes from one end of it to the other
SURROUNDED = 0.3  # of the ink: so much at the border is looked at as a desk or a frame
BOX = 0.3  # of the page's shorter side: smaller boxes are no frames of its only digit
RIM = 0.2  # of a box's side: where its own ink lies
COVERED = 0.9  # of a box's side: what its ink covers at least
ENCLOSED = 0.25  # of a box's shorter side: what is smaller is no writing inside it
WRITING = 0.12  # of the page's shorter side: what is smaller is no reason to drop a frame
RING = 24  # pixels, the shorter side of the smallest ring
ROUND, ROUND_MANY = 1.8, 3.5  # longer to shorter side of the longest ring, and round several marks
HOLLOW = 0.72  # of a ring's radius: hardly any of its ink lies further inside
STRAY = 0.08  # of a ring's ink: what lies there nevertheless
REACHES = 0.15  # of a ring's radius: what reaches so much further into it is no part of it
CIRCLED = 0.3  # of a ring's height: what is lower is no writing inside it
SECTORS, CLOSED = 24, 20  # into how many a ring is cut, and how many have ink where it is closed
CORNERS = 3  # marks: so many of a frame's corners show at least
CORNER = 0.25  # of a mark's side: so near it lies to where all the ink ends
ARM = 0.45  # of a mark's side: so thick the arms of a corner are at most
HUNDREDS = 200  # components: of more, most are specks, and not looked at one by one
SLASH, OBLIQUE = 0.9, 0.5  # correlation of a stroke's coordinates, and its box's width to height

Span = tuple[int, int]  # rows or columns of a page, half-open


class Surroundings(NamedTuple):
    """Which components of a mask surround the writing: `boxes`, printed ones and rings that someone
    drew, and `frames` of any kind, boxes among them. `touched` says that writing hangs on a ring,
    and is taken for a part of it."""

    boxes: list[Component]
    frames: list[Component]
    touched: bool = False


def surroundings(found: Components) -> Surroundings:
    """What surrounds the writing on a page."""
    boxes, frames, touched = [], [], False
    least = BOX * min(found.mask.shape)
    several = len(found.listed) > 1  # nothing surrounds itself
    if len(found.listed) > HUNDREDS:
        found = _without_specks(found)
    for each in found.components:
        is_large = several and min(each.width, each.height) >= least  # few are, of many specks
        if is_large and _is_box(each, found):
            boxes.append(each)
            frames.append(each)
        elif is_large and _is_ring(each, found):
            boxes.append(each)
            frames.append(each)
            touched = touched or _is_touched(found.own(each))
        elif _is_around(each, found):
            frames.append(each)
    marks = _corner_marks(found) if len(found.components) > CORNERS else []
    marks += bars_in(found)
    known = {each.label for each in frames}
    marks = [each for each in marks if each.label not in known]
    return Surroundings([*boxes, *marks], [*frames, *marks], touched)


def _corner_marks(found: Components) -> list[Component]:
    """The corners of a frame of which nothing else is printed, three at least: where all the ink
    ends, and along both sides there."""
    x, y, width, height, _ = found.boxes.T
    near_x, near_y = CORNER * width, CORNER * height
    right, bottom = x + width, y + height
    last_x, last_y = right.max(), bottom.max()
    at_left, at_top = x - x.min() <= near_x, y - y.min() <= near_y
    across, down = at_left | (last_x - right <= near_x), at_top | (last_y - bottom <= near_y)
    is_small = (2 * width <= last_x - x.min()) & (2 * height <= last_y - y.min())
    may_be = np.flatnonzero(across & down & is_small)
    corners = list(zip(at_left[may_be].tolist(), at_top[may_be].tolist(), strict=True))
    if len(set(corners)) < CORNERS:
        return []
    marks = {}
    for at, (left, top) in zip(may_be.tolist(), corners, strict=True):
        each = found.components[at]
        if _is_corner(found.own(each)[:: 1 if top else -1, :: 1 if left else -1], each.area):
            marks[left, top] = each
    return list(marks.values()) if len(marks) >= CORNERS else []


def _is_corner(own: Grey, area: int) -> bool:
    """Whether a mark, the pixels in its box, lies along its upper and its left side and nowhere
    else."""
    high, wide = round(ARM * own.shape[0]), round(ARM * own.shape[1])
    along = own[:high].any(axis=0).mean(), own[:, :wide].any(axis=1).mean()
    return bool(min(along) >= COVERED and own[high:, wide:].sum() <= STRAY * area)


def _without_specks(found: Components) -> Components:
    """Those components that touch the border of the page, or may be frames or writing in one."""
    height, width = found.mask.shape
    x, y, breadth, depth, _ = found.boxes.T
    free = (x > 1) & (y > 1) & (x + breadth < width - 1) & (y + depth < height - 1)
    large = np.maximum(breadth, depth) >= min(ENCLOSED, CIRCLED) * BOX * min(height, width)
    return found.chosen(large | ~free)


def is_surrounded(mask: Grey) -> bool:
    """Whether much of a mask's ink, (H, W) uint8 of 0 and 1, lies at the border of the page."""
    zone = _zone(mask.shape)
    total = cv2.countNonZero(mask)
    inside = cv2.countNonZero(mask[zone:-zone, zone:-zone])
    return total - inside >= SURROUNDED * total


def frame_region(found: Components, frames: Sequence[Component]) -> Grey:
    """Where frames lie, (H, W) uint8 of 0 and 1, with the pixels next to them."""
    region = np.zeros(found.mask.shape, np.uint8)
    for frame in frames:
        region[frame.y : frame.bottom, frame.x : frame.right] |= found.own(frame)
    return cv2.dilate(region, np.ones((5, 5), np.uint8))


def without_boxes(mask: Grey, found: Components, around: Surroundings) -> Grey:
    """A mask, (H, W) uint8 of 0 and 1, without the boxes around writing. `found` are its
    components."""
    if not around.boxes:
        return mask
    rest = mask.copy()
    for box in around.boxes:
        window = rest[box.y : box.bottom, box.x : box.right]
        cv2.subtract(window, found.own(box), window)
    return rest


def without_frames(found: Components, around: Surroundings) -> Components:
    """Leave out what surrounds the writing, as long as something is left that could be writing."""
    if not around.frames:
        return found
    outer = {frame.label for frame in around.frames}
    rest = found.without(outer)
    is_left = (rest.boxes[:, 2:4] >= WRITING * min(found.mask.shape)).any()
    return rest if is_left else found


def _zone(shape: tuple[int, ...]) -> int:
    """Width in pixels of the border where frames and paper edges lie."""
    return max(2, round(BORDER * min(shape)))


def _is_around(part: Component, found: Components) -> bool:
    """Whether a part lies at the page's border: the desk, a rule, an open frame."""
    _, x, y, width, height, _ = part
    page_height, page_width = found.mask.shape
    spans = width >= SPANS * page_width or height >= SPANS * page_height
    free = 1 < x < page_width - 1 - width and 1 < y < page_height - 1 - height
    if free and not spans:
        return False
    own = found.own(part)
    return (
        _lies_at_border(part, own, page_height, page_width)
        or _contact(part, own, page_height, page_width) >= CONTACT * min(page_height, page_width)
        or (spans and _corners(part, own, page_height, page_width) >= CORNERED)
    )


def are_around(
    masks: Grey, areas: npt.NDArray[np.intp], spans: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The same of the only marks on small pages that touch no side of these, by their masks,
    (N, h, w) uint8 of 0 and 1, and areas; which of them go from one side to the other, `spans`, is
    known: (N,) all."""
    zone = _zone(masks.shape[1:])
    inner = masks[:, zone:-zone, zone:-zone].sum(axis=(1, 2))
    ends = slice(zone), slice(-zone, None)
    corners = sum(masks[:, rows, columns].any(axis=(1, 2)) for rows, columns in product(ends, ends))
    return np.asarray((inner <= INNER * areas) | (spans & (corners >= CORNERED)))


def _is_box(part: Component, found: Components) -> bool:
    """Whether a large part is a printed box around writing, whole or cut by the border of the
    page."""
    height, width = found.mask.shape
    if not any(_encloses(part, each) for each in found.components):
        return False
    own = found.own(part)
    high, wide = round(RIM * part.height), round(RIM * part.width)
    if np.count_nonzero(own[high:-high, wide:-wide]) > 0.1 * part.area:
        return False
    rims = (own[:high], own[-high:], own[:, :wide].T, own[:, -wide:].T)
    cut = (part.y <= 1, part.bottom >= height - 1, part.x <= 1, part.right >= width - 1)
    covered = [bool(rim.any(axis=0).mean() >= COVERED) for rim in rims]
    closed = all(side or edge for side, edge in zip(covered, cut, strict=True))
    return closed and sum(covered) >= 2


def _encloses(box: Component, part: Component) -> bool:
    large = max(part.width, part.height) >= ENCLOSED * min(box.width, box.height)
    return large and _is_within(part, box)


def _is_within(part: Component, box: Component) -> bool:
    return box.x < part.x and part.right < box.right and box.y < part.y and part.bottom < box.bottom


def _is_ring(part: Component, found: Components) -> bool:
    """Whether a large part is a round line about writing, closed or almost so: no 0, which has at
    most specks or a slash inside, and none of the digits with ink in their middle."""
    short, long = sorted((part.width, part.height))
    if short < RING or long > ROUND_MANY * short:
        return False
    least = CIRCLED * part.height
    every = (each for each in found.components if each.height >= least and _is_within(each, part))
    inside = list(islice(every, 2))
    if not inside or (len(inside) == 1 and _is_slash(found.own(inside[0]))):
        return False
    if long > ROUND * short and (len(inside) == 1 or part.height > part.width):
        return False
    own = found.own(part)
    high, wide = part.height // 4, part.width // 4
    if np.count_nonzero(own[high:-high, wide:-wide]) > STRAY * part.area:  # squared paper
        return False
    if _corners(part, own, *found.mask.shape) >= 2:  # the desk around a sheet
        return False
    radii, sectors = _polar(own)
    if np.count_nonzero(radii < HOLLOW) > STRAY * part.area:
        return False
    return len(np.unique(sectors)) >= CLOSED


def _polar(own: Grey) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """How far from its middle each pixel of a ring lies, the pixels in its box, in radii, and in
    which of its sectors."""
    y, x = np.nonzero(own)
    height, width = own.shape
    beside, below = x * (2 / (width - 1)) - 1, y * (2 / (height - 1)) - 1
    turns = np.arctan2(below, beside) / (2 * np.pi) + 0.5
    return np.hypot(beside, below), (turns * SECTORS).astype(np.intp) % SECTORS


def _is_touched(own: Grey) -> bool:
    """Whether something reaches from a ring, the pixels in its box, far into it."""
    radii, sectors = _polar(own)
    inner = np.full(SECTORS, np.inf)
    np.minimum.at(inner, sectors, radii)
    return bool(inner.min() < np.median(inner) - REACHES)


def _is_slash(own: Grey) -> bool:
    """Whether a part, the pixels in its box, is a single oblique stroke from the lower left to the
    upper right."""
    height, width = own.shape
    if not OBLIQUE * height <= width <= height / OBLIQUE:
        return False
    y, x = np.nonzero(own)
    return bool(np.corrcoef(x, -y)[0, 1] >= SLASH)


def _lies_at_border(part: Component, own: Grey, height: int, width: int) -> bool:
    zone = _zone((height, width))
    inner = _in_window(part, own, (zone, height - zone), (zone, width - zone))
    return inner <= INNER * part.area


def _contact(part: Component, own: Grey, height: int, width: int) -> int:
    """How many pixels of the page's sides a part covers, `own` being those in its box."""
    rows, columns = (0, height), (0, width)
    ends = [(end, columns) for end in ((0, 1), (height - 1, height))]
    sides = [(rows, end) for end in ((0, 1), (width - 1, width))]
    return sum(_in_window(part, own, *side) for side in (*ends, *sides))


def _corners(part: Component, own: Grey, height: int, width: int) -> int:
    """In how many corners of the page a part has ink."""
    zone = _zone((height, width))
    corners = product(((0, zone), (height - zone, height)), ((0, zone), (width - zone, width)))
    return sum(_in_window(part, own, *corner) > 0 for corner in corners)


def _in_window(part: Component, own: Grey, rows: Span, columns: Span) -> int:
    """How many pixels of a part lie in these rows and columns of the page."""
    top, bottom = (max(0, row - part.y) for row in rows)
    left, right = (max(0, column - part.x) for column in columns)
    return cv2.countNonZero(own[top:bottom, left:right])
