"""What a file's content says about its own end, by its format."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.service import ends
from daemon.service.ends import EndFinder
from daemon.spool.settle import End


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def saved(kind: str, pages: int = 1) -> bytes:
    first, *others = [Image.fromarray(np.full((32, 40), 255, np.uint8))] * pages
    file = io.BytesIO()
    first.save(file, kind, **({"save_all": True, "append_images": others} if others else {}))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "PDF", "BMP"])
def test_a_file_is_whole_when_its_end_is_there(tmp_path: Path, kind: str) -> None:
    data, find = saved(kind), EndFinder(1)
    assert find(written(tmp_path / "whole", data)) is End.THERE
    assert find(written(tmp_path / "cut", data[:-10])) is End.MISSING


def test_pages_may_be_appended_to_a_tiff_whose_last_page_is_there(tmp_path: Path) -> None:
    data, find = saved("TIFF", pages=3), EndFinder(1)
    assert find(written(tmp_path / "whole", data)) is End.MAY_GROW
    assert find(written(tmp_path / "cut", data[: len(data) // 2])) is End.MISSING


def test_what_is_no_picture_or_too_large_has_no_end_to_wait_for(tmp_path: Path) -> None:
    assert EndFinder(1)(written(tmp_path / "text", b"a text")) is End.THERE
    assert EndFinder(0.00001)(written(tmp_path / "large", saved("PNG")[:-10])) is End.THERE


def test_a_file_that_cannot_be_read_just_now_has_no_end_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bytes:
        raise OSError(errno.EBUSY, "Device or resource busy")

    path = written(tmp_path / "busy", saved("PNG"))
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(OSError, match="busy"):
        EndFinder(1)(path)


def test_a_header_that_breaks_its_reader_is_for_whoever_reads_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: bytes) -> None:
        raise AssertionError("a bug of ours")

    monkeypatch.setattr(ends, "read_header", fail)
    assert EndFinder(1)(written(tmp_path / "odd", saved("PNG"))) is End.THERE
