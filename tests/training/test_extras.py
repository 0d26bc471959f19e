"""Pen strokes and bitmaps beside MNIST."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from daemon.errors import InputMissing, NothingReadable
from daemon.training.datasets import DigitSet
from daemon.training.extras import PenSet, load_extra

STROKE = (
    '.SEGMENT DIGIT 0 ? "{label}"\n.COMMENT {label} {writer} 1\n.PEN_DOWN\n 1 1\n 1 9\n.PEN_UP\n'
)
BITMAP = "\n".join(["0" * 15 + "11" + "0" * 15] * 32)
HEADER = "A database of digits\nentwidth = 32\n"


def test_pen_strokes_are_recognised_by_content(tmp_path: Path) -> None:
    text = STROKE.format(label=1, writer=1) + STROKE.format(label=7, writer=2)
    (tmp_path / "any.tra.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "readme.names").write_text("not data")
    (found,) = load_extra(tmp_path)
    assert isinstance(found, PenSet)
    assert [digit.label for digit in found.digits] == [1, 7]
    assert found.source == "any.tra.gz"


def test_writers_of_two_files_are_different_people(tmp_path: Path) -> None:
    for name in ("a.tes", "a.tra"):
        (tmp_path / name).write_text(
            STROKE.format(label=1, writer=1) + STROKE.format(label=1, writer=2)
        )
    (found,) = load_extra(tmp_path)
    assert isinstance(found, PenSet)
    assert len({digit.writer for digit in found.digits}) == 4


def test_bitmaps_are_recognised_by_content_and_become_glyphs(tmp_path: Path) -> None:
    path = tmp_path / "digits.txt"
    path.write_text(f"{HEADER}{BITMAP}\n 1\n{BITMAP}\n 7\n")
    (found,) = load_extra(path)
    assert isinstance(found, DigitSet)
    assert found.labels.tolist() == [1, 7]
    assert found.images.shape == (2, 28, 28)
    rows = np.flatnonzero(found.images[0].any(axis=1))
    assert rows[-1] - rows[0] + 1 == 20


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"{BITMAP}\n{BITMAP}\n 1\n", "line 65 should follow 32 rows .* but follows 64 rows"),
        (f"{BITMAP}\nx\n", "line 33 should follow .* with 'x'"),
        (f"{BITMAP}\n", "ends in the middle of a digit"),
    ],
)
def test_mistaken_bitmaps_are_refused_with_the_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "digits.tra").write_text(text)
    with pytest.raises(NothingReadable, match=complaint):
        load_extra(tmp_path)


def test_mistaken_strokes_are_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "digits.tra").write_text('.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n 1 x\n')
    with pytest.raises(NothingReadable, match=r"digits\.tra: line 3"):
        load_extra(tmp_path)


def test_strokes_without_labels_are_refused(tmp_path: Path) -> None:
    (tmp_path / "digits.tra").write_text(".PEN_DOWN\n 1 1\n.PEN_UP\n")
    with pytest.raises(NothingReadable, match="no labelled digit"):
        load_extra(tmp_path)


def test_a_folder_of_something_else_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(NothingReadable, match=r"neither pen strokes .* nor 32x32 bitmaps"):
        load_extra(tmp_path)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tra.gz").write_bytes(gzip.compress(b"x" * 1000)[:-9])
    with pytest.raises(NothingReadable, match=r"a\.tra\.gz cannot be read"):
        load_extra(tmp_path)


def test_a_path_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no extra digits at"):
        load_extra(tmp_path / "nowhere")


def test_a_file_that_lies_there_unpacked_too_is_learnt_once(tmp_path: Path) -> None:
    text = STROKE.format(label=1, writer=1)
    (tmp_path / "a.tra").write_text(text)
    (tmp_path / "a.tra.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "b.tra.gz").write_bytes(gzip.compress(text.encode()))
    (both,) = load_extra(tmp_path)
    assert both.source == "a.tra, b.tra.gz"


@pytest.mark.parametrize("named", ["", "digits.tra.Z"])
def test_files_packed_by_compress_are_told(tmp_path: Path, named: str) -> None:
    (tmp_path / "digits.tra.Z").write_bytes(b"\x1f\x9d\x90 and more")
    with pytest.raises(NothingReadable, match=r"gzip -d .*digits\.tra\.Z$"):
        load_extra(tmp_path / named)


def test_what_lies_there_unpacked_too_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "a.tra").write_text(f"{BITMAP}\n 1\n")
    (tmp_path / "a.tra.Z").write_bytes(b"\x1f\x9d\x90 and more")
    assert len(load_extra(tmp_path)) == 1
    (tmp_path / "b.tes.Z").write_bytes(b"\x1f\x9d\x90 and more")
    with pytest.raises(NothingReadable, match=r"gzip -d .*b\.tes\.Z$"):
        load_extra(tmp_path)


def test_digits_that_measure_are_not_learnt_with_their_folder(tmp_path: Path) -> None:
    for name, digit in (("a-orig.tra", 1), ("a-orig.windep", 7)):
        (tmp_path / name).write_text(f"{BITMAP}\n {digit}\n")
    (found,) = load_extra(tmp_path)
    assert found.source == "a-orig.tra"
    (named,) = load_extra(tmp_path / "a-orig.windep")
    assert isinstance(named, DigitSet)
    assert named.labels.tolist() == [7]
