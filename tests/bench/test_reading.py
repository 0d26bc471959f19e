"""What is made of the costs of reading."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.reading import BATCH, Cost, line_files, measure_lines, measure_photos
from daemon.records import Scan

SCANS = [Scan(f"{number:032}", f"{number}.png", "", b"") for number in range(2 * BATCH)]


class Costs:
    """Stands for the networks: costs as told, one a call; what was asked about stays."""

    def __init__(self, costs: list[Cost]) -> None:
        self._costs = iter(costs)
        self.asked: list[tuple[str, ...]] = []

    def cost(self, scans: Sequence[Scan], _annotated: str) -> Cost:
        self.asked.append(tuple(scan.file for scan in scans))
        return next(self._costs)


def test_a_lines_cost_is_the_mean_of_its_batches_and_the_first_pass_warms_up() -> None:
    passes = [Cost(9, 90, 900)] * 2 + [Cost(1, 2, 10), Cost(3, 4, 20)]
    costs = Costs(passes)
    assert measure_lines(costs, SCANS, passes=1) == [Cost(2, 3, 15)]
    assert [len(batch) for batch in costs.asked] == [BATCH] * 4


def test_a_photos_ratio_is_the_median_of_its_passes() -> None:
    passes = [Cost(10, 1, read) for read in (20, 300, 40, 100, 90, 200)]  # photos in turn
    costs = Costs(passes)
    assert measure_photos(costs, SCANS[:2], passes=3) == [pytest.approx(4), pytest.approx(20)]
    assert costs.asked == [("0.png",), ("1.png",)] * 3


def test_lines_are_real_ones_where_they_are_and_drawn_ones_else(tmp_path: Path) -> None:
    drawn = line_files(tmp_path / "shared", tmp_path / "drawn")
    pixels = cv2.imdecode(np.frombuffer(drawn[0].read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels.shape == (140, 480)
    real = tmp_path / "shared" / "orand"
    real.mkdir(parents=True)
    (real / "a.jpg").write_bytes(b"")
    assert line_files(tmp_path / "shared", tmp_path / "drawn") == [real / "a.jpg"]
