"""Intervals of shares and means of answers, and how many answers would decide.

Two kinds stand side by side. Wilson's interval ("Probable inference, the law of succession, and statistical
inference", 1927) is what papers print: it takes every answer for an independent one. Answers of one
rater are alike, and so are answers about one scene; the clustered interval allows for both at once, by
the two-way cluster-robust variance (Cameron, Gelbach and Miller, "Robust inference with multiway
clustering", 2011): by rater plus by scene less by rater and scene together, each with its G / (G - 1), and
Student's t with one degree less than the fewer of raters and scenes. Where that falls below the larger
of the first two (it may even be negative), the larger one is taken.

A share keeps its interval inside 0..1 by Wilson's formula at the effective number of answers, the number that
would have this variance (Dean and Pagano, "Evaluating confidence interval methods for binomial
proportions in clustered surveys", 2015). Where everybody said the same there is no variance to see; then
only as many answers count as there are raters or scenes, whichever are fewer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput

__all__ = ["LEVEL", "Clusters", "Spread", "more_answers", "published_shares", "wilson"]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

LEVEL = 0.95

_ROUNDING = 1e-12
"""Of all influence the share below which that of a rater or a scene is what adding it up rounds."""


def wilson(share: float, n: float, quantile: float | None = None) -> tuple[float, float]:
    """Wilson's interval of a share.

    Args:
        share: 0..1.
        n: answers behind it, above 0.
        quantile: of the deviate; the normal one of `LEVEL` where None.

    >>> low, high = wilson(1479 / 2100, 2100)
    >>> round(low, 4), round(high, 4)
    (0.6844, 0.7234)
    """
    z = _normal() if quantile is None else quantile
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def published_shares(votes: Sequence[str]) -> list[str]:
    """A line for each "NAME=VOTES": votes, share, and Wilson's interval.

    Raises:
        BadInput: what is not of that form, or no vote at all.
    """
    counts: dict[str, int] = {}
    for one in votes:
        name, equals, number = one.rpartition("=")
        if not (name and equals and number.isascii() and number.isdecimal() and len(number) < 13):
            raise BadInput(f"{one!r} is not of the form NAME=VOTES")
        if name in counts:
            raise BadInput(f"{name!r} is given twice")
        counts[name] = int(number)
    total = sum(counts.values())
    if not total:
        raise BadInput("there is no vote")
    width = max(map(len, counts))
    lines = []
    for name, count in counts.items():
        low, high = wilson(count / total, total)
        lines.append(
            f"{name:<{width}} {count:>7} of {total}  {100 * count / total:5.1f} %  "
            f"[{100 * low:.1f}, {100 * high:.1f}]"
        )
    return lines


@dataclass(frozen=True, eq=False)
class Clusters:
    """Who gave each of n answers, and about which scene: codes from 0 on, int64 [n]."""

    raters: Int64
    scenes: Int64

    def spread(self, influence: Float64) -> Spread:
        """The variance of an estimate, from what each answer adds to it.

        Args:
            influence: float64 [n], by how much the estimate moves with each answer; sums to 0.
        """
        both = self.raters * (int(self.scenes.max(initial=0)) + 1) + self.scenes
        by_rater, raters = _clustered(influence, self.raters)
        by_scene, scenes = _clustered(influence, self.scenes)
        by_both, _ = _clustered(influence, both)
        return Spread(by_rater, by_scene, by_both, raters, scenes)

    def of_mean(self, values: Float64) -> Spread:
        """The variance of the mean of values, float64 [n]."""
        return self.spread((values - values.mean()) / len(values))


def _clustered(influence: Float64, codes: Int64) -> tuple[float, int]:
    """The one-way variance and the number of clusters; inf below two."""
    _, places = np.unique(codes, return_inverse=True)
    sums = np.bincount(places, weights=influence)
    sums[np.abs(sums) <= _ROUNDING * np.abs(influence).sum()] = 0.0
    count = len(sums)
    return (count / (count - 1) * float(sums @ sums) if count > 1 else math.inf), count


@dataclass(frozen=True)
class Spread:
    """A variance in its parts.

    Attributes:
        by_rater, by_scene, by_both: one-way variances; inf below two clusters.
        raters, scenes: how many there are.
    """

    by_rater: float
    by_scene: float
    by_both: float
    raters: int
    scenes: int

    @property
    def variance(self) -> float:
        """Two-way; inf where there are fewer than two raters or scenes."""
        most = max(self.by_rater, self.by_scene)
        if math.isinf(most):
            return math.inf
        return max(self.by_rater + self.by_scene - self.by_both, most)

    @property
    def quantile(self) -> float:
        """Student's, for a two-sided interval at `LEVEL`."""
        from scipy import special

        return float(special.stdtrit(self._degrees, 0.5 + LEVEL / 2))

    @property
    def _degrees(self) -> int:
        return max(1, min(self.raters, self.scenes) - 1)

    @property
    def _sign_test(self) -> float:
        """Two-sided, where all raters or all scenes, whichever are fewer, say the same."""
        return min(1.0, 2 * 0.5 ** min(self.raters, self.scenes))

    def around(self, value: float) -> tuple[float, float] | None:
        """The clustered interval of a mean or a strength; None below two raters or scenes.

        Where all answers are the same it is that of the sign test: the value itself, or None where
        that test could not leave anything out at `LEVEL`.
        """
        if math.isinf(self.variance) or (self.variance <= 0 and self._sign_test > 1 - LEVEL):
            return None
        reach = self.quantile * math.sqrt(self.variance)
        return value - reach, value + reach

    def around_share(self, share: float, n: int) -> tuple[float, float] | None:
        """The clustered interval of a share of n answers; None below two raters or scenes."""
        if math.isinf(self.variance):
            return None
        return wilson(share, self.effective(share, n), self.quantile)

    def effective(self, share: float, n: int) -> float:
        """How many independent answers would say as much; never more than there are."""
        fewest = min(self.raters, self.scenes, n)
        if self.variance <= 0:
            return fewest
        return min(n, max(share * (1 - share) / self.variance, 1.0))

    def p_of_share(self, share: float, n: int, null: float) -> float:
        """Two-sided, against a true share of `null`: below 5 % just where `around_share` leaves it out."""
        from scipy import special

        if math.isinf(self.variance):
            return 1.0
        error = math.sqrt(null * (1 - null) / self.effective(share, n))
        return float(2 * special.stdtr(self._degrees, -abs(share - null) / error))

    def p_value(self, distance: float) -> float:
        """Two-sided, against a true mean that lies `distance` away.

        Where all answers are the same, the sign test over raters or scenes, whichever are fewer.
        """
        from scipy import special

        if math.isinf(self.variance) or distance == 0:
            return 1.0
        if self.variance <= 0:
            return self._sign_test
        t = abs(distance) / math.sqrt(self.variance)
        return float(2 * special.stdtr(self._degrees, -t))


def more_answers(spread: Spread, distance: float, n: int, power: float = 0.8) -> int | None:
    """How many more answers would decide, if the distance and the spread are as they look now.

    More raters of the same kind answer as many questions each about the same scenes. What scenes add
    then stays, what raters add shrinks.

    Args:
        spread: of the estimate from n answers.
        distance: of the estimate from the undecided value.
        n: answers so far.
        power: the chance of a verdict at `LEVEL`.

    Returns:
        The answers, 0 where there are enough; None where no number of raters is enough: such a study
        wants more scenes.
    """
    from scipy import special

    if math.isinf(spread.variance) or distance == 0:
        return None
    reach = (abs(distance) / (_normal() + float(special.ndtri(power)))) ** 2
    if spread.variance <= reach:
        return 0
    of_scenes = max(0.0, spread.by_scene - spread.by_both)
    of_raters = spread.variance - of_scenes
    if of_scenes >= reach:
        return None
    return math.ceil(n * (of_raters / (reach - of_scenes) - 1))


def _normal() -> float:
    from scipy import special

    return float(special.ndtri(0.5 + LEVEL / 2))
