"""Holm's correction for many comparisons."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(values: Sequence[float]) -> list[float]:
    """Adjusted p values, in the order given: reject those at most alpha.

    The k-th smallest of m is multiplied by m - k + 1, and none may be below a smaller one's; the
    chance of any false rejection is then at most alpha whatever the dependence (Holm, "A simple
    sequentially rejective multiple test procedure", 1979).
    """
    adjusted = [0.0] * len(values)
    highest = 0.0
    order = sorted(range(len(values)), key=lambda i: values[i])
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = highest
    return adjusted
