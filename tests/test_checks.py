"""Check digits, by the examples of their standards."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.checks import passes
from daemon.records import Check

VALID = {
    Check.LUHN: ["79927398713", "4539578763621486", "490154203237518", "18"],
    Check.MOD97: ["79444", "3214282912345698765432161182"],
    Check.EAN13: ["4006381333931", "9783161484100"],
}
EACH = [(check, number) for check, numbers in VALID.items() for number in numbers]


def digits(number: str) -> list[int]:
    return [int(digit) for digit in number]


@pytest.mark.parametrize(("check", "number"), EACH)
def test_issued_numbers_pass(check: Check, number: str) -> None:
    assert passes(check, digits(number))


@pytest.mark.parametrize(("check", "number"), EACH)
@settings(deadline=None)
@given(data=st.data())
def test_a_single_misread_digit_never_passes(
    check: Check, number: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(number) - 1))
    misread = digits(number)
    misread[place] = (misread[place] + data.draw(st.integers(1, 9))) % 10
    assert not passes(check, misread)


@pytest.mark.parametrize("check", [Check.LUHN, Check.MOD97, Check.EAN13])
def test_too_few_digits_pass_no_check(check: Check) -> None:
    assert not passes(check, [])
    assert not passes(check, [0])


def test_two_check_digits_alone_prove_nothing() -> None:
    assert not passes(Check.MOD97, [0, 1])


def test_an_ean_has_thirteen_digits() -> None:
    assert not passes(Check.EAN13, digits("73513537"))


def test_without_a_check_everything_passes() -> None:
    assert passes(Check.NONE, [])
