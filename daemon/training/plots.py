"""Pictures of figures, drawn with OpenCV: (H, W, 3) uint8 BGR, twice the size they are shown at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..records import Grey
from ..vision.lettering import BOLD, REGULAR, width_of, write
from .evaluate import DIGITS, Evaluation
from .fit import Step
from .metrics import ECE_BINS, reliability

Colour = tuple[int, int, int]  # blue, green, red

WHITE: Colour = (255, 255, 255)
INK: Colour = (51, 41, 33)
FAINT: Colour = (139, 125, 114)
RULE: Colour = (235, 230, 226)
BLUE: Colour = (176, 102, 31)
AMBER: Colour = (14, 127, 255)

TITLE_PX, TEXT_PX, SMALL_PX = 34, 24, 20
MARGIN = 48


@dataclass(frozen=True, slots=True)
class _Plot:
    """A square of axes: data in 0..1 on both, its corners in pixels of the picture."""

    left: int
    top: int
    width: int
    height: int

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Column and row of a point; y grows upwards."""
        return round(self.left + x * self.width), round(self.top + (1 - y) * self.height)


def training_curve(history: Sequence[Step], title: str) -> Grey:
    """Loss and error by epoch, of training and of validation, side by side."""
    picture = _page(1720, 760, title, "by epoch")
    losses = [(step.loss, step.val_loss or 0.0) for step in history]
    errors = [
        (100 * (1 - step.accuracy), 100 * (1 - (step.val_accuracy or 0.0))) for step in history
    ]
    _curves(picture, _Plot(150, 220, 640, 430), losses, "loss", "")
    _curves(picture, _Plot(1000, 220, 640, 430), errors, "error", " %")
    return picture


def _curves(
    picture: Grey, plot: _Plot, values: Sequence[tuple[float, float]], title: str, unit: str
) -> None:
    """Two curves on a logarithmic axis: both fall by powers of ten."""
    write(picture, title, plot.left, plot.top - 40, INK, TEXT_PX, BOLD)
    table = np.maximum(np.array(values, np.float64), 1e-4)  # (epochs, 2)
    low, high = np.log10(table.min()) - 0.05, np.log10(table.max()) + 0.05
    for tick in _log_ticks(low, high):
        y = (np.log10(tick) - low) / (high - low)
        cv2.line(picture, plot.at(0, y), plot.at(1, y), RULE, 2)
        _right(picture, f"{tick:g}{unit}", plot.left - 14, plot.at(0, y)[1])
    epochs = len(table)
    for epoch in _epoch_ticks(epochs):
        column, row = plot.at(_place(epoch - 1, epochs), 0)
        _centred(picture, str(epoch), column, row + 28)
    for column, (name, colour) in enumerate((("training", BLUE), ("validation", AMBER))):
        heights = (np.log10(table[:, column]) - low) / (high - low)
        points = [plot.at(_place(e, epochs), float(y)) for e, y in enumerate(heights)]
        cv2.polylines(picture, [np.array(points, np.int32)], False, colour, 4, cv2.LINE_AA)
        cv2.circle(picture, points[-1], 7, colour, -1, cv2.LINE_AA)
        x = plot.left + plot.width - 310 + 150 * column
        cv2.circle(picture, (x, plot.top - 40), 7, colour, -1, cv2.LINE_AA)
        write(picture, name, x + 16, plot.top - 40, INK, SMALL_PX)


def _place(index: int, count: int) -> float:
    return index / (count - 1) if count > 1 else 0.5


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between 10**low and 10**high: at least two, about six."""
    steps = (1, 2, 5) if high - low > 0.6 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return [tick for tick in ticks if low <= np.log10(tick) <= high]


def _epoch_ticks(epochs: int) -> list[int]:
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, epochs) if epochs / s <= 10)
    return sorted({1, *range(step, epochs + 1, step)})


def _page(width: int, height: int, title: str, subtitle: str) -> Grey:
    picture = np.full((height, width, 3), WHITE, np.uint8)
    write(picture, title, MARGIN, MARGIN + 14, INK, TITLE_PX, BOLD)
    write(picture, subtitle, MARGIN, MARGIN + 58, FAINT, TEXT_PX)
    return picture


def _centred(
    picture: Grey, text: str, x: int, y: float, colour: Colour = FAINT, size: int = SMALL_PX,
    weight: int = REGULAR,
) -> None:
    write(picture, text, x - width_of(text, size, weight) // 2, y, colour, size, weight)


def _right(picture: Grey, text: str, x: int, y: float, colour: Colour = FAINT) -> None:
    write(picture, text, x - width_of(text, SMALL_PX), y, colour, SMALL_PX)
