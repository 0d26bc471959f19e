from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from bench.corpora import TINY, Corpus
from bench.measure import run
from bench.throughput import drawn


def test_no_two_files_are_the_same_and_they_are_made_once(tmp_path: Path) -> None:
    folder = TINY.write(tmp_path, 40)
    files = {path.read_bytes() for path in folder.iterdir()}
    assert len(files) == 40
    made = (folder / "000000.png").stat().st_mtime_ns
    assert TINY.write(tmp_path, 40) == folder
    assert (folder / "000000.png").stat().st_mtime_ns == made


def test_photos_are_files_of_their_kind(tmp_path: Path) -> None:
    pictures = [np.full((8, 8), shade, np.uint8) for shade in (10, 200)]
    corpus: Corpus = replace(TINY, name="x", pictures=lambda: iter(pictures), extension=".jpg")
    first, _ = sorted(corpus.write(tmp_path, 2).iterdir())
    pixels = cv2.imread(str(first), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    assert abs(int(pixels.mean()) - 10) < 3


def test_tiny_digits_are_28_pixels_wide() -> None:
    assert [picture.shape for picture in islice(TINY.pictures(), 3)] == [(28, 28)] * 3


def test_a_command_is_timed_with_its_scans_and_its_memory(tmp_path: Path) -> None:
    folder = TINY.write(tmp_path, 3)
    found = run(("bench.rivals", "floor", folder, tmp_path / "out"), tmp_path / "out", 3)
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert found.scans == 3
    assert found.wall_s > 0
    assert found.cpu_s > 0
    assert found.peak_mb > 10


def test_files_are_drawn_by_a_process_of_its_own(tmp_path: Path) -> None:
    assert drawn(TINY, tmp_path, 3) == TINY.write(tmp_path, 3)
