"""What metrics over whole sets share: features of every edit on both sides, and where they look."""

from __future__ import annotations

import abc
import functools
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.cache import ArrayCache
from bench.core.errors import BadInput
from bench.core.identity import Record
from bench.metrics.estimate import Estimate, Score, cluster
from bench.metrics.facts import Against, ScoreInfo
from bench.metrics.metric import Columns, Metric, PreparedReferences, References
from bench.networks.batches import arithmetic
from bench.networks.feature_network import RememberedNetwork
from bench.networks.recent import Recent
from bench.plugins.origin import source_of
from bench.scene import Bool, UInt8

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NOT_PAIRED",
    "Crop",
    "FeatureMetric",
    "FeatureSets",
    "Float32",
    "Float64",
    "Int64",
    "SetMetric",
]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

NOT_PAIRED = "no interval: the sets are not paired"


class FeatureSets:
    """Both sides' features of one task and method, rows paired by edit.

    `real` and `fake` float32 [n,d]; `scenes` the distinct scenes, `codes` int64 [n] each row's.
    """

    def __init__(self, real: Float32, fake: Float32, scenes: list[str]) -> None:
        self.real = real
        self.fake = fake
        self.scenes, self.codes = cluster(scenes)


@dataclass(frozen=True)
class Crop:
    """The square around an edit's masked region, resized.

    A score over whole images hardly sees a small edit: it ranks a remover first that removes nothing.

    Attributes:
        margin: the square's side is the longer side of the region's bounding box times 1 + margin;
            at least 0.
        size: the crops are resized to `size` x `size` pixels; at least 8.

    Raises:
        BadInput: for other numbers.
    """

    margin: float = 0.5
    size: int = 299

    def __post_init__(self) -> None:
        if not (math.isfinite(self.margin) and self.margin >= 0):
            raise BadInput(f"a crop's margin is {self.margin}; expected a number from 0 on")
        if not SMALLEST_CROP <= self.size <= LARGEST_CROP:
            raise BadInput(
                f"a crop's size is {self.size}; expected {SMALLEST_CROP} to {LARGEST_CROP} pixels"
            )

    def definition(self) -> Record:
        """What the crop adds to a metric's definition."""
        return {
            "window": "square around the mask, moved into the image, cut where it is larger",
            "margin": self.margin,
            "size": self.size,
            "resize": "Pillow bicubic of uint8",
        }

    def window(self, mask: Bool) -> tuple[slice, slice]:
        """Rows and columns around a mask, bool [H,W].

        The square has the centre of the bounding box, is at least `SMALLEST_CROP` wide, and is moved
        by as little as brings it into the image; where it is larger than the image it ends there,
        and is no square any more. An empty mask has the whole image.
        """
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not rows.size:
            return slice(0, mask.shape[0]), slice(0, mask.shape[1])
        longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
        side = max(SMALLEST_CROP, math.ceil(longer * (1 + self.margin)))
        return (
            _span(int(rows[0]), int(rows[-1]) + 1, side, mask.shape[0]),
            _span(int(columns[0]), int(columns[-1]) + 1, side, mask.shape[1]),
        )

    def of(self, images: UInt8, mask: Bool) -> UInt8:
        """The crops, uint8 [B,size,size,3], of uint8 [B,H,W,3] RGB and bool [B,H,W]."""
        from PIL import Image

        shape, way = (self.size, self.size), Image.Resampling.BICUBIC
        return np.stack(
            [
                np.asarray(Image.fromarray(image[self.window(own)]).resize(shape, way))
                for image, own in zip(images, mask)
            ]
        )


SMALLEST_CROP = 8
LARGEST_CROP = 4096


def _span(first: int, end: int, side: int, length: int) -> slice:
    """`side` pixels with the middle of [first, end), moved into [0, length)."""
    side = min(side, length)
    start = min(max(0, (first + end - side) // 2), length - side)
    return slice(start, start + side)


class FeatureMetric(Metric):
    """Compares the set of results with the set of images before the edit, by their features.

    Real images are always the dataset's own, whatever the edit asks for, as every paper has it.
    Both sides lose a scene together in the jackknife, because the real images are of the edits'
    own scenes.

    Args:
        name: as a suite names it.
        title: as a reader sees it.
        network: the feature network.
        cache: the folder of the reference cache, or None.
        family: in place of the class's, as in `ScoreInfo`.
        crop: what of the images the network sees; None = all of it.
    """

    against: Against = "original"

    def __init__(
        self,
        name: str,
        title: str,
        network: RememberedNetwork,
        cache: Path | None = None,
        family: str | None = None,
        crop: Crop | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.title = title
        self.network = network
        self.crop = crop
        self.family = family or type(self).family
        self.cache = None if cache is None else ArrayCache(cache)

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """As every metric's; those of crops look at the masked region."""
        infos = super().scores
        return infos if self.crop is None else tuple(replace(one, region="mask") for one in infos)

    def looks(self) -> Record:
        """Network and crop, for `definition`."""
        found: Record = {"extractor": self.network.identity()}
        return found if self.crop is None else {**found, "crop": self.crop.definition()}

    def warm_up(self) -> None:
        """The network is loaded and its tensors are hashed."""
        self.network.warm_up()

    def prepare(self, references: References) -> PreparedReferences:
        """Features of the real images, from the cache where they are there."""
        images = self._seen(references, references.images)
        if self.cache is None:
            rows = list(self.network.features(images))
        else:
            recipe: Record = {
                **self.network.identity(),
                **arithmetic(self.network.device),
                **source_of(self.network),
            }
            rows = self.cache.rows(recipe, images, self.network.features)
        return PreparedReferences(columns={f"{self.name}.features": rows})

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Features of the results."""
        del prepared
        rows = self.network.features(self._seen(references, results))
        return {f"{self.name}.features": list(rows)}

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
    def unpaired(self, real: Float32, fake: Float32) -> list[Score]:
        """The scores of sets that are no pairs, without intervals.

        Args:
            real: [n,d].
            fake: [m,d].
        """

    def _seen(self, references: References, images: UInt8) -> UInt8:
        return images if self.crop is None else self.crop.of(images, references.mask)


class SetMetric(FeatureMetric):
    """One distance between the two sets."""

    floor: ClassVar[float | None] = 0.0

    @functools.cached_property
    def _distance(self) -> Recent[tuple[float, Float64 | None]]:
        # Where every edit has a scene of its own, the interval and the influence ask the same.
        return Recent(self.distance, size=1)

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

    def unpaired(self, real: Float32, fake: Float32) -> list[Score]:
        """The distance, [n,d] against [m,d]."""
        try:
            value = self.unpaired_distance(real, fake)
        except ValueError as error:
            return [Score(self.name, None, n=len(fake), reason=str(error))]
        return [Score(self.name, value, n=len(fake), reason=NOT_PAIRED)]

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
