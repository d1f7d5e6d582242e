"""`fd-procedural`: a Fréchet distance through the features of our own segmenter.

It says how far the results are from real procedural scenes in the eyes of a network that has seen
nothing else. It is no FID, has another scale, and is never compared with one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.metrics.fid import FID
from bench.metrics.score import Score

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ProceduralFrechet"]


class ProceduralFrechet(FID):
    """FID's formula and intervals over the segmenter's features."""

    def elsewhere(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """Nothing: no other tool has this network."""
        del samples, references
        return []
