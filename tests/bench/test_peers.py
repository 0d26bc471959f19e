"""Other programs on the same sets."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import peers
from bench.sets import ArraySet, FileSet
from daemon.training.datasets import DigitSet
from daemon.training.labels import LabelledScan
from daemon.training.scores import Share


def write(folder: Path, name: str, picture: np.ndarray, label: str) -> LabelledScan:
    (folder / name).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return LabelledScan(folder / name, name, label)


def test_the_recipe_reads_what_it_learnt_and_needs_the_right_polarity(
    trained_models: Path, test_digits: DigitSet, tmp_path: Path
) -> None:
    ancestor = peers.Ancestor(trained_models, tmp_path)
    arrays = ArraySet("MNIST test", test_digits.images, test_digits.labels)
    (on_arrays,) = ancestor.read(arrays)
    assert on_arrays.exact.value > 0.9
    pairs = list(zip(test_digits.images[:20], test_digits.labels[:20], strict=True))
    light = [write(tmp_path, f"{n}.png", x, str(y)) for n, (x, y) in enumerate(pairs)]
    dark = [write(tmp_path, f"d{n}.png", 255 - x, str(y)) for n, (x, y) in enumerate(pairs)]
    always, by_border = ancestor.read(FileSet("single", tuple(dark + light)))
    assert by_border.exact.n == 40
    assert by_border.exact.hits > always.exact.hits + 10


def test_tesseract_is_called_as_stated_and_reads_a_seeded_sample(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "tesseract"
    script.write_text('#!/bin/sh\n[ "$4" = 10 ] && [ "$2" = - ] && echo " 5 ${6#*=}" | cut -c1-3\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    scans = [LabelledScan(tmp_path / "x.png", f"{n}.png", str(4 + n % 2)) for n in range(6)]
    (found,) = peers.tesseract(FileSet("single", tuple(scans)))
    assert found.exact == Share(3, 6)
    many = FileSet("cells", tuple(scans) * 40)
    assert [peer.exact.n for peer in peers.tesseract(many)] == [100]
    assert list(peers.tesseract(many)) == list(peers.tesseract(many))


def test_peers_that_are_not_installed_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "daemon.training.fit", None)
    missing: list[str] = []
    assert peers.find_peers(tmp_path / "cache", tmp_path, missing.append) == []
    assert "TensorFlow" in missing[0]
    assert "apt-get install tesseract-ocr" in missing[1]
