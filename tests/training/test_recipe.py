"""What the shipped networks learn from, found on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.errors import InputMissing
from daemon.training import recipe


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ...]:
    folders = (tmp_path / "data", tmp_path / "shared")
    monkeypatch.setattr(recipe, "FOLDERS", folders)
    return folders


def test_mnist_is_downloaded_unless_it_is_here(folders: tuple[Path, ...]) -> None:
    assert recipe.find_mnist() == "mnist"
    (folders[1] / "mnist").mkdir(parents=True)
    assert recipe.find_mnist() == str(folders[1] / "mnist")


def test_the_first_folder_wins(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        for name in ("pendigits", "optdigits"):
            (folder / name).mkdir(parents=True)
    assert recipe.find_extras() == (folders[0] / "pendigits", folders[0] / "optdigits")


def test_what_is_missing_is_named_with_the_way_round_it(folders: tuple[Path, ...]) -> None:
    (folders[0] / "pendigits").mkdir(parents=True)
    with pytest.raises(InputMissing, match=r"data/optdigits: optdigits-orig\.tra.*--data mnist$"):
        recipe.find_extras()
