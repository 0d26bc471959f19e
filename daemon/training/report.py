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
from ..records import DIGITS, Grey
from . import metrics
from .evaluate import Evaluation
from .misread import misread_scans_sheet, misread_sheet
from .plots import confusion_picture, reliability_diagram, risk_coverage_picture, subject
from .scans import ScanEvaluation
from .scores import Evaluated, Scores

_HALF_BLOCKS = " ▄▀█"  # by (upper, lower) pixel


def tables(evaluation: Evaluation | ScanEvaluation) -> RenderableType:
    """The figures, per class and as a confusion matrix."""
    shown: list[RenderableType] = [_head(evaluation), _share_table(evaluation.scores)]
    if evaluation.confusion.any():
        shown += [_class_table(evaluation), _confusion_table(evaluation)]
        shown.append(_worst_confusions(evaluation))
    return Group(*shown)


def make_folder(folder: Path) -> None:
    """Make the folder of a report, before anything is measured. Raises OutputUnwritable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(f"cannot write into {folder}: {error.strerror}") from None


def write_report(evaluation: Evaluation | ScanEvaluation, folder: Path) -> None:
    """Write evaluation.json and the figures into `folder`. Raises OutputUnwritable."""
    if isinstance(evaluation, ScanEvaluation):
        misread = misread_scans_sheet(evaluation)
    else:
        misread = misread_sheet(evaluation)
    pictures = {
        "confusion.png": confusion_picture(evaluation),
        "misread.png": misread,
        "reliability.png": reliability_diagram(evaluation),
        "risk-coverage.png": risk_coverage_picture(
            {evaluation.data: evaluation.scores}, "Errors by coverage", subject(evaluation)
        ),
    }
    text = json.dumps({"model": evaluation.model, **evaluation.summary()}, indent=2)
    make_folder(folder)
    try:
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


def _head(evaluation: Evaluated) -> Text:
    scores = evaluation.scores
    head = Text(
        f"{evaluation.model} on {evaluation.data}\n"
        f"{evaluation.n:,} {evaluation.counted}, {scores.exact.value:.2%} right, "
        f"calibration error {scores.ece:.2%}"
    )
    for remark in evaluation.remarks:
        head.append(f"\n{remark}")
    return head


def _share_table(scores: Scores) -> Table:
    table = _table("with 95 % intervals", ("", "share", "from", "to", "of"))
    shares = {
        "right": scores.exact,
        "called read": scores.coverage,
        "wrong among read": scores.error_read,
    }
    for name, share in shares.items():
        low, high = share.interval
        table.add_row(name, *(f"{part:.2%}" for part in (share.value, low, high)), f"{share.n:,}")
    return table


def _worst_confusions(evaluation: Evaluated) -> Text:
    found = metrics.worst_confusions(evaluation.confusion, most=5)
    names = [*map(str, range(DIGITS)), NONE_LABEL]
    text = ", ".join(f"{names[each.true]} as {names[each.read]} ({each.count})" for each in found)
    return Text(f"read as another: {text or 'no mistakes'}")


def _confusion_table(evaluation: Evaluated) -> Table:
    columns = [str(c) if c < DIGITS else NONE_LABEL for c in range(evaluation.confusion.shape[1])]
    table = _table("true digit (rows) by reading", ("", *columns))
    for digit, counts in enumerate(evaluation.confusion):
        cells = [
            Text(str(count) if count else "·", "bold" if digit == column else "")
            for column, count in enumerate(counts)
        ]
        table.add_row(str(digit), *cells)
    return table


def _class_table(evaluation: Evaluated) -> Table:
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
