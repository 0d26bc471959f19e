from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daemon.records import Box
from daemon.vision.choice import Choice, Probabilities, are_digits, best, weigh
from daemon.vision.layout import Layout
from daemon.vision.parts import Candidate


def layout(*shares: float, cost: float = 0.0) -> Layout:
    candidates = (
        Candidate(Box(0, 0, 9, 9), share, np.ones((9, 9), np.float32)) for share in shares
    )
    return Layout((tuple(candidates),), cost=cost)


def rows(*likeliest: tuple[int, float]) -> Probabilities:
    """A row per mark: its class, 10 for no digit, and how sure."""
    table = np.zeros((len(likeliest), 11), np.float32)
    for row, (label, sure) in zip(table, likeliest, strict=True):
        row[:] = (1 - sure) / 10
        row[label] = sure
    return table


def chosen(*choices: Choice) -> int:
    found = best(choices)
    assert found is not None
    return [choice is found for choice in choices].index(True)


def test_every_layout_gets_its_own_rows() -> None:
    table = rows((1, 0.9), (2, 0.8), (3, 0.7))
    one, two = weigh([layout(1.0), layout(0.5, 0.5)], table)
    assert np.array_equal(one.rows, table[:1])
    assert np.array_equal(two.rows, table[1:])


def test_one_sure_whole_beats_two_shaky_halves() -> None:
    choices = weigh([layout(0.5, 0.5), layout(1.0)], rows((1, 0.7), (2, 0.7), (4, 0.8)))
    assert chosen(*choices) == 1


def test_ink_that_is_left_out_counts_against_a_layout() -> None:
    choices = weigh([layout(0.5), layout(0.5, 0.5)], rows((1, 0.99), (1, 0.99), (2, 0.99)))
    assert chosen(*choices) == 1


def test_what_speaks_against_a_layout_counts() -> None:
    table = rows((1, 0.99), (1, 0.99))
    assert chosen(*weigh([layout(1.0, cost=0.4), layout(1.0)], table)) == 1


def test_between_equals_the_first_wins_and_of_none_there_is_none() -> None:
    table = rows((1, 0.99), (1, 0.99))
    assert chosen(*weigh([layout(1.0), layout(1.0)], table)) == 0
    assert best([]) is None


@pytest.mark.parametrize(
    ("table", "digits"),
    [
        (rows((10, 0.93), (4, 0.9)), [False, True]),
        (rows((10, 0.99), (10, 0.999)), [True, False]),
        (rows((10, 0.75), (4, 0.9)), [True, True]),
        (rows((10, 0.6))[:, :10], [True]),
    ],
)
def test_where_nothing_is_a_digit_a_mark_is_left_out_on_better_evidence(
    table: Probabilities, digits: list[bool]
) -> None:
    assert are_digits(table) == digits


def test_a_score_is_the_sum_of_what_speaks_against() -> None:
    (choice,) = weigh([layout(0.5, 0.25, cost=0.05)], rows((1, 0.9), (2, 0.8)))
    score = choice.score
    assert score.total == pytest.approx(np.log(0.9 * 0.8) - 0.4 + np.log(0.75) - 0.05, abs=1e-5)
    assert score.total == score.sure - score.digits + score.read - score.cost


def row_of(*xs: int, height: int = 40, cost: float = 0.0) -> Layout:
    share = 1 / len(xs)
    marks = (Candidate(Box(x, 0, 20, height), share, np.ones((9, 9), np.float32)) for x in xs)
    return Layout((tuple(marks),), cost=cost)


def test_a_layout_with_the_same_digits_and_a_sure_one_more_wins() -> None:
    known = rows((1, 0.99), (9, 0.99))
    few = row_of(0, 30)

    def richer(layout: Layout, *likeliest: tuple[int, float]) -> bool:
        choices = weigh([few, layout], np.concatenate([known, rows(*likeliest)]))
        assert choices[0].score.total > choices[1].score.total
        return chosen(*choices) == 1

    sure = ((1, 0.99), (9, 0.99), (1, 0.95))
    assert richer(row_of(1, 31, 60), *sure)
    assert richer(row_of(2, 31, 60, height=30), *sure)  # without what hung on them
    assert not richer(row_of(1, 31, 60), *sure[:2], (1, 0.85))
    assert not richer(row_of(1, 31, 60), (1, 0.99), (4, 0.99), (1, 0.95))
    assert not richer(row_of(1, 70, 100), *sure)
    assert not richer(row_of(1, 31, 60, cost=0.1), *sure)
    low = Candidate(Box(60, 0, 20, 20), 0.25, np.ones((9, 9), np.float32))
    assert not richer(Layout(((*row_of(1, 31).candidates, low),)), *sure)


def test_nothing_but_sure_digits_beat_a_layout_that_leaves_ink_or_joins_them() -> None:
    digits = rows((9, 0.99), (5, 0.99), (0, 0.99))

    def clearer(
        few: Layout,
        rest: tuple[int, float],
        all_rows: Probabilities = digits,
        wide: Layout | None = None,
    ) -> bool:
        choices = weigh([few, wide or row_of(0, 30, 60)], np.concatenate([rows(rest), all_rows]))
        assert choices[0].score.total > choices[1].score.total
        return chosen(*choices) == 1

    assert clearer(layout(0.85), (1, 0.99))
    assert clearer(replace(layout(1.0), writing=0.1), (1, 0.99))  # all else is frame
    desk = replace(row_of(0, 30, 60), writing=0.8)
    assert clearer(replace(layout(0.8), writing=0.8), (1, 0.99), wide=desk)
    assert not clearer(replace(layout(1.0), writing=0.8), (1, 0.99), wide=desk)
    assert not clearer(layout(0.85), (1, 0.99), rows((9, 0.99), (5, 0.85), (0, 0.99)))
    assert clearer(layout(1.0), (3, 0.95))  # three on top of each other are none
    assert not clearer(layout(1.0), (3, 0.995))
    assert not clearer(layout(1.0), (4, 0.95), rows((1, 0.99), (5, 0.99), (0, 0.99)))


def test_a_stroke_besides_stands_in_a_row_with_other_digits() -> None:
    table = rows((7, 0.99), (9, 0.99), (7, 0.99), (9, 0.99), (1, 0.99))
    (row,) = row_of(0, 30).lines

    def more(y: int) -> bool:
        beside = Candidate(Box(60, y, 10, 40), 0.02, np.ones((9, 9), np.float32))
        return chosen(*weigh([row_of(0, 30), Layout((row, (beside,)))], table)) == 1

    assert more(0)
    assert more(20)
    assert not more(21)  # a piece of a sheet's edge


def test_of_one_digit_that_hangs_on_a_rule_another_layout_has_it_and_more() -> None:
    hanging = Candidate(Box(0, 0, 90, 40), 0.99, np.ones((9, 9), np.float32))
    two = (Candidate(Box(x, 5, 20, 30), 0.45, np.ones((9, 9), np.float32)) for x in (30, 120))
    layouts = [Layout(((hanging,),)), Layout((tuple(two),))]

    def more(label: int) -> bool:
        return chosen(*weigh(layouts, rows((2, 0.99), (2, 0.99), (label, 0.99)))) == 1

    assert more(6)
    assert not more(1)  # a stroke may be a piece of the rule


def test_of_one_digit_two_may_be_pieces() -> None:
    table = rows((1, 0.99), (1, 0.99), (1, 0.99))
    assert chosen(*weigh([layout(0.95), row_of(0, 30)], table)) == 0


def test_a_digit_that_stands_free_wins_over_lower_ones_that_the_picture_cuts() -> None:
    ink = np.ones((9, 9), np.float32)
    sliver = Candidate(Box(60, 0, 20, 20), 1.0, ink, cut=True)

    def whole(
        box: Box, sure: float = 0.99, *, cut: bool = False, light: bool = False, first: bool = True
    ) -> bool:
        free = Candidate(box, 0.6, ink, cut=cut)
        own = sliver if first else replace(sliver, cut=False)
        layouts = [Layout(((own,),)), Layout(((free,),), partial=True, light_on_dark=light)]
        return chosen(*weigh(layouts, rows((7, 0.99), (4, sure)))) == 1

    assert whole(Box(20, 30, 20, 40))
    assert not whole(Box(20, 30, 20, 40), 0.85)
    assert not whole(Box(20, 30, 20, 19))
    assert not whole(Box(70, 10, 20, 40))  # the same, or a piece of it
    assert not whole(Box(20, 30, 20, 40), cut=True)
    assert not whole(Box(20, 30, 20, 40), light=True)
    assert not whole(Box(20, 30, 20, 40), first=False)
