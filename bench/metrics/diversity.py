"""Diversity: how different the results of one edit are under several seeds or references."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bench.core.identity import Record, array_hash
from bench.metrics.context import Context
from bench.metrics.facts import Against, Better
from bench.metrics.lpips import lpips_network
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.networks.perceptual import SMALLEST, LPIPSNetwork, Trunk
from bench.scene import UInt8

if TYPE_CHECKING:
    from bench.networks.perceptual import Features

__all__ = ["Diversity", "diversity"]


class Diversity(PerEdit):
    """Mean LPIPS between the results of one edit.

    Results belong together where scene, mask and target labels are the same and only sample (seed,
    reference) differs; each edit's value is its mean distance to the others, so that the mean over
    edits is the mean over pairs. An edit without another of its kind has no value.

    Args:
        network: the LPIPS network.
    """

    name = "diversity"
    better: ClassVar[Better] = "higher"
    against: Against = "original"
    orders_canaries: ClassVar[bool] = False
    floor: ClassVar[float | None] = 0.0

    def __init__(self, network: LPIPSNetwork) -> None:
        self.network = network
        self.title = "Diversity (LPIPS)"

    @property
    def needs(self) -> str:
        """Another result of its kind, and images that the network can take."""
        return f"another result of its scene, mask and labels, with sides of at least {SMALLEST} pixels"

    def definition(self) -> Record:
        """The network, and which results are compared."""
        return {
            "network": self.network.identity(),
            "pairs": "results of equal scene, mask and target labels",
            "summary": "mean over edits of the mean distance to the others",
        }

    def prepare(self, references: References) -> PreparedReferences:
        """Which edits of the group belong together."""
        kinds: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for i, scene in enumerate(references.scenes):
            mask, labels = references.mask[i], references.labels[i]
            kinds[scene, array_hash(mask), array_hash(labels)].append(i)
        return PreparedReferences(
            memory=[several for several in kinds.values() if len(several) > 1]
        )

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit."""
        values = [math.nan] * len(references)
        if min(results.shape[1:3]) >= SMALLEST:
            for several in prepared.memory:
                found = self._mean_distances(self.network.features(results[several]))
                for i, value in zip(several, found):
                    values[i] = value
        return {self.name: values}

    def _mean_distances(self, features: list[Features]) -> list[float]:
        count = len(features)
        distances = np.zeros((count, count))
        for i in range(count):
            for j in range(i):
                distances[i, j] = distances[j, i] = self.network.distance(features[i], features[j])
        means: list[float] = (distances.sum(axis=1) / (count - 1)).tolist()
        return means


def diversity(context: Context, trunk: Trunk = "alex") -> Diversity:
    """Mean LPIPS between the results of one edit under several seeds or references.

    Args:
        context: where its weights are.
        trunk: "alex", "squeeze" or "vgg".
    """
    return Diversity(lpips_network(context, trunk))
