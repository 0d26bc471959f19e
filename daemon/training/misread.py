"""Sheets of what was read wrong, the most confident first: (H, W, 3) uint8 BGR."""

from __future__ import annotations

import cv2
import numpy as np

from ..ann.registry import NONE_LABEL
from ..records import DIGITS, Grey, Limits, Rejection, Scan
from ..vision.decode import first_page
from ..vision.lettering import printable, shorten
from .canvas import FAINT, HEADER, INK, MARGIN, RULE, fill, label, page
from .evaluate import Evaluation
from .plots import subject
from .scans import ScanEvaluation, ScanResult

TILE, ZOOM, COLUMNS, ROWS = 196, 5, 10, 8  # px and counts of the sheet of misread digits
SCAN_TILE, SCAN_COLUMNS, SCAN_ROWS = (400, 240), 5, 4  # the same of misread scans; (width, height)


def misread_sheet(evaluation: Evaluation) -> Grey:
    """The digits read wrong, most confident first, each with its truth, reading and confidence."""
    wrong = np.flatnonzero(~evaluation.correct)
    order = wrong[np.argsort(-evaluation.confidence[wrong], kind="stable")]
    shown = order[: ROWS * COLUMNS]
    rows = max(1, -(-len(shown) // COLUMNS))
    subtitle = f"{subject(evaluation)}: {len(wrong):,} wrong, most confident first"
    if len(shown) < len(wrong):
        subtitle += f"; {len(shown)} shown"
    height = HEADER + rows * (TILE + 20) + MARGIN
    picture = page(2 * MARGIN + COLUMNS * TILE, height, "Misread digits", subtitle)
    for place, index in enumerate(shown):
        row, column = divmod(place, COLUMNS)
        x, y = MARGIN + column * TILE, HEADER + row * (TILE + 20)
        _tile(picture, evaluation, int(index), x + (TILE - 28 * ZOOM) // 2, y)
    return picture


def misread_scans_sheet(evaluation: ScanEvaluation) -> Grey:
    """The worst of the files read wrong, each with its truth, reading, confidence and name: what
    is called read first, for nobody would look at it, then the most confident."""
    wrong = [result for result in evaluation.results if not result.correct]
    worst = sorted(wrong, key=lambda result: (not result.read, -result.confidence))
    worst = worst[: SCAN_COLUMNS * SCAN_ROWS]
    rows = max(1, -(-len(worst) // SCAN_COLUMNS))
    width, height = SCAN_TILE
    subtitle = f"{subject(evaluation)}: {len(wrong):,} wrong, the worst first"
    if len(worst) < len(wrong):
        subtitle += f"; {len(worst)} shown"
    step = height + 100
    picture = page(
        2 * MARGIN + SCAN_COLUMNS * width, HEADER + rows * step + MARGIN, "Misread scans", subtitle
    )
    for place, result in enumerate(worst):
        row, column = divmod(place, SCAN_COLUMNS)
        _scan_tile(picture, result, MARGIN + column * width, HEADER + row * step)
    return picture


def _scan_tile(picture: Grey, result: ScanResult, x: int, y: int) -> None:
    width, height = SCAN_TILE
    thumbnail = _thumbnail(result, width - 24, height)
    if thumbnail is not None:
        rows, columns = thumbnail.shape[:2]
        left, top = x + (width - columns) // 2, y + (height - rows) // 2
        fill(picture, (left - 2, top - 2), (left + columns + 2, top + rows + 2), RULE)
        picture[top : top + rows, left : left + columns] = thumbnail[..., np.newaxis]
    truth, read = "|".join(result.scan.lines) or NONE_LABEL, "|".join(result.lines)
    verdict = f"{truth} read as {read}" if read else f"{truth}: {result.status}"
    middle = x + width // 2
    label(picture, shorten(verdict, width - 24, 20), middle, y + height + 22, colour=INK)
    label(picture, f"{result.confidence:.1%}, {result.status}", middle, y + height + 46, size=18)
    name = shorten(printable(result.scan.file), width - 24, 16, tail=0.6)
    label(picture, name, middle, y + height + 68, size=16, colour=FAINT)


def _thumbnail(result: ScanResult, width: int, height: int) -> Grey | None:
    """The first page, no larger than that; None where it cannot be decoded."""
    path = result.scan.path
    page = first_page(Scan(path.name, path.name, "", path.read_bytes()), Limits())
    if isinstance(page, Rejection):
        return None
    pixels = page.pixels
    rows, columns = pixels.shape
    scale = min(width / columns, height / rows)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(pixels, size, interpolation=how))


def _tile(picture: Grey, evaluation: Evaluation, index: int, x: int, y: int) -> None:
    side = 28 * ZOOM
    digit = (255 - evaluation.digits.images[index]).repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
    fill(picture, (x - 2, y - 2), (x + side + 2, y + side + 2), RULE)
    picture[y : y + side, x : x + side] = digit[..., np.newaxis]
    read = evaluation.predicted[index]
    reading = str(read) if read < DIGITS else NONE_LABEL
    truth = f"{evaluation.digits.labels[index]} read as {reading}"
    label(picture, truth, x + side // 2, y + side + 20, colour=INK)
    label(picture, f"{evaluation.confidence[index]:.1%}", x + side // 2, y + side + 44, size=18)
