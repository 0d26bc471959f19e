"""What was read against what is written, digit by digit: the fewest changes that explain it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Pair = tuple[str | None, str | None]  # what is written, what was read; None: missing or extra


def align(written: str, read: str) -> list[Pair]:
    """Pairs of digits in order, with the fewest substitutions, omissions and additions
    (Levenshtein, 1966)."""
    return list(_backwards(written, read, _distances(written, read)))[::-1]


def edits(pairs: list[Pair]) -> int:
    """How many of the pairs are not equal."""
    return sum(written != read for written, read in pairs)


def _distances(written: str, read: str) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Changes between the first i and the first j digits, (len + 1, len + 1)."""
    table = np.add.outer(np.arange(len(written) + 1), np.arange(len(read) + 1))
    for i, one in enumerate(written, start=1):
        for j, other in enumerate(read, start=1):
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (one != other)
            )
    return table


def _backwards(
    written: str, read: str, table: np.ndarray[tuple[int, int], np.dtype[np.int64]]
) -> Iterator[Pair]:
    i, j = len(written), len(read)
    while i or j:
        if i and j and table[i, j] == table[i - 1, j - 1] + (written[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            yield written[i], read[j]
        elif i and table[i, j] == table[i - 1, j] + 1:
            i -= 1
            yield written[i], None
        else:
            j -= 1
            yield None, read[j]
