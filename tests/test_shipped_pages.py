"""What a fresh clone reads on whole pages, and how often it asks its network for it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from daemon.ann.classifier import GlyphClassifier, load_classifier
from daemon.records import Limits, Outcome, Reading, Scan, Status
from daemon.training.camera import Pen, Scene, compose
from daemon.training.page_hands import draw_own_hand
from daemon.training.page_sheet import Sheet
from daemon.training.photograph import Photo, Setting, Shot, photograph
from daemon.vision.reader import read_batch

ROWS = ("1234", "507", "6", "98421", "33")


class Counting:
    """The shipped network, and how often it was called."""

    def __init__(self, network: GlyphClassifier) -> None:
        self.calls = 0
        self._network = network
        self.name = network.name
        self.review_below = network.review_below

    def classify(self, glyphs: np.ndarray) -> np.ndarray:
        self.calls += 1
        return self._network.classify(glyphs)


@pytest.fixture
def classifier() -> Counting:
    return Counting(load_classifier(Path(__file__).parent.parent / "models"))


def taken(shot: Shot, seed: int = 5, *, words: bool = True) -> Photo:
    rng = np.random.default_rng(seed)
    sheet = Sheet(120, 110, 5, 8, draw_own_hand(rng), rng)
    for number, text in enumerate(ROWS):
        y = 18 + 18 * number
        sheet.rows.append((sheet.write(text, 16, y),))
        sheet.rule(6, y + 8, 114, y + 8, 0.3)
        if words:
            sheet.print_words("Water", 78, y, 7)
    return photograph(sheet, shot, np.random.default_rng(1))


def read(classifier: Counting, *pictures: np.ndarray, explained: bool = False) -> list[Outcome]:
    files = [cv2.imencode(".png", picture)[1].tobytes() for picture in pictures]
    scans = [Scan(str(n), f"{n}.png", str(n), data) for n, data in enumerate(files)]
    return read_batch(scans, classifier, limits=Limits(), explained=explained)


def texts(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Reading)
    return [line.text for line in outcome.pages[0].lines]


def test_pages_and_other_pictures_share_one_predict_call(classifier: Counting) -> None:
    one = np.full((120, 100), 230, np.uint8)
    cv2.line(one, (52, 20), (50, 100), (40,), 9)
    shots = (Shot(), Shot(Setting.DESK, angle=9))
    sheets = (taken(shot, words=False).pixels for shot in shots)
    *pages, single = read(classifier, *sheets, one)
    assert [texts(page) for page in pages] == [list(ROWS)] * 2
    assert texts(single) == ["1"]
    assert classifier.calls == 1


def test_pages_with_words_share_one_more_about_which_way_up_they_lie(classifier: Counting) -> None:
    shots = (Shot(), Shot(Setting.DESK, angle=9))
    pages = read(classifier, *(taken(shot).pixels for shot in shots))
    assert [texts(page) for page in pages] == [list(ROWS)] * 2
    assert classifier.calls == 2


@pytest.mark.parametrize(("first", "seed"), [("438", 0), ("438", 1), ("802", 1), ("802", 2)])
def test_two_lines_of_large_digits_are_no_page_of_pieces(
    first: str, seed: int, classifier: Counting
) -> None:
    second = {"438": "110", "802": "100"}[first]
    scene = Scene((first, second), 420, 340, 110, 14, pen=Pen.BLACK)
    (slip,) = read(classifier, compose(scene, np.random.default_rng(seed)).pixels)
    assert texts(slip) == [first, second]
    assert slip.status is Status.READ


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_lies_turned_is_asked_about_once_more(turns: int, classifier: Counting) -> None:
    (page,) = read(classifier, taken(Shot(turns=turns)).pixels, explained=True)
    assert texts(page) == list(ROWS)
    assert classifier.calls == 3
    assert isinstance(page, Reading)
    for picture in (*page.pictures, *page.explanations):
        assert cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR) is not None
