"""Two readings of the same digits, one beside the other: the fewest changes that explain them."""

from __future__ import annotations

from collections.abc import Iterator
from operator import ne

SUBSTITUTED = 2  # of equally many digits: leaving one out and adding one costs as much, or more

Pair = tuple[str | None, str | None]  # of the first and the second reading; None: missing, extra


def align(written: str, read: str) -> list[Pair]:
    """Pairs of digits in order, with the fewest substitutions, omissions and additions
    (Levenshtein, 1966)."""
    if len(written) == len(read) and sum(map(ne, written, read)) <= SUBSTITUTED:
        return list(zip(written, read, strict=True))
    return list(_backwards(written, read, _distances(written, read)))[::-1]


def edits(pairs: list[Pair]) -> int:
    """How many of the pairs are not equal."""
    return sum(written != read for written, read in pairs)


def _distances(written: str, read: str) -> list[list[int]]:
    """Changes between the first i and the first j digits, by i and j."""
    table = [list(range(len(read) + 1))]
    for i, one in enumerate(written, start=1):
        above, row = table[-1], [i]
        for j, other in enumerate(read, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (one != other)))
        table.append(row)
    return table


def _backwards(written: str, read: str, table: list[list[int]]) -> Iterator[Pair]:
    i, j = len(written), len(read)
    while i or j:
        if i and j and table[i][j] == table[i - 1][j - 1] + (written[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            yield written[i], read[j]
        elif i and table[i][j] == table[i - 1][j] + 1:
            i -= 1
            yield written[i], None
        else:
            j -= 1
            yield None, read[j]
