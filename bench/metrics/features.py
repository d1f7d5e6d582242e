"""What FID and KID share: features of every edit on both sides, and scores of whole sets."""

from __future__ import annotations

import abc
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.cache import ArrayCache
from bench.core.identity import Record
from bench.metrics.estimate import Estimate, Score, cluster
from bench.metrics.facts import Against
from bench.metrics.metric import Columns, Metric, PreparedReferences, References
from bench.networks.feature_network import RememberedNetwork
from bench.networks.recent import Recent
from bench.scene import UInt8

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FeatureSets", "SetMetric"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class FeatureSets:
    """Both sides' features of one task and method, rows paired by edit.

    `real` and `fake` float32 [n,d]; `scenes` the distinct scenes, `codes` int64 [n] each row's.
    """

    def __init__(self, real: Float32, fake: Float32, scenes: list[str]) -> None:
        self.real = real
        self.fake = fake
        self.scenes, self.codes = cluster(scenes)


class SetMetric(Metric):
    """A distance between the set of results and the set of images before the edit.

    Real images are always the dataset's own, whatever the edit asks for, as every paper has it.
    Both sides lose a scene together in the jackknife, because the real images are of the edits'
    own scenes.

    Args:
        name: as a suite names it.
        title: as a reader sees it.
        network: the feature network.
        cache: the folder of the reference cache, or None.
        family: in place of the class's, as in `ScoreInfo`.
    """

    against: Against = "original"
    floor: ClassVar[float] = 0.0

    def __init__(
        self,
        name: str,
        title: str,
        network: RememberedNetwork,
        cache: Path | None = None,
        family: str | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.title = title
        self.network = network
        self.family = family or type(self).family
        self.cache = None if cache is None else ArrayCache(cache)
        # Where every edit has a scene of its own, the interval and the influence ask the same.
        self._distance = Recent(self.distance, size=1)

    def prepare(self, references: References) -> PreparedReferences:
        """Features of the real images, from the cache where they are there."""
        if self.cache is None:
            rows = list(self.network.features(references.images))
        else:
            kind = self.network.device.split(":")[0]
            recipe: Record = {**self.network.identity(), "device": kind}
            rows = self.cache.rows(recipe, references.images, self.network.features)
        return PreparedReferences(columns={f"{self.name}.features": rows})

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Features of the results."""
        del references, prepared
        return {f"{self.name}.features": list(self.network.features(results))}

    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """The distance between the two sets, with its leave-one-scene-out values."""
        try:
            sets = self.sets(samples, references)
            value, replicates = self._distance(sets.real, sets.fake, sets.codes)
        except ValueError as error:
            return [Estimate(self.name, None, n=len(samples), reason=str(error))]
        return [
            Estimate(
                self.name,
                value,
                n=len(sets.codes),
                scenes=sets.scenes,
                kind="jackknife",
                replicates=replicates,
                interval="jackknife over scenes, both sides",
                floor=self.floor,
            )
        ]

    def influence(self, samples: pd.DataFrame, references: pd.DataFrame) -> Columns:
        """The distance minus what it would be without the edit; nan where that cannot be had."""
        try:
            sets = self.sets(samples, references)
            value, replicates = self._distance(
                sets.real, sets.fake, np.arange(len(sets.codes), dtype=np.int64)
            )
        except ValueError:
            return {self.name: [float("nan")] * len(samples)}
        if replicates is None:
            return {self.name: [float("nan")] * len(samples)}
        return {self.name: (value - replicates).tolist()}

    def sets(self, samples: pd.DataFrame, references: pd.DataFrame) -> FeatureSets:
        """Both sides' features.

        Raises:
            ValueError: where there are none, sides differ in length, or a number is not finite.
        """
        column = f"{self.name}.features"
        real, fake = (_stack(table, column) for table in (references, samples))
        if len(real) != len(fake):
            raise ValueError(
                f"{len(fake)} results against {len(real)} real images; sets need an equal n"
            )
        return FeatureSets(real, fake, [str(scene) for scene in samples["scene"]])

    @abc.abstractmethod
    def distance(self, real: Float32, fake: Float32, codes: Int64) -> tuple[float, Float64 | None]:
        """The distance and its leave-one-scene-out values [scenes] (None where there are none).

        Args:
            real: [n,d].
            fake: [n,d], rows paired with those of `real`.
            codes: int64 [n], each row's scene as a number from 0 on.

        Raises:
            ValueError: where the sets are too small.
        """

    def unpaired(self, real: Float32, fake: Float32) -> Score:
        """The distance between sets that are no pairs, without an interval.

        Args:
            real: [n,d].
            fake: [m,d].
        """
        try:
            value = self.unpaired_distance(real, fake)
        except ValueError as error:
            return Score(self.name, None, n=len(fake), reason=str(error))
        return Score(self.name, value, n=len(fake), reason="no interval: the sets are not paired")

    @abc.abstractmethod
    def unpaired_distance(self, real: Float32, fake: Float32) -> float:
        """The distance between independent sets [n,d] and [m,d].

        Raises:
            ValueError: where the sets are too small, or a feature is no number.
        """


def _stack(table: pd.DataFrame, column: str) -> Float32:
    if column not in table or not len(table):
        raise ValueError("no edit has features")
    stacked = np.stack([np.asarray(row, dtype=np.float32) for row in table[column]])
    broken = np.flatnonzero(~np.isfinite(stacked).all(axis=1))
    if broken.size:
        edit = table["edit"].iloc[int(broken[0])]
        raise ValueError(f"the features of edit {edit} are not all numbers")
    return stacked
