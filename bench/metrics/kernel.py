"""The kernel distance (KID): unbiased squared MMD with a cubic kernel, between paired sets too.

Binkowski et al. 2018: k(x, y) = (x.y / d + 1)^3, the mean over pairs within each set plus the other
minus twice the mean across. All samples are used, not random subsets, so it is deterministic. Where
the sets are of the same scenes an image and its own edit are no independent pair: pairs of one
scene are then left out of all three means, and identical sets give exactly 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["KernelSums", "kernel_distance"]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


def kernel_distance(
    real: NDArray[np.floating], fake: NDArray[np.floating], codes: Int64 | None = None
) -> float:
    """The squared kernel distance between `real` [n,d] and `fake` [m,d]; it may be below 0.

    >>> real = np.random.default_rng(0).normal(size=(50, 4))
    >>> kernel_distance(real, real, np.arange(50))  # paired sets that are equal
    0.0
    >>> kernel_distance(real, real + 1) > 1
    True

    Args:
        real: features of real images.
        fake: features of generated images.
        codes: int64 [n], the scene of row i in both sets (n = m then); None for independent sets.

    Raises:
        ValueError: with too few samples for a pair.
    """
    if codes is not None:
        return KernelSums.of(real, fake, codes).distance()
    n, m = len(real), len(fake)
    if min(n, m) < 2:
        raise ValueError("a kernel distance takes two images on each side")
    within_real, within_fake = _kernel(real, real), _kernel(fake, fake)
    first = (within_real.sum() - np.trace(within_real)) / (n * (n - 1))
    second = (within_fake.sum() - np.trace(within_fake)) / (m * (m - 1))
    return float(first + second - 2 * _kernel(real, fake).mean())


def _kernel(one: NDArray[np.floating], two: NDArray[np.floating]) -> Float64:
    # A copy of its own, or equal operands would go to another routine that rounds otherwise, and
    # equal sets would not be at distance 0.
    other = np.array(two, np.float64)
    wide = np.asarray(one, np.float64) @ other.T
    return np.asarray((wide / one.shape[1] + 1) ** 3)


def _twice(kernel: Float64) -> Float64:
    """The matrix and its transpose: symmetric in the last bit, however the product was summed."""
    return np.asarray(kernel + kernel.T)


@dataclass(frozen=True, eq=False)
class KernelSums:
    """Kernel sums of paired sets between scenes: enough for the distance without any scene.

    Attributes:
        sums: float64 [g,g], h summed over the pairs of edits of scene a and scene b, where
            h(i,j) = k(real i, real j) + k(fake i, fake j) - k(real i, fake j) - k(fake i, real j).
        counts: float64 [g], edits per scene.
    """

    sums: Float64
    counts: Float64

    @classmethod
    def of(cls, real: NDArray[np.floating], fake: NDArray[np.floating], codes: Int64) -> KernelSums:
        """The sums of `real` [n,d] and `fake` [n,d], row i of both being of scene codes[i].

        Raises:
            ValueError: with fewer than two scenes.
        """
        if codes.size == 0 or int(codes.max()) < 1:
            raise ValueError("a kernel distance between paired sets takes two scenes")
        cross = _twice(_kernel(real, fake))
        h = _twice(_kernel(real, real)) / 2 + _twice(_kernel(fake, fake)) / 2 - cross
        member = np.zeros((int(codes.max()) + 1, codes.size))
        member[codes, np.arange(codes.size)] = 1
        return cls(member @ h @ member.T, member.sum(axis=1))

    def distance(self) -> float:
        """The mean of h over ordered pairs of edits of different scenes."""
        return float(self._mean(self._total, float(self.counts.sum()), self._same))

    def without(self) -> Float64:
        """The distance without each scene, float64 [g]; nan where less than two scenes are left."""
        across = self.sums.sum(axis=1) - np.diag(self.sums)
        total = self._total - 2 * across
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(
                self._mean(total, self.counts.sum() - self.counts, self._same - self.counts**2)
            )

    @property
    def _total(self) -> float:
        return float(self.sums.sum() - np.trace(self.sums))

    @property
    def _same(self) -> float:
        return float(np.sum(self.counts**2))

    @staticmethod
    def _mean(
        total: float | Float64, edits: float | Float64, same: float | Float64
    ) -> float | Float64:
        return total / (edits**2 - same)
