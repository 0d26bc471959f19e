"""Two opinions on one page: what the line reader is asked, and what becomes of its answers."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.records import (
    Box,
    Digit,
    Doubt,
    Expected,
    Line,
    Page,
    PageReading,
    SeenDigit,
    SeenLine,
    Status,
)
from daemon.vision.assemble import LEFT_OUT
from daemon.vision.fusion import DATED, DATES, ONE_SIDED, fuse, with_slashes_told
from daemon.vision.line_view import find_band
from daemon.vision.questions import LARGE, questions
from daemon.vision.slashes import SLASH
from daemon.vision.verdict import differ, torn

PAPER, INK = 230, 20


class Believer:
    """Trusts each text as `chances` says, and takes nothing but what it is told to."""

    review_below = 0.9

    def __init__(self, **chances):
        self.chances = {text.lstrip("_"): chance for text, chance in chances.items()}
        self.heard = []

    def probabilities(self, texts, doubt):
        self.heard += texts
        self.doubt = doubt
        return [self.chances[each.text] for each in texts]


def digit(label, x, y=20, width=20, height=40, sure=0.95):
    row = [(1 - sure) / 9] * 10
    row[label] = sure
    return Digit(Box(x, y, width, height), label, sure, tuple(row))


def line(text, x=20, y=20, step=30, sure=0.95, status=Status.READ, reason=""):
    digits = tuple(digit(int(each), x + step * n, y, sure=sure) for n, each in enumerate(text))
    box = digits[0].box.union(digits[-1].box)
    return Line(digits, text, sure ** len(text), box, status, reason)


def page(width, height, *lines):
    pixels = np.full((height, width), PAPER, np.uint8)
    for each in lines:
        for found in each.digits:
            box = found.box
            cv2.ellipse(
                pixels,
                (box.x + box.width // 2, box.y + box.height // 2),
                (box.width // 2 - 2, box.height // 2 - 2),
                0, 0, 360, INK, 4,
            )  # fmt: skip
    return Page(1, pixels), PageReading(1, width, height, lines)


def seen(text, probability=0.9, alternatives=(), step=20):
    digits = tuple(
        SeenDigit(int(each), 10 + step * n, 3, 24 + step * n, 29, digit(int(each), 0).probabilities)
        for n, each in enumerate(text)
    )
    return SeenLine(digits, probability, tuple(alternatives))


ANYTHING = Expected()


def fused(lines, answer, expected=ANYTHING, width=400, height=80, below=0.9, **chances):
    shown, reading = page(width, height, *lines)
    asked = questions(shown, reading, expected, light_on_dark=False)
    assert len(asked) == 1
    network = Believer(**chances)
    return fuse(reading, asked, [answer], network, below), asked, network


def test_a_wide_picture_of_one_line_is_asked_about_as_a_whole():
    shown, reading = page(400, 80, line("128"))
    (question,) = questions(shown, reading, Expected(), light_on_dark=False)
    assert question.place is None
    assert question.to_page(Box(3, 4, 5, 6)) == Box(3, 4, 5, 6)
    views = (question.asked.look, *question.asked.further())
    assert [view.shape[0] for view in views] == [32] * 3
    assert all(view.shape[1] % 4 == 0 for view in views)
    assert views[0].max() > 0.8


def test_of_a_page_of_several_lines_each_is_asked_about_where_it_stands():
    shown, reading = page(300, 400, line("12", y=40), line("345", x=60, y=240))
    first, second = questions(shown, reading, Expected(), light_on_dark=False)
    assert (first.place, second.place) == (0, 1)
    cut = second.view.box_in_picture(0, 0, second.view.pixels.shape[1], 32)
    box = second.to_page(cut)
    assert 30 < box.x < 60
    assert 225 < box.y < 242
    assert box.bottom == pytest.approx(285, abs=6)


def test_a_wide_picture_of_two_lines_is_no_line():
    shown, reading = page(400, 240, line("12", y=20), line("34", y=140))
    asked = questions(shown, reading, Expected(), light_on_dark=False)
    assert [question.place for question in asked] == [0, 1]


def test_a_clear_line_for_review_is_a_line_beside_a_sure_one():
    doubted = line("12", y=15, sure=0.93, status=Status.REVIEW)
    shown, reading = page(400, 150, doubted, line("34", y=95))
    asked = questions(shown, reading, Expected(), light_on_dark=False)
    assert [question.place for question in asked] == [0, 1]


@pytest.mark.parametrize(("clear", "places"), [(1, [0, 1]), (0, [None])])
def test_a_line_half_of_which_is_clear_is_a_line_beside_a_sure_one(clear, places):
    doubted = line("71", y=15, status=Status.REVIEW)
    unclear = [replace(each, confidence=0.6) for each in doubted.digits[clear:]]
    doubted = replace(doubted, digits=(*doubted.digits[:clear], *unclear), confidence=0.5)
    shown, reading = page(400, 150, doubted, line("34", y=95))
    asked = questions(shown, reading, Expected(), light_on_dark=False)
    assert [question.place for question in asked] == places


def test_doubtful_marks_elsewhere_do_not_keep_a_picture_from_being_one_line():
    dirt = line("1", x=300, y=72, sure=0.6, status=Status.REVIEW)
    shown, reading = page(400, 140, line("12", y=20), dirt)
    (question,) = questions(shown, reading, Expected(), light_on_dark=False)
    assert question.place is None
    network = Believer(_121=0.6, _12=0.3)
    kept = fuse(reading, [question], [seen("12")], network, 0.9)
    assert [each.text for each in kept.lines] == ["12", "1"]
    assert [each.box for each in kept.lines] == [each.box for each in reading.lines]


def test_where_a_shadow_passes_for_ink_the_line_is_asked_about_where_it_stands():
    shown, reading = page(400, 160, line("128", y=70))
    assert questions(shown, reading, Expected(), light_on_dark=False)[0].place is None
    shown.pixels[:150, 250:] = INK
    assert questions(shown, reading, Expected(), light_on_dark=False)[0].place == 0


def test_where_a_sure_digit_lies_beside_the_ink_of_a_line_that_is_asked_about_where_it_stands():
    shown, reading = page(400, 80, line("128"))
    reading = replace(reading, lines=(line("1287", step=100),))  # the last one hangs on something
    (question,) = questions(shown, reading, Expected(), light_on_dark=False)
    assert question.place == 0
    unsure = replace(reading, lines=(line("1287", step=100, status=Status.REVIEW),))
    (question,) = questions(shown, unsure, Expected(), light_on_dark=False)
    assert question.place is None


def test_light_ink_is_seen_as_dark():
    shown, reading = page(400, 80, line("128"))
    (dark,) = questions(shown, reading, Expected(), light_on_dark=False)
    inverted = Page(1, 255 - shown.pixels)
    (light,) = questions(inverted, reading, Expected(), light_on_dark=True)
    assert np.array_equal(light.asked.look, dark.asked.look)


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_a_box_around_a_digit_is_not_shown_with_it(light_on_dark):
    shown, reading = page(100, 120, line("7", x=40, y=40))
    shown.pixels[40:70, 48:52] = INK
    boxed = shown.pixels.copy()
    cv2.rectangle(boxed, (30, 32), (70, 88), INK, 2)
    boxes = (boxed != shown.pixels).view(np.uint8)
    views = []
    for pixels, region in (
        (shown.pixels, None),
        (boxed, None),
        (boxed, cv2.resize(boxes, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST)),
    ):
        seen = replace(shown, pixels=255 - pixels if light_on_dark else pixels)
        (asked,) = questions(seen, reading, Expected(), light_on_dark=light_on_dark, boxes=region)
        views.append(asked.view.pixels)
    alone, beside, unboxed = views
    assert np.abs(beside - alone).max() > 0.5
    assert np.abs(unboxed - alone).max() < 0.05


@pytest.mark.parametrize(("side", "label", "asked"), [(28, 7, 0), (100, 7, 1), (100, 1, 0)])
def test_about_a_sure_digit_alone_nothing_is_asked_if_it_is_tiny_or_a_stroke(side, label, asked):
    scale = side / 100
    only = digit(label, round(40 * scale), round(30 * scale), round(20 * scale), round(40 * scale))
    alone = Line((only,), str(label), 0.99, only.box, Status.READ)
    shown, reading = page(side, side, alone)
    assert len(questions(shown, reading, Expected(), light_on_dark=False)) == asked


def test_a_strip_that_would_be_an_endless_line_is_not_asked_about():
    strip = np.random.default_rng(0).integers(0, 255, (9, 3000), np.uint8)
    assert find_band(strip).usual >= LARGE * len(strip)
    reading = PageReading(1, 3000, 9, ())
    assert questions(Page(1, strip), reading, ANYTHING, light_on_dark=False) == []


def test_a_blank_page_is_not_asked_about():
    blank = Page(1, np.full((80, 400), PAPER, np.uint8))
    assert questions(blank, PageReading(1, 400, 80, ()), Expected(), light_on_dark=False) == []


def test_where_both_read_the_same_the_confidence_is_of_the_whole_line():
    answer = seen("128", 0.9, [("126", 0.06)])
    reading, _, network = fused([line("128")], answer, _128=0.98, _126=0.01)
    (found,) = reading.lines
    assert (found.text, found.confidence, found.status) == ("128", 0.98, Status.READ)
    assert found.reason == ""
    assert found.alternatives == (("126", 0.01),)
    evidence, other = network.heard
    assert (evidence.seen, evidence.agreed, evidence.sure) == (0.9, True, True)
    assert (other.seen, other.agreed, other.sure) == (0.06, False, False)
    assert network.doubt == Doubt(pytest.approx(0.04), False, False, 3)
    assert [each.box for each in found.digits] == [each.box for each in line("128").digits]


def test_below_the_threshold_the_line_is_for_review():
    doubted = [line("128", status=Status.REVIEW)]
    reading, _, _ = fused(doubted, seen("128"), below=0.99, _128=0.9)
    assert reading.lines[0].status is Status.REVIEW
    assert reading.lines[0].reason == ""


def test_what_the_glyph_network_is_sure_of_and_the_line_reader_confirms_is_read():
    reading, _, _ = fused([line("128")], seen("128"), below=0.99, _128=0.9)
    assert reading.lines[0].status is Status.READ


def test_the_threshold_is_on_the_mean_confidence_of_a_digit():
    doubt = Status.REVIEW
    long = fused([line("128", status=doubt)], seen("128"), below=0.95, _128=0.9)
    short = fused([line("1", status=doubt)], seen("1"), below=0.95, _1=0.9)
    assert long[0].lines[0].status is Status.READ
    assert short[0].lines[0].status is Status.REVIEW


def test_where_one_digit_differs_the_likelier_is_given_and_a_person_looks():
    answer = seen("126", 0.9, [("128", 0.05)])
    reading, _, network = fused([line("128")], answer, below=0.5, _128=0.2, _126=0.7)
    (found,) = reading.lines
    assert (found.text, found.status) == ("126", Status.REVIEW)
    assert found.reason == "read as 128 and as 126"
    assert found.alternatives == (("128", 0.2),)
    assert found.digits[2].digit == 6
    given, other = network.heard
    assert (given.text, given.seen, given.agreed) == ("128", 0.05, True)
    assert (other.text, other.seen, other.agreed) == ("126", 0.9, False)


def test_where_a_sure_digit_is_not_seen_on_the_line_a_person_looks():
    chances = {"_2146": 0.01, "_146": 0.98}
    read, _, _ = fused([line("2146")], seen("146"), **chances)
    assert [(each.text, each.status) for each in read.lines] == [("2146", Status.REVIEW)]
    assert read.lines[0].reason == "read as 2146 and as 146"
    assert read.lines[0].alternatives == (("146", 0.98),)
    low = replace(line("2146"), digits=(digit(2, 20, height=20), *line("2146").digits[1:]))
    read, _, _ = fused([low], seen("146"), **chances)  # it may be a stub of a rule
    assert (read.lines[0].text, read.lines[0].status) == ("146", Status.READ)
    read, _, _ = fused([line("2146", status=Status.REVIEW)], seen("146"), **chances)
    assert read.lines[0].status is Status.READ
    read, _, _ = fused([line("146")], seen("2146"), _2146=0.98, _146=0.01)
    assert read.lines[0].status is Status.READ


def test_digits_that_touch_are_those_of_the_line_reader_with_boxes_in_the_page():
    touching = [line("12", step=60, status=Status.REVIEW, reason=LEFT_OUT)]
    answer = seen("1234")
    reading, (question,), _ = fused(touching, answer, _12=0.1, _1234=0.95)
    (found,) = reading.lines
    assert (found.text, found.status, found.reason) == ("1234", Status.READ, "")
    scale = question.view.scale
    first, second = found.digits[:2]
    assert second.box.x - first.box.x == pytest.approx(20 / scale, abs=2)
    assert found.box == first.box.union(found.digits[-1].box)
    assert all(each.box.right <= 400 and each.box.bottom <= 80 for each in found.digits)


def test_digits_of_a_reduced_page_have_boxes_in_its_own_pixels():
    small, reading = page(400, 80, line("12"))
    large = Page(1, small.pixels, None, None, 3, (1200, 240))
    enlarged = PageReading(1, 1200, 240, ())
    (far,) = questions(large, enlarged, Expected(), light_on_dark=False)
    (near,) = questions(small, reading, Expected(), light_on_dark=False)
    assert far.place is near.place is None
    assert near.to_page(Box(10, 5, 8, 9)) == Box(10, 5, 8, 9)
    assert far.to_page(Box(10, 5, 8, 9)) == Box(30, 15, 24, 27)
    assert far.to_page(Box(390, 70, 20, 20)) == Box(1170, 210, 30, 30)  # within the page


def test_groups_far_apart_stay_lines_of_their_own():
    answer = seen("1234", step=20)
    apart = [
        SeenDigit(each.digit, each.left + shift, 3, each.right + shift, 29, each.probabilities)
        for each, shift in zip(answer.digits, (0, 0, 80, 80), strict=True)
    ]
    answer = SeenLine(tuple(apart), 0.9, ())
    reading, _, _ = fused([line("12")], answer, _12=0.1, _1234=0.95)
    assert [found.text for found in reading.lines] == ["12", "34"]
    assert [found.confidence for found in reading.lines] == [0.95, 0.95]
    shown, given = page(400, 80, line("12"))
    asked = questions(shown, given, ANYTHING, light_on_dark=False)
    network = Believer(_12=0.1, _1234=0.95)
    (one,) = fuse(given, asked, [answer], network, 0.9, together=True).lines
    assert (one.text, one.confidence) == ("1234", 0.95)


def test_where_the_glyph_network_found_nothing_the_line_reader_may():
    shown, reading = page(400, 80, line("31"))
    nothing = PageReading(1, 400, 80, ())
    asked = questions(shown, nothing, Expected(), light_on_dark=False)
    network = Believer(_31=0.95, _=0.1)
    fused_reading = fuse(nothing, asked, [seen("31")], network, 0.9)
    assert [each.text for each in fused_reading.lines] == ["31"]
    assert reading.lines[0].text == "31"


def test_what_the_line_reader_takes_for_nothing_is_not_lost_but_for_review():
    for below in (0.5, 0.99):
        reading, _, _ = fused([line("128")], seen("", 0.99), below=below, _128=0.3, _=0.9)
        (found,) = reading.lines
        assert (found.text, found.status, found.reason) == (
            "128", Status.REVIEW, "may be no digit",
        )  # fmt: skip


def test_a_sure_single_digit_stays_unless_nothing_is_seen_there():
    alone = [line("7", x=40, y=30)]
    stays, _, _ = fused(alone, seen("17"), width=100, height=100)
    assert stays.lines == tuple(alone)
    doubted, _, _ = fused(alone, seen("", 0.9), width=100, height=100)
    assert (doubted.lines[0].text, doubted.lines[0].status) == ("7", Status.REVIEW)
    unsure, _, _ = fused(alone, seen("", 0.4), width=100, height=100)
    assert unsure.lines == tuple(alone)
    other, _, _ = fused(alone, seen("1", 0.9), width=100, height=100)
    (found,) = other.lines
    assert (found.text, found.status, found.reason) == ("7", Status.REVIEW, "read as 7 and as 1")
    assert found.alternatives == (("1", pytest.approx(0.05)),)


def test_a_sure_single_digit_of_a_wide_picture_stays_unless_more_is_seen():
    alone = [line("7", x=40, y=20)]
    stays, (question,), _ = fused(alone, seen("7", 0.5, [("1", 0.4)]))
    assert question.place is None
    assert stays.lines == tuple(alone)
    doubted, _, _ = fused(alone, seen("", 0.9))
    assert doubted.lines[0].status is Status.REVIEW
    stroke = [line("1", x=40, y=20)]
    kept, _, _ = fused(stroke, seen("", 0.9))
    assert kept.lines == tuple(stroke)
    more, _, _ = fused(alone, seen("17"), _7=0.1, _17=0.95)
    assert more.lines[0].text == "17"


def test_a_doubtful_single_digit_is_decided_by_both():
    alone = [line("7", x=40, y=30, sure=0.4, status=Status.REVIEW)]
    reading, _, _ = fused(alone, seen("1"), width=100, height=100, _7=0.3, _1=0.6)
    (found,) = reading.lines
    assert (found.text, found.status, found.reason) == ("1", Status.REVIEW, "read as 7 and as 1")


def test_a_likely_single_digit_is_not_overruled():
    alone = [line("7", x=40, y=30, sure=0.6, status=Status.REVIEW)]
    reading, _, _ = fused(alone, seen("1"), width=100, height=100)
    (found,) = reading.lines
    assert (found.text, found.status, found.reason) == ("7", Status.REVIEW, "read as 7 and as 1")
    assert found.alternatives == (("1", pytest.approx(0.4)),)


def test_where_the_line_reader_hesitates_a_person_looks_though_both_agree():
    trusted = {"_223": 0.99, "_2231": 0.01}
    reading, _, _ = fused([line("223")], seen("223", 0.36, [("2231", 0.21)]), **trusted)
    (found,) = reading.lines
    assert (found.text, found.status) == ("223", Status.REVIEW)
    assert found.reason == "may be read in two ways"
    assert found.alternatives == (("2231", 0.01),)
    reading, _, _ = fused([line("223")], seen("223", 0.36, [("2231", 0.1)]), **trusted)
    assert reading.lines[0].status is Status.READ


def test_the_likeliest_reading_as_expected_holds_and_is_no_surer_for_it():
    answer = seen("124", alternatives=[("12", 0.1), ("129", 0.05)])
    reading, (question,), network = fused(
        [line("12")], answer, Expected(3, 3), _12=0.97, _124=0.01, _129=0.002
    )
    assert question.asked.expected == Expected(3, 3)
    assert [evidence.text for evidence in network.heard] == ["12", "124", "129"]
    (found,) = reading.lines
    assert (found.text, found.confidence, found.status) == ("124", 0.01, Status.REVIEW)
    assert found.reason == "without the hints: 12"
    assert found.alternatives == (("12", 0.97), ("129", 0.002))


def test_a_reading_that_is_a_thousand_times_less_likely_does_not_hold_because_it_fits():
    answer = seen("124", probability=1e-12, alternatives=[("12", 0.98)])
    reading, _, _ = fused([line("12")], answer, Expected(3, 3), _12=0.97, _124=0.0005)
    (found,) = reading.lines
    assert (found.text, found.confidence, found.status) == ("12", 0.97, Status.READ)


def test_what_a_person_should_know_of_a_reading_that_was_changed_to_fit_is_kept():
    given = line("12", status=Status.REVIEW, reason="without the hints: 17")
    for answer, chance, reason in (
        (seen("13"), 0.1, "without the hints: 17; read as 12 and as 13"),
        (seen("12"), 0.1, "without the hints: 17"),
        (seen("12"), 0.99, ""),
    ):
        (found,) = fused([given], answer, _12=chance, _13=0.09)[0].lines
        assert found.reason == reason
    (found,) = fused([replace(given, reason=LEFT_OUT)], seen("13"), _12=0.1, _13=0.09)[0].lines
    assert found.reason == "read as 12 and as 13"


def test_what_either_network_holds_for_possible_may_be_what_is_written():
    answer = seen("232", 0.4, [("21312", 0.2)])
    reading, _, _ = fused([line("21")], answer, below=0.5, _21=0.1, _232=0.2, _21312=0.6)
    (found,) = reading.lines
    assert (found.text, found.confidence) == ("21312", 0.6)
    assert found.reason == "may be read in two ways"
    lefts = [each.box.x for each in found.digits]
    assert lefts == sorted(lefts)
    assert [each.digit for each in found.digits] == [2, 1, 3, 1, 2]
    assert all(each.box.width >= 1 for each in found.digits)


def test_a_digit_that_begins_a_line_and_stands_nowhere_is_where_the_line_begins():
    answer = seen("23", 0.4, [("123", 0.3)])
    reading, _, _ = fused([line("2")], answer, below=0.5, _2=0.1, _23=0.2, _123=0.6)
    first, second, third = (digit.box for digit in reading.lines[0].digits)
    assert abs(first.x - second.x) <= 1 < third.x - second.x
    nothing = seen("", 0.5, [("123", 0.4)])
    kept, _, _ = fused([line("12")], nothing, below=0.5, _12=0.6, _=0.3)
    assert [each.text for each in kept.lines] == ["12"]


def test_a_reading_that_the_line_reader_hardly_has_leaves_it_torn():
    assert torn("12", {"17": 0.5})
    assert torn("12", {"12": 0.4, "17": 0.2})
    assert not torn("12", {"12": 0.8, "17": 0.1})


def test_digits_that_touch_in_a_narrow_picture_are_not_lost_without_a_word():
    shown, _ = page(84, 80, line("31", x=20, step=20))
    nothing = PageReading(1, 84, 80, ())
    (question,) = asked = questions(shown, nothing, ANYTHING, light_on_dark=False)
    assert question.is_new
    (found,) = fuse(nothing, asked, [seen("31")], Believer(_31=0.95, _=0.05), 0.5).lines
    assert (found.text, found.status, found.reason) == ("31", Status.REVIEW, ONE_SIDED)
    assert fuse(nothing, asked, [seen("3")], Believer(), 0.5).lines == ()


def test_readings_differ_where_as_many_digits_are_not_the_same():
    assert differ(["12", "13"])
    assert not differ(["12", "12"])
    assert not differ(["12", "123"])


texts = st.text("0123456789", max_size=5)


class Chooser:
    """Holds the text of that number for the likeliest."""

    review_below = 0.9

    def __init__(self, number):
        self.number = number

    def probabilities(self, texts, _doubt):
        return [0.8 if n == self.number % len(texts) else 0.01 for n in range(len(texts))]


@given(texts, texts, st.lists(texts, max_size=4), st.integers(0, 9))
@example("12", "", ["3"], 2)
@example("22", "23", ["123"], 2)
def test_whatever_both_see_each_digit_of_a_line_stands_on_the_page(own, other, rest, number):
    shown, reading = page(400, 80, *([line(own)] if own else []))
    asked = questions(shown, reading, ANYTHING, light_on_dark=False)
    alternatives = [(each, 0.1) for each in dict.fromkeys(rest) if each != other]
    answers = [seen(other, 0.4, alternatives)] * len(asked)
    for found in fuse(reading, asked, answers, Chooser(number), 0.9).lines:
        assert "".join(str(digit.digit) for digit in found.digits) == found.text
        for digit in found.digits:
            assert digit.confidence == pytest.approx(digit.probabilities[digit.digit])
            assert 0 <= digit.box.x < digit.box.right <= 400
            assert 0 <= digit.box.y < digit.box.bottom <= 80


def dated(text, *, known=True, high=48):
    """A date's line: `/` is read as a 1 that leans and is `high`; `known`, the line reader knows
    the line without it too."""
    digits = tuple(
        digit(1, 30 * n, height=high, sure=0.9) if each == "/" else digit(int(each), 30 * n)
        for n, each in enumerate(text)
    )
    other = ((text.replace("/", ""), 0.07), ("7", 0.02)) if known else ()
    box = digits[0].box.union(digits[-1].box)
    return Line(digits, text.replace("/", "1"), 0.8, box, Status.READ, "", other)


def test_a_page_of_dates_is_read_without_their_slashes():
    lines = [dated("27/6"), line("377"), *[dated("5/12")] * (DATES - 1)]
    found = with_slashes_told(lines)
    assert [each.text for each in found] == ["276", "377", *["512"] * (DATES - 1)]
    first, number, *_ = found
    assert number is lines[1]
    assert first.status is Status.REVIEW
    assert first.reason == SLASH
    assert first.confidence == DATED
    assert first.alternatives == (("2716", pytest.approx(1 - DATED)), ("7", 0.02))
    assert [each.digit for each in first.digits] == [2, 7, 6]


def test_what_is_as_high_as_a_pages_slashes_is_one_whether_it_is_known_or_not():
    known = [dated("27/6")] * DATES
    *_, high, low = with_slashes_told(
        [*known, dated("34/8", known=False), dated("52/7", known=False, high=44)]
    )
    assert (high.text, high.status) == ("348", Status.REVIEW)
    assert (low.text, low.status, low.reason) == ("5217", Status.REVIEW, SLASH)


@pytest.mark.parametrize("turned", [False, True])
def test_among_dates_a_line_with_a_stroke_between_its_digits_is_for_review(turned):
    def lying(each, at):
        """A line, `at` pixels further right, turned by a quarter where the page is."""
        moved = [(replace(d.box, x=d.box.x + at), d) for d in each.digits]
        boxes = [Box(b.y, b.x, b.height, b.width) if turned else b for b, _ in moved]
        own = tuple(replace(d, box=box) for box, (_, d) in zip(boxes, moved, strict=True))
        return replace(each, digits=own, box=own[0].box.union(own[-1].box))

    dates = [lying(dated("27/6"), 0)] * DATES
    others = lying(line("311"), 20), lying(line("377"), 20), lying(line("311"), 100)
    *_, among, without, aside = with_slashes_told([*dates, *others])
    assert (among.text, among.status, among.reason) == ("311", Status.REVIEW, SLASH)
    assert without.status is Status.READ
    assert aside.status is Status.READ


def test_few_dates_are_for_review_as_they_are():
    lines = [*[dated("27/6")] * (DATES - 1), dated("34/8", known=False), line("311")]
    *dates, number = with_slashes_told(lines)
    assert [each.text for each in dates] == [*["2716"] * (DATES - 1), "3418"]
    assert {each.reason for each in dates} == {SLASH}
    assert number.status is Status.READ


def test_without_a_line_that_is_known_without_them_nothing_is_a_slash():
    lines = [dated("27/6", known=False)] * DATES
    assert with_slashes_told(lines) == lines
