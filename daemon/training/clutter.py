"""Pictures without a digit, and the glyphs that vision makes of them: examples of what is not to
be read that come about as at reading time.

Scenes are "dead leaves" (Lee, Mumford and Huang, Occlusion Models for Natural Images, 2001): shapes
of power-law sizes that hide one another have the statistics of photographs. Letters are print, in
OpenCV's own fonts; those that handwritten digits look like are left out, as in `symbols`: an A or
a Δ is a slanted 4, an h an open one, a P a 9.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from ..records import Grey, Ink
from ..vision.glyph import SIDE, normalise
from ..vision.ink import find_ink
from ..vision.layout import propose

SCENE_SIDES = (28, 120)  # pixels
SHAPES = (4, 40)  # in a scene
PER_PICTURE = 4  # glyphs taken of one picture at most: a noisy one must not crowd out the others
LETTERS = "CEEFHKLMNQRRTVWXaaacdeeefkmnnprrtvwx&@#%*+=ÉÑЖИЙФЦШЯДЛПЮΞΠΣΩ"
BAR = 1.7  # length over thickness from which a convex shape may be somebody's 1
SLANT = (-25.0, 50.0)  # degrees to the right of upright at which 1s stand
CONVEX = 0.75  # area over that of the convex hull


def clutter(n: int, rng: np.random.Generator) -> Ink:
    """Make `n` glyphs, (n, 28, 28) float32 with ink = 1, of photographs and of print."""
    glyphs: list[Ink] = []
    while len(glyphs) < n:
        picture = _PICTURES[rng.integers(len(_PICTURES))](rng)
        by_box = {
            candidate.box: candidate.ink
            for ink in find_ink(picture)
            for layout in propose(ink)
            for candidate in layout.candidates
        }
        found = [ink for ink in by_box.values() if not _may_be_one(ink)]
        picks = rng.permutation(len(found))[: min(PER_PICTURE, n - len(glyphs))]
        made = [normalise(found[pick]) for pick in picks]
        glyphs += [glyph for glyph in made if not _may_be_one(glyph)]  # ragged bars, made smaller
    return np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.float32)


def scene(rng: np.random.Generator) -> Grey:
    """A photograph of nothing in particular, (H, W) uint8."""
    low, high = (np.log(side) for side in SCENE_SIDES)
    height = round(np.exp(rng.uniform(low, high)))
    width = round(height * rng.uniform(0.8, 1.25))
    picture = _uneven(height, width, 40, rng) + np.float32(rng.uniform(0, 255))
    share = rng.random(int(rng.integers(*SHAPES)))
    smallest, largest = 1.5, min(height, width) / 2
    radii = 1 / (share / smallest + (1 - share) / largest)  # density r^-2
    if rng.random() < 0.7:  # else small things lie behind large ones as well
        radii = np.sort(radii)[::-1]
    for radius in radii:
        _lay_leaf(picture, float(radius), rng)
    picture += _uneven(height, width, rng.uniform(0, 40), rng)
    return _taken(picture, rng)


def print_letters(rng: np.random.Generator) -> Grey:
    """A few printed letters, (H, W) uint8."""
    size = int(rng.integers(24, 80))
    text = "".join(rng.choice(list(LETTERS), int(rng.integers(1, 4))))
    printed: Grey = np.zeros((3 * size, (1 + len(text)) * size), np.uint8)
    name, weight = str(rng.choice(("sans", "italic"))), int(rng.integers(200, 900))
    cv2.putText(printed, text, (size // 2, 2 * size), (255,), _font(name), size, weight)
    printed = np.pad(_cropped(printed), rng.integers(2, 2 + size // 3, 2)[:, None])
    if rng.random() < 0.3 and weight > 400:  # as a poor printer leaves it
        printed = cv2.erode(printed, np.ones((3, 3), np.uint8))
    paper, pen = rng.uniform(150, 255), rng.uniform(0, 90)
    return _taken((paper + (pen - paper) / 255 * printed).astype(np.float32), rng)


def _cropped(picture: Grey) -> Grey:
    x, y, width, height = cv2.boundingRect(picture)
    return picture[y : y + height, x : x + width]


@cache
def _font(name: str) -> cv2.FontFace:
    return cv2.FontFace(name)


_PICTURES: tuple[Callable[[np.random.Generator], Grey], ...] = (scene, scene, print_letters)


def _may_be_one(ink: Ink) -> bool:
    """Whether the ink is a bar that stands or leans: as good a 1 as some that people write."""
    mask = (ink > 0.5).astype(np.uint8)
    if not mask.any():
        return False
    moments = cv2.moments(mask, binaryImage=True)
    wide, high, mixed = moments["mu20"], moments["mu02"], moments["mu11"]
    spread = np.hypot(wide - high, 2 * mixed)
    if wide + high + spread < BAR**2 * (wide + high - spread):
        return False
    lean = np.rad2deg(np.arctan2(-2 * mixed, high - wide)) / 2  # of its longer axis
    if not SLANT[0] <= lean <= SLANT[1]:
        return False
    hull = cv2.convexHull(cv2.findNonZero(mask))
    return int(mask.sum()) > CONVEX * cv2.contourArea(hull)


def _uneven(height: int, width: int, spread: float, rng: np.random.Generator) -> Ink:
    """Grey that changes slowly, (H, W) float32 around 0."""
    nodes = rng.normal(0, spread, rng.integers(2, 7, 2)).astype(np.float32)
    return np.asarray(cv2.resize(nodes, (width, height), interpolation=cv2.INTER_LINEAR))


def _lay_leaf(picture: Ink, radius: float, rng: np.random.Generator) -> None:
    """Draw one shape of an even grey: an ellipse, a polygon or a branch."""
    height, width = picture.shape
    middle = rng.uniform(0, 1, 2) * (width, height)
    grey = float(rng.uniform(0, 255))
    kind = rng.integers(3)
    if kind == 0:
        size = 2 * radius, 2 * radius * float(rng.uniform(0.3, 1))
        centre, angle = (float(middle[0]), float(middle[1])), float(rng.uniform(0, 180))
        cv2.ellipse(picture, (centre, size, angle), grey, -1)
        return
    corners = int(rng.integers(3, 8))
    turns = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = radius * rng.uniform(0.5, 1.5, corners)
    points = middle + np.stack([np.cos(turns), np.sin(turns)], 1) * reach[:, None]
    outline = np.rint(points).astype(np.int32)
    if kind == 1:
        cv2.fillPoly(picture, [outline], grey)
    else:
        cv2.polylines(picture, [outline], False, grey, max(1, round(radius / 4)))


def _taken(picture: Ink, rng: np.random.Generator) -> Grey:
    """The picture as a camera keeps it: blurred, noisy, in eight bits, compressed."""
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.0))
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(0, 8))
    pixels = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(40, 95))
        _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE))
    return pixels
