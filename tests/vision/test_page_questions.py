"""What the line reader is asked about a whole page, and what becomes of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from daemon.records import (
    Box,
    Doubt,
    Evidence,
    Expected,
    Page,
    PageReading,
    SeenDigit,
    SeenLine,
    Status,
)
from daemon.vision import page_lines
from daemon.vision.choice import Choice, weigh
from daemon.vision.fusion import ONE_SIDED, fuse
from daemon.vision.layout import Layout
from daemon.vision.page_letters import LETTER
from daemon.vision.page_lines import assemble_page, choose_marks, part_at_signs
from daemon.vision.page_questions import lost_questions, page_questions
from daemon.vision.page_stage import PageLook, look_at_page
from daemon.vision.parts import Candidate
from daemon.vision.questions import Question
from daemon.vision.rectify import SheetSearch
from daemon.vision.slashes import SLASH

PAPER, INK = 230, 20
HEIGHT, PITCH = 40, 40  # px, of a digit and from one to the next
TOPS = (40, 120, 200)  # px, of the rows
NONE = np.eye(11, dtype=np.float32)[10]


class Believer:
    """Trusts every text by so much, and those in `other` by what is said there."""

    review_below = 0.9

    def __init__(self, chance: float = 0.9, **other: float) -> None:
        self._chance = chance
        self._other = {text.lstrip("_"): chance for text, chance in other.items()}

    def probabilities(self, texts: Sequence[Evidence], _doubt: Doubt) -> list[float]:
        return [self._other.get(each.text, self._chance) for each in texts]

    def read_lines(self, asked: Sequence[object]) -> list[SeenLine]:
        raise NotImplementedError


def draw(rows: Sequence[str], left: int = 40) -> np.ndarray:
    """A page with rings for digits: `o` stands alone, `8` touches the next one, `+`, `=` and `-`
    are signs, `2` is low and wide."""
    pixels = np.full((600, 800), PAPER, np.uint8)
    for row, top in zip(rows, TOPS, strict=True):
        for place, kind in enumerate(row):
            middle = left + PITCH * place + 12, top + HEIGHT // 2
            if kind in "o8":
                reach = 23 if kind == "8" else 10
                cv2.ellipse(pixels, middle, (reach, HEIGHT // 2), 0, 0, 360, (INK,), 4)
            elif kind == "2":
                low = middle[0], top + HEIGHT - 10
                cv2.ellipse(pixels, low, (18, 10), 0, 0, 360, (INK,), 3)
            elif kind == "+":
                cv2.drawMarker(pixels, middle, (INK,), cv2.MARKER_CROSS, 18, 4)
            elif kind == "-":
                cv2.line(pixels, (middle[0] - 12, middle[1]), (middle[0] + 12, middle[1]), INK, 4)
    return pixels


def look_at(pixels: np.ndarray) -> PageLook:
    look = look_at_page(SheetSearch(pixels))
    assert look is not None
    return look


def say(look: PageLook, *, doubtful: Sequence[int] = (), none: Sequence[int] = ()) -> np.ndarray:
    """Sure sevens, but for the marks of the `doubtful` rows and of those that hold `none`."""
    rows = []
    for number, row in enumerate(look.marks.rows):
        sure = 0.8 if number in doubtful else 0.99
        seven = np.full(11, (1 - sure) / 10, np.float32)
        seven[7] = sure
        rows += [NONE if number in none else seven] * len(row)
    return np.stack(rows)


def asked_about(
    pixels: np.ndarray, expected: Expected | None = None, **said: Sequence[int]
) -> tuple[PageReading, list[Question]]:
    look, page = look_at(pixels), Page(1, pixels)
    chosen = choose_marks(look, say(look, **said))
    reading = assemble_page(page, look, chosen, 0.9)
    return reading, page_questions(page, look, chosen, reading, expected or Expected())


def answer(question: Question, text: str, cover: float = 1.0) -> SeenLine:
    """Digits side by side over this share of the view's ink."""
    inked = np.flatnonzero(question.view.pixels.max(axis=0) > 0.5)
    left, right = float(inked[0]), inked[0] + cover * (inked[-1] + 1 - inked[0])
    edges = np.linspace(left, right, len(text) + 1)
    row = tuple(np.full(10, 0.1).tolist())
    digits = tuple(
        SeenDigit(int(digit), start, 3, end, 29, row)
        for digit, start, end in zip(text, edges[:-1], edges[1:], strict=True)
    )
    return SeenLine(digits, 0.9, ())


def fused(
    reading: PageReading, asked: list[Question], answers: list[SeenLine], chance: float = 0.9
) -> PageReading:
    return fuse(reading, asked, answers, Believer(chance), 0.95)


def test_a_row_with_a_mark_as_wide_as_two_digits_is_in_doubt_though_that_is_surely_none() -> None:
    pixels = draw(("oooo8", "ooo", "ooo"))
    look, page = look_at(pixels), Page(1, pixels)
    said = say(look)
    widest = max(range(len(look.marks.all)), key=lambda n: look.marks.all[n].box.width)
    said[widest] = NONE
    chosen = choose_marks(look, said)
    reading = assemble_page(page, look, chosen, 0.9)
    assert [(line.text, line.status) for line in reading.lines] == [
        ("7777", Status.REVIEW),
        ("777", Status.READ),
        ("777", Status.READ),
    ]
    (question,) = page_questions(page, look, chosen, reading, Expected())
    assert question.place == 0


def test_a_stroke_alone_among_what_is_no_digit_is_for_review_and_not_asked_about() -> None:
    pixels = draw(("o", "oooo", "oooo"))
    look, page = look_at(pixels), Page(1, pixels)
    for others, status in (((1, 2), Status.REVIEW), ((), Status.READ)):
        said = say(look, none=others)
        said[0, 7], said[0, 1] = said[0, 1], said[0, 7]
        chosen = choose_marks(look, said)
        reading = assemble_page(page, look, chosen, 0.9)
        assert (reading.lines[0].text, reading.lines[0].status) == ("1", status)
        asked = page_questions(page, look, chosen, reading, Expected())
        assert all(question.is_new for question in asked)


def test_a_mark_alone_that_may_be_a_letter_is_for_review_and_not_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_lines, "may_be_letter", lambda _ink, digit: digit == 7)
    reading, asked = asked_about(draw(("o", "oooo", "oooo")))
    assert [(line.status, line.reason) for line in reading.lines] == [
        (Status.REVIEW, LETTER),
        (Status.READ, ""),
        (Status.READ, ""),
    ]
    assert not asked


def test_a_comma_that_hangs_below_a_digit_is_no_part_of_it() -> None:
    plain = draw(("oooo", "ooo", "oooo"))
    pixels = plain.copy()
    left, foot = 40 + PITCH + 12, TOPS[0] + HEIGHT
    cv2.line(pixels, (left + 14, foot - 4), (left + 9, foot + 7), (INK,), 4)
    digit = look_at(pixels).marks.rows[0][1]
    assert digit.box == look_at(plain).marks.rows[0][1].box


def test_rows_in_doubt_are_asked_about_and_sure_ones_are_not() -> None:
    reading, asked = asked_about(draw(("oooo", "ooo", "oooo")), doubtful=(1,))
    assert [line.text for line in reading.lines] == ["7777", "777", "7777"]
    (question,) = asked
    assert (question.place, question.is_row, question.is_new) == (1, True, False)
    views = (question.asked.look, *question.asked.further())
    assert [view.shape[0] for view in views] == [32, 32, 32]


def test_a_row_is_seen_without_its_neighbours() -> None:
    alone = draw(("oooo", "ooo", "oooo"))
    beside = alone.copy()
    beside[TOPS[0] + HEIGHT + 4 : TOPS[1] - 2, 40:180] = INK
    _, (question,) = asked_about(alone, doubtful=(1,))
    _, (other, *_) = asked_about(beside, doubtful=(1,))
    ink = question.view.pixels > 0.5
    assert np.count_nonzero(ink != (other.view.pixels[:, : ink.shape[1]] > 0.5)) < 0.1 * ink.sum()


def test_a_row_that_does_not_fit_is_asked_about_though_it_is_sure() -> None:
    pixels = draw(("oooo", "ooo", "oooo"))
    _, asked = asked_about(pixels, Expected(4, 4))
    assert [question.place for question in asked] == [1]
    assert asked[0].asked.expected == Expected(4, 4)


@pytest.mark.parametrize("chance", [0.9, 0.25])
def test_digits_that_touch_become_a_line_for_review_in_its_place(chance: float) -> None:
    pixels = draw(("oooo", "888", "oooo"))
    reading, asked = asked_about(pixels, none=(1,))
    assert [line.text for line in reading.lines] == ["7777", "7777"]
    (question,) = asked
    assert question.is_new
    found = fused(reading, asked, [answer(question, "888")], chance)
    assert [line.text for line in found.lines] == ["7777", "888", "7777"]
    line = found.lines[1]
    assert (line.status, line.reason, line.confidence) == (Status.REVIEW, ONE_SIDED, chance)
    written = Box(29, TOPS[1], 2 * PITCH + 46, HEIGHT)
    assert abs(line.box.x - written.x) <= 4
    assert abs(line.box.right - written.right) <= 4
    assert abs(line.box.y - written.y) <= 6


def test_other_readings_of_a_row_come_best_first() -> None:
    reading, asked = asked_about(draw(("oooo", "ooo", "oooo")), Expected(4, 4))
    seen = replace(answer(asked[0], "7777"), alternatives=(("77779", 0.4),))
    network = Believer(_777=0.5, _7777=0.01, _77779=0.4)
    (line,) = fuse(reading, asked, [seen], network, 0.9).lines[1:2]
    assert line.text == "777"
    assert line.alternatives == (("77779", 0.4), ("7777", 0.01))


def test_digits_that_touch_are_not_lost_where_one_digit_is_expected() -> None:
    reading, asked = asked_about(draw(("oooo", "888", "oooo")), Expected(1, 1), none=(1,))
    question = next(each for each in asked if each.is_new)
    seen = replace(answer(question, "888"), alternatives=(("8", 0.05),))
    found = fuse(reading, [question], [seen], Believer(0.1, _888=0.9, _8=0.01), 0.9)
    assert [line.text for line in found.lines] == ["7777", "888", "7777"]


@pytest.mark.parametrize("expected", [Expected(4, 4), Expected(1, 2)])
def test_digits_that_touch_are_not_lost_where_others_are_expected(expected: Expected) -> None:
    reading, asked = asked_about(draw(("oooo", "888", "oooo")), expected, none=(1,))
    question = next(each for each in asked if each.is_new)
    assert (question.asked.expected, question.expected) == (Expected(), expected)
    seen = answer(question, "888")
    likely = replace(seen, alternatives=(("8888", 0.3), ("88", 0.2)))
    for network, text in (
        (Believer(0.3, _888=0.9, _8888=1e-4, _88=1e-4), "888"),
        (Believer(0.3, _888=0.9, _8888=0.01, _88=0.01), "888"),
        (Believer(0.3), "8888" if expected.least == 4 else "88"),
    ):
        found = fuse(reading, [question], [likely], network, 0.9)
        assert found.lines[1].text == text


@pytest.mark.parametrize(
    ("text", "cover", "chance"), [("8", 1.0, 0.9), ("88", 0.6, 0.9), ("888", 1.0, 0.15), ("", 1, 1)]
)
def test_a_word_with_letters_like_digits_becomes_no_line(
    text: str, cover: float, chance: float
) -> None:
    reading, asked = asked_about(draw(("oooo", "888", "oooo")), none=(1,))
    found = fused(reading, asked, [answer(asked[0], text, cover)], chance)
    assert found.lines == reading.lines


def test_a_likelier_reading_of_the_whole_row_holds() -> None:
    reading, asked = asked_about(draw(("oooo", "ooo", "oooo")), doubtful=(1,))
    found = fused(reading, asked, [answer(asked[0], "1234")])
    assert [line.text for line in found.lines] == ["7777", "777", "7777"]  # both alike: as it was
    found = fuse(reading, asked, [answer(asked[0], "1234")], Believer(0.2, _1234=0.9), 0.95)
    assert [line.text for line in found.lines] == ["7777", "1234", "7777"]


@pytest.mark.parametrize(("cover", "chance"), [(1.0, 0.45), (0.6, 0.9)])
def test_an_unlikely_or_partial_reading_does_not_replace_a_row(cover: float, chance: float) -> None:
    reading, asked = asked_about(draw(("oooo", "ooo", "oooo")), doubtful=(1,))
    seen = Believer(0.1, _1234=chance)
    found = fuse(reading, asked, [answer(asked[0], "1234", cover)], seen, 0.95)
    line = found.lines[1]
    assert (line.text, line.status) == ("777", Status.REVIEW)
    assert line.reason == "read as 777 and as 1234"
    assert line.alternatives[0] == ("1234", chance)


def test_signs_between_numbers_do_not_make_a_row_a_word() -> None:
    pixels = draw(("oooo", "o+o+o", "oooo"))
    look = look_at(pixels)
    marks = look.marks.all
    rows = say(look)
    signs = [number for number, mark in enumerate(marks) if mark.box.height < 0.7 * HEIGHT]
    assert len(signs) == 2
    rows[signs] = NONE
    assert [d is not None for d in choose_marks(look, rows).digits].count(False) == 2
    letters = [number for number, mark in enumerate(marks) if mark.box.y < TOPS[0] + 10][:3]
    rows[letters] = NONE  # as tall as digits: a word
    assert [d is not None for d in choose_marks(look, rows).digits].count(False) == 6


def parted(pixels: np.ndarray) -> list[str]:
    """The lines of a page of which signs are none, and all else are sevens."""
    look = look_at(pixels)
    rows = say(look)
    rows[[n for n, mark in enumerate(look.marks.all) if mark.box.height < 0.7 * HEIGHT]] = NONE
    look = part_at_signs(look, rows)
    assert len(look.marks.all) == len(rows)
    reading = assemble_page(Page(1, pixels), look, choose_marks(look, rows), 0.9)
    assert all(line.status is Status.READ for line in reading.lines)
    return [line.text for line in reading.lines]


def test_rows_are_parted_at_signs_in_gaps_too_wide_for_one_number() -> None:
    sums = draw(("oooo", "oo  ooo  o", "oooo"))
    for x in (152, 352):  # in the middle of gaps of 96 px
        cv2.drawMarker(sums, (x, TOPS[1] + HEIGHT // 2), (INK,), cv2.MARKER_CROSS, 18, 4)
    assert parted(sums) == ["7777", "77", "777", "7", "7777"]
    assert parted(draw(("oooo", "oo+ooo-o", "oooo"))) == ["7777", "777777", "7777"]


def test_about_rows_with_what_may_be_a_slash_the_line_reader_is_asked() -> None:
    pixels = draw(("oooo", "o oo", "o oo"))
    for top in TOPS[1:]:
        cv2.line(pixels, (86, top + HEIGHT + 6), (106, top - 2), INK, 4)
    look, page = look_at(pixels), Page(1, pixels)
    rows = say(look)
    for number, mark in enumerate(look.marks.all):
        if mark.box.height > HEIGHT + 6:
            rows[number] = np.roll(rows[number], -6)
    chosen = choose_marks(look, rows)
    reading = assemble_page(page, look, chosen, 0.9)
    assert [line.text for line in reading.lines] == ["7777", "7177", "7177"]
    asked = page_questions(page, look, chosen, reading, Expected())
    assert [question.place for question in asked] == [1, 2]
    for other, reason in (("777", SLASH), ("7377", "")):
        seen = [answer(question, "7177") for question in asked]
        seen[0] = replace(seen[0], alternatives=((other, 0.01),))
        found = fuse(reading, asked, seen, Believer(0.95, **{f"_{other}": 0.01}), 0.9)
        assert [line.text for line in found.lines] == ["7777", "7177", "7177"]
        assert [line.reason for line in found.lines] == ["", reason, reason]
        status = Status.REVIEW if reason else Status.READ
        assert [line.status for line in found.lines] == [Status.READ, status, status]


def test_a_low_and_wide_digit_is_one_if_the_network_is_sure() -> None:
    look = look_at(draw(("oooo", "o2oo", "oooo")))
    rows = say(look)
    (low,) = (n for n, mark in enumerate(look.marks.all) if mark.box.height < 0.7 * HEIGHT)
    assert choose_marks(look, rows).digits[low] == 7
    rows[low] = rows[low] * 0.9 + 0.1 * NONE
    assert choose_marks(look, rows).digits[low] is None


def row_of(y: int, *boxes: tuple[int, int]) -> tuple[Candidate, ...]:
    """Marks side by side, 40 pixels high: where they begin and how wide they are."""
    return tuple(
        Candidate(Box(x, y, width, 40), 0.1, np.ones((42, width + 2), np.float32))
        for x, width in boxes
    )


def chosen(*lines: tuple[Candidate, ...], read: Sequence[bool]) -> Choice:
    rows = np.where(np.array(read)[:, None], np.eye(11, dtype=np.float32)[3] * 0.99, NONE)
    (choice,) = weigh([Layout(lines)], rows.astype(np.float32))
    return choice


@pytest.mark.parametrize("factor", [1, 2])
def test_a_line_of_a_note_in_which_nothing_was_read_is_asked_about(factor: int) -> None:
    page = Page(1, np.full((400 * factor, 300 * factor), PAPER, np.uint8))
    lines = row_of(20, (30, 25), (70, 25)), row_of(100, (30, 90)), row_of(180, (30, 25))
    (asked,) = lost_questions(page, factor, chosen(*lines, read=[True, True, False, True]))
    assert (asked.place, asked.is_new, asked.expected) == (1, True, Expected())
    box = asked.to_page(asked.view.box_in_picture(0, 0, asked.view.pixels.shape[1], 32))
    assert abs(box.y - 100 * factor) <= 8 * factor
    assert box.x <= 30 * factor < 120 * factor <= box.right


def test_what_is_small_and_what_stands_alone_is_not_asked_about() -> None:
    page = Page(1, np.full((400, 300), PAPER, np.uint8))
    read = row_of(20, (30, 25))
    assert not lost_questions(page, 1, chosen(read, row_of(100, (30, 20)), read=[True, False]))
    assert not lost_questions(page, 1, chosen(row_of(100, (30, 90)), read=[False]))
