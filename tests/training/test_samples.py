"""The committed samples are what the renderer draws."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import cv2
import pytest

from daemon.records import Limits, Scan
from daemon.training.camera import Scene
from daemon.training.samples import LABELS, SAMPLES, draw, encode, labels, write_samples
from daemon.vision.decode import decode

FOLDER = Path(__file__).parents[2] / "samples"
LOSSY = 6  # grey levels, on average: what JPEG may change


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_a_sample_is_drawn_again_the_same(sample):
    """Not byte by byte: encoders differ between versions, and the last bit between processors."""
    committed = list(decode(Scan("", "", "", (FOLDER / sample.file).read_bytes()), Limits()))
    for page, drawn in zip(committed, draw(sample), strict=True):
        pixels = page.pixels if page.colour is None else page.colour
        difference = cv2.absdiff(pixels, drawn.pixels)
        if Path(sample.file).suffix in (".jpg", ".pdf"):
            assert difference.mean() < LOSSY
        else:
            assert difference.max() <= 1


def test_labels_and_files_belong_together():
    assert (FOLDER / LABELS).read_text(encoding="utf-8") == labels()
    files = {path.name for path in FOLDER.iterdir()} - {LABELS}
    assert files == {sample.file for sample in SAMPLES}


def test_samples_show_every_digit_format_and_polarity():
    digits = Counter(c for sample in SAMPLES for c in sample.label if c.isdecimal())
    assert set(digits) == set("0123456789")
    assert {Path(sample.file).suffix for sample in SAMPLES} == {".png", ".jpg", ".tif", ".pdf"}
    scenes = [sample.scene for sample in SAMPLES]
    assert {scene.light_on_dark for scene in scenes if isinstance(scene, Scene)} == {True, False}
    assert 12 <= len(SAMPLES) <= 24


def test_samples_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_000_000


def test_samples_are_written_with_their_labels(tmp_path, monkeypatch):
    few = SAMPLES[:2]
    monkeypatch.setattr("daemon.training.samples.SAMPLES", few)
    write_samples(tmp_path / "new")
    for sample in few:
        assert (tmp_path / "new" / sample.file).read_bytes() == encode(sample)
    with (tmp_path / "new" / LABELS).open(encoding="utf-8") as table:
        assert [row["label"] for row in csv.DictReader(table)] == [s.label for s in few]
