"""Distances through the features of our own segmenter, for scenes drawn here and no download.

`fd-procedural` is a Fréchet distance: how far the results are from real procedural scenes in the eyes
of a network that has seen nothing else. `perceptual-procedural` is LPIPS' formula with every channel
counting alike: how far a result is from its truth. They are no FID and no LPIPS, have other scales,
and are never compared with them. Networks that were trained through the same features are flattered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.metrics.estimate import Score
from bench.metrics.fid import FID
from bench.metrics.lpips import LPIPS
from bench.networks.procedural import SegmenterLayers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ProceduralFrechet", "ProceduralPerceptual"]


class ProceduralFrechet(FID):
    """FID's formula and intervals over the segmenter's features."""

    family = "fd"

    def other_tools(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """Nothing: no other tool has this network."""
        del samples, references
        return []


class ProceduralPerceptual(LPIPS):
    """LPIPS' formula and regions over the segmenter's levels.

    Args:
        network: the segmenter's levels.
    """

    family = "perceptual"
    margin: ClassVar[float] = 0.03

    def __init__(self, network: SegmenterLayers) -> None:
        self.network = network
        self.name = "perceptual-procedural"
        self.title = "Perceptual distance (procedural segmenter)"
