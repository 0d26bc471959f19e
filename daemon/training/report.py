"""An evaluation for people and programs: tables for the terminal, figures and JSON in a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..ann.registry import NONE_LABEL
from ..errors import OutputUnwritable
from ..records import Grey
from ..vision.choice import DIGITS
from . import metrics
from .evaluate import Evaluation
from .plots import confusion_picture, misread_sheet, reliability_diagram

_HALF_BLOCKS = " ▄▀█"  # by (upper, lower) pixel


def tables(evaluation: Evaluation) -> RenderableType:
    """The figures, per class and as a confusion matrix."""
    head = Text(
        f"{evaluation.model} on {evaluation.digits.name}\n"
        f"{evaluation.n:,} digits, {evaluation.accuracy:.2%} right, "
        f"log loss {evaluation.loss:.4f}, calibration error {evaluation.ece:.2%}"
    )
    if refused := evaluation.refused:
        head.append(f"\n{refused:,} taken for no digit: counted as wrong")
    if unfound := evaluation.digits.unfound:
        head.append(f"\nno digit found in {unfound:,} files: counted as wrong")
    return Group(head, _class_table(evaluation), _confusion_table(evaluation))


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """Write evaluation.json and the figures into `folder`. Raises OutputUnwritable."""
    pictures = {
        "confusion.png": confusion_picture(evaluation),
        "misread.png": misread_sheet(evaluation),
        "reliability.png": reliability_diagram(evaluation),
    }
    text = json.dumps({"model": evaluation.model, **evaluation.summary()}, indent=2)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures.items():
            _write_png(picture, folder / name)
        (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(f"cannot write into {folder}: {error.strerror}") from None


def write_sample(image: Grey, path: Path) -> None:
    """Write one digit (28, 28), enlarged, as PNG. Raises OutputUnwritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_png(image.repeat(10, axis=0).repeat(10, axis=1), path)
    except OSError as error:
        raise OutputUnwritable(f"cannot write {path}: {error.strerror}") from None


def half_blocks(image: Grey) -> str:
    """A small picture (H, W) uint8, ink = 255, as text, two rows of pixels a line."""
    ink = np.pad(image > 127, ((0, len(image) % 2), (0, 0)))
    codes = 2 * ink[0::2] + ink[1::2]
    return "\n".join("".join(_HALF_BLOCKS[code] for code in row) for row in codes)


def best_guesses(probabilities: npt.NDArray[np.float32], labels: Sequence[str]) -> str:
    """The three most probable labels of (K,), as text."""
    best = np.argsort(-probabilities)[:3]
    return ", ".join(f"{labels[at]} {probabilities[at]:.1%}" for at in best)


def _confusion_table(evaluation: Evaluation) -> Table:
    columns = [str(c) if c < DIGITS else NONE_LABEL for c in range(evaluation.confusion.shape[1])]
    table = _table("true digit (rows) by reading", ("", *columns))
    for digit, counts in enumerate(evaluation.confusion):
        cells = [
            Text(str(count) if count else "·", "bold" if digit == column else "")
            for column, count in enumerate(counts)
        ]
        table.add_row(str(digit), *cells)
    return table


def _class_table(evaluation: Evaluation) -> Table:
    of_class = (metrics.precision, metrics.recall, metrics.f1)
    table = _table("by digit", ("", *(of.__name__ for of in of_class)))
    for digit, row in enumerate(zip(*(of(evaluation.confusion) for of in of_class), strict=True)):
        table.add_row(str(digit), *(f"{share:.4f}" for share in row))
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _write_png(picture: Grey, path: Path) -> None:
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
