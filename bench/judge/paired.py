"""Paired differences over scenes: estimate, standard error, tails; and Holm's correction.

Edits of one scene are not independent, so the scene is the unit. For a mean over edits the standard
error is the cluster-robust one with Student's t on scenes - 1 degrees of freedom (Liang and Zeger,
"Longitudinal data analysis using generalized linear models", 1986; Miller, "Adding error bars to
evals", 2024, sections 2.2 and 4.2). For a score of the whole set (FID, mIoU) the same arithmetic
runs over jackknife pseudo-values, one per scene (Tukey 1958; Efron and Tibshirani, "An Introduction
to the Bootstrap", 1993, chapter 11), whose difference is the pseudo-value of the difference.

Edge cases, in words. Values have nine digits: what differs by less is equal. Fewer than two scenes: no
standard error, nothing can be decided. Every scene differs by the same amount on average, though not
all edits are equal: the t statistic is infinite, so the exact sign test decides instead, 2 ** -scenes,
and the interval is the one that it gives: that amount from six scenes on at 95 %, none below. Infinite
values (PSNR of identical images): both infinite is no difference; infinite in only one of the two
leaves no mean, and the sign test over the scenes where that happened decides if they all point the same
way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.core.text import counted

__all__ = ["Paired", "holm", "pair_classes", "pair_scores", "pair_values"]

Float64 = NDArray[np.float64]

ROUNDING = 1e-8
"""The share of a value that its nine digits do not show."""


@dataclass(frozen=True)
class Paired:
    """A paired difference, after minus before.

    Attributes:
        estimate: the difference of the two scores; +-inf or nan where values are infinite.
        error: its standard error, or None where there is none (then `note` says why).
        scenes: the independent scenes behind it.
        n: the paired values behind it.
        agreeing: scenes behind the sign test, where that replaces the t test; else 0.
        note: what a reader should know, one sentence, or empty.
    """

    estimate: float
    error: float | None
    scenes: int
    n: int
    agreeing: int = 0
    note: str = ""

    @property
    def identical(self) -> bool:
        """Whether no pair differs at all, over at least two scenes."""
        return self.estimate == 0 and self.error == 0 and not self.agreeing

    def turned(self, sign: int) -> Paired:
        """The difference with its sign kept (1) or turned (-1)."""
        return self if sign > 0 else replace(self, estimate=-self.estimate)

    def interval(self, level: float) -> tuple[float, float] | None:
        """The two-sided interval at `level`, or None where there is none."""
        if self.error is None or (self.agreeing and 2 * 0.5**self.agreeing > 1 - level):
            return None
        reach = self.quantile(0.5 + level / 2) * self.error
        return self.estimate - reach, self.estimate + reach

    def quantile(self, probability: float) -> float:
        """Student's quantile with scenes - 1 degrees of freedom."""
        from scipy import special

        return float(special.stdtrit(max(self.scenes - 1, 1), probability))

    def scenes_needed(self, margin: float, alpha: float, power: float) -> int | None:
        """Scenes that would show the difference beyond a margin, were it as large as it looks.

        The usual normal approximation: the error shrinks with the root of the scenes. Where the sign
        test decides, as many as it takes if they go on to agree as often.

        Args:
            margin: what does not count.
            alpha: the two-sided error rate of the test.
            power: the chance to see it.

        Returns:
            The number of scenes, more than there are; None where the noise is not known, or where the
            difference is within the margin.
        """
        from scipy import special

        beyond = abs(self.estimate) - margin
        if not beyond > 0:
            return None
        if self.agreeing:
            agreeing = math.log2(2 / alpha)
            return max(self.scenes + 1, math.ceil(self.scenes * agreeing / self.agreeing))
        if not self.error:
            return None
        reach = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
        return max(self.scenes + 1, math.ceil(self.scenes * (reach * self.error / beyond) ** 2))

    def above(self, threshold: float) -> float:
        """The p value against "the true difference is at most `threshold`"."""
        return self._tail(self.estimate - threshold)

    def below(self, threshold: float) -> float:
        """The p value against "the true difference is at least `threshold`"."""
        return self._tail(threshold - self.estimate)

    def _tail(self, distance: float) -> float:
        from scipy import special

        if self.agreeing:
            return 0.5**self.agreeing if distance > 0 else 1.0
        if self.error is None or math.isnan(distance):
            return 1.0
        if self.error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(special.stdtr(self.scenes - 1, -distance / self.error))


def pair_values(before: Float64, after: Float64, scenes: Sequence[str]) -> Paired:
    """The difference of two means over the same edits.

    Args:
        before: float64 [n], per-edit values; infinite ones allowed, nan not.
        after: float64 [n], of the same edits in the same order.
        scenes: n scene ids, the clusters.
    """
    gaps, rounding = _gaps(before, after)
    if np.isinf(gaps).any():
        return _infinite(gaps, scenes)
    return _clustered(float(gaps.mean()) if len(gaps) else math.nan, gaps, scenes, rounding)


def pair_scores(before: float, after: float, old: Float64, new: Float64) -> Paired:
    """The difference of two scores of whole sets.

    Args:
        before: the older score of the whole set.
        after: the newer one.
        old: float64 [scenes], pseudo-values of the older one, scene by scene; finite.
        new: float64 [scenes], of the newer one.
    """
    gaps, rounding = _gaps(old, new)
    return _clustered(after - before, gaps, [str(i) for i in range(len(gaps))], rounding)


def pair_classes(before: float, after: float, old: Float64, new: Float64) -> Paired:
    """The difference of two scores of one class, over the scenes that show it; arguments as `pair_scores`.

    A scene without the class has the whole set's value for its pseudo-value, on both sides: it tells
    nothing of the spread. The others' are made to those of a set of them alone.
    """
    shows = ~(_equal(old, before) & _equal(new, after))
    count = int(shows.sum())
    if _equal(old, new).all():
        return pair_scores(before, after, old, new)
    if not count:
        note = "no scene alone moves it, as where only one shows the class; the noise is not known"
        return Paired(after - before, None, 0, len(old), note=note)
    share = (count - 1) / max(len(old) - 1, 1)
    sides = [
        whole + share * (pseudo[shows] - whole) for whole, pseudo in ((before, old), (after, new))
    ]
    return pair_scores(before, after, *sides)


def _gaps(before: Float64, after: Float64) -> tuple[Float64, float]:
    """After minus before, 0 where they are equal; and what of their means may be rounding."""
    with np.errstate(invalid="ignore"):
        gaps = np.where(_equal(before, after), 0.0, after - before)
        sizes = np.where(np.isfinite(gaps), np.maximum(np.abs(before), np.abs(after)), 0.0)
    sizes = sizes[np.isfinite(sizes)]
    return gaps, ROUNDING * float(sizes.max(initial=0.0))


def _equal(one: Float64, other: Float64 | float) -> NDArray[np.bool_]:
    """Where two values are the same to nine digits; two infinite ones are: the same image twice."""
    return np.isclose(one, other, rtol=ROUNDING, atol=0.0)


def _clustered(estimate: float, gaps: Float64, scenes: Sequence[str], rounding: float) -> Paired:
    names, codes = np.unique(np.asarray(scenes, dtype=object).astype(str), return_inverse=True)
    count = len(names)
    if count < 2:
        note = f"edits of only {counted(count, 'scene')}; the noise is known from two scenes on"
        return Paired(estimate, None, count, len(gaps), note=note)
    means = np.bincount(codes, weights=gaps) / np.bincount(codes)
    if np.ptp(means) <= rounding:
        if not gaps.any():
            return Paired(0.0, 0.0, count, len(gaps))
        amount = 0.0 if abs(estimate) <= rounding else estimate
        note = "every scene differs by the same amount: sign test"
        return Paired(amount, 0.0, count, len(gaps), count, note)
    totals = np.bincount(codes, weights=gaps - gaps.mean())
    error = math.sqrt(count / (count - 1) * float(totals @ totals)) / len(gaps)
    return Paired(estimate, error, count, len(gaps))


def _infinite(gaps: Float64, scenes: Sequence[str]) -> Paired:
    """Where an image is identical to its reference before or after, but not both."""
    up = {scene for scene, gap in zip(scenes, gaps) if gap == math.inf}
    down = {scene for scene, gap in zip(scenes, gaps) if gap == -math.inf}
    note = f"infinite only after in {counted(len(up), 'scene')}, only before in {len(down)}"
    count = len(set(scenes))
    if up and down:
        return Paired(
            math.nan, None, count, len(gaps), note=f"{note}: the means have no difference"
        )
    estimate = math.inf if up else -math.inf
    return Paired(estimate, None, count, len(gaps), len(up or down), f"{note}: sign test")


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
