"""A line's ink seen on its paper: security print, rules and boxes, shade, lens, sensor, JPEG."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np

from ..records import Grey, Ink
from .line_ink import Sheet
from .papers import PaperBank

Rng: TypeAlias = np.random.Generator

THROUGH = 0.03  # of the lines stand on a printed line that runs through their digits


def photograph(ink: Ink, sheet: Sheet, papers: PaperBank, rng: Rng) -> Grey:
    """Ink on paper, with what is printed there, as a camera or scanner sees it."""
    height, width = ink.shape
    paper = rng.uniform(120, 252)
    darkness = paper * rng.uniform(0.25, 0.97) if rng.random() < 0.9 else rng.uniform(22, 60)
    printed_share = rng.random()
    light: Ink = np.full(ink.shape, paper, np.float32)
    if printed_share < 0.55:
        depth = darkness * rng.uniform(0.04, 0.42)
        light -= np.float32(depth) * papers.pattern(height, width, rng)
    grain = np.float32(rng.uniform(0, 0.35) if rng.random() < 0.5 else 0.0)
    cover = ink
    if grain:
        cover = ink * (1 - grain * np.abs(papers.noise(height, width, rng)))
    rules = _rules(sheet, rng)
    if rules is not None:
        light -= np.float32(darkness * rng.uniform(0.25, 1.1)) * rules
    light -= np.float32(darkness) * np.clip(cover, 0, 1)
    if rng.random() < 0.4:
        light *= _shade(height, width, rng)
    blur = rng.uniform(0.25, max(0.5, 0.036 * sheet.height))
    noise = rng.uniform(0, 0.045) * darkness + rng.uniform(0, 2)
    grains = np.float32(noise) * papers.noise(height, width, rng)
    seen = np.asarray(cv2.GaussianBlur(light, (0, 0), blur)) + grains
    pixels: Grey = np.clip(seen, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        how = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
        _, data = cv2.imencode(".jpg", pixels, how)
        pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
    return pixels


def _rules(sheet: Sheet, rng: Rng) -> Ink | None:
    """Printed lines: below the digits, above, through them, at the ends, a box around, or a cell
    per digit."""
    through = rng.random() < THROUGH
    if not through and rng.random() > 0.45:
        return None
    rows, columns = sheet.shape
    ink = np.zeros(sheet.shape, np.uint8)
    thickness = max(1, round(sheet.height * rng.uniform(0.02, 0.09)))
    lean = rng.normal(0, 0.006) * columns

    def lying(y: float) -> None:
        first, last = (0, round((y - lean / 2) * 8)), (columns * 8, round((y + lean / 2) * 8))
        cv2.line(ink, first, last, 255, thickness, cv2.LINE_AA, 3)

    def standing(x: float) -> None:
        first, last = (round((x + lean / 9) * 8), 0), (round((x - lean / 9) * 8), rows * 8)
        cv2.line(ink, first, last, 255, thickness, cv2.LINE_AA, 3)

    below = sheet.baseline + sheet.height * rng.uniform(-0.12, 0.3)
    above = sheet.top - sheet.height * rng.uniform(0.02, 0.3)
    kind = rng.random()
    if through:  # from edge to edge, unlike a line that crosses them out
        lying(sheet.baseline - sheet.height * rng.uniform(0.1, 0.9))
    if kind < 0.6:
        lying(min(below, rows - 1))
    if 0.5 < kind < 0.8:
        lying(max(above, 0))
    if 0.76 < kind < 0.82:  # rarely: a 1 at the end of a line looks much like it
        before, after = sheet.height * rng.uniform(0.05, 0.4, 2)
        if rng.random() < 0.7:
            standing(max(0.0, sheet.left - before))
        if rng.random() < 0.5:
            standing(min(columns - 1.0, sheet.right + sheet.height * 0.3 + after))
    if kind > 0.98:
        lying(min(below, rows - 1))
        pitch = sheet.height * rng.uniform(0.5, 1.1)
        for x in np.arange(sheet.left - pitch * rng.uniform(0, 1), columns, pitch):
            standing(x)
    return ink.astype(np.float32) * np.float32(1 / 255)


def _shade(height: int, width: int, rng: Rng) -> Ink:
    """Uneven light, 1 where it is full."""
    nodes = rng.uniform(1 - rng.uniform(0.05, 0.45), 1, (2, int(rng.integers(2, 6))))
    return cv2.resize(nodes.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
