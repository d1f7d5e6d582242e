"""FID in its published conventions, and KID: accumulators over the Fréchet and the kernel distance.

| name | network input | of |
| --- | --- | --- |
| fid | pytorch-fid's | Heusel et al. 2017, the field's default |
| fid-bgr | pytorch-fid's, channels swapped | SPMPGAN and DivSem (protocol/editing.md, D.6) |
| fid-clean | clean-fid's | Parmar et al. 2022 |
| fid-torchmetrics | torchmetrics' from 1.8 on | |
| kid | pytorch-fid's | Binkowski et al. 2018 |

Only the official Inception makes a FID. Through any other weights the same numbers are called
`frechet` (and `kernel` for KID).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.metrics.estimate import Score
from bench.metrics.features import SetMetric
from bench.metrics.frechet import frechet_distance, leave_one_out
from bench.metrics.kernel import KernelSums
from bench.metrics.rosetta import fid_elsewhere, kid_elsewhere

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FID", "KID"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class FID(SetMetric):
    """The Fréchet distance between Inception features, covariances over n - 1."""

    family = "fid"

    def definition(self) -> Record:
        """Formula and extractor."""
        return {
            "formula": "squared Frechet distance of Gaussians, covariances over n - 1",
            "extractor": self.extractor.identity(),
            "real": "the pictures before the edit",
        }

    def distance(self, real: Float32, fake: Float32, codes: Int64) -> tuple[float, Float64 | None]:
        """The Fréchet distance and its values without each scene."""
        value = frechet_distance(real, fake)
        if len(codes) - int(np.bincount(codes).max()) < 2:
            return value, None
        return value, leave_one_out(real, fake, codes)

    def other_tools(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """What pytorch-fid, clean-fid and torchmetrics would make of the same features."""
        try:
            sets = self.sets(samples, references)
        except ValueError:
            return []
        return fid_elsewhere(self.name, sets.real, sets.fake)


class KID(SetMetric):
    """The kernel distance between Inception features, over pairs of different scenes."""

    family = "kid"
    margin: ClassVar[float] = 0.05
    floor: ClassVar[float] = -math.inf

    def definition(self) -> Record:
        """Formula and extractor."""
        return {
            "formula": "unbiased squared MMD, (x.y / d + 1)^3, all pairs of different scenes",
            "extractor": self.extractor.identity(),
            "real": "the pictures before the edit",
        }

    def distance(self, real: Float32, fake: Float32, codes: Int64) -> tuple[float, Float64 | None]:
        """The kernel distance and its values without each scene."""
        sums = KernelSums.of(real, fake, codes)
        return sums.distance(), sums.without()

    def other_tools(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """What the sets would score were they independent, as other tools take them to be."""
        try:
            sets = self.sets(samples, references)
        except ValueError:
            return []
        return kid_elsewhere(self.name, sets.real, sets.fake)
