"""What digitd is timed against does what it says."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bench.rivals import SHOWN, floor, shown
from bench.throughput import Bench
from daemon.records import Page, PageReading, Status
from daemon.vision.annotate import annotate


def test_one_floor_writes_pictures_as_large_as_the_scans_and_one_as_large_as_ours(
    tmp_path: Path,
) -> None:
    scans, small, large = (tmp_path / name for name in ("scans", "small", "large"))
    for folder in (scans, small, large):
        folder.mkdir()
    pixels = np.full((28, 28), 90, np.uint8)
    cv2.imwrite(str(scans / "a.png"), pixels)
    floor(scans, small, 1)
    shown(scans, large, 1)
    ours = annotate(
        Page(1, pixels), PageReading(1, 28, 28, ()), title="000001.png", status=Status.EMPTY
    )
    assert cv2.imread(str(small / "a.jpg"), cv2.IMREAD_UNCHANGED).shape == (28, 28)
    picture = cv2.imread(str(large / "a.jpg"), cv2.IMREAD_UNCHANGED)
    assert picture.shape == ours.shape == (*SHOWN[::-1], 3)


def test_no_run_finds_files_of_another_and_none_stay(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tmp_path / "corpora", 1)
    (tmp_path / "other").touch()
    folders = [bench.fresh() for _ in range(3)]
    assert len(set(folders)) == 3
    for folder in folders:
        folder.mkdir()
        folder.with_suffix(".log").touch()
        (folder / "readings.csv").touch()
    bench.clear()
    assert [each.name for each in tmp_path.iterdir()] == ["other"]
