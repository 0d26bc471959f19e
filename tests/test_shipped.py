"""What a fresh clone reads: the network in models/, on samples/ and, where it is, on ../shared."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from bench.variations import draw
from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.ann.registry import load_version, verify, version_names
from daemon.ann.trust import load_trusted
from daemon.records import Limits, Reading, Scan, Status
from daemon.training.clutter import scene
from daemon.vision.reader import read_batch

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

ReadShared: TypeAlias = Callable[[str], list[tuple[Reading, str]]]


@pytest.fixture(scope="module")
def classifier() -> GlyphClassifier:
    return load_classifier(ROOT / "models")


def test_an_installed_digitd_has_all_that_reading_needs() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    packed = {
        path
        for pattern in setup["setuptools"]["package-data"]["daemon.models"]
        for path in (ROOT / "models").glob(pattern)
    }
    assert ROOT / "models" / "current" in packed
    for name in version_names(ROOT / "models"):
        version = load_version(ROOT / "models", name)
        assert {*version.networks, version.path / "metadata.json"} <= packed


def labelled(folder: Path) -> Iterator[tuple[Scan, str]]:
    """Scans with what is written on them, lines separated by `|`."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            data = (folder / row["file"]).read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            yield Scan(digest, row["file"], digest, data), row["label"]


def read(folder: Path, classifier: GlyphClassifier) -> list[tuple[Reading, str]]:
    scans, labels = zip(*labelled(folder), strict=True)
    outcomes = read_batch(
        scans,
        classifier,
        limits=Limits(),
        annotated="none",
        line_network=load_trusted(classifier.version),
    )
    assert all(isinstance(outcome, Reading) for outcome in outcomes)
    return [
        (outcome, label)
        for outcome, label in zip(outcomes, labels, strict=True)
        if isinstance(outcome, Reading)
    ]


@pytest.fixture(scope="module")
def read_shared(classifier: GlyphClassifier) -> ReadShared:
    """What is read of a set of ../shared/data, once; where it is not here, its tests skip."""

    @cache
    def read_set(name: str) -> list[tuple[Reading, str]]:
        if not (SHARED / name).is_dir():
            pytest.skip(f"../shared/data/{name} is not here")
        return read(SHARED / name, classifier)

    return read_set


def text(reading: Reading) -> str:
    return "|".join(line.text for page in reading.pages for line in page.lines)


def groups(label: str) -> str:
    """Every group of digits as a line of its own; signs and dashes are none."""
    written = (re.sub(r"\D", "", group) for group in re.split(r"[| ]", label))
    return "|".join(group for group in written if group)


def test_every_sample_is_read_right(classifier: GlyphClassifier) -> None:
    for reading, label in read(ROOT / "samples", classifier):
        assert text(reading) == groups(label), reading.file


def test_of_photographs_of_nothing_hardly_any_is_called_read(classifier: GlyphClassifier) -> None:
    rng = np.random.default_rng(11)
    pictures = [cv2.imencode(".png", scene(rng))[1].tobytes() for _ in range(200)]
    scans = [Scan(f"{n:032}", "a.png", f"{n:064}", data) for n, data in enumerate(pictures)]
    network = load_trusted(classifier.version)
    outcomes = read_batch(
        scans, classifier, limits=Limits(), annotated="none", line_network=network
    )
    read = [outcome for outcome in outcomes if isinstance(outcome, Reading)]
    assert len(read) == len(scans)
    called_read = [
        reading
        for reading in read
        if any(line.status is Status.READ for page in reading.pages for line in page.lines)
    ]
    assert len(called_read) <= 5  # without doubts about lone scraps, 11


def test_pieces_of_a_large_digit_are_not_read_for_digits(classifier: GlyphClassifier) -> None:
    pictures = [draw("sheet on a desk", number) for number in (19, 44, 55, 114)]
    scans = [
        Scan(f"{n:032}", "a.png", f"{n:064}", cv2.imencode(".png", picture)[1].tobytes())
        for n, (picture, _) in enumerate(pictures)
    ]
    network = load_trusted(classifier.version)
    outcomes = read_batch(
        scans, classifier, limits=Limits(), annotated="none", line_network=network
    )
    read = [text(outcome) for outcome in outcomes if isinstance(outcome, Reading)]
    assert read == [str(digit) for _, digit in pictures]


def test_every_version_is_whole_and_small() -> None:
    versions = [path for path in (ROOT / "models").iterdir() if path.is_dir()]
    assert load_version(ROOT / "models").path in versions
    for path in versions:
        verify(load_version(ROOT / "models", path.name))  # raises where a file has changed
    files = [path for path in (ROOT / "models").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 20_000_000


def test_the_mlp_that_ships_reads_mnist_as_well_as_was_promised() -> None:
    (folder,) = (ROOT / "models").glob("mlp-*")
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    assert metadata["metrics"]["test"]["data"] == "mnist/test"
    assert metadata["metrics"]["test"]["accuracy"] >= 0.9935


def test_one_tower_of_the_line_reader_can_be_asked_without_the_other() -> None:
    reader = load_version(ROOT / "models").reader
    assert sorted(Interpreter(str(reader)).get_signature_list()) == ["tower_1", "tower_2"]


@pytest.mark.parametrize(("name", "exact"), [("single", 0.99), ("cells", 0.98), ("strings", 1.0)])
def test_real_digits_are_read(name: str, exact: float, read_shared: ReadShared) -> None:
    pairs = read_shared(name)
    right = [text(reading).replace("|", "") == label.replace("|", "") for reading, label in pairs]
    assert sum(right) >= exact * len(right)
    sure = [
        right
        for right, (reading, _) in zip(right, pairs, strict=True)
        if reading.status is Status.READ
    ]
    assert sum(sure) >= 0.99 * len(sure)


@pytest.mark.parametrize("name", ["single", "cells"])
def test_most_real_digits_need_no_person(name: str, read_shared: ReadShared) -> None:
    statuses = [reading.status for reading, _ in read_shared(name)]
    assert statuses.count(Status.READ) >= 0.95 * len(statuses)


def test_what_holds_no_digit_is_seldom_called_read(read_shared: ReadShared) -> None:
    statuses = [reading.status for reading, _ in read_shared("nondigit")]
    assert statuses.count(Status.READ) <= 0.05 * len(statuses)
