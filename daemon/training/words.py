"""What stands on lines and is no digit: marks between and after digits, letters, words, scribbles.

Strokes in heights, as in `hands`: baseline y = 0, y downwards, capitals reach up to -1.
"""

from __future__ import annotations

import cv2
import numpy as np

from .handwriting import SKELETONS, draw_skeleton, parse_skeletons
from .strokes import Stroke
from .symbols import SYMBOLS, draw_symbol

Strokes = tuple[Stroke, ...]

# Joined-up letters: from the end of the one before, box of 100 by 100, small ones are 45 high.
_CURSIVE = (
    "0,100 30,76 28,56 14,56 6,78 20,100 50,92",  # e
    "0,100 30,40 28,0 16,6 16,80 26,100 48,90",  # l
    "0,100 36,30 34,4 22,8 20,100! 30,64 46,56 50,78 52,98 66,92",  # h
    "0,96 6,58 8,100! 14,66 26,56 32,66 32,100! 38,66 50,56 56,66 58,98 74,90",  # m
    "0,96 8,58 10,100! 18,66 32,56 40,66 42,98 58,90",  # n
    "0,96 12,58! 14,90 26,100 40,84 46,58! 46,92 62,94",  # u
    "0,96 16,54! 26,62 34,58 32,88 44,98 58,90",  # r
    "0,96 18,50 24,10! 22,84 32,100 46,90|6,38 44,36",  # t
    "0,94 14,58! 14,90 24,100 38,82 42,58! 40,120 26,136 20,120 50,92",  # y
    "0,98 20,60 34,6 24,8 22,70 20,130 32,126 30,98 52,92",  # f
    "0,94 12,58! 20,98 30,62! 42,98 52,60 66,62",  # w
    "0,96 10,56! 12,92 20,100 34,92|12,36 13,40",  # i
    "0,94 20,58 8,98! 36,56|36,98 52,90",  # x
    "0,98 30,30 20,4 14,50 16,98! 34,60 44,66 20,78! 44,98 58,92",  # k
)
_LETTERS = parse_skeletons([_CURSIVE])[0]
# Dot, raised dot, comma, dash, slash, apostrophe, colon, then signs of money and others.
_MARKS = {
    ".": "0,98 3,99",
    "·": "0,60 3,61",
    ",": "8,90 8,100 0,118",
    "-": "0,56 34,52",
    "/": "0,130 96,-30",  # flatter and longer than a 1
    "'": "6,-4 0,22",
    ":": "0,98 2,99|4,56 6,57",
    "=": "0,40 40,36|2,60 42,56",
    "$": "60,14 36,4 10,20 30,46 60,60 56,88 28,96 4,84|36,-26 28,126",
    "€": "76,16 50,0 20,24 16,70 46,100 72,90|0,40 56,38|0,58 52,56",
    "£": "70,16 50,0 28,20 34,60 8,98! 40,90 74,98|10,54 58,52",
    "#": "20,0 10,100|52,0 42,100|0,34 64,30|-4,66 60,62",
    "*": "20,10 20,60|0,22 40,48|40,22 0,48",
    "x": "0,50 34,98|34,50 0,98",
}
_SKELETONS = {mark: parse_skeletons([[points]])[0][0] for mark, points in _MARKS.items()}
# Nothing that stands like a 1 where one may be: before the digits and after them.
BETWEEN = (*"......··,,,,,--/':",)
AFTER = (".-", "-", "=", "-", "#", ".=", "--", ",-", ".", ",", "€", "*", "-.-", "x")
BEFORE = ("$", "#", "€", "£", "*", "=", "-", ".")
# In a hurried line digits look like these too: 5 like a tick, 9 like R, 1 like L.
_HURRIED = frozenset((*"KLNRVn", "tick", "bracket"))
_CAPITALS = tuple(name for name in SYMBOLS if name not in _HURRIED)
_UNSTEADY_WIDTH = (0.7, 1.4)


def mark(name: str, rng: np.random.Generator) -> Strokes:
    """One mark, its left edge at about 0."""
    size = rng.uniform(0.75, 1.2)
    hand = np.array([[size * rng.uniform(*_UNSTEADY_WIDTH), 0], [0, size]], np.float32)
    below = np.array([0, size], np.float32)
    drop = np.array([0, rng.normal(0, 0.05)], np.float32)
    strokes = draw_skeleton(_SKELETONS[name], hand, rng)
    return tuple((stroke - below + drop).astype(np.float32) for stroke in strokes)


def cursive(rng: np.random.Generator, letters: int) -> Strokes:
    """A joined-up word that means nothing."""
    width, small = rng.uniform(0.7, 1.5), rng.uniform(0.9, 1.5)
    strokes: list[Stroke] = []
    at, end = 0.0, None
    for _ in range(letters):
        skeleton = _LETTERS[rng.integers(len(_LETTERS))]
        drawn = draw_skeleton(skeleton, np.array([[width, 0], [0, small]], np.float32), rng)
        body, *rest = (stroke + np.array([at, -small], np.float32) for stroke in drawn)
        at = float(body[-1, 0])
        if end is not None and rng.random() < 0.85:
            body = np.concatenate([end, body])
        end = body[-1:]
        strokes += [body, *rest]
    return tuple(strokes)


def capitals(rng: np.random.Generator, letters: int) -> Strokes:
    """Separate letters and signs that no digit of a line looks like."""
    strokes: list[Stroke] = []
    at = 0.0
    for _ in range(letters):
        drawn = [stroke / np.float32(20) for stroke in draw_symbol(rng, _CAPITALS)]
        points = np.concatenate(drawn)
        shift = np.array([at - points[:, 0].min(), -points[:, 1].max()], np.float32)
        strokes += [stroke + shift for stroke in drawn]
        at += float(np.ptp(points[:, 0])) + rng.uniform(0.1, 0.35)
    return tuple(strokes)


def scribble(rng: np.random.Generator) -> Strokes:
    """A pen that went to and fro: crossing out, a signature's loops, a wild line."""
    length = rng.uniform(0.8, 4.0)
    kind = rng.integers(3)
    if kind == 0:  # zigzag
        count = int(rng.integers(6, 18))
        x = np.linspace(0, length, count) + rng.normal(0, 0.06, count)
        y = np.where(np.arange(count) % 2, -1.0, 0.0) + rng.normal(0, 0.12, count)
    elif kind == 1:  # loops
        turns = rng.uniform(2, 7)
        angle = np.linspace(0, 2 * np.pi * turns, 120)
        radius = rng.uniform(0.2, 0.5)
        x = angle / angle[-1] * length + radius * np.cos(angle)
        y = -0.5 + rng.uniform(0.3, 0.5) * np.sin(angle) * (1 + 0.3 * np.sin(angle / 3.1))
    else:
        points = rng.uniform(0, 1, (int(rng.integers(7, 14)), 2)).astype(np.float32)
        smooth = cv2.resize(points, (2, len(points) * 6), interpolation=cv2.INTER_CUBIC)
        x, y = np.asarray(smooth, np.float64).T * [[length], [1]] - [[0], [1]]
    return (np.stack([x, y], axis=1).astype(np.float32),)


def print_word(rng: np.random.Generator) -> str:
    """Letters as a form has them, some capitals; no digits."""
    letters = "aaeeeinrtdhmukcwvfAEFHKLMNPRTUVWX"
    count = int(rng.integers(3, 10))
    text = "".join(letters[n] for n in rng.integers(len(letters), size=count))
    return text.capitalize() if rng.random() < 0.6 else text.upper()


def piece_of_digit(rng: np.random.Generator) -> Strokes:
    """A digit's strokes for where only its tip will be seen."""
    styles = SKELETONS[rng.integers(10)]
    drawn = draw_skeleton(styles[rng.integers(len(styles))], np.eye(2, dtype=np.float32), rng)
    return tuple(stroke - np.array([0, 1], np.float32) for stroke in drawn)
