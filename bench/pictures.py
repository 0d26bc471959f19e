"""The figures of a run.

Curves and counts may be published; what shows pixels of a measuring set stays in bench/out/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

import cv2

from daemon.records import Grey
from daemon.training.misread import misread_scans_sheet, misread_sheet
from daemon.training.plots import confusion_picture, risk_coverage_picture
from daemon.training.scans import ScanEvaluation
from daemon.training.scores import Scores

from .gates import REAL
from .results import Evaluated, Results
from .sets import LOAD_DIGITS, MNIST, SEMEION, USPS

_NOT_SHOWN = {"nondigit", "nondigit, odd"} | {
    f"{name}, {half}" for name in REAL for half in ("even", "odd")
}  # the odd half of `nondigit` is not to be looked at; the others are shown whole
CURVES = (MNIST, USPS, SEMEION, LOAD_DIGITS, "orand")


def figures(results: Results, version: str) -> dict[str, Grey]:
    """Curves and counts of a version, by file name."""
    curves: dict[str, Scores] = {}
    for name, sets in (("single and cells", REAL), *((name, (name,)) for name in CURVES)):
        if scores := results.scores(version, *sets):
            curves[name] = scores
    found = {}
    if curves:
        title = "Errors by what is accepted"
        found["errors-by-coverage.png"] = risk_coverage_picture(curves, title, version)
    if real := _scans(results.of(version, *REAL), "single and cells"):
        found["confusion.png"] = confusion_picture(real)
    return found


def misread_figures(results: Results, version: str) -> dict[str, Grey]:
    """The worst errors of a version, with the pictures themselves."""
    sheets = {}
    for (name, model), evaluation in chain(results.sets.items(), results.variations.items()):
        if model != version or name in _NOT_SHOWN:
            continue
        file = f"misread-{name.replace(',', '').replace(' ', '-')}.png"
        if isinstance(evaluation, ScanEvaluation):
            sheets[file] = misread_scans_sheet(evaluation)
        else:
            sheets[file] = misread_sheet(evaluation)
    real = _scans(results.of(version, *REAL, "strings"), "single, cells and strings")
    variations = [each for (_, model), each in results.variations.items() if model == version]
    for name, joined in (("real", real), ("variations", _scans(variations, "variations"))):
        if joined:
            sheets[f"worst-{name}.png"] = misread_scans_sheet(joined)
    return sheets


def write(pictures: Mapping[str, Grey], folder: Path) -> None:
    """Write figures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        smallest = [cv2.IMWRITE_PNG_COMPRESSION, 9]
        (folder / name).write_bytes(cv2.imencode(".png", picture, smallest)[1].tobytes())


def _scans(found: Iterable[Evaluated], name: str) -> ScanEvaluation | None:
    """Several sets of files as one."""
    scans = [each for each in found if isinstance(each, ScanEvaluation)]
    if not scans:
        return None
    return ScanEvaluation(scans[0].model, name, tuple(chain(*(each.results for each in scans))))
