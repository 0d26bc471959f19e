"""Labelled digits from IDX files, .npz files and Keras."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from daemon.errors import InputMissing, NothingReadable
from daemon.training import sources
from daemon.training.datasets import DigitSet
from daemon.training.sources import load

RNG = np.random.default_rng(7)
IMAGES = RNG.integers(0, 256, (20, 28, 28), dtype=np.uint8)
LABELS = (np.arange(20) % 10).astype(np.uint8)


def idx(array: np.ndarray) -> bytes:
    magic = 0x800 + array.ndim
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


def write_idx(folder: Path, prefix: str, count: int, *, zipped: bool = True) -> None:
    folder.mkdir(exist_ok=True)
    for kind, array in (("images-idx3", IMAGES[:count]), ("labels-idx1", LABELS[:count])):
        data = idx(array)
        name = f"{prefix}-{kind}-ubyte"
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / name).write_bytes(data)


@pytest.mark.parametrize("zipped", [True, False])
def test_idx_files_are_read_gzipped_or_not(tmp_path: Path, zipped: bool) -> None:
    write_idx(tmp_path, "train", 20, zipped=zipped)
    write_idx(tmp_path, "t10k", 5, zipped=zipped)
    train, test = load(str(tmp_path)).for_training(seed=1)
    np.testing.assert_array_equal(train.images, IMAGES)
    np.testing.assert_array_equal(train.labels, LABELS)
    assert len(test) == 5


def test_gzipped_and_plain_files_have_the_same_digest(tmp_path: Path) -> None:
    write_idx(tmp_path / "a", "t10k", 20, zipped=True)
    write_idx(tmp_path / "b", "t10k", 20, zipped=False)
    a, b = (load(str(tmp_path / name)).for_evaluation() for name in "ab")
    assert a.sha256 == b.sha256
    changed = DigitSet("a", "a", a.images, np.roll(a.labels, 1))
    assert changed.sha256 != a.sha256


def test_renamed_idx_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "t10k-images.idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "t10k-labels.idx1-ubyte").write_bytes(idx(LABELS))
    assert len(load(str(tmp_path)).for_evaluation()) == 20


def test_a_missing_idx_file_is_named(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", 20)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(InputMissing, match="no train-labels IDX file"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (idx(LABELS), "is not the IDX file expected: it begins with 0x801, not 0x803"),
        (idx(IMAGES)[:-1], "20 x 28 x 28 but holds 15679 bytes"),
        (idx(IMAGES)[:6], "is not the IDX file expected"),
        (b"", "is not the IDX file expected"),
        (gzip.compress(idx(IMAGES))[:-20], "cannot be read"),
    ],
)
def test_damaged_idx_files_are_refused(tmp_path: Path, data: bytes, complaint: str) -> None:
    write_idx(tmp_path, "train", 20)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(data)
    with pytest.raises(NothingReadable, match=complaint):
        load(str(tmp_path))


def test_a_test_part_alone_can_be_measured_but_not_learnt(tmp_path: Path) -> None:
    write_idx(tmp_path, "t10k", 20)
    source = load(str(tmp_path))
    assert len(source.for_evaluation()) == 20
    with pytest.raises(InputMissing, match="no training digits"):
        source.for_training(seed=1)


@pytest.mark.parametrize("keys", [("x", "y"), ("images", "labels")])
def test_an_npz_of_one_part_is_split_by_seed(tmp_path: Path, keys: tuple[str, str]) -> None:
    path = tmp_path / "digits.npz"
    np.savez(path, **dict(zip(keys, (IMAGES, LABELS), strict=True)))
    source = load(str(path))
    train, test = source.for_training(seed=1)
    assert (len(train), len(test)) == (17, 3)
    both = {image.tobytes() for image in (*train.images, *test.images)}
    assert both == {image.tobytes() for image in IMAGES}
    assert source.for_training(seed=1)[1].sha256 == test.sha256
    assert source.for_training(seed=2)[1].sha256 != test.sha256
    assert len(source.for_evaluation()) == 20


def test_an_npz_like_keras_has_two_parts(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:4], y_test=LABELS[:4])
    train, test = load(str(path)).for_training(seed=1)
    assert (len(train), len(test)) == (20, 4)
    assert len(load(str(path)).for_evaluation()) == 4


def test_an_npz_with_other_arrays_says_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    np.savez(path, pixels=IMAGES)
    with pytest.raises(NothingReadable, match="holds pixels; expected x_train"):
        load(str(path))


@pytest.mark.parametrize("data", [b"", b"no zip file", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "digits.npz"
    path.write_bytes(data)
    with pytest.raises(NothingReadable, match=r"not an \.npz file"):
        load(str(path))


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    np.savez(path, x=IMAGES, y=np.array([object()] * 20))
    with pytest.raises(NothingReadable, match=r"not an \.npz file"):
        load(str(path))


def test_a_path_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="there is no data at"):
        load(str(tmp_path / "nowhere"))


def pretend_keras(monkeypatch: pytest.MonkeyPatch, load_data: object) -> None:
    keras = ModuleType("keras")
    keras.datasets = SimpleNamespace(mnist=SimpleNamespace(load_data=load_data))  # type: ignore[attr-defined]
    monkeypatch.setattr(sources, "load_keras", lambda: keras)


def test_mnist_comes_through_keras(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load_data() -> object:
        print("Downloading data")  # as Keras does, on stdout
        return (IMAGES, LABELS), (IMAGES[:5], LABELS[:5])

    pretend_keras(monkeypatch, load_data)
    train, test = load("mnist").for_training(seed=1)
    assert (train.name, len(train), test.name, len(test)) == ("mnist/train", 20, "mnist/test", 5)
    assert capsys.readouterr().out == ""


def test_without_a_route_mnist_says_the_offline_way_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load_data() -> object:
        raise Exception("URL fetch failure on somewhere:\nNone -- no route")

    pretend_keras(monkeypatch, load_data)
    with pytest.raises(InputMissing) as caught:
        load("mnist")
    message = str(caught.value)
    assert "URL fetch failure" in message
    assert "t10k-labels-idx1-ubyte.gz" in message
    assert "--data FOLDER" in message
    assert "\n" not in message


def test_without_keras_mnist_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(InputMissing, match=r"pip install 'digitd\[train\]'"):
        load("mnist")


def test_a_folder_named_like_an_idx_file_is_not_taken_for_one(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", 3, zipped=False)
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        file = tmp_path / name
        file.rename(tmp_path / name.replace("-idx", ".idx"))
        file.mkdir()
    train = load(str(tmp_path)).train
    assert train is not None
    assert len(train) == 3
