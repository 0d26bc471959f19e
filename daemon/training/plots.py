"""The figures of training and evaluation, drawn with OpenCV: (H, W, 3) uint8 BGR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle

import cv2
import numpy as np

from ..ann.registry import NONE_LABEL
from ..records import DIGITS, Grey
from ..vision.lettering import BOLD, printable
from .canvas import (
    AMBER,
    BLUE,
    FAINT,
    HEADER,
    INK,
    MARGIN,
    RULE,
    SERIES,
    TEXT_PX,
    WHITE,
    Axes,
    Colour,
    blend,
    fill,
    label,
    line,
    page,
)
from .fit import Step
from .metrics import recall, reliability, risk_coverage
from .scores import Evaluated, Scores

_OFF = 1e4  # a loss as high as that: the training went astray
CELL = 92  # px, a side of the confusion matrix's cells
LEAST_RISK = 0.0003  # the foot of the risk-coverage curve's logarithmic axis: that, or less


def training_curve(history: Sequence[Step], title: str, subtitle: str) -> Grey:
    """Loss and error by epoch, of training and of validation, side by side."""
    picture = page(1720, 760, title, subtitle)
    losses = [(step.loss, step.val_loss) for step in history]
    errors = [(100 * (1 - step.accuracy), 100 * (1 - step.val_accuracy)) for step in history]
    _curves(picture, Axes(150, 230, 640, 440), losses, "loss", "")
    _curves(picture, Axes(1000, 230, 640, 440), errors, "error", " %")
    return picture


def confusion_picture(evaluation: Evaluated) -> Grey:
    """Counts by true digit (rows) and reading (columns): right ones blue, wrong ones amber, the
    stronger the more of the row they are; at the right each digit's recall."""
    counts = evaluation.confusion
    rows, columns = counts.shape
    left, top = MARGIN + 100, HEADER + 90
    picture = page(
        left + columns * CELL + 210,
        top + rows * CELL + MARGIN,
        "Confusion matrix",
        f"{subject(evaluation)}: {evaluation.scores.exact.value:.2%} right",
    )
    label(picture, "read as", left, top - 70, align="left")
    label(picture, "true", MARGIN, top - 30, align="left")
    label(picture, "recall", left + columns * CELL + 100, top - 30)
    for column in range(columns):
        name = str(column) if column < DIGITS else NONE_LABEL
        middle = left + column * CELL + CELL // 2
        label(picture, name, middle, top - 30, colour=INK, size=TEXT_PX, weight=BOLD)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    recalls = recall(counts)
    for row in range(rows):
        middle_y = top + row * CELL + CELL / 2
        label(picture, str(row), MARGIN + 40, middle_y, colour=INK, size=TEXT_PX, weight=BOLD)
        label(picture, f"{recalls[row]:.2%}", left + columns * CELL + 100, middle_y, colour=INK)
        for column in range(columns):
            x, y = left + column * CELL, top + row * CELL
            colour, strong = _cell_colour(shares[row, column], right=row == column)
            fill(picture, (x + 1, y + 1), (x + CELL - 1, y + CELL - 1), colour)
            if counts[row, column]:
                ink = WHITE if strong else INK
                text = f"{counts[row, column]}"
                label(picture, text, x + CELL // 2, middle_y, colour=ink, size=TEXT_PX)
    return picture


def reliability_diagram(evaluation: Evaluated) -> Grey:
    """Accuracy by confidence, and below how many readings have it. On the diagonal, confidence
    says the truth; amber is what is missing, blue above the line was too modest."""
    found = evaluation.scores.found
    picture = page(
        1000,
        1220,
        "Reliability",
        f"{subject(evaluation)}: calibration error {found.ece:.2%}",
    )
    counts, (hits, claims) = reliability(found.correct, found.confidence)
    upper, lower = Axes(150, 200, 780, 640), Axes(150, 920, 780, 180)
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        line(picture, upper.at(0, tick), upper.at(1, tick), RULE)
        label(picture, f"{tick:.0%}", upper.left - 16, upper.at(0, tick)[1], align="right")
        label(picture, f"{tick:.0%}", lower.at(tick, 0)[0], lower.at(0, 0)[1] + 28)
    label(picture, "accuracy", upper.left, upper.top - 30, align="left", colour=INK)
    label(picture, "readings (logarithmic)", lower.left, lower.top - 30, align="left", colour=INK)
    label(picture, "confidence", lower.at(0.5, 0)[0], lower.at(0, 0)[1] + 70, colour=INK)
    bins = len(counts)
    for place in np.flatnonzero(counts):
        left, right = (place + 0.06) / bins, (place + 0.94) / bins
        fill(picture, upper.at(left, 0), upper.at(right, hits[place]), blend(BLUE, 0.75))
        if hits[place] < claims[place]:
            low, high = upper.at(left, hits[place]), upper.at(right, claims[place])
            fill(picture, low, high, blend(AMBER, 0.5))
        height = np.log1p(counts[place]) / np.log1p(counts.max())
        fill(picture, lower.at(left, 0), lower.at(right, height), blend(BLUE, 0.45))
        middle = lower.at((left + right) / 2, height)
        label(picture, f"{counts[place]}", middle[0], middle[1] - 14, size=15)
    line(picture, upper.at(0, 0), upper.at(1, 1), INK)
    return picture


def risk_coverage_picture(curves: Mapping[str, Scores], title: str, subtitle: str) -> Grey:
    """Share of errors by the share that is accepted (what is called read first, the most confident
    before others), a curve per set; dots are where it stands now: what is called read."""
    picture = page(1500, 960, title, subtitle)
    axes = Axes(150, 190, 940, 640)
    for tick in (0.001, 0.01, 0.1, 1.0):
        y = _risk_place(tick)
        line(picture, axes.at(0, y), axes.at(1, y), RULE)
        label(picture, f"{100 * tick:g}%", axes.left - 16, axes.at(0, y)[1], align="right")
    line(picture, axes.at(0, 0), axes.at(1, 0), FAINT)
    label(picture, "none", axes.left - 16, axes.at(0, 0)[1], align="right")
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        label(picture, f"{tick:.0%}", axes.at(tick, 0)[0], axes.at(0, 0)[1] + 28)
    label(picture, "wrong among these", axes.left, axes.top - 34, align="left", colour=INK)
    label(picture, "accepted", axes.at(0.5, 0)[0], axes.at(0, 0)[1] + 70, colour=INK)
    ends: list[tuple[float, str, Colour]] = []
    for (name, scores), colour in zip(curves.items(), cycle(SERIES), strict=False):
        coverage, risk = risk_coverage(scores.correct, scores.priority)
        points = [axes.at(x, _risk_place(y)) for x, y in zip(coverage, risk, strict=True)]
        cv2.polylines(picture, [np.array(points, np.int32)], False, colour, 3, cv2.LINE_AA)
        if scores.error_read.n:
            now = axes.at(scores.coverage.value, _risk_place(scores.error_read.value))
            cv2.circle(picture, now, 9, WHITE, -1, cv2.LINE_AA)
            cv2.circle(picture, now, 7, colour, -1, cv2.LINE_AA)
        ends.append((points[-1][1] if points else axes.at(1, 0)[1], name, colour))
    row = 0.0
    for end, name, colour in sorted(ends):
        row = max(row + 28, end)  # names stand beside their curve's end, but not on each other
        label(picture, printable(name), axes.at(1, 0)[0] + 18, row, align="left", colour=colour)
    return picture


def _risk_place(risk: float) -> float:
    """The height of a share of errors on a logarithmic axis, 0..1."""
    return float(np.log(max(risk, LEAST_RISK) / LEAST_RISK) / np.log(1 / LEAST_RISK))


def subject(evaluation: Evaluated) -> str:
    """What was measured, for a subtitle."""
    return f"{evaluation.model} on {evaluation.data}, {evaluation.n:,} {evaluation.counted}"


def _cell_colour(share: float, *, right: bool) -> tuple[Colour, bool]:
    """A cell's colour, and whether it is so strong that its text must be white."""
    if right:
        return blend(BLUE, share**2), share > 0.7
    return blend(AMBER, min(1.0, (share * 20) ** 0.5)) if share else blend(INK, 0.03), False


def _curves(
    picture: Grey, axes: Axes, values: Sequence[tuple[float, float]], title: str, unit: str
) -> None:
    """Two curves on a logarithmic axis: both fall by powers of ten."""
    place = axes.left, axes.top - 40
    label(picture, title, *place, align="left", colour=INK, size=TEXT_PX, weight=BOLD)
    known = np.nan_to_num(np.array(values, np.float64), nan=_OFF, posinf=_OFF)
    table = np.log10(np.clip(known, 1e-4, _OFF))  # (epochs, 2)
    low, high = table.min() - 0.05, table.max() + 0.05
    for tick in _log_ticks(low, high):
        y = (np.log10(tick) - low) / (high - low)
        line(picture, axes.at(0, y), axes.at(1, y), RULE)
        label(picture, f"{tick:g}{unit}", axes.left - 16, axes.at(0, y)[1], align="right")
    epochs = len(table)
    for epoch in _epoch_ticks(epochs):
        column, row = axes.at(_place(epoch - 1, epochs), 0)
        label(picture, str(epoch), column, row + 30)
    for column, (name, colour) in enumerate((("training", BLUE), ("validation", AMBER))):
        heights = (table[:, column] - low) / (high - low)
        points = [axes.at(_place(e, epochs), float(y)) for e, y in enumerate(heights)]
        cv2.polylines(picture, [np.array(points, np.int32)], False, colour, 4, cv2.LINE_AA)
        cv2.circle(picture, points[-1], 7, colour, -1, cv2.LINE_AA)
        x, y_legend = axes.left + axes.width - 290 + 150 * column, axes.top - 40
        cv2.circle(picture, (x, y_legend), 7, colour, -1, cv2.LINE_AA)
        label(picture, name, x + 18, y_legend, align="left", colour=FAINT)


def _place(index: int, count: int) -> float:
    return index / (count - 1) if count > 1 else 0.5


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between 10**low and 10**high, closer where the range is small."""
    steps = (1, 2, 5) if high - low > 0.6 else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return [tick for tick in ticks if low <= np.log10(tick) <= high]


def _epoch_ticks(epochs: int) -> list[int]:
    """At most about ten epochs, the first among them."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, epochs) if epochs / s <= 10)
    return [1, *range(step, epochs + 1, step)] if step > 1 else list(range(1, epochs + 1))
