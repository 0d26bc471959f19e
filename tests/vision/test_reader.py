import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from daemon.records import (
    Expect,
    Expected,
    Hints,
    Limits,
    Reading,
    Reason,
    Rejection,
    Scan,
    SeenDigit,
    SeenLine,
    Status,
)
from daemon.training.camera import Pen, Scene, compose
from daemon.vision import polarity, reader
from daemon.vision.coarse import find_layouts
from daemon.vision.decode import first_page
from daemon.vision.doubts import LEFT_ONE_OUT, MUCH_ELSE
from daemon.vision.ink import find_ink
from daemon.vision.page_stage import look_at_page
from daemon.vision.reader import read_batch, single_glyph
from daemon.vision.rectify import SheetSearch


class FakeClassifier:
    """Holds every glyph for the digit `digit`, with confidence `sure`, and counts its calls."""

    name = "fake-1"
    review_below = 0.9

    def __init__(self, digit=7, sure=0.99, none=0.0, classes=11):
        self.row = np.full(classes, (1 - sure - none) / (classes - 2), np.float32)
        self.row[digit] = sure
        if classes == 11:
            self.row[10] = none
        self.batches = []

    def classify(self, glyphs):
        self.batches.append(len(glyphs))
        assert glyphs.dtype == np.float32
        assert glyphs.shape[1:] == (28, 28)
        return np.tile(self.row, (len(glyphs), 1))


def encoded(image, suffix=".png"):
    return cv2.imencode(suffix, image)[1].tobytes()


def scan(data, file="a.png", name="00"):
    return Scan(name * 8, file, hashlib.sha256(data).hexdigest(), data)


def picture(*lines, seed=0, **options):
    width = 120 * max(map(len, lines))
    scene = Scene(lines, width, 160 * len(lines), 95, 8, grey=True, **options)
    return compose(scene, np.random.default_rng(seed))


def read(*scans, classifier=None, **options):
    options = {"limits": Limits(), "annotated": "none"} | options
    return read_batch(scans, classifier or FakeClassifier(), **options)


def test_all_digits_of_a_batch_go_through_one_predict_call():
    classifier = FakeClassifier()
    scans = [scan(encoded(picture("123", "456", seed=n).pixels)) for n in range(5)]
    outcomes = read(*scans, classifier=classifier)
    assert len(classifier.batches) == 1
    assert classifier.batches[0] >= 25
    assert [len(outcome.pages[0].lines) for outcome in outcomes] == [2] * 5


def test_outcomes_come_in_the_order_of_the_scans_and_a_bad_one_stops_nothing():
    good = encoded(picture("3").pixels)
    outcomes = read(scan(good, "1.png"), scan(b"no image", "2.png"), scan(good, "3.png"))
    assert [outcome.file for outcome in outcomes] == ["1.png", "2.png", "3.png"]
    assert [type(outcome) for outcome in outcomes] == [Reading, Rejection, Reading]
    assert outcomes[1].reason is Reason.NOT_AN_IMAGE


def test_a_batch_without_scans_is_no_error():
    assert read() == []


def test_text_confidence_and_box_of_a_line_are_those_of_its_digits():
    written = picture("52")
    (outcome,) = read(scan(encoded(written.pixels)), classifier=FakeClassifier(digit=4, sure=0.95))
    (line,) = outcome.pages[0].lines
    assert line.text == "44"
    assert line.confidence == pytest.approx(0.95**2, rel=1e-5)
    assert line.box == line.digits[0].box.union(line.digits[1].box)
    assert line.digits[0].probabilities[4] == pytest.approx(0.95)
    assert len(line.digits[0].probabilities) == 10


def test_a_box_is_in_pixels_of_the_page_however_large_it_is():
    written = picture("6")
    large = cv2.resize(written.pixels, None, fx=21, fy=21, interpolation=cv2.INTER_LINEAR)
    (outcome,) = read(scan(encoded(large)))
    (line,) = outcome.pages[0].lines
    truth = written.digits[0].box
    assert (outcome.pages[0].height, outcome.pages[0].width) == large.shape
    assert line.box.x / 21 == pytest.approx(truth.x, abs=4)
    assert line.box.bottom / 21 == pytest.approx(truth.bottom, abs=4)


def test_a_page_without_ink_is_empty():
    (outcome,) = read(scan(encoded(np.full((90, 90), 255, np.uint8))))
    assert outcome.status is Status.EMPTY
    assert outcome.pages[0].lines == ()


@pytest.mark.parametrize(("sure", "status"), [(0.89, Status.REVIEW), (0.91, Status.READ)])
def test_a_digit_below_the_threshold_sends_its_scan_to_review(sure, status):
    (outcome,) = read(scan(encoded(picture("8").pixels)), classifier=FakeClassifier(sure=sure))
    assert outcome.status is status
    assert outcome.pages[0].lines[0].status is status


def test_a_threshold_given_overrides_the_classifiers():
    data = encoded(picture("8").pixels)
    (outcome,) = read(scan(data), classifier=FakeClassifier(sure=0.8), review_below=0.5)
    assert outcome.status is Status.READ


def test_what_surely_is_no_digit_is_left_out():
    classifier = FakeClassifier(sure=0.001, none=0.999)
    (outcome,) = read(scan(encoded(picture("8").pixels)), classifier=classifier)
    assert outcome.status is Status.EMPTY


def test_a_pages_only_mark_that_may_be_a_digit_is_shown_to_a_person():
    classifier = FakeClassifier(sure=0.3, none=0.65)
    (outcome,) = read(scan(encoded(picture("8").pixels)), classifier=classifier)
    assert outcome.status is Status.REVIEW


def test_a_network_without_a_reject_class_is_read_as_well():
    classifier = FakeClassifier(classes=10)
    (outcome,) = read(scan(encoded(picture("8").pixels)), classifier=classifier)
    assert outcome.status is Status.READ
    assert outcome.pages[0].lines[0].text == "7"


def test_a_cut_neighbour_sends_the_scan_to_review():
    sheet = picture("63", seed=4)
    edge = sheet.digits[0].box
    crop = sheet.pixels[:, edge.x + round(0.4 * edge.width) :]
    (outcome,) = read(scan(encoded(crop)))
    assert outcome.status is Status.REVIEW
    assert len(outcome.pages[0].lines[0].digits) == 1


@pytest.mark.parametrize(
    ("annotated", "sure", "pictures"),
    [("all", 0.99, 1), ("all", 0.5, 1), ("review", 0.99, 0), ("review", 0.5, 1), ("none", 0.5, 0)],
)
def test_pictures_are_made_for_what_was_asked(annotated, sure, pictures):
    (outcome,) = read(
        scan(encoded(picture("8").pixels)),
        classifier=FakeClassifier(sure=sure),
        annotated=annotated,
    )
    assert len(outcome.pictures) == pictures
    for made in outcome.pictures:
        assert cv2.imdecode(np.frombuffer(made.data, np.uint8), cv2.IMREAD_COLOR) is not None


def test_whether_it_is_a_page_and_what_its_ink_is_are_told_by_the_same_sketch(monkeypatch):
    def sketch_of_paper(halves):
        sketched.append(halves)
        return sketch(halves)

    sketched = []
    sketch = polarity.sketch_of_paper
    monkeypatch.setattr(polarity, "sketch_of_paper", sketch_of_paper)
    large = cv2.resize(picture("52").pixels, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    (outcome,) = read(scan(encoded(large)))
    assert isinstance(outcome, Reading)
    assert len(sketched) == 1


def test_an_error_of_ours_rejects_its_scan_and_leaves_the_others(monkeypatch, caplog):
    broken = encoded(np.full((50, 60), 255, np.uint8))
    find = reader.find_layouts

    def failing(pixels, shades, **how):
        if pixels.shape == (50, 60):
            raise IndexError("a bug")
        return find(pixels, shades, **how)

    monkeypatch.setattr(reader, "find_layouts", failing)
    good = encoded(picture("3").pixels)
    outcomes = read(scan(good, "1.png"), scan(broken, "2.png"), scan(good, "3.png"))
    assert [type(outcome) for outcome in outcomes] == [Reading, Rejection, Reading]
    assert outcomes[1].reason is Reason.UNREADABLE
    assert "2.png" in caplog.text
    assert outcomes[0].pages[0].lines[0].text == outcomes[2].pages[0].lines[0].text == "7"


def tiff(*pictures):
    return cv2.imencodemulti(".tif", pictures)[1].tobytes()


def test_an_error_of_ours_on_one_page_rejects_that_page_only(monkeypatch, caplog):
    find = reader.find_layouts

    def failing(pixels, shades, **how):
        if pixels.shape == (50, 60):
            raise IndexError("a bug")
        return find(pixels, shades, **how)

    monkeypatch.setattr(reader, "find_layouts", failing)
    digit = picture("3").pixels
    data = tiff(digit, np.full((50, 60), 255, np.uint8), digit)
    (outcome,) = read(scan(data, "a.tif"), annotated="all", explained=True)
    assert [page.number for page in outcome.pages] == [1, 3]
    (lost,) = outcome.rejected_pages
    assert (lost.number, lost.reason) == (2, Reason.UNREADABLE)
    assert outcome.status is Status.REVIEW
    assert outcome.page_count == 3
    assert [made.page for made in outcome.pictures] == [1, 3]
    assert [made.page for made in outcome.explanations] == [1, 2, 3]
    assert "page 2 of a.tif" in caplog.text


def test_pictures_are_of_the_pages_that_a_person_should_look_at():
    class Doubting(FakeClassifier):
        def classify(self, glyphs):
            rows = super().classify(glyphs)
            rows[len(rows) // 2 :] = FakeClassifier(sure=0.5).row
            return rows

    (outcome,) = read(
        scan(tiff(*[picture("3").pixels] * 2)),
        classifier=Doubting(),
        annotated="review",
    )
    assert [made.page for made in outcome.pictures] == [2]


def test_a_scan_of_many_pages_is_read_in_rounds_and_gives_the_same(monkeypatch):
    digits = [picture(text, seed=n).pixels for n, text in enumerate("13579")]
    many, single = scan(tiff(*digits), "a.tif", "01"), scan(encoded(digits[0]), "b.png", "02")
    together, apart, signs = FakeClassifier(), FakeClassifier(), []
    expected = read(many, single, classifier=together)
    monkeypatch.setattr(reader, "ROUND_PIXELS", 2 * digits[0].size)
    found = read(many, single, classifier=apart, alive=lambda: signs.append(None))
    assert (len(together.batches), len(apart.batches)) == (1, 2)
    assert sum(together.batches) == sum(apart.batches)
    assert [outcome.pages for outcome in found] == [outcome.pages for outcome in expected]
    assert [page.number for page in found[0].pages] == [1, 2, 3, 4, 5]
    assert len(signs) == 2 * 6


def test_a_network_that_fails_in_a_round_blames_no_scan(monkeypatch):
    class Failing(FakeClassifier):
        def classify(self, _glyphs):
            raise MemoryError

    monkeypatch.setattr(reader, "ROUND_PIXELS", 1)
    with pytest.raises(MemoryError):
        read(scan(encoded(picture("3").pixels)), classifier=Failing())


def test_an_error_of_ours_while_decoding_rejects_its_scan(monkeypatch, caplog):
    def failing(scan, limits):
        yield next(whole(scan, limits))
        raise IndexError("a bug")

    whole = reader.decode
    monkeypatch.setattr(reader, "decode", failing)
    digit = picture("3").pixels
    (outcome,) = read(scan(tiff(digit, digit), "a.tif"))
    assert outcome.reason is Reason.UNREADABLE
    assert "a.tif" in caplog.text


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_boxes_on_a_large_page_are_in_its_own_pixels(suffix):
    written = picture("3")
    large = np.full((4200, 3000), int(np.median(written.pixels)), np.uint8)
    digit = cv2.resize(written.pixels, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    y, x = 2600, 1500
    large[y : y + digit.shape[0], x : x + digit.shape[1]] = digit
    (outcome,) = read(scan(encoded(large, suffix)), annotated="all")
    (page,) = outcome.pages
    assert (page.width, page.height) == (3000, 4200)
    box, truth = page.lines[0].digits[0].box, written.digits[0].box
    assert abs(box.x - x - 8 * truth.x) < 40
    assert abs(box.y - y - 8 * truth.y) < 40
    assert abs(box.bottom - y - 8 * truth.bottom) < 40


def test_of_equally_sure_layouts_the_one_of_fewer_digits_wins():
    sheet = np.full((200, 200), 230, np.uint8)
    cv2.polylines(sheet, [np.array([[70, 50], [55, 110], [95, 110]])], False, 40, 7)
    cv2.line(sheet, (112, 60), (100, 150), 40, 7)
    (outcome,) = read(scan(encoded(sheet)), classifier=FakeClassifier(digit=4))
    assert outcome.pages[0].lines[0].text == "4"


def test_a_line_from_which_a_mark_was_left_out_is_for_a_person_to_look_at():
    class HalfBlind(FakeClassifier):
        def classify(self, glyphs):
            rows = super().classify(glyphs)
            rows[1::2] = np.eye(11, dtype=np.float32)[10]
            return rows

    (outcome,) = read(scan(encoded(picture("5252").pixels)), classifier=HalfBlind())
    (line,) = outcome.pages[0].lines
    assert line.text == "77"
    assert line.status is Status.REVIEW


def test_a_digits_box_does_not_hold_the_rule_that_runs_through_it():
    sheet = np.full((200, 200), 230, np.uint8)
    cv2.polylines(sheet, [np.array([[60, 50], [130, 52], [90, 150]])], False, 60, 7)
    sheet[100:103] = 110
    (outcome,) = read(scan(encoded(sheet)))
    assert outcome.pages[0].lines[0].box.width < 90


def test_of_two_polarities_that_read_alike_the_likelier_wins():
    scene = Scene(("4",), 240, 220, 120, 24, pen=Pen.BLACK, grey=True)
    written = compose(scene, np.random.default_rng(2))
    assert len(find_ink(written.pixels)) == 2
    (outcome,) = read(scan(encoded(written.pixels)))
    box, truth = outcome.pages[0].lines[0].box, written.digits[0].box
    assert abs(box.width - truth.width) < 8
    assert abs(box.height - truth.height) < 8


def test_single_glyph_is_the_digit_or_nothing():
    page = first_page(scan(encoded(picture("3").pixels)), Limits())
    glyph = single_glyph(page)
    assert glyph is not None
    assert glyph.shape == (28, 28)
    blank = first_page(scan(encoded(np.full((50, 60), 255, np.uint8))), Limits())
    assert single_glyph(blank) is None


class FakeLineNetwork:
    """Reads every line as 31, trusts it, and notes how often it is asked about how many."""

    review_below = 0.9

    def __init__(self):
        self.batches = []

    def read_lines(self, asked):
        self.batches.append(len(asked))
        row = (0.0, 0.01, 0.0, 0.98) + (0.0,) * 6
        return [
            SeenLine((SeenDigit(3, 4, 3, 20, 29, row), SeenDigit(1, 24, 3, 40, 29, row)), 0.9, ())
            for _ in asked
        ]

    def probabilities(self, texts, _doubt):
        return [0.97 if each.text == "31" else 0.02 for each in texts]


class Sees(FakeClassifier):
    """Sees digits in some glyphs of its first call only, by their numbers."""

    def __init__(self, *numbers):
        super().__init__()
        self.numbers = [number for each in numbers for number in each]

    def classify(self, glyphs):
        rows = super().classify(glyphs)
        seen = [number for number in self.numbers if number < len(rows) and len(self.batches) == 1]
        hidden = np.ones(len(rows), np.bool_)
        hidden[seen] = False
        rows[hidden] = np.eye(11, dtype=np.float32)[10]
        return rows


def marks_of(page):
    """How many marks are seen where it is taken for a page."""
    return len(look_at_page(SheetSearch(first_page(page, Limits()).pixels)).marks.all)


def small_page():
    """What is taken for a whole page."""
    scene = Scene(("3141", "5926", "5358"), 600, 700, 60, 6, grey=True)
    return scan(encoded(compose(scene, np.random.default_rng(0)).pixels))


def test_what_looks_like_a_page_and_holds_nothing_is_read_as_none():
    page = small_page()
    classifier = Sees(range(marks_of(page), 1000))
    (outcome,) = read(page, classifier=classifier)
    assert len(classifier.batches) == 2  # the second about which way up it lies
    assert [page.number for page in outcome.pages] == [1]
    assert outcome.status is not Status.EMPTY


def test_a_page_that_holds_nothing_stays_empty_where_it_was_said_to_be_one():
    page = replace(small_page(), hints=Hints(expect=Expect.PAGE))
    classifier = Sees(range(marks_of(page), 1000))
    (outcome,) = read(page, classifier=classifier)
    assert len(classifier.batches) == 2
    assert outcome.status is Status.EMPTY


@pytest.mark.parametrize(
    ("few", "otherwise", "expect", "found"),
    [
        (4, True, None, 4),  # as none, it holds nine, but none for sure: the page lacks them
        (4, True, Expect.PAGE, 4),
        (4, False, None, 4),  # as none, it holds nothing: half of nine are more than four
        (5, False, None, 5),
    ],
)
def test_a_page_on_which_most_marks_are_no_digits_is_read_as_none_too(
    few, otherwise, expect, found, monkeypatch
):
    monkeypatch.setattr(reader, "stands_clear", lambda _: False)  # else it waits for the network
    scene = Scene(tuple("314159265"), 600, 1200, 60, 6, grey=True)
    data = encoded(compose(scene, np.random.default_rng(0)).pixels)
    page = replace(scan(data), hints=Hints(expect=expect))
    assert marks_of(page) == 9
    (outcome,) = read(page, classifier=Sees(range(few), range(9, 1000 if otherwise else 9)))
    lines = outcome.pages[0].lines
    assert sum(len(line.digits) for line in lines) == found
    assert (outcome.status is Status.REVIEW) == (few == 4 and expect is None)
    if outcome.status is Status.REVIEW:
        assert {line.reason for line in lines} == {LEFT_ONE_OUT if otherwise else MUCH_ELSE}


@pytest.mark.parametrize(("few", "ways"), [(9, 1), (8, 2)])
def test_a_list_that_stands_clear_is_read_as_none_only_where_not_all_are_digits(
    few: int, ways: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    monkeypatch.setattr(
        reader, "find_layouts", lambda *given, **how: found.append(1) or find_layouts(*given, **how)
    )
    scene = Scene(tuple("324759265"), 600, 1200, 60, 6, grey=True)
    page = scan(encoded(compose(scene, np.random.default_rng(0)).pixels))
    assert marks_of(page) == 9
    (outcome,) = read(page, classifier=Sees(range(few)))
    assert len(found) == ways - 1
    assert sum(len(line.digits) for line in outcome.pages[0].lines) == few


def test_a_list_is_read_though_it_cannot_be_found_as_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **_how: object) -> None:
        raise RuntimeError("nothing there")

    monkeypatch.setattr(reader, "find_layouts", fail)
    scene = Scene(tuple("324759265"), 600, 1200, 60, 6, grey=True)
    page = scan(encoded(compose(scene, np.random.default_rng(0)).pixels))
    (outcome,) = read(page, classifier=Sees(range(8)))
    assert sum(len(line.digits) for line in outcome.pages[0].lines) == 8
    assert "could not read a page" in caplog.text


def test_pages_are_given_in_their_order_though_one_is_read_as_none_too():
    scene = Scene(tuple("314159265"), 600, 1200, 60, 6, grey=True)
    sheet = compose(scene, np.random.default_rng(0)).pixels
    digit = picture("3").pixels
    data = tiff(sheet, digit, digit)
    (outcome,) = read(scan(data, "a.tif"), classifier=Sees(range(4)), annotated="all")
    assert [page.number for page in outcome.pages] == [1, 2, 3]
    assert [made.page for made in outcome.pictures] == [1, 2, 3]


def test_both_networks_are_called_once_for_a_batch():
    classifier, line_network = FakeClassifier(), FakeLineNetwork()
    scans = [scan(encoded(picture("12", "45", seed=n).pixels)) for n in range(3)]
    outcomes = read(*scans, classifier=classifier, line_network=line_network)
    assert len(classifier.batches) == 1
    assert line_network.batches == [6]
    assert [line.text for line in outcomes[1].pages[0].lines] == ["31", "31"]


def test_a_batch_without_lines_does_not_call_the_line_network():
    line_network = FakeLineNetwork()
    read(scan(encoded(np.full((90, 90), 255, np.uint8))), line_network=line_network)
    assert line_network.batches == []


def test_a_wide_picture_is_read_as_one_line_and_hints_are_passed_on():
    asked = []

    class Listening(FakeLineNetwork):
        def read_lines(self, lines):
            asked.extend(lines)
            return super().read_lines(lines)

    data = encoded(picture("524").pixels)
    hints = Hints(line=Expected(2, 2))
    one = Scan("00", "a.png", "ff", data, hints)
    (outcome,) = read(one, line_network=Listening())
    (line,) = outcome.pages[0].lines
    assert (line.text, line.confidence, line.status) == ("31", 0.97, Status.READ)
    assert asked[0].expected == Expected(2, 2)


def test_a_threshold_given_is_for_lines_as_well():
    data = encoded(picture("52").pixels)
    (outcome,) = read(scan(data), line_network=FakeLineNetwork(), review_below=0.995)
    assert outcome.status is Status.REVIEW
