"""Anytime-valid confidence sequences: looking after every shard without raising the error rate.

The hedged capital process of Waudby-Smith and Ramdas, "Estimating means of bounded random variables
by betting" (JRSS B, 2024), theorem 3 with the predictable plug-in bets of section 4.2. For every
candidate mean m two bettors stake on the true mean being above and below m; while m is the truth
neither's capital is expected to grow, so that the chance that it ever passes 1/alpha is at most
alpha (Ville's inequality). The sequence is the set of means at which no bettor has become that rich:
it holds at all times together.

It needs values in a known range: others are clipped, and what is bounded is then the mean clipped
value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["ConfidenceSequence"]

Float64 = NDArray[np.float64]

GRID = 2001
"""Candidate means, evenly over the range: its ends are then known to 0.05 % of the range."""

TRUNCATION = 0.75
"""The largest share of its capital that a bettor stakes (c in the paper, which suggests 1/2 or 3/4)."""


@dataclass(eq=False)
class ConfidenceSequence:
    """Bounds on the mean of values in [-bound, bound] that hold at all times together.

    Args:
        bound: half the width of the range, > 0.
        alpha: the chance that the true mean ever leaves the bounds.
    """

    bound: float
    alpha: float
    count: int = field(default=0, init=False)
    _sum: float = field(default=0.0, init=False)
    _squares: float = field(default=0.0, init=False)
    _low: float = field(default=0.0, init=False)
    _high: float = field(default=1.0, init=False)

    def __post_init__(self) -> None:
        self._means: Float64 = np.linspace(0, 1, GRID)
        self._up: Float64 = np.zeros(GRID)
        self._down: Float64 = np.zeros(GRID)

    def add(self, value: float) -> None:
        """One more value; clipped to the range."""
        x = (min(max(value, -self.bound), self.bound) / self.bound + 1) / 2
        stake = self._stake()
        gap = x - self._means
        with np.errstate(divide="ignore"):
            up = np.minimum(stake, TRUNCATION / self._means)
            down = np.minimum(stake, TRUNCATION / (1 - self._means))
        self._up += np.log1p(up * gap)
        self._down += np.log1p(-down * gap)
        self.count += 1
        self._sum += x
        # The paper's regularised variance: every value against the mean known then, itself included.
        self._squares += (x - (0.5 + self._sum) / (self.count + 1)) ** 2
        self._shrink()

    @property
    def interval(self) -> tuple[float, float]:
        """The bounds now; they never widen."""
        return (2 * self._low - 1) * self.bound, (2 * self._high - 1) * self.bound

    def _stake(self) -> float:
        t = self.count + 1
        variance = (0.25 + self._squares) / t
        return math.sqrt(2 * math.log(2 / self.alpha) / (variance * t * math.log(t + 1)))

    def _shrink(self) -> None:
        # max(K+, K-) / 2 >= 1 / alpha rejects: each bettor starts with half of the capital.
        rich = np.maximum(self._up, self._down) >= math.log(2 / self.alpha)
        left = self._means[~rich]
        step = 1 / (GRID - 1)
        if len(left):
            # One step of the grid outwards, so that nothing between candidates is lost.
            self._low = max(self._low, float(left[0]) - step, 0.0)
            self._high = min(self._high, float(left[-1]) + step, 1.0)
