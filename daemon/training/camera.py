"""Pictures of the project's own handwriting: paper, pen, light and camera, with the truth.

For samples and tests: everything is drawn from one generator, so a scene and a seed are a picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Box, Grey
from .handwriting import own_digit
from .strokes import Ink, render_strokes

Light: TypeAlias = npt.NDArray[np.floating[Any]]  # (H, W, 3) BGR, 0..255, before it is rounded
Share: TypeAlias = npt.NDArray[np.floating[Any]]  # (H, W) in 0..1

_PAPER = (214, 226, 232)  # BGR
_DESK = (52, 70, 92)
_RULE = (196, 168, 150)
_ROOM = 0.72  # of a digit's slot that the digit may fill


class Pen(Enum):
    """Colour (BGR) and grain: the share of the paper that the pen leaves bare."""

    BLUE = (150, 62, 28), 0.06
    BLACK = (38, 34, 34), 0.04
    RED = (48, 42, 196), 0.06
    PENCIL = (92, 90, 88), 0.38


class Ruling(StrEnum):
    """What is printed on the paper."""

    PLAIN = "plain"
    RULED = "ruled"
    SQUARED = "squared"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is written, on what, and how it is seen. `lines` are rows of separate digits; lengths
    are pixels."""

    lines: tuple[str, ...]
    width: int
    height: int
    digit_height: float
    pen_width: float
    pen: Pen = Pen.BLUE
    ruling: Ruling = Ruling.PLAIN
    desk: bool = False  # the edge of the sheet and the desk below it are in the picture
    shade: float = 0.15  # share of the light that the darkest corner lacks
    blur: float = 0.6  # standard deviation
    noise: float = 2.5  # standard deviation, grey levels
    light_on_dark: bool = False
    grey: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """One digit and the box of its ink."""

    label: int
    box: Box


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels` is (H, W, 3) BGR or (H, W) grey, uint8; `digits` in reading order."""

    pixels: Grey
    digits: tuple[Written, ...]


def compose(scene: Scene, rng: np.random.Generator) -> Picture:
    """Write the scene's digits on its paper and take a picture of it."""
    ink, digits = _write(scene, rng)
    colour, grain = scene.pen.value
    cover = ink * (1 - grain * _texture(scene.width, scene.height, 1.2, rng))
    light = _mix(_sheet(scene, rng), _colour(colour), cover)
    if scene.desk:
        light = _on_desk(light, scene, rng)
    light = light * _lamp(scene, rng)[..., None]
    if scene.light_on_dark:
        light = 255 - light
    return Picture(_expose(light, scene, rng), digits)


def _write(scene: Scene, rng: np.random.Generator) -> tuple[Ink, tuple[Written, ...]]:
    """All ink of the scene, (H, W) in 0..1, each digit somewhere in its slot."""
    ink = np.zeros((scene.height, scene.width), np.float32)
    digits = []
    margin = _inset(scene)
    slot_height = (scene.height - 2 * margin) / len(scene.lines)
    for row, line in enumerate(scene.lines):
        slot_width = (scene.width - 2 * margin) / len(line)
        for column, character in enumerate(line):
            label = int(character)
            glyph = _glyph(label, scene, _ROOM * min(slot_width, slot_height), rng)
            height, width = glyph.shape
            right, down = rng.uniform(0.25, 0.75, 2)
            x = round(margin + column * slot_width + (slot_width - width) * right)
            y = round(margin + row * slot_height + (slot_height - height) * down)
            ink[y : y + height, x : x + width] = glyph
            digits.append(Written(label, _box_of(glyph, x, y)))
    return ink, tuple(digits)


def _inset(scene: Scene) -> float:
    """How far the sheet's edge may lie inside the picture."""
    return 0.06 * min(scene.width, scene.height) if scene.desk else 0.0


def _glyph(label: int, scene: Scene, room: float, rng: np.random.Generator) -> Ink:
    height = min(scene.digit_height * rng.uniform(0.92, 1.08), room)
    pen_width = min(scene.pen_width * rng.uniform(0.9, 1.1), height / 5)
    return render_strokes(own_digit(label, rng), height=height, pen_width=pen_width)


def _box_of(glyph: Ink, x: int, y: int) -> Box:
    left, top, width, height = cv2.boundingRect((glyph > 0.5).astype(np.uint8))
    return Box(x + left, y + top, width, height)


def _texture(width: int, height: int, grain: float, rng: np.random.Generator) -> Share:
    """Noise, (height, width), whose spots are about `grain` pixels wide."""
    spots = max(2, round(height / grain)), max(2, round(width / grain))
    return np.asarray(cv2.resize(rng.random(spots, np.float32), (width, height)), np.float32)


def _mix(below: Light, above: Light, cover: Share) -> Light:
    """`above` where `cover` (H, W) is 1, `below` where it is 0."""
    return below + cover[..., None] * (above - below)


def _colour(bgr: tuple[int, int, int]) -> Light:
    return np.array([[bgr]], np.float32)


def _sheet(scene: Scene, rng: np.random.Generator) -> Light:
    """Paper with its fibres and, where the scene has it, its ruling."""
    width, height = scene.width, scene.height
    fibres = 8 * _texture(width, height, 1.5, rng) + 10 * _texture(width, height, 9, rng) - 9
    sheet = _colour(_PAPER) + fibres[..., None]
    if scene.ruling is Ruling.PLAIN:
        return sheet
    pitch = scene.digit_height * (1.5 if scene.ruling is Ruling.RULED else 0.55)
    thickness = max(1, round(scene.digit_height / 60))
    rules = np.zeros((height, width), np.uint8)
    for y in np.arange(rng.uniform(0.2, 1) * pitch, height, pitch):
        cv2.line(rules, (0, round(y)), (width, round(y)), 204, thickness)
    if scene.ruling is Ruling.SQUARED:
        for x in np.arange(rng.uniform(0.2, 1) * pitch, width, pitch):
            cv2.line(rules, (round(x), 0), (round(x), height), 204, thickness)
    return _mix(sheet, _colour(_RULE), rules.astype(np.float32) / 255)


def _on_desk(light: Light, scene: Scene, rng: np.random.Generator) -> Light:
    """Lay the sheet a little askew, so that the desk shows at its edges, with its shadow."""
    width, height, inset = scene.width, scene.height, _inset(scene)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    outline = corners + inward * inset * rng.uniform(0.3, 1.0, (4, 2))
    sheet = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(sheet, np.rint(outline * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    shadow = cv2.GaussianBlur(sheet, (0, 0), inset / 3).astype(np.float32) / 255
    wood = 20 * _texture(width, height, 24, rng) + 12 * _texture(width, height, 2, rng)
    desk = (_colour(_DESK) + wood[..., None]) * (1 - 0.6 * shadow[..., None])
    return _mix(desk, light, sheet.astype(np.float32) / 255)


def _lamp(scene: Scene, rng: np.random.Generator) -> Share:
    """The share of light at every pixel: full in one corner, less towards the opposite one."""
    angle = rng.uniform(0, 2 * np.pi)
    x = np.cos(angle) * np.linspace(-1, 1, scene.width)[None]
    y = np.sin(angle) * np.linspace(-1, 1, scene.height)[:, None]
    distance = (x + y + abs(x[0, 0]) + abs(y[0, 0])) / 2 / (abs(x[0, 0]) + abs(y[0, 0]))
    return np.asarray(1 - scene.shade * distance)


def _expose(light: Light, scene: Scene, rng: np.random.Generator) -> Grey:
    """Blur of the lens, noise of the sensor, eight bits."""
    noise = rng.normal(0, scene.noise, light.shape)
    exposed = cv2.GaussianBlur(light, (0, 0), scene.blur) + noise
    pixels = np.clip(np.rint(exposed), 0, 255).astype(np.uint8)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.uint8) if scene.grey else pixels
