"""Which scans are read together."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from daemon.records import Limits, Scan
from daemon.service import planner
from daemon.service.planner import Planner
from daemon.spool.journal import Journal


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Six different pictures of 100 x 100 pixels."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(6):
        image = np.full((100, 100), 10 * number, np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return folder


def sizes(scans: Path, tmp_path: Path, max_scans: int = 256) -> list[int]:
    with Journal(tmp_path / "journal.db") as journal:
        plan = Planner(journal, Limits(), "m-1", max_scans)
        return [len(batch.scans) for batch in plan.batches([scans])]


def test_a_batch_holds_no_more_than_its_scans(scans: Path, tmp_path: Path) -> None:
    assert sizes(scans, tmp_path, max_scans=4) == [4, 2]


def test_a_batch_closes_when_its_pixels_get_too_many(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MAX_BATCH_PIXELS", 25_000)
    assert sizes(scans, tmp_path) == [3, 3]


def test_a_batch_closes_when_its_bytes_get_too_many(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MAX_BATCH_BYTES", 1)
    assert sizes(scans, tmp_path) == [1] * 6


@pytest.mark.parametrize(
    ("scans", "workers", "room", "shares"),
    [(0, 2, 10_000, 1), (3, 2, 10**6, 1), (40, 2, 10**6, 2), (40, 2, 100_000, 4), (3, 2, 1, 3)],
)
def test_a_claimed_batch_is_cut_for_its_workers_and_by_its_pixels(
    scans: int, workers: int, room: int, shares: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MAX_BATCH_PIXELS", room)
    data = cv2.imencode(".png", np.zeros((100, 100), np.uint8))[1].tobytes()
    claimed = [Scan(f"{number}", "a.png", "", data) for number in range(scans)]
    assert planner.count_shares(claimed, workers) == shares
