"""Folders of image files, read the way scans are read."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from daemon.errors import InputMissing, NothingReadable
from daemon.training.folders import find_labelled
from daemon.training.sources import load


def write_digit(path: Path, digit: int, *, dark: bool = True) -> None:
    """A digit on a page of 90x90 pixels, dark on light or light on dark."""
    page = np.full((90, 90), 245, np.uint8)
    cv2.putText(page, str(digit), (28, 65), 0, 1.8, 20, 4, cv2.LINE_AA)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", page if dark else 255 - page)[1].tobytes())


def test_a_folder_per_class_gives_glyphs_with_its_name_as_label(tmp_path: Path) -> None:
    for digit in range(10):
        write_digit(tmp_path / str(digit) / "one.png", digit)
        write_digit(tmp_path / str(digit) / "two.png", digit, dark=False)
    (tmp_path / "3" / ".DS_Store").write_bytes(b"x")
    digits = load(str(tmp_path)).for_evaluation()
    assert digits.labels.tolist() == [d for d in range(10) for _ in range(2)]
    assert digits.images.shape == (20, 28, 28)
    for dark, light in digits.images.reshape(10, 2, 28, 28):
        assert np.abs(dark.astype(int) - light).mean() < 5
        assert dark[0].max() == 0 < dark.max()


def test_train_and_test_folders_are_the_two_parts(tmp_path: Path) -> None:
    write_digit(tmp_path / "train" / "4" / "a.png", 4)
    write_digit(tmp_path / "test" / "7" / "b.png", 7)
    train, test = load(str(tmp_path)).for_training(seed=1)
    assert (train.labels.tolist(), test.labels.tolist()) == ([4], [7])


def test_labels_csv_names_files_and_labels(tmp_path: Path) -> None:
    write_digit(tmp_path / "a.png", 5)
    write_digit(tmp_path / "sub" / "b.png", 8)
    (tmp_path / "labels.csv").write_text(
        "file,label,notes\na.png,5,mine\nsub/b.png, 8 ,\n", encoding="utf-8-sig"
    )
    assert load(str(tmp_path)).for_evaluation().labels.tolist() == [5, 8]


def test_what_shows_no_digit_is_counted_and_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    write_digit(tmp_path / "5" / "a.png", 5)
    blank = cv2.imencode(".png", np.full((90, 90), 245, np.uint8))[1].tobytes()
    (tmp_path / "5" / "blank.png").write_bytes(blank)
    (tmp_path / "5" / "notes.txt").write_text("no image")
    digits = load(str(tmp_path)).for_evaluation()
    assert len(digits) == 1
    assert digits.unfound == 1
    assert "blank.png" in caplog.text
    assert "1 files in" in caplog.text  # the notes


def test_folders_in_the_folder_of_a_class_belong_to_it(tmp_path: Path) -> None:
    write_digit(tmp_path / "5" / "anna" / "a.png", 5)
    write_digit(tmp_path / "5" / "b.PNG", 5)
    (tmp_path / "5" / "Thumbs.db").write_bytes(b"x")
    for elsewhere in (".thumbs/a.png", "@eaDir/a.png", "~old/a.png", "~a.png", ".a.png"):
        write_digit(tmp_path / "5" / elsewhere, 5)
    assert [scan.file for scan in find_labelled(tmp_path)] == ["5/anna/a.png", "5/b.PNG"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name,digit\na.png,5\n", "needs the columns file and label"),
        ("", "needs the columns file and label"),
        ("file,label\na.png,5063\n", r"line 2: the label of a\.png is '5063'"),
        ("file,label\na.png\n", r"line 2: the label of a\.png is ''"),
    ],
)
def test_a_mistaken_labels_csv_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    write_digit(tmp_path / "a.png", 5)
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(NothingReadable, match=complaint):
        load(str(tmp_path))


def test_a_listed_file_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\ngone.png,5\n")
    with pytest.raises(InputMissing, match=r"gone\.png cannot be read"):
        load(str(tmp_path))


def test_a_folder_in_which_no_digit_is_found_is_refused(tmp_path: Path) -> None:
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "notes.png").write_text("no image")
    with pytest.raises(NothingReadable, match="none of 1 labelled files shows a digit"):
        load(str(tmp_path))


def test_any_other_folder_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match=r"IDX files, folders named 0 to 9, or images with"):
        load(str(tmp_path))
