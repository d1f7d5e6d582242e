"""CMMD: the kernel distance of CLIP's embeddings under a Gaussian kernel.

Jayasumana et al. 2024 ("Rethinking FID: towards a better evaluation metric for image generation",
section 4 and its published settings): k(x, y) = exp(-|x - y|^2 / (2 * 10^2)) over embeddings of length
1, the mean over all pairs within each set, equal ones included, minus twice the mean across, times 1000.
It takes no Gaussian of the features, and few images do.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.metrics.context import Context
from bench.metrics.features import Float32, Float64, Int64, SetMetric

__all__ = ["GaussianKernelDistance", "cmmd", "gaussian_distance"]

WIDTH = 10.0
SCALE = 1000.0


def gaussian_distance(real: NDArray[np.floating], fake: NDArray[np.floating]) -> float:
    """The distance between `real` [n,d] and `fake` [m,d], at least 0.

    >>> gaussian_distance(np.eye(3), np.eye(3))
    0.0

    Raises:
        ValueError: where a set is empty, or a number is not finite.
    """
    _check(real, fake)
    within = _kernel(real, real).mean() + _kernel(fake, fake).mean()
    return float(SCALE * (within - 2 * _kernel(real, fake).mean()))


class GaussianKernelDistance(SetMetric):
    """The squared MMD with a Gaussian kernel of width 10, times 1000."""

    family = "cmmd"
    margin: ClassVar[float] = 0.05

    def definition(self) -> Record:
        """Formula and feature network."""
        return {
            "formula": "biased squared MMD, exp(-|x - y|^2 / (2 * 10^2)), times 1000",
            **self.looks(),
            "real": "the pictures before the edit",
        }

    def distance(self, real: Float32, fake: Float32, codes: Int64) -> tuple[float, Float64 | None]:
        """The distance and its values without each scene."""
        _check(real, fake)
        across = _kernel(real, fake)
        pairs = _kernel(real, real) + _kernel(fake, fake) - across - across.T
        value = float(SCALE * pairs.mean())
        scenes = int(codes.max()) + 1
        if scenes < 2:
            return value, None
        member = np.zeros((scenes, codes.size))
        member[codes, np.arange(codes.size)] = 1
        sums, counts = member @ pairs @ member.T, member.sum(axis=1)
        left = pairs.sum() - 2 * sums.sum(axis=1) + np.diag(sums)
        return value, SCALE * left / (codes.size - counts) ** 2

    def unpaired_distance(self, real: Float32, fake: Float32) -> float:
        """The same; sets may be of any sizes."""
        return gaussian_distance(real, fake)


def cmmd(context: Context, network: str = "clip") -> GaussianKernelDistance:
    """CMMD; through another network than CLIP ViT-L/14 at 336 pixels it is called `mmd-NETWORK`.

    Args:
        context: where weights are.
        network: "clip", "clip:FOLDER", or any feature network's name.

    Raises:
        Unavailable: where the network's files are not here.
    """
    found = context.feature_network(network)
    published = found.official and found.name == "clip-vitl14-336"
    name = "cmmd" if published else f"mmd-{found.label}"
    title = "CMMD" if published else f"Gaussian kernel distance ({found.title})"
    return GaussianKernelDistance(name, title, found, context.cache)


def _check(real: NDArray[np.floating], fake: NDArray[np.floating]) -> None:
    if not len(real) or not len(fake):
        raise ValueError("a kernel distance takes images on both sides")
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        raise ValueError("a feature is not a finite number")


def _kernel(one: NDArray[np.floating], two: NDArray[np.floating]) -> Float64:
    from scipy.spatial.distance import cdist

    squared = cdist(np.asarray(one, np.float64), np.asarray(two, np.float64), "sqeuclidean")
    return np.asarray(np.exp(-squared / (2 * WIDTH**2)))
