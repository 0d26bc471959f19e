"""What surrounds a digit: paper and what is printed on it, desks, shadows, dirt.

A layer takes the picture, (H, W, 3) float32 BGR in 0..255, and gives it back with something added
below the ink or above it. Lengths are in heights of the digit, so that a layer looks the same at
every size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from daemon.records import Box
from daemon.training.handwriting import own_digit
from daemon.training.strokes import render_strokes

Light: TypeAlias = npt.NDArray[np.float32]  # (H, W, 3) BGR, 0..255
Share: TypeAlias = npt.NDArray[np.float32]  # (H, W), 0..1
Colour: TypeAlias = tuple[float, float, float]  # blue, green, red
Rng: TypeAlias = np.random.Generator


@dataclass(frozen=True, slots=True)
class Place:
    """Where the digit stands: the box of its ink, and how it is written."""

    box: Box
    pen_width: float
    colour: Colour

    @property
    def height(self) -> float:
        """The digit's longer side, in px."""
        return float(max(self.box.width, self.box.height))


Layer: TypeAlias = Callable[[Light, Place, Rng], Light]


def paint(light: Light, colour: Colour, cover: Share) -> Light:
    """`colour` where `cover` (H, W) is 1."""
    return (light + cover[..., None] * (np.array(colour, np.float32) - light)).astype(np.float32)


def texture(shape: Sequence[int], grain: float, rng: Rng) -> Share:
    """Noise whose spots are about `grain` pixels wide."""
    height, width = shape[:2]
    spots = max(2, round(height / grain)), max(2, round(width / grain))
    return np.asarray(cv2.resize(rng.random(spots, np.float32), (width, height)), np.float32)


def drawn_lines(shape: Sequence[int], ends: Sequence[Sequence[float]], thickness: float) -> Share:
    """Straight lines (x0, y0, x1, y1), whatever their thickness in px: thin ones are faint."""
    cover = np.zeros(shape[:2], np.uint8)
    strength = round(255 * min(1.0, thickness))
    for x0, y0, x1, y1 in ends:
        start, end = (round(x0 * 16), round(y0 * 16)), (round(x1 * 16), round(y1 * 16))
        cv2.line(cover, start, end, strength, max(1, round(thickness)), cv2.LINE_AA, 4)
    return cover.astype(np.float32) / np.float32(255)


def printed(rng: Rng) -> Colour:
    """A colour in which forms and paper are printed."""
    blue_grey, red, grey, black = (150, 120, 100), (110, 105, 190), (140, 140, 140), (50, 50, 50)
    return (blue_grey, red, grey, black)[rng.integers(4)]


def frame(light: Light, place: Place, rng: Rng) -> Light:
    """A printed box around the digit, not quite straight."""
    box, h = place.box, place.height
    left, top, right, bottom = (
        np.array([box.x, box.y, box.right, box.bottom])
        + np.array([-1, -1, 1, 1]) * rng.uniform(0.12, 0.5, 4) * h
    )
    tilt = rng.normal(0, 0.012) * h
    corners = [
        (left, top + tilt),
        (right, top - tilt),
        (right - tilt, bottom - tilt),
        (left - tilt, bottom + tilt),
    ]
    ends = [(*corners[n], *corners[(n + 1) % 4]) for n in range(4)]
    thickness = max(0.8, rng.uniform(1 / 60, 1 / 14) * h)
    return paint(light, printed(rng), drawn_lines(light.shape, ends, thickness))


def rules_at_the_border(light: Light, place: Place, rng: Rng) -> Light:
    """What is left of a table's lines along one to three of the picture's sides."""
    height, width = light.shape[:2]
    box, h = place.box, place.height
    free = {"left": box.x, "top": box.y, "right": width - box.right, "bottom": height - box.bottom}
    ends = []
    for side in rng.permutation(list(free))[: rng.integers(1, 4)]:
        depth, askew = rng.uniform(0, 0.35) * free[side], rng.normal(0, 0.012) * h
        ends.append(
            {
                "left": (depth, 0, depth + askew, height),
                "right": (width - 1 - depth, 0, width - 1 - depth + askew, height),
                "top": (0, depth, width, depth + askew),
                "bottom": (0, height - 1 - depth, width, height - 1 - depth + askew),
            }[side]
        )
    thickness = max(1.0, rng.uniform(1 / 40, 1 / 12) * h)
    return paint(light, printed(rng), drawn_lines(light.shape, ends, thickness))


def ruled(light: Light, place: Place, rng: Rng) -> Light:
    """Lines on which the digit stands."""
    height, width = light.shape[:2]
    pitch = rng.uniform(1.05, 1.8) * place.height
    base = place.box.bottom + rng.uniform(-0.06, 0.12) * place.height
    slope = rng.normal(0, 0.015) * width
    rows = base + pitch * np.arange(-8, 9)
    ends = [(0, y - slope, width, y + slope) for y in rows if -abs(slope) < y < height + abs(slope)]
    thickness = max(0.6, rng.uniform(1 / 70, 1 / 35) * place.height)
    return paint(light, _faint(light, rng), drawn_lines(light.shape, ends, thickness))


def squared(light: Light, place: Place, rng: Rng) -> Light:
    """Squares smaller than the digit."""
    height, width = light.shape[:2]
    pitch = max(5.0, rng.uniform(0.28, 0.75) * place.height)
    ends = [
        *((0, y, width, y) for y in np.arange(rng.uniform(0, pitch), height, pitch)),
        *((x, 0, x, height) for x in np.arange(rng.uniform(0, pitch), width, pitch)),
    ]
    thickness = max(0.5, place.height / rng.uniform(60, 110))
    return paint(light, _faint(light, rng), drawn_lines(light.shape, ends, thickness))


def cut_neighbours(light: Light, place: Place, rng: Rng) -> Light:
    """Up to a third of one or two neighbours, written with the same pen, cut by the rim: of digits
    of which so little is no digit."""
    height, width = light.shape[:2]
    box, h = place.box, place.height
    cover = np.zeros((height, width), np.float32)
    for side in rng.permutation(["left", "right", "above", "below"])[: rng.integers(1, 3)]:
        label = int(rng.choice([0, 2, 3, 5, 6, 8]))
        size = rng.uniform(0.85, 1.1) * h
        ink = render_strokes(own_digit(label, rng), height=size, pen_width=place.pen_width)
        rows, columns = ink.shape
        shown = rng.uniform(0.1, 0.32)
        gap = 0.12 * h
        if side == "left":
            x, y = shown * columns, box.y + rng.normal(0, 0.06) * h
            x = min(x, box.x - gap) - columns
        elif side == "right":
            x, y = width - shown * columns, box.y + rng.normal(0, 0.06) * h
            x = max(x, box.right + gap)
        elif side == "above":
            x, y = box.x + rng.uniform(-0.5, 0.5) * h, min(shown * rows, box.y - gap) - rows
        else:
            x = box.x + rng.uniform(-0.5, 0.5) * h
            y = max(height - shown * rows, box.bottom + gap)
        _lay(cover, ink, round(x), round(y))
    return paint(light, place.colour, cover)


def specks(light: Light, place: Place, rng: Rng) -> Light:
    """Dust and dots beside the digit, none larger than a tenth of it."""
    height, width = light.shape[:2]
    cover = np.zeros((height, width), np.uint8)
    for _ in range(rng.integers(5, 40)):
        centre = rng.uniform(0, width), rng.uniform(0, height)
        radius = max(0.5, place.height * 0.05 * rng.beta(1, 3))
        middle = round(centre[0] * 16), round(centre[1] * 16)
        cv2.circle(cover, middle, round(radius * 16), int(rng.integers(110, 255)), -1, 16, 4)
    return paint(light, printed(rng), cover.astype(np.float32) / np.float32(255))


def bleed_through(light: Light, place: Place, rng: Rng) -> Light:
    """What stands on the back of the sheet, mirrored, pale and blurred."""
    height, width = light.shape[:2]
    h = place.height
    cover = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(1, 4)):
        strokes = own_digit(int(rng.integers(10)), rng)
        ink = render_strokes(strokes, height=h * rng.uniform(0.8, 1.2), pen_width=place.pen_width)
        x, y = rng.uniform(-0.3 * h, width - 0.5 * h), rng.uniform(-0.3 * h, height - 0.5 * h)
        _lay(cover, ink[:, ::-1], round(x), round(y))
    blurred = cv2.GaussianBlur(cover, (0, 0), max(0.5, 0.012 * h))
    return paint(light, place.colour, np.asarray(blurred * rng.uniform(0.08, 0.24), np.float32))


def shade(light: Light, _: Place, rng: Rng) -> Light:
    """A lamp from one side: the darkest corner has a third to two thirds of the light."""
    height, width = light.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    x = np.cos(angle) * np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.sin(angle) * np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    reach = (x + y) / (abs(np.cos(angle)) + abs(np.sin(angle)))
    lamp = 1 - rng.uniform(0.35, 0.65) * ((reach + 1) / 2) ** rng.uniform(0.8, 2)
    return np.asarray(light * lamp[..., None], np.float32)


def shadow_edge(light: Light, place: Place, rng: Rng) -> Light:
    """The edge of a shadow, sharp or soft, somewhere across the picture."""
    height, width = light.shape[:2]
    h = place.height
    centre = np.array([rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height])
    angle, far = rng.uniform(0, 2 * np.pi), 4.0 * max(width, height)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    corners = [
        centre + far * along,
        centre - far * along,
        centre - far * along + far * across,
        centre + far * along + far * across,
    ]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), 255, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.6, rng.uniform(0.01, 0.12) * h))
    dark = (1 - rng.uniform(0.3, 0.6)) * soft.astype(np.float32) / 255
    return np.asarray(light * (1 - dark)[..., None], np.float32)


def desk(light: Light, place: Place, rng: Rng) -> Light:
    """The sheet lies askew on a desk that shows at some of its sides."""
    height, width = light.shape[:2]
    box, h = place.box, place.height
    room = np.array([box.x, box.y, width - box.right, height - box.bottom]) - 0.08 * h
    inset = rng.uniform(0.1, 0.75, 4) * np.maximum(room, 0) * (rng.random(4) < 0.7)
    if not inset.any():
        inset[rng.integers(4)] = 0.5 * max(room.max(), 0)
    left, top, right, bottom = inset
    askew = rng.normal(0, 0.03 * h, (4, 2))
    corners = [(left, top), (width - right, top), (width - right, height - bottom)]
    corners.append((left, height - bottom))
    outline = np.array(corners) + np.where(np.array(corners) > 0, askew, 0)
    outline[outline <= 0] = -h
    outline[:, 0][outline[:, 0] >= width - 1e-6] = width + h
    outline[:, 1][outline[:, 1] >= height - 1e-6] = height + h
    sheet = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(sheet, np.rint(outline * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    shadow = cv2.GaussianBlur(sheet, (0, 0), 0.06 * h).astype(np.float32) / 255
    woods = ((52, 70, 92), (70, 96, 128), (44, 44, 48), (96, 92, 88), (60, 50, 40))
    wood = 16 * texture(light.shape, 0.4 * h, rng) + 12 * texture(light.shape, 2, rng)
    below = (np.array(woods[rng.integers(len(woods))], np.float32) + wood[..., None]) * (
        1 - np.float32(0.5) * shadow[..., None]
    )
    cover = (sheet.astype(np.float32) / 255)[..., None]
    return np.asarray(below + cover * (light - below), np.float32)


def inverted(light: Light, _: Place, rng: Rng) -> Light:
    """Chalk on a board, or a negative."""
    board = rng.uniform(0.75, 1, 3)
    return np.asarray((255 - light) * board, np.float32)


def _faint(light: Light, rng: Rng) -> Colour:
    """A printed colour halfway to the paper."""
    paper = light.reshape(-1, 3).mean(axis=0)
    blue, green, red = np.array(printed(rng)) * 0.55 + paper * 0.45
    return float(blue), float(green), float(red)


def _lay(cover: Share, ink: Share, x: int, y: int) -> None:
    """Put `ink` on `cover` at column x and row y; what lies outside is lost."""
    height, width = cover.shape
    rows, columns = ink.shape
    top, left = max(0, y), max(0, x)
    bottom, right = min(height, y + rows), min(width, x + columns)
    if top < bottom and left < right:
        part = ink[top - y : bottom - y, left - x : right - x]
        np.maximum(cover[top:bottom, left:right], part, out=cover[top:bottom, left:right])
