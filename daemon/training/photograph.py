"""A filled sheet -> a scan or photo of it, with the box of every digit.

What a scanner and a phone add: the desk, perspective, a turn by any angle, lamps and shadows,
blur, noise, fewer or more pixels than there is detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Box, Grey
from .layouts import WORDS
from .page_sheet import Colour, Mark, Sheet

Corners: TypeAlias = npt.NDArray[np.float64]  # (4, 2): x, y from the top left one clockwise
Matrix: TypeAlias = npt.NDArray[np.float64]  # (3, 3), pixels of the sheet to the picture's
Map: TypeAlias = npt.NDArray[np.float32]  # (H, W)

_DESKS: tuple[Colour, ...] = (
    (38, 34, 32),
    (52, 70, 92),
    (60, 88, 122),
    (96, 92, 88),
    (70, 78, 60),
    (110, 130, 150),
)
_LIDS: tuple[Colour, ...] = ((232, 232, 232), (250, 250, 250), (52, 50, 48))
_COARSE = 4  # pixels of the picture to one of the map of its light


class Setting(StrEnum):
    """How the sheet lies before the lens."""

    SCAN = "scan"  # flat on a scanner's glass
    CLOSE = "close photo"  # nothing but the sheet
    EDGE = "desk at a side"
    DESK = "whole sheet on a desk"


class Light(StrEnum):
    """What falls on it."""

    EVEN = "even"
    UNEVEN = "uneven"
    SHADOW = "shadow"


class Tones(StrEnum):
    """What the file keeps of it."""

    COLOUR = "colour"
    GREY = "grey"
    BILEVEL = "black and white"


@dataclass(frozen=True, slots=True)
class Shot:
    """How a picture is taken. `angle` is degrees by which the sheet lies askew, `turns` quarter
    turns clockwise of the whole picture; `resize` the picture's size over what its lens saw; blur
    in pixels and noise in grey levels, both standard deviations."""

    setting: Setting = Setting.SCAN
    angle: float = 0.0
    turns: int = 0
    light: Light = Light.EVEN
    tones: Tones = Tones.COLOUR
    resize: float = 1.0
    exposure: float = 1.0
    blur: float = 0.5
    noise: float = 2.0
    bleed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One digit in the picture."""

    label: int
    box: Box


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """A group of a row as it stands on the paper, and its digits."""

    text: str
    digits: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """`pixels` is (H, W, 3) BGR or (H, W) grey, uint8; `rows` in reading order."""

    pixels: Grey
    rows: tuple[tuple[SeenGroup, ...], ...]

    @property
    def label(self) -> str:
        """What is written as labels.csv has it: rows separated by `|`, groups by a space."""
        return "|".join(" ".join(group.text for group in row) for row in self.rows)


def photograph(sheet: Sheet, shot: Shot, rng: np.random.Generator) -> Photo:
    """Take a picture of a sheet."""
    onto, size = _placed(sheet.pixels.shape, shot, rng)
    paper = _with_bleed(sheet, rng) if shot.bleed else sheet.pixels
    light = _warped(paper, onto, size, shot, rng)
    pixels = _exposed(light, shot, rng)
    resized = np.diag([shot.resize, shot.resize, 1.0])
    if shot.resize != 1:
        how = cv2.INTER_AREA if shot.resize < 1 else cv2.INTER_CUBIC
        pixels = cv2.resize(pixels, None, fx=shot.resize, fy=shot.resize, interpolation=how)
    if shot.tones is not Tones.COLOUR:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if shot.tones is Tones.BILEVEL:
        level = float(rng.uniform(150, 200))
        _, pixels = cv2.threshold(pixels, level, 255, cv2.THRESH_BINARY)
    onto = _turning(shot.turns, pixels.shape) @ resized @ onto
    pixels = np.ascontiguousarray(np.rot90(pixels, -shot.turns))
    rows = tuple(
        tuple(
            SeenGroup(group.text, tuple(_seen(mark, onto, pixels.shape) for mark in group.marks))
            for group in row
        )
        for row in sheet.rows
    )
    return Photo(pixels, rows)


def _seen(mark: Mark, onto: Matrix, shape: tuple[int, ...]) -> Seen:
    points = _project(mark.outline, onto)
    height, width = shape[:2]
    left, top = np.clip(np.floor(points.min(axis=0)), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(points.max(axis=0)) + 1, (left + 1, top + 1), (width, height))
    return Seen(mark.label, Box(int(left), int(top), int(right - left), int(bottom - top)))


def _project(points: npt.NDArray[np.floating], onto: Matrix) -> npt.NDArray[np.float64]:
    """Points (n, 2) in the picture."""
    whole = np.column_stack([points, np.ones(len(points))]) @ onto.T
    return np.asarray(whole[:, :2] / whole[:, 2:])


def _turning(turns: int, shape: tuple[int, ...]) -> Matrix:
    """Quarter turns clockwise of a picture of `shape`, as a matrix."""
    height, width = shape[:2]
    whole = np.eye(3)
    for _ in range(turns % 4):
        whole = np.array([[0, -1, height - 1], [1, 0, 0], [0, 0, 1]]) @ whole
        height, width = width, height
    return whole


def _placed(
    shape: tuple[int, ...], shot: Shot, rng: np.random.Generator
) -> tuple[Matrix, tuple[int, int]]:
    """Where the sheet's pixels come to lie, and the picture's (width, height)."""
    height, width = shape[:2]
    outline = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    if shot.setting is Setting.CLOSE:
        # Parts of the sheet's margins lie outside; unlike corners make a little perspective.
        outwards = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        corners = outline + outwards * (width, height) * rng.uniform(0.003, 0.035, (4, 2))
        return _matrix(outline, corners), (width, height)
    centred = outline - outline.mean(axis=0)
    corners = centred @ _rotation(shot.angle).T
    if shot.setting is not Setting.SCAN:
        corners = _tilted(corners, rng)
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = 0.0
    if shot.setting is Setting.SCAN and abs(shot.angle) < 4:
        low, high = centred.min(axis=0), centred.max(axis=0)
    elif shot.setting is not Setting.SCAN:
        margin = rng.uniform(0.04, 0.12) * float((high - low).max())
    low, high = low - margin * rng.uniform(0.3, 1, 2), high + margin * rng.uniform(0.3, 1, 2)
    if shot.setting is Setting.EDGE:
        low, high = _without_a_side(low, high, corners, rng)
    if shot.setting is not Setting.SCAN:
        low, high = _in_format(low, high, rng)
    size = np.ceil(high - low).astype(int)
    return _matrix(outline, corners - low), (int(size[0]), int(size[1]))


def _matrix(start: Corners, end: Corners) -> Matrix:
    return np.asarray(
        cv2.getPerspectiveTransform(start.astype(np.float32), end.astype(np.float32)), np.float64
    )


def _rotation(angle: float) -> Matrix:
    """Clockwise by `angle` degrees, (2, 2)."""
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return np.array([[cos, -sin], [sin, cos]])


def _tilted(corners: Corners, rng: np.random.Generator) -> Corners:
    """The corners as a camera sees them that does not look straight down."""
    about_x, about_y = np.deg2rad(np.clip(rng.normal(0, 7, 2), -15, 15))
    far = rng.uniform(1.6, 2.6) * np.ptp(corners, axis=0).max()
    depth = corners[:, 1] * np.sin(about_x) + corners[:, 0] * np.sin(about_y)
    flat = corners * np.array([np.cos(about_y), np.cos(about_x)])
    return np.asarray(flat * (far / (far + depth))[:, None])


def _without_a_side(
    low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], corners: Corners,
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:  # fmt: skip
    """A frame out of which one or two sides of the sheet run, by less than its margins."""
    extent = np.ptp(corners, axis=0)
    low, high = low.copy(), high.copy()
    for side in rng.permutation(4)[: rng.integers(1, 3)]:
        cut = rng.uniform(0.01, 0.035) * extent[side % 2]
        if side < 2:
            low[side] = corners.min(axis=0)[side] + cut
        else:
            high[side - 2] = corners.max(axis=0)[side - 2] - cut
    return low, high


def _in_format(
    low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Widen a frame towards the sides' ratio of a phone's picture, 3 to 4; not without limit."""
    size = high - low
    long = int(size.argmax())
    lacking = min(0.75 * size[long], 1.35 * size[1 - long]) - size[1 - long]
    if lacking > 0:
        low, high = low.copy(), high.copy()
        share = rng.uniform(0.2, 0.8)
        low[1 - long] -= share * lacking
        high[1 - long] += (1 - share) * lacking
    return low, high


def _with_bleed(sheet: Sheet, rng: np.random.Generator) -> Grey:
    """The sheet with print from its back: mirrored, pale, blurred words."""
    back = Sheet(sheet.width, sheet.height, sheet.scale, sheet.digit, sheet.hand, rng)
    size = rng.uniform(3, 4.5)
    for y in np.arange(rng.uniform(0.05, 0.4) * sheet.height, 0.9 * sheet.height, 1.6 * size):
        words = " ".join(WORDS[n].lower() for n in rng.integers(0, len(WORDS), 6))
        back.print_words(words, 0.08 * sheet.width, y, size)
    blurred = cv2.GaussianBlur(back.pixels[:, ::-1], (0, 0), 0.12 * sheet.scale)
    faint = cv2.addWeighted(blurred, share := rng.uniform(0.1, 0.22), blurred, 0, 255 * (1 - share))
    return cv2.min(sheet.pixels, faint)


def _warped(
    paper: Grey, onto: Matrix, size: tuple[int, int], shot: Shot, rng: np.random.Generator
) -> Grey:
    """The sheet on what lies below it."""
    if shot.setting is Setting.CLOSE:
        return cv2.warpPerspective(paper, onto, size, borderMode=cv2.BORDER_REPLICATE)
    if shot.setting is Setting.SCAN:
        lid = _LIDS[rng.integers(len(_LIDS))]
        return cv2.warpPerspective(paper, onto, size, borderValue=lid)
    desk = _desk(size, rng)
    cover = cv2.warpPerspective(np.full(paper.shape[:2], 255, np.uint8), onto, size)
    coarse = cv2.resize(cover, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    spread = 0.012 * max(coarse.shape)
    near = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), spread), size)
    shade = (255 - near * np.float32(rng.uniform(0.2, 0.6))) / np.float32(255)
    desk = np.asarray(desk * shade[..., None], np.uint8)
    return cv2.warpPerspective(paper, onto, size, desk, borderMode=cv2.BORDER_TRANSPARENT)


def _desk(size: tuple[int, int], rng: np.random.Generator) -> Grey:
    """Wood, cloth or stone: streaks and spots around one colour."""
    width, height = size
    grain = rng.integers(3, 60), rng.integers(60, 400)
    streaks = rng.standard_normal((grain[1], grain[0]), np.float32)
    if rng.random() < 0.5:
        streaks = streaks.T
    texture = cv2.resize(streaks, size) * np.float32(rng.uniform(2, 9))
    spots = rng.standard_normal((max(2, height // 40), max(2, width // 40)), np.float32)
    texture += cv2.resize(spots, size) * np.float32(rng.uniform(0, 5))
    colour = np.array(_DESKS[rng.integers(len(_DESKS))], np.float32)
    return np.asarray(np.clip(texture[..., None] + colour, 0, 255), np.uint8)


def _lamp(size: tuple[int, int], light: Light, rng: np.random.Generator) -> Map:
    """The share of light that reaches each pixel, coarsely."""
    width, height = (max(2, side // _COARSE) for side in size)
    angle = rng.uniform(0, 2 * np.pi)
    x = np.cos(angle) * np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.sin(angle) * np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    reach = ((x + y) / (abs(np.cos(angle)) + abs(np.sin(angle))) + 1) / 2
    falls = rng.uniform(0.35, 0.6) if light is Light.UNEVEN else rng.uniform(0.02, 0.15)
    lamp = 1 - falls * reach ** rng.uniform(0.8, 2)
    if light is Light.SHADOW:
        lamp *= _shadow(width, height, rng)
    return np.asarray(lamp, np.float32)


def _shadow(width: int, height: int, rng: np.random.Generator) -> Map:
    """The shadow of a hand, a phone or a window: a polygon with a soft edge."""
    middle = rng.uniform(0, 1, 2) * (width, height)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 5))
    reach = rng.uniform(0.3, 1.1, 5) * max(width, height)
    points = middle + np.stack([np.cos(turns), np.sin(turns)], 1) * reach[:, None]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 255, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), float(np.exp(rng.uniform(np.log(0.6), np.log(25)))))
    return np.asarray(1 - rng.uniform(0.25, 0.55) * soft.astype(np.float32) / 255, np.float32)


def _exposed(light: Grey, shot: Shot, rng: np.random.Generator) -> Grey:
    """Lamp, lens and sensor."""
    height, width = light.shape[:2]
    lamp = cv2.resize(_lamp((width, height), shot.light, rng), (width, height))
    noise = rng.standard_normal((height, width), np.float32) * np.float32(shot.noise)
    cast = rng.uniform(0.93, 1.0, 3) if shot.setting is not Setting.SCAN else np.ones(3)
    exposed = np.empty_like(light)
    for channel in range(3):
        lit = light[:, :, channel] * (lamp * np.float32(shot.exposure * cast[channel]))
        if shot.blur > 0:
            lit = cv2.GaussianBlur(lit, (0, 0), shot.blur)
        exposed[:, :, channel] = np.clip(lit + noise, 0, 255)
    return exposed
