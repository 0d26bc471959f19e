"""Composed lines as the line network learns them: views with a target per frame, made ahead of
time in processes of their own.

A block of lines depends on (seed, number) alone: the lines of one seed are always the same,
whatever the timing, and none comes twice.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Ink
from ..vision.line_view import HEIGHT, STRIDE, InkBand, find_band, padded, view_of
from .epochs import drawing_processes, end_with_parent
from .hands import Copybook, Digits
from .line_ink import ComposedLine
from .lines import LineComposer
from .papers import KEPT

BATCH = 48  # lines
BATCHES = 16  # in a block: lines of similar width then share a batch
AHEAD = 2  # such blocks more than are being drawn
WIDEST = 400  # pixels of a view: what is wider is not learnt
ROUND = 16  # pixels to which widths are rounded
ROUND_COMPILED = 80  # the same where each width has to be compiled
LABELS = 16  # to a multiple of which the labels of a batch are filled up
BLANK = 10  # the class of a frame at whose middle no digit's middle lies
UNCERTAIN = -1  # a frame of a digit beside its middle: nothing is asked of it
BOX_SCALE = np.float32(1 / HEIGHT)  # boxes are learnt in heights of the view
BAND_SHIFT, BAND_SIZE = 0.03, 0.05  # of the band, standard deviations: it is never found exactly
ROUGH_SHARE, ROUGH = 0.12, (-0.3, 0.25)  # of the views have a band that is wrong by that much


@dataclass(frozen=True, slots=True)
class LineBatch:
    """`views` (N, 32, W) float32. Per frame, (N, W/4): `frames` int32, 0..9 where a digit's middle
    lies, BLANK or UNCERTAIN; `boxes` (N, W/4, 4) float32, from the frame's middle to the left and
    right edge of the digit, and its top and bottom, in heights of the view; `boxed` float32, 1
    where there is such a box. `labels` (N, L) int32, digits from left to right, -1 after them;
    `lengths` (N,) int32."""

    views: npt.NDArray[np.float32]
    frames: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.float32]
    boxed: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class LineExample:
    """A view (32, W) float32, its digits' labels, and their boxes (n, 4) float32 in pixels of the
    view: left, top, right, bottom."""

    view: Ink
    labels: tuple[int, ...]
    boxes: npt.NDArray[np.float32]


def example(line: ComposedLine, rng: np.random.Generator) -> LineExample | None:
    """The line as the network sees it, its band found as in reading and a little off; None where
    the view is too wide, or a digit's middle lies outside it."""
    view = view_of(line.pixels, _misjudged(find_band(line.pixels), rng))
    corner = np.array([view.left, view.top] * 2)
    corners = [(digit.left, digit.top, digit.right, digit.bottom) for digit in line.digits]
    boxes = (np.array(corners).reshape(-1, 4) - corner) * ([view.scale_x, view.scale] * 2)
    width = view.pixels.shape[1]
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = (middles > 0).all() and (middles < (width, HEIGHT)).all()
    if width > WIDEST or not inside:
        return None
    labels = tuple(digit.label for digit in line.digits)
    return LineExample(view.pixels, labels, boxes.astype(np.float32))


def as_batch(examples: list[LineExample], rounded: int = ROUND) -> LineBatch:
    """Examples side by side, padded with paper to one width, a multiple of `rounded`."""
    widest = max(found.view.shape[1] for found in examples)
    views = padded([found.view for found in examples], -(-widest // rounded) * rounded)
    count = views.shape[2] // STRIDE
    frames = np.full((len(examples), count), BLANK, np.int32)
    boxes = np.zeros((len(examples), count, 4), np.float32)
    boxed = np.zeros((len(examples), count), np.float32)
    lengths = np.array([len(found.labels) for found in examples], np.int32)
    most = -(-max(1, int(lengths.max())) // LABELS) * LABELS
    labels = np.full((len(examples), most), -1, np.int32)
    for row, found in enumerate(examples):
        labels[row, : len(found.labels)] = found.labels
        _mark(found, frames[row], boxes[row], boxed[row])
    return LineBatch(views, frames, boxes, boxed, labels, lengths)


def _mark(
    found: LineExample,
    frames: npt.NDArray[np.int32],
    boxes: npt.NDArray[np.float32],
    boxed: npt.NDArray[np.float32],
) -> None:
    """Write one line's targets."""
    middles = (np.arange(len(frames), dtype=np.float32) + np.float32(0.5)) * STRIDE
    for left, _, right, _ in found.boxes:
        frames[(middles > left) & (middles < right)] = UNCERTAIN
    places = ((found.boxes[:, 0] + found.boxes[:, 2]) / 2 // STRIDE).astype(int)
    for beside in (-1, 1, 0):  # the middle last: it counts where digits stand close
        for place, label, box in zip(places, found.labels, found.boxes, strict=True):
            at = place + beside
            if not 0 <= at < len(frames):
                continue
            left, top, right, bottom = box
            boxes[at] = (middles[at] - left, right - middles[at], top, bottom)
            boxed[at] = 1
            if not beside:
                frames[at] = label
    boxes *= BOX_SCALE


def _misjudged(band: InkBand, rng: np.random.Generator) -> InkBand:
    """The band, higher or lower, taller or shorter."""
    size = rng.normal(0, BAND_SIZE)
    if rng.random() < ROUGH_SHARE:
        size += rng.uniform(*ROUGH)
    middle = (band.top + band.bottom) / 2 + rng.normal(0, BAND_SHIFT) * band.height
    half = band.height / 2 * np.exp(-size)
    sides = rng.normal(0, 0.1, 2) * band.height
    return replace(
        band,
        left=band.left - abs(sides[0]),
        right=band.right + abs(sides[1]),
        top=middle - half,
        bottom=middle + half,
    )


def draw_lines(
    book: Copybook,
    seed: int,
    number: int,
    batches: int = BATCHES,
    size: int = BATCH,
    *,
    papers: int = KEPT,
    rounded: int = ROUND,
) -> list[LineBatch]:
    """Draw block `number`, the first is 0: so many batches of `size` lines, in random order, lines
    sorted into them by width, on a block's own `papers` patterns of paper. Widths are multiples of
    `rounded`."""
    rng = np.random.default_rng((seed, number))
    composer = LineComposer(book, rng, papers=papers)
    found: list[LineExample] = []
    while len(found) < batches * size:
        one = example(composer.compose(rng), rng)
        if one is not None:
            found.append(one)
    found.sort(key=lambda one: one.view.shape[1])
    made = [as_batch(found[start : start + size], rounded) for start in range(0, len(found), size)]
    return [made[place] for place in rng.permutation(len(made))]


@contextmanager
def lines_ahead(
    digits: Digits,
    seed: int,
    batches: int = BATCHES,
    size: int = BATCH,
    *,
    rounded: int = ROUND,
) -> Iterator[Iterator[LineBatch]]:
    """Batches of `size` lines without end, block after block of `batches`, each drawn while those
    before it are being learnt."""
    processes = drawing_processes()
    # Spawned processes: forked ones would inherit TensorFlow's threads and locks.
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _start_worker, (digits, seed, rounded)
    ) as workers:

        def without_end() -> Iterator[LineBatch]:
            upcoming: deque[Future[list[LineBatch]]] = deque()
            for number in count():
                upcoming.append(workers.submit(_draw_in_worker, number, batches, size))
                if len(upcoming) > processes + AHEAD:
                    yield from upcoming.popleft().result()

        try:
            yield without_end()
        finally:
            workers.shutdown(wait=False, cancel_futures=True)


_in_worker: tuple[Copybook, int, int] | None = None  # set once in each worker process, never here


def _start_worker(digits: Digits, seed: int, rounded: int) -> None:
    global _in_worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    cv2.setNumThreads(1)
    _in_worker = Copybook(digits), seed, rounded
    end_with_parent()


def _draw_in_worker(number: int, batches: int, size: int) -> list[LineBatch]:
    assert _in_worker is not None
    book, seed, rounded = _in_worker
    return draw_lines(book, seed, number, batches, size, rounded=rounded)
