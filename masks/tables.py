"""Sine, cosine and the normal distribution in fixed point, the same on every machine.

The tables are made once, on first use, in exact integer arithmetic (series with guard bits),
because math libraries differ in the last bit and one bit moves a truncated vertex. Between two
entries the functions are interpolated linearly, again in integers. The functions are what these
tables say; how far that is from the true functions stands with each.
"""

from __future__ import annotations

from functools import cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["TURN", "cosine", "normal", "radians", "sine"]

UInt64 = NDArray[np.uint64]
Int64 = NDArray[np.int64]

TURN = 1 << 32
"""A full turn: angles are integers, 2**32 to the turn."""

GUARD = 256
"""Bits of the series' fixed point, far more than the tables keep."""

QUARTER = 1024
"""Steps of the sine table in a quarter turn."""

STEPS = 128
"""Steps of the normal table in one standard deviation."""

REACH = 8
"""Standard deviations that the normal table covers: beyond lies less than 2**-49."""


def radians(numerator: int, denominator: int = 1) -> int:
    """The angle numerator/denominator radians as an integer, 2**32 to the turn (rounded down)."""
    return ((numerator * TURN) << GUARD) // (2 * denominator * _pi())


def sine(angle: Int64) -> Int64:
    """The sine of angles (2**32 to the turn, any integer) in units of 2**-30; within 3.1e-7."""
    table = _sine_table()
    step = TURN // (4 * QUARTER)
    whole = np.bitwise_and(angle, TURN - 1)
    index, rest = whole // step, whole % step
    low, high = table[index], table[index + 1]
    between: Int64 = low + ((high - low) * rest) // step
    return between


def cosine(angle: Int64) -> Int64:
    """The cosine of angles (2**32 to the turn, any integer) in units of 2**-30; within 3.1e-7."""
    return sine(angle + TURN // 4)


def normal(words: UInt64) -> Int64:
    """Standard normal numbers in units of 2**-16, one for each random word.

    The word's lowest bit is the sign and its upper 48 bits the probability of a smaller absolute
    value; the distribution's inverse is within 7e-5 of the normal's up to 5 standard deviations.
    """
    table = _normal_table()
    share = (words >> np.uint64(16)).astype(np.int64)
    index = np.searchsorted(table, share, side="right") - 1
    low, high = table[index], table[index + 1]
    size = ((index << 16) + ((share - low) << 16) // np.maximum(high - low, 1)) // STEPS
    signed: Int64 = np.where(words & np.uint64(1), -size, size)
    return signed


@cache
def _sine_table() -> Int64:
    """int64 [4 * QUARTER + 1], sin of a full turn in units of 2**-30."""
    one = 1 << GUARD
    quarter = []
    for step in range(QUARTER + 1):
        x = _pi() * step // (2 * QUARTER)
        square, power, total, n = x * x // one, x, 0, 1
        while power:
            total += power if n % 4 == 1 else -power
            power = power * square // (one * (n + 1) * (n + 2))
            n += 2
        quarter.append((total + (1 << (GUARD - 31))) >> (GUARD - 30))
    half = quarter + quarter[-2::-1]
    return np.array(half + [-value for value in half[1:]], dtype=np.int64)


@cache
def _normal_table() -> Int64:
    """P(|X| < k / STEPS) in units of 2**-48, then an entry above all: int64 [REACH * STEPS + 2].

    P(|X| < x) = sqrt(2 / pi) * sum over n of (-1)**n x**(2n+1) / (2**n n! (2n+1)).
    """
    one = 1 << GUARD
    scale = isqrt((2 * one * one * one) // _pi())
    table = []
    for k in range(REACH * STEPS + 1):
        power, total, n = k * one // STEPS, 0, 0
        while power:
            total += (-1) ** n * (power // (2 * n + 1))
            n += 1
            power = power * k * k // (2 * n * STEPS * STEPS)
        table.append((total * scale // one) >> (GUARD - 48))
    return np.array([*table, 1 << 48], dtype=np.int64)


@cache
def _pi() -> int:
    """Pi in units of 2**-GUARD, by Machin's formula with 32 bits to spare."""
    one = 1 << (GUARD + 32)
    return (16 * _arctan_inverse(5, one) - 4 * _arctan_inverse(239, one)) >> 32


def _arctan_inverse(x: int, one: int) -> int:
    power, total, n = one // x, 0, 1
    while power:
        total += power // n if n % 4 == 1 else -(power // n)
        power //= x * x
        n += 2
    return total
