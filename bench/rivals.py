"""What digitd's speed is measured against: `python -m bench.rivals WHO FOLDER OUT [--workers N]`.

    ancestors  the loop that digitd grew out of: imread, resize, model.predict, a matplotlib figure
    keras      the same written well: all files, one predict, pictures by OpenCV
    tesseract  Tesseract with a digit whitelist, one call for all files: no pictures
    floor      read and decode every file, encode and write one picture for each, of the file's own
               pixels, grey, as they are: nothing else
    shown      the same with pictures as large as digitd's of a tiny scan, in colour: the page is
               enlarged with crisp pixels, nothing is written on it
    decode     read and decode every file: even less

The first two need a network, of which the time does not depend on what it has learnt: `network`
makes one at OUT.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

NETWORK = "ancestor.keras"
_SIDE = 28
SHOWN = (160, 194)  # px: width and height of digitd's picture of a scan of 28x28
_CHUNK = 256


def network(_: Path, out: Path) -> None:
    """An ancestor's network, untrained: three dense layers of 128."""
    import keras

    layers = [keras.Input((_SIDE, _SIDE)), keras.layers.Flatten()]
    layers += [keras.layers.Dense(128, "relu") for _ in range(3)]
    keras.Sequential([*layers, keras.layers.Dense(10, "softmax")]).save(out / NETWORK)


def ancestors(folder: Path, out: Path) -> None:
    """One image after the other."""
    import cv2
    import keras
    import matplotlib as mpl
    import numpy as np

    mpl.use("agg")
    from matplotlib import pyplot as plt

    model = keras.models.load_model(out.parent / NETWORK)
    for path in sorted(folder.iterdir()):
        image = cv2.resize(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), (_SIDE, _SIDE))
        prediction = model.predict(np.invert(np.array([image])), verbose=0)
        plt.imshow(image, cmap="binary")
        plt.title(f"{np.argmax(prediction)}")
        plt.savefig(out / f"{path.stem}.png")
        plt.close()


def keras(folder: Path, out: Path) -> None:
    """All at once."""
    import cv2
    import keras
    import numpy as np

    model = keras.models.load_model(out.parent / NETWORK)
    paths = sorted(folder.iterdir())
    images = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in paths]
    small = np.stack([cv2.resize(image, (_SIDE, _SIDE)) for image in images])
    digits = model.predict(255 - small, batch_size=_CHUNK, verbose=0).argmax(axis=1)
    with (out / "readings.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            (path.name, digit) for path, digit in zip(paths, digits, strict=True)
        )
    for path, image, digit in zip(paths, images, digits, strict=True):
        picture = cv2.resize(image, SHOWN)
        cv2.putText(picture, str(digit), (8, 48), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 127, 3)
        cv2.imwrite(str(out / f"{path.stem}.jpg"), picture)


def tesseract(folder: Path, out: Path) -> None:
    """One call, which is given a list of files."""
    files = out / "files.txt"
    files.write_text("".join(f"{path}\n" for path in sorted(folder.iterdir())), encoding="utf-8")
    whitelist = ("-c", "tessedit_char_whitelist=0123456789")
    subprocess.run(
        ["tesseract", files, out / "readings", "--psm", "10", *whitelist],
        capture_output=True,
        check=True,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    )


def floor(folder: Path, out: Path, workers: int) -> None:
    """Decoding and encoding, each picture at the size it has."""
    _spread(partial(_copy, out=out), folder, workers)


def shown(folder: Path, out: Path, workers: int) -> None:
    """Decoding and encoding, each picture as large as digitd's of a tiny scan."""
    _spread(partial(_copy, out=out, size=SHOWN), folder, workers)


def decode(folder: Path, _: Path, workers: int) -> None:
    """Decoding."""
    _spread(_decode, folder, workers)


def _spread(work: Callable[[list[Path]], None], folder: Path, workers: int) -> None:
    paths = sorted(folder.iterdir())
    chunk = min(_CHUNK, -(-len(paths) // workers))
    chunks = [paths[at : at + chunk] for at in range(0, len(paths), chunk)]
    if workers == 1:
        for each in chunks:
            work(each)
        return
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(work, chunks))


def _decode(paths: Iterable[Path]) -> None:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    for path in paths:
        cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)


def _copy(paths: Iterable[Path], out: Path, size: tuple[int, int] | None = None) -> None:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    for path in paths:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        if size:
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 85))
        (out / f"{path.stem}.jpg").write_bytes(data.tobytes())


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=(*_ALONE, *_SPREAD))
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.who in _SPREAD:
        _SPREAD[given.who](given.folder, given.out, given.workers)
    else:
        _ALONE[given.who](given.folder, given.out)


_ALONE = {"network": network, "ancestors": ancestors, "keras": keras, "tesseract": tesseract}
_SPREAD = {"floor": floor, "shown": shown, "decode": decode}


if __name__ == "__main__":
    main()
