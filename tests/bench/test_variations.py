"""The project's own variations: seeded, labelled, legible."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import layers, variations
from bench.layers import Place
from bench.variations import KINDS, draw, encode, write_variations
from daemon.records import Box
from daemon.training.labels import read_labels

SMALL = [kind for kind in KINDS if kind != "huge"]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "pendigits"


@pytest.mark.parametrize("kind", SMALL)
def test_a_picture_depends_on_its_kind_and_number_only(kind: str) -> None:
    first, label = draw(kind, 13)
    draw(kind, 5)
    again, _ = draw(kind, 13)
    np.testing.assert_array_equal(first, again)
    assert label == 3
    other, _ = draw(kind, 23)
    assert first.shape != other.shape or (first != other).any()


@pytest.mark.parametrize("kind", KINDS)
def test_every_digit_stands_out_of_its_paper(kind: str) -> None:
    picture, _ = draw(kind, 6)
    assert picture.dtype == np.uint8
    assert min(picture.shape[:2]) >= 28
    assert np.ptp(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)) > 60


def test_kinds_keep_their_sizes() -> None:
    tiny = [max(draw("tiny", number)[0].shape[:2]) for number in range(10)]
    assert max(tiny) <= 40
    assert min(draw("huge", 1)[0].shape[:2]) > 700


def test_only_jpegs_are_lossy() -> None:
    picture, _ = draw("plain", 1)
    decoded = cv2.imdecode(np.frombuffer(encode("plain", picture, 1), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(decoded, picture)
    assert encode("JPEG noise", picture, 1).startswith(b"\xff\xd8")


def test_labels_name_every_picture(tmp_path: Path) -> None:
    write_variations("light on dark", 12, tmp_path / "dark")
    scans = read_labels(tmp_path / "dark")
    assert [scan.label for scan in scans] == [str(n % 10) for n in range(12)]
    pictures = [cv2.imread(str(scan.path), cv2.IMREAD_GRAYSCALE) for scan in scans]
    assert all(np.median(picture) < 100 for picture in pictures)


def test_more_pictures_change_none_of_the_first(tmp_path: Path) -> None:
    for folder, n in (("few", 2), ("more", 4)):
        write_variations("specks", n, tmp_path / folder)
    few, more = (read_labels(tmp_path / folder) for folder in ("few", "more"))
    for one, same in zip(few, more, strict=False):
        assert one.path.read_bytes() == same.path.read_bytes()


@pytest.mark.parametrize("side", range(12))
def test_what_surrounds_the_digit_leaves_it_alone(side: int) -> None:
    place = Place(Box(60, 50, 50, 70), 5, (30, 30, 30))
    for layer in (layers.frame, layers.rules_at_the_border, layers.cut_neighbours):
        paper = np.full((170, 180, 3), 240, np.float32)
        changed = (layer(paper, place, np.random.default_rng(side)) != 240).any(axis=2)
        assert changed.any()
        assert not changed[50:120, 60:110].any(), layer.__name__


def test_recorded_hands_are_legible_ones_and_optional(tmp_path: Path) -> None:
    assert variations.recorded(tmp_path) == {}
    if not SHARED.is_dir():
        pytest.skip("../shared/data/pendigits is not here")
    found = variations.recorded(SHARED)
    assert all(len(found[label]) > 50 for label in range(10))
    own, recorded = draw("plain", 15)[0], draw("plain", 15, SHARED)[0]
    assert own.shape != recorded.shape or (own != recorded).any()
