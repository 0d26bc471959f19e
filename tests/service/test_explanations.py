from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import fake_reader
import pytest

from daemon.errors import OutputUnwritable
from daemon.service.batch import BatchSettings, run_batch
from daemon.service.summary import Summary

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SETTINGS = BatchSettings(model="fake-1", max_scans=2)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    (tmp_path / "scans" / "other").mkdir(parents=True)
    return tmp_path / "scans"


def run(scans: Path, *, workers: int = 1, out: str = "results", explain: str = "seen") -> Summary:
    settings = replace(SETTINGS, workers=workers, explain=scans.parent / explain)
    return run_batch([scans], scans.parent / out, settings, fake_reader.load_reader)


def seen(scans: Path) -> list[tuple[str, bytes]]:
    """Names without their ids, and contents, of the pictures."""
    files = [(path.name, path) for path in (scans.parent / "seen").iterdir()]
    return sorted((name[:-13], path.read_bytes()) for name, path in files)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_scan_that_is_read_has_a_picture_named_after_it(scans: Path, workers: int) -> None:
    for number in range(5):
        (scans / f"n{number}.png").write_text(f"{number}")
    (scans / "other" / "n0.png").write_text("6")
    summary = run(scans, workers=workers)
    names = ["n0", "n0", "n1", "n2", "n3", "n4"]
    contents = sorted(f"what was seen of {n}".encode() for n in (0, 6, 1, 2, 3, 4))
    assert [name for name, _ in seen(scans)] == [f"{name}.png" for name in names]
    assert sorted(content for _, content in seen(scans)) == contents
    assert summary.explanations == 6


def test_what_was_rejected_has_a_picture_that_says_why(scans: Path) -> None:
    (scans / "a.png").write_text("bad")
    (scans / "b.png").symlink_to("nowhere")
    run(scans)
    assert [name for name, _ in seen(scans)] == ["a.png", "b.png"]
    assert all(content.startswith(b"\x89PNG") for _, content in seen(scans))


def test_what_was_read_before_is_not_read_again_for_a_picture(scans: Path) -> None:
    (scans / "a.png").write_text("1")
    run(scans)
    (scans / "b.png").write_text("2")
    assert run(scans, explain="later").explanations == 1
    assert [path.name[:5] for path in (scans.parent / "later").iterdir()] == ["b.png"]
    assert run(scans, out="anew", explain="anew").explanations == 2


def test_a_duplicate_has_the_picture_of_the_first(scans: Path) -> None:
    for name in "ab":
        (scans / f"{name}.png").write_text("1")
    assert run(scans).explanations == 1
    assert [name for name, _ in seen(scans)] == ["a.png"]


def test_results_are_the_same_with_and_without(scans: Path) -> None:
    for name, content in {"a": "12", "b": "?3", "c": "blank", "d": "bad"}.items():
        (scans / f"{name}.png").write_text(content)
    files = []
    for out, explain in (("with", scans.parent / "seen"), ("without", None)):
        ids = (f"{number:08x}" * 4 for number in count())
        folder = scans.parent / out
        run_batch(
            [scans],
            folder,
            replace(SETTINGS, explain=explain),
            fake_reader.load_reader,
            random_id=ids.__next__,
            clock=lambda: NOON,
        )
        paths = [
            path for path in folder.rglob("*") if path.is_file() and ".digitd" not in path.parts
        ]
        files.append({path.relative_to(folder): path.read_bytes() for path in paths})
    assert len(files[0]) > 8
    assert files[0] == files[1]


def test_a_disk_that_refuses_leaves_nothing_half_and_no_result(
    scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scans / "a.png").write_text("1")
    (scans / "b.png").write_text("2")

    def refuse(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(path), str(target))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(OutputUnwritable, match=r"cannot write to .*seen: No space left"):
            run(scans)
    assert list((scans.parent / "seen").iterdir()) == []
    assert run(scans).explanations == 2, "the next run reads them"


def test_a_folder_that_cannot_be_made_is_named(scans: Path) -> None:
    (scans / "a.png").write_text("1")
    (scans.parent / "file").touch()
    with pytest.raises(OutputUnwritable, match=r"cannot write to .*file/seen: Not a directory"):
        run(scans, explain="file/seen")
