"""From the line network's outputs to lines of digits with boxes; what is expected of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.ann.ctc import BLANK
from daemon.ann.line_reader import (
    OUTPUTS,
    LineReader,
    decode,
    read_frames,
    read_greedily,
)
from daemon.errors import ModelUnavailable
from daemon.records import AskedLine, Check, Expected, SeenLine

FRAMES = 24
MIDDLES = (np.arange(FRAMES) + 0.5) * 4


def outputs(*places: tuple[int, dict[int, float]]) -> npt.NDArray[np.float32]:
    """One line's outputs (1, 24, 15), blank but where digits show, with the logits given; the box
    of each reaches 6 pixels to the left, 5 to the right, and from row 3 to row 29."""
    found = np.zeros((1, FRAMES, OUTPUTS), np.float32)
    found[..., BLANK] = 8
    found[..., BLANK + 1 :] = np.array([6, 5, 3, 29]) / 32
    for frame, logits in places:
        found[0, frame, : BLANK + 1] = 0
        for label, logit in logits.items():
            found[0, frame, label] = logit
    return found


def read(found: npt.NDArray[np.float32], expected: Expected | None = None) -> SeenLine:
    frames = decode(found)
    return read_frames(frames.posteriors[0], frames.boxes[0], expected)


def number(text: str, doubtful: dict[int, int]) -> npt.NDArray[np.float32]:
    """A line that says `text`, a digit every second frame; `doubtful` places may also be
    another digit, a little less likely."""
    places = []
    for place, digit in enumerate(text):
        logits = {int(digit): 9.0}
        if place in doubtful:
            logits[doubtful[place]] = 8.0
        places.append((2 * place, logits))
    return outputs(*places)


def test_digits_come_with_boxes_and_probabilities() -> None:
    line = read(outputs((2, {4: 9}), (7, {0: 9, 6: 7})))
    assert line.text == "40"
    four, nought = line.digits
    assert (four.left, four.top, four.right, four.bottom) == (10 - 6, 3, 10 + 5, 29)
    assert nought.left == MIDDLES[7] - 6
    assert four.probabilities[4] > 0.99
    assert nought.probabilities[0] == pytest.approx(0.88, abs=0.01)


def test_the_alternative_is_what_the_doubtful_digit_may_be() -> None:
    line = read(outputs((2, {4: 9}), (7, {0: 9, 6: 7})))
    text, probability = line.alternatives[0]
    assert text == "46"
    assert probability == pytest.approx(0.12, abs=0.01)
    assert line.probability == pytest.approx(0.82, abs=0.02)


def test_an_empty_line_has_no_digits() -> None:
    line = read(outputs())
    assert (line.text, line.digits) == ("", ())
    assert line.probability > 0.9


def test_a_given_number_of_digits_decides() -> None:
    found = outputs((2, {4: 9}), (5, {1: 2.5, BLANK: 4}), (8, {7: 9}))
    assert read(found).text == "47"
    line = read(found, Expected(3, 3))
    assert line.text == "417"
    assert len(line.digits) == 3
    assert "47" in dict(line.alternatives)
    assert read(found, Expected(3)).text == "417"
    assert read(found, Expected(1, 2)).text == "47"


def test_the_check_digit_decides_between_likely_readings() -> None:
    found = number("79927398113", {8: 7})  # by Luhn's formula 79927398713
    assert read(found).text == "79927398113"
    line = read(found, Expected(check=Check.LUHN))
    assert line.text == "79927398713"
    assert line.alternatives[0][0] == "79927398113"


@pytest.mark.parametrize("expected", [Expected(30, 30), Expected(13, 13, Check.EAN13)])
def test_where_nothing_fits_it_is_the_best_reading(expected: Expected) -> None:
    assert read(number("123", {}), expected).text == "123"  # there are fewer frames than 30


def test_a_digit_is_not_read_twice_from_the_same_ink() -> None:
    found = outputs((5, {9: 9}), (6, {8: 5.0, BLANK: 4}))
    found[0, 6, BLANK + 1] = (4 + 6) / 32  # both boxes are the same
    found[0, 6, BLANK + 2] = (5 - 4) / 32
    assert read(found).text == "9"
    found[0, 6, BLANK + 1] = -2 / 32  # the second one begins where the first one ends
    found[0, 6, BLANK + 2] = 12 / 32
    assert read(found).text == "98"


def test_further_looks_outvote_the_first_and_boxes_stay_its_own() -> None:
    first = decode(outputs((2, {4: 9}), (7, {0: 8, 6: 7.5})))
    other = decode(outputs((3, {4: 9}), (9, {6: 9})))
    assert read(outputs((2, {4: 9}), (7, {0: 8, 6: 7.5}))).text == "40"
    line = read_frames(first.posteriors[0], first.boxes[0], None, [other.posteriors[0]] * 2)
    assert line.text == "46"
    assert line.digits[1].left == MIDDLES[7] - 6
    assert line.probability == pytest.approx(0.75, abs=0.1)
    assert line.alternatives[0][0] == "40"


def test_greedy_reading_sees_the_same_digits() -> None:
    frames = decode(outputs((2, {4: 9}), (7, {0: 9})))
    line = read_greedily(frames.posteriors[0], frames.boxes[0])
    assert line.text == "40"
    assert line.digits[0].left == 4


class Tower:
    """A tower that sees in each view the digits that its first row holds, 100 for a 9 of this
    probability that may be a 4, and notes the shapes of what it is given; `otherwise` sees
    others."""

    def __init__(self, otherwise: dict[int, int] | None = None, nine: float = 0.5) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self._otherwise = otherwise or {}
        self._four = 12 + math.log((1 - nine) / nine)

    def outputs(self, views: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        self.shapes.append(views.shape)
        found = np.zeros((len(views), views.shape[2] // 4, OUTPUTS), np.float32)
        found[..., BLANK] = 12
        for row, view in zip(found, views, strict=True):
            for place, value in enumerate(view[0]):
                if value:
                    shown = self._otherwise.get(int(value), int(value))
                    row[2 * place, : BLANK + 1] = 0
                    row[2 * place, shown % 91] = 12
                    row[2 * place, 4] += self._four if shown == 100 else 0
        return found


class Scripted(LineReader):
    """A line reader of these towers."""

    def __init__(self, *towers: Tower) -> None:
        self._towers = list(towers)  # type: ignore[arg-type]


def view(width: int, *digits: int) -> npt.NDArray[np.float32]:
    pixels = np.zeros((32, width), np.float32)
    pixels[0, : len(digits)] = digits
    return pixels


def test_lines_of_any_width_are_read_in_the_order_in_which_they_are_asked() -> None:
    tower = Tower()
    reader = Scripted(tower)
    widths = (200, 40, 44, 196, 400)
    asked = [AskedLine(view(width, n + 1, 9)) for n, width in enumerate(widths)]
    assert [line.text for line in reader.read_lines(asked)] == ["19", "29", "39", "49", "59"]
    assert tower.shapes == [(2, 32, 208), (1, 32, 40), (1, 32, 44), (1, 32, 416)]
    assert reader.read_lines([]) == []


@given(st.integers(2, 400), st.lists(st.integers(2, 400), max_size=4))
def test_how_a_line_is_shown_does_not_depend_on_others(width: int, others: list[int]) -> None:
    alone, among = Tower(), Tower()
    asked = [AskedLine(view(4 * each, 1)) for each in (width, *others)]
    Scripted(alone).read_lines(asked[:1])
    Scripted(among).read_lines(asked)
    (((_, _, shown),), shapes) = alone.shapes, among.shapes
    assert shown in {each for _, _, each in shapes}
    assert 4 * width <= shown <= 1.13 * 4 * width


def test_a_line_of_which_one_tower_is_sure_takes_no_other_look() -> None:
    first, second = Tower(), Tower()
    sure = AskedLine(view(80, 1, 2), lambda: pytest.fail("a sure line needs no further look"))
    (line,) = Scripted(first, second).read_lines([sure])
    assert (line.text, line.digits[1].left) == ("12", 10)
    assert first.shapes == [(1, 32, 80)]
    assert second.shapes == []


@pytest.mark.parametrize(("nine", "looks"), [(0.94, 1), (0.96, 0)])
def test_the_other_tower_is_asked_where_the_first_is_less_than_95_percent_sure(
    nine: float, looks: int
) -> None:
    second = Tower({100: 9})
    asked = AskedLine(view(80, 1, 100), lambda: pytest.fail("together they are sure"))
    (line,) = Scripted(Tower(nine=nine), second).read_lines([asked])
    assert (line.text, len(second.shapes)) == ("19", looks)


def test_where_one_tower_is_not_sure_the_other_looks_at_the_same_view() -> None:
    first, second = Tower(), Tower({100: 4})
    asked = AskedLine(view(80, 1, 100), lambda: pytest.fail("together they are sure"))
    (line,) = Scripted(first, second).read_lines([asked])
    assert line.text == "14"
    assert line.probability == pytest.approx((0.5 + 1) / 2, abs=0.01)
    assert line.alternatives[0] == ("19", pytest.approx(0.25, abs=0.01))
    assert (first.shapes, second.shapes) == ([(1, 32, 80)], [(1, 32, 80)])


def test_further_views_are_taken_only_where_all_towers_are_not_sure() -> None:
    first, second = Tower(), Tower()
    sure = AskedLine(view(80, 1, 2), lambda: pytest.fail("a sure line needs no further look"))
    unsure = AskedLine(view(80, 1, 100), lambda: (view(104, 1, 4), view(60, 1, 4)))
    one, other = Scripted(first, second).read_lines([sure, unsure])
    assert (one.text, other.text) == ("12", "14")
    assert other.probability == pytest.approx((0.5 + 0.5 + 1 + 1) / 4, abs=0.01)
    assert first.shapes == [(2, 32, 80), (1, 32, 104)]
    assert second.shapes == [(1, 32, 80), (1, 32, 60)]
    assert other.alternatives[0][0] == "19"


def test_a_single_tower_takes_all_further_views() -> None:
    tower = Tower()
    unsure = AskedLine(view(80, 1, 100), lambda: (view(104, 1, 4), view(60, 1, 4)))
    (line,) = Scripted(tower).read_lines([unsure])
    assert line.text == "14"
    assert tower.shapes == [(1, 32, 80), (1, 32, 104), (1, 32, 60)]


def test_a_sure_line_that_is_not_as_expected_is_looked_at_further() -> None:
    reader = Scripted(Tower(), Tower())
    asked = AskedLine(view(80, 1, 2), lambda: (view(104, 1, 2, 3),), Expected(3, 3))
    (line,) = reader.read_lines([asked])
    assert line.text == "123"


def test_what_the_towers_say_together_is_the_mean() -> None:
    towers = Tower(), Tower({9: 4})
    posteriors = np.exp(Scripted(*towers).frames(view(80, 9)[None]).posteriors)
    assert posteriors[0, 0, 4] == pytest.approx(0.5, abs=0.01)
    assert posteriors[0, 0, 9] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("least", "most"), [(-1, None), (3, 2), (0, 0)])
def test_an_impossible_number_of_digits_is_refused(least: int, most: int | None) -> None:
    with pytest.raises(ValueError, match="a line cannot have"):
        Expected(least, most)


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reader.tflite").write_bytes(b"no network")
    with pytest.raises(ModelUnavailable, match=r"reader\.tflite cannot be loaded"):
        LineReader(tmp_path / "reader.tflite")


def test_a_network_that_reads_glyphs_is_refused(trained_version) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelUnavailable, match="is no line network"):
        LineReader(trained_version.network)
