"""How well digitd reads pages: `make pages`, or `python -m bench.read_pages [--unseen]`.

Draws the project's own pages, reads them as `digitd batch` does, and prints what is right, by
layout and by what makes reading hard; beside them the pages of ../shared where they are there.
Pages that may be looked at are then in bench/out: files, pages.csv with a row for each, and with
`--sheets` contact sheets.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from daemon.ann.classifier import load_classifier
from daemon.ann.registry import current_name
from daemon.ann.trust import load_trusted
from daemon.records import Grey
from daemon.training.labels import LABELS_FILE, read_labels
from daemon.training.scans import ScanResult, evaluate_scans

from .accuracy import OUT, ROOT, SHARED
from .document import machine
from .page_scores import score, score_table
from .pages import SEEN, UNSEEN, write_pages
from .writers import find_writers

_TILE = 640  # px
_PER_SHEET = (5, 2)  # columns and rows


def contact_sheets(folder: Path, per_sheet: tuple[int, int] = _PER_SHEET) -> list[Grey]:
    """The labelled pages of a folder, (H, W, 3), reduced, some to a sheet."""
    columns, rows = per_sheet
    tiles = []
    for scan in read_labels(folder):
        page = cv2.imread(str(scan.path), cv2.IMREAD_COLOR)
        scale = _TILE / max(page.shape)
        small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        tile = np.full((_TILE, _TILE, 3), 128, np.uint8)
        tile[: small.shape[0], : small.shape[1]] = small[:_TILE, :_TILE]
        tiles.append(tile)
    tiles += [np.full_like(tiles[0], 128)] * (-len(tiles) % (columns * rows))
    bands = [np.hstack(tiles[at : at + columns]) for at in range(0, len(tiles), columns)]
    return [np.vstack(bands[at : at + rows]) for at in range(0, len(bands), rows)]


def main() -> int:
    """Draw, read, print."""
    given = _arguments()
    model = given.model or current_name(given.models)
    classifier = load_classifier(given.models, model)
    line_network = load_trusted(classifier.version)
    with tempfile.TemporaryDirectory(prefix="digitd-pages-") as scratch:
        folder = Path(scratch) if given.unseen else OUT / "pages"
        numbers = UNSEEN if given.unseen else SEEN
        aspects = write_pages(numbers[: given.n], folder, find_writers(given.shared))
        results = evaluate_scans(
            classifier, "pages", read_labels(folder), line_network=line_network
        ).results
    looked = "nobody looks at" if given.unseen else "development looks at"
    day = datetime.now(UTC).date().isoformat()
    print(f"Pages {numbers[0]} to {numbers[: given.n][-1]}, which {looked}. {day}, {model}.")
    print(f"{machine()}. Percent, 95 % intervals (bootstrap by pages).\n")
    print(score_table(results, aspects))
    if (given.shared / "pages" / LABELS_FILE).is_file():
        scans = read_labels(given.shared / "pages")
        print(f"The {len(scans)} pages of {given.shared / 'pages'}:\n")
        print(
            score_table(
                evaluate_scans(classifier, "shared", scans, line_network=line_network).results
            )
        )
    if not given.unseen:
        _write_rows(OUT / "pages.csv", results, aspects)
    if given.sheets:
        for number, sheet in enumerate(contact_sheets(OUT / "pages")):
            cv2.imwrite(str(OUT / f"pages-{number:02}.png"), sheet)
    return 0


def _write_rows(
    path: Path, results: Sequence[ScanResult], aspects: Sequence[Mapping[str, str]]
) -> None:
    """A row a page, so that one sees which ones fail."""
    rows = [
        {"file": result.scan.file, **asdict(score(result.scan.label, result.lines)), **each}
        for result, each in zip(results, aspects, strict=True)
    ]
    with path.open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.read_pages", description=__doc__)
    parser.add_argument("--model", help="a version; default: the one in use")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--shared", type=Path, default=SHARED, help="digits of other people")
    parser.add_argument("--n", type=int, default=100, help="how many pages, from the first on")
    parser.add_argument("--unseen", action="store_true", help="pages 100 to 199, never shown")
    parser.add_argument("--sheets", action="store_true", help="contact sheets, to look at pages")
    given = parser.parse_args()
    if given.unseen and given.sheets:
        parser.error("--unseen pages are not to be looked at: leave --sheets out")
    return given


if __name__ == "__main__":
    sys.exit(main())
