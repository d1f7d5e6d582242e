"""Metrics with one number per edit, whose summary is the mean over edits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bench.metrics.estimate import Estimate, mean_estimate
from bench.metrics.metric import Metric

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PerEdit"]


class PerEdit(Metric):
    """A metric whose every shown score is the mean of the column of the same name.

    `floor` is the smallest value that an edit can have.
    """

    floor: ClassVar[float] = -math.inf

    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """The mean of each shown column, resampled over scenes."""
        del references
        scenes = [str(scene) for scene in samples["scene"]]
        return [
            mean_estimate(name, self._column(samples, name), scenes, self.floor)
            for name in self.shows
        ]

    @staticmethod
    def _column(samples: pd.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if name not in samples:
            return np.full(len(samples), np.nan)
        return samples[name].to_numpy(dtype=np.float64, na_value=np.nan)
