"""Covering arrays: few rows in which every pair of factors meets in every combination of their values."""

from __future__ import annotations

from itertools import combinations, count, islice
from math import comb


def presence_rows(factors: int) -> list[tuple[bool, ...]]:
    """Return rows that say which factors are present: any two of them are both, either alone, and neither in some row.

    The number of rows grows with the logarithm of the number of factors (Kleitman and Spencer, "Families of
    k-independent sets", 1973): beside the row that has all of them, each factor is present in another selection of the
    rows, all selections being of the same size, and of less than half of the rows.
    """
    if factors == 0:
        return [()]
    rows = next(size for size in count(2) if comb(size - 1, size // 2 - 1) >= factors)
    chosen = [set(rows_of) for rows_of in islice(combinations(range(rows - 1), rows // 2 - 1), factors)]
    return [(True,) * factors, *(tuple(row in rows_of for rows_of in chosen) for row in range(rows - 1))]
