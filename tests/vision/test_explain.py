"""What every stage saw, as a picture: measured on its pixels, and beside the reading itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.records import Durations, Grey, Limits, Reading, Reason, Rejection, Scan, Status
from daemon.training.camera import Ruling, Scene, compose
from daemon.vision.explain import MARGIN, MAX_GLYPHS, MAX_WIDTH, MIN_WIDTH, explain_rejection
from daemon.vision.labels import Colour
from daemon.vision.look import HEADER, LOOKS
from daemon.vision.reader import read_batch
from daemon.vision.stages import LEFT_OUT

BODY = np.s_[HEADER:]


class Believer:
    """Holds the glyphs for `digit` or, each third where asked for, for no digit."""

    name = "fake-1"
    review_below = 0.9

    def __init__(self, sure: float = 0.99, some_are_none: bool = False) -> None:
        self.row = np.full(11, (1 - sure) / 10, np.float32)
        self.row[7] = sure
        self.some_are_none = some_are_none
        self.calls = 0

    def classify(self, glyphs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        self.calls += 1
        rows = np.tile(self.row, (len(glyphs), 1))
        if self.some_are_none:
            rows[::3] = np.eye(11, dtype=np.float32)[10]
        return rows


def scan(pixels: Grey, file: str = "a.png") -> Scan:
    data = cv2.imencode(".png", pixels)[1].tobytes()
    return Scan("0" * 32, file, hashlib.sha256(data).hexdigest(), data)


def written(text: str = "3", ruling: Ruling = Ruling.PLAIN) -> Grey:
    scene = Scene((text,), 130 * len(text), 160, 90, 8, ruling=ruling)
    return compose(scene, np.random.default_rng(3)).pixels


def explained(
    pixels: Grey, classifier: Believer | None = None, *, file: str = "a.png"
) -> tuple[Reading, Grey]:
    (outcome,) = read_batch(
        [scan(pixels, file)],
        classifier or Believer(),
        limits=Limits(),
        annotated="none",
        explained=True,
    )
    assert isinstance(outcome, Reading)
    (seen,) = outcome.explanations
    return outcome, decoded(seen.data)


def decoded(data: bytes) -> Grey:
    assert data.startswith(b"\x89PNG")
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def pixels_of(picture: Grey, colour: Colour) -> int:
    return int((picture[BODY] == colour).all(axis=2).sum())


def fills(picture: Grey) -> set[Status]:
    """The fates that are shown below the header."""
    return {status for status, look in LOOKS.items() if pixels_of(picture, look.fill) > 100}


@pytest.mark.parametrize("some_are_none", [False, True])
def test_explaining_changes_no_reading(some_are_none: bool) -> None:
    scans = [scan(written("52")), scan(written("7", Ruling.RULED)), scan(written()[:20])]
    plain, seen = (
        read_batch(
            scans,
            Believer(some_are_none=some_are_none),
            limits=Limits(),
            annotated="all",
            explained=wanted,
        )
        for wanted in (False, True)
    )
    without = [replace(o, durations=Durations(0, 0, 0)) for o in plain if isinstance(o, Reading)]
    assert len(without) == 3
    assert without == [
        replace(o, durations=Durations(0, 0, 0), explanations=())
        for o in seen
        if isinstance(o, Reading)
    ]


def test_it_takes_no_predict_call_of_its_own() -> None:
    classifier = Believer()
    explained(written("52"), classifier)
    assert classifier.calls == 1


def test_what_was_removed_is_red() -> None:
    plain = np.full((200, 200), 230, np.uint8)
    cv2.polylines(plain, [np.array([[60, 50], [130, 52], [90, 150]])], False, 60, 7)
    ruled = plain.copy()
    ruled[100:103] = 60
    assert pixels_of(explained(plain)[1], LEFT_OUT) == 0
    assert pixels_of(explained(ruled)[1], LEFT_OUT) > 100


def test_each_fate_has_its_colour() -> None:
    assert fills(explained(written())[1]) == {Status.READ}
    assert fills(explained(written(), Believer(sure=0.6))[1]) == {Status.READ, Status.REVIEW}
    _, mixed = explained(written("3232"), Believer(some_are_none=True))
    assert fills(mixed) >= {Status.READ, Status.EMPTY}


def test_the_glyph_is_shown_enlarged_beside_its_classes() -> None:
    side = 4 * 28
    cards = np.s_[-MARGIN - side : -MARGIN, MARGIN:]
    one, two = (explained(written(), Believer(sure))[1][cards] for sure in (0.99, 0.95))
    glyph = one[2:-2, 2 : side - 2]
    assert np.array_equal(glyph, two[2:-2, 2 : side - 2])
    assert (glyph < 60).any()
    assert not np.array_equal(one[:, side:], two[:, side:]), "the classes' probabilities differ"


def test_a_page_without_ink_says_that_nothing_was_found() -> None:
    outcome, picture = explained(np.full((90, 90), 255, np.uint8))
    assert outcome.status is Status.EMPTY
    assert fills(picture) == set()
    assert len(picture) < len(explained(written())[1])


def test_what_was_rejected_has_a_picture_too() -> None:
    rejection = Rejection("0" * 32, "a.png", None, Reason.TRUNCATED, "its end is missing " * 9)
    picture = decoded(explain_rejection(rejection))
    other = decoded(explain_rejection(replace(rejection, message="its end is missing")))
    assert picture.shape[1] == other.shape[1] == MIN_WIDTH + 2 * MARGIN
    assert len(picture) > len(other)
    assert (picture[:HEADER] == LOOKS[Status.REJECTED].fill).all(axis=2).sum() > 500


def test_of_many_digits_some_are_shown() -> None:
    def page(count: int) -> Grey:
        sheet = np.full((700, 700), 240, np.uint8)
        for n in range(count):
            cv2.circle(sheet, (40 + 62 * (n % 11), 40 + 62 * (n // 11)), 14, 30, 5)
        return sheet

    few, cap, many = (len(explained(page(n))[1]) for n in (MAX_GLYPHS - 6, MAX_GLYPHS, 110))
    assert few < cap == many


def test_the_least_sure_are_shown_first() -> None:
    class Doubting(Believer):
        def classify(self, glyphs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
            rows = super().classify(glyphs)
            rows[109] = self.row * np.float32(0.5)  # the last mark; those after it lie turned
            return rows

    sheet = np.full((700, 700), 240, np.uint8)
    for n in range(110):
        cv2.circle(sheet, (40 + 62 * (n % 11), 40 + 62 * (n // 11)), 14, 30, 5)
    assert Status.REVIEW in fills(explained(sheet, Doubting())[1])


def test_every_page_of_a_scan_has_its_own_picture() -> None:
    pages = [written(), written("52")]
    data = cv2.imencodemulti(".tif", pages)[1].tobytes()
    two = Scan("0" * 32, "a.tif", hashlib.sha256(data).hexdigest(), data)
    (outcome,) = read_batch([two], Believer(), limits=Limits(), explained=True)
    assert isinstance(outcome, Reading)
    first, second = (decoded(seen.data) for seen in outcome.explanations)
    _, alone = explained(pages[0], file="a.tif")
    assert first.shape != second.shape
    assert np.array_equal(first[BODY], alone[BODY])
    assert not np.array_equal(first[:HEADER], alone[:HEADER]), "it names its page"


@settings(max_examples=15, deadline=None)
@given(
    st.one_of(
        st.tuples(st.integers(8, 300), st.integers(8, 300)),
        st.tuples(st.integers(8, 40), st.integers(2000, 9000)),
        st.tuples(st.integers(2000, 9000), st.integers(8, 40)),
    ),
    st.integers(0, 4),
)
def test_every_page_becomes_a_picture_of_a_size_that_a_person_can_look_at(
    shape: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pixels = np.where(rng.random(shape) < 0.02, 0, 255).astype(np.uint8)
    _, picture = explained(cv2.erode(pixels, np.ones((3, 3), np.uint8)))
    assert MIN_WIDTH <= picture.shape[1] - 2 * MARGIN <= MAX_WIDTH
    assert len(picture) < 9000


@pytest.mark.parametrize("file", ["\udcff\udc80.png", "a\nb\t\x00.png", "скан" * 200, ""])
def test_any_file_name_can_be_drawn(file: str) -> None:
    assert explained(written(), file=file)[1].any()
