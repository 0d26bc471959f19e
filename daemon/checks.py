"""Check digits: whether a number is one that somebody issued, or was misread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from .records import Check, Expected

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, the sum of its digits


def passes(check: Check, digits: Sequence[int]) -> bool:
    """Whether `digits`, each 0..9, end with the right check digits."""
    return _CHECKS[check](digits)


def fits(expected: Expected, digits: Sequence[int]) -> bool:
    """Whether there are as many `digits` as expected, and the check digit is right."""
    most = len(digits) if expected.most is None else expected.most
    return expected.least <= len(digits) <= most and passes(expected.check, digits)


def _luhn(digits: Sequence[int]) -> bool:
    """ISO/IEC 7812-1, annex B: card numbers, IMEI."""
    doubled = sum(_DOUBLED[digit] for digit in digits[-2::-2])
    return len(digits) > 1 and (sum(digits[-1::-2]) + doubled) % 10 == 0


def _mod97(digits: Sequence[int]) -> bool:
    """ISO/IEC 7064, MOD 97-10: the last two digits make the number 1 modulo 97."""
    remainder = 0
    for digit in digits:
        remainder = (10 * remainder + digit) % 97
    return len(digits) > 2 and remainder == 1


def _ean13(digits: Sequence[int]) -> bool:
    """GS1 General Specifications: thirteen digits with weights 1 and 3 in turn."""
    return len(digits) == 13 and (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


_CHECKS: Mapping[Check, Callable[[Sequence[int]], bool]] = MappingProxyType(
    {
        Check.NONE: lambda _: True,
        Check.LUHN: _luhn,
        Check.MOD97: _mod97,
        Check.EAN13: _ean13,
    }
)
