"""The measuring sets: what is there is measured, what is not is named."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest

from bench.sets import LOAD_DIGITS, ArraySet, array_sets, even_half, file_sets, mnist_files
from daemon.errors import InputMissing
from daemon.training import sources
from daemon.training.labels import LabelledScan

IMAGES = np.random.default_rng(3).integers(0, 256, (4, 28, 28), np.uint8)


@pytest.fixture(autouse=True)
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise InputMissing("no MNIST here")

    monkeypatch.setattr(sources, "_mnist", refuse)


def pretend_sklearn(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((6, 8, 8))
    images[:, 1:7, 3:5] = 16
    found = SimpleNamespace(images=images, target=np.arange(6))
    datasets = ModuleType("sklearn.datasets")
    datasets.load_digits = lambda: found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sklearn", ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", datasets)


def test_load_digits_is_scaled_to_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pretend_sklearn(monkeypatch)
    missing: list[str] = []
    (found,) = array_sets(tmp_path, missing.append)
    assert found.name == LOAD_DIGITS
    assert (found.images.max(), found.images.dtype) == (255, np.uint8)
    assert found.digits.images.shape == (6, 28, 28)
    assert found.digits.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert [line.split(":")[0] for line in missing] == ["MNIST test", "USPS test", "Semeion"]


def test_without_scikit_learn_the_same_digits_come_from_optdigits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    missing: list[str] = []
    assert list(array_sets(tmp_path, missing.append)) == []
    assert "pip install '.[bench]'" in missing[-1]
    (tmp_path / "bench").mkdir()
    np.savez(tmp_path / "bench" / "optdigits_test.npz", x=IMAGES, y=np.arange(4))
    np.savez(tmp_path / "bench" / "usps.npz", x_train=IMAGES, y_train=np.arange(4),
             x_test=IMAGES[:2], y_test=np.arange(2))  # fmt: skip
    found = {each.name: len(each.labels) for each in array_sets(tmp_path, missing.append)}
    assert found == {"USPS test": 2, "load_digits": 4}


def test_folders_of_files_are_found_by_their_labels(tmp_path: Path) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "labels.csv").write_text("file,label\na.png,4\n")
    missing: list[str] = []
    (found,) = file_sets(tmp_path, missing.append)
    assert (found.name, found.scans[0].label) == ("cells", "4")
    assert len(missing) == 5


def test_mnist_as_files_is_the_same_pictures(tmp_path: Path) -> None:
    files = mnist_files(ArraySet("MNIST test", IMAGES, np.array([7, 2, 1, 0])), tmp_path / "new")
    assert [scan.label for scan in files.scans] == ["7", "2", "1", "0"]
    again = [cv2.imread(str(scan.path), cv2.IMREAD_GRAYSCALE) for scan in files.scans]
    np.testing.assert_array_equal(again, IMAGES)


def test_halves_depend_on_the_name_alone() -> None:
    names = [f"{number}.png" for number in range(400)]
    even = [even_half(LabelledScan(Path("x") / name, name, "5")) for name in names]
    assert even[:4] == [False, True, False, True]  # sha256sum ends in 9, 6, 9 and 4
    assert 150 < sum(even) < 250
