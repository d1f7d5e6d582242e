"""mIoU and pixel accuracy through a segmenter, over the image and over the masked region.

Per edit the confusion counts are kept as a sparse list, so that every convention can be computed
from a run's tables. Real images are segmented too: what they score themselves bounds what an edit
can score. They are the images before the edit; where an edit asks for something else than was
there (a removal from a photograph), real images are wrong on purpose inside the masked region.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.cache import ArrayCache
from bench.core.identity import Record
from bench.metrics import iou
from bench.metrics.confusion import Counts, confusion, dense, sparse
from bench.metrics.context import Context
from bench.metrics.estimate import Estimate, Score, cluster
from bench.metrics.facts import Against, Better, MarginKind, Region, ScoreInfo
from bench.metrics.metric import Columns, Metric, PreparedReferences, References
from bench.networks.segmenters import Segmenter, kept_by, label_lookup, unlabelled
from bench.scene import Int32, LabelSpace, UInt8

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Accuracy", "MeanIoU", "SegmentationMetric", "accuracy", "miou"]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_SLIGHT = 0.2
"""Up to this kappa an agreement is "slight" (Landis and Koch 1977)."""

_MOSTLY = 0.9
"""Where a class has more of the pixels kappa is low whatever agrees (Feinstein and Cicchetti 1990)."""


class SegmentationMetric(Metric):
    """A score of what a segmenter sees in the results, against the target labels.

    Args:
        segmenter: the network, with its label space.
        cache: the folder of the reference cache (segmentations of real images), or None.
    """

    against: Against = "original"
    better: ClassVar[Better] = "higher"
    regions: ClassVar[tuple[Region, ...]] = ("image", "mask")
    margin: ClassVar[float] = 0.01
    margin_kind: ClassVar[MarginKind] = "absolute"
    floor: ClassVar[float | None] = 0.0
    ceiling: ClassVar[float | None] = 1.0

    def __init__(self, segmenter: Segmenter, cache: Path | None = None) -> None:
        self.segmenter = segmenter
        self.classes = len(segmenter.space)
        self.cache = None if cache is None else ArrayCache(cache)

    @property
    def label_space(self) -> LabelSpace:
        """The segmenter's."""
        return self.segmenter.space

    def prepare(self, references: References) -> PreparedReferences:
        """Counts of the real images, whose segmentations come from the cache where they are there."""
        true = label_lookup(references.space, self.segmenter.space)[references.labels]
        if self.cache is None:
            named = self.segmenter.segment(references.images)
        else:
            rows = self.cache.rows(kept_by(self.segmenter), references.images, self._compact)
            named = np.stack(rows).astype(np.int32)
        return PreparedReferences(
            columns=self._columns(true, named, references), memory=true, by_edit=True
        )

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Counts of the results, and each edit's own value."""
        return self._columns(prepared.memory, self.segmenter.segment(results), references)

    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """Scores over the image, over the masked region, and what the subclass adds."""
        del references
        return self._estimates(samples)

    def summarise_references(self, references: pd.DataFrame, level: float = 0.95) -> list[Score]:
        """What the real images score."""
        return [estimate.score(level) for estimate in self._estimates(references)]

    def doubt(self, references: pd.DataFrame) -> str | None:
        """That the segmenter hardly agrees with the label maps of the real images.

        It is asked about the known pixels, since an edit may ask for something else than was there.
        """
        columns = [f"{name}.counts" for name in self.score_names]
        if not set(columns) <= set(references):
            return None
        rows = references.dropna(subset=columns)
        if rows.empty:
            return None
        whole, masked = (self.counts(rows, name).total() for name in self.score_names)
        known = whole.without(masked)
        asked = known if known.true.any() else whole
        one_class = asked.true.max() > _MOSTLY * asked.true.sum()
        if one_class or not asked.kappa < _SLIGHT:
            return None
        right = asked.right.sum() / asked.true.sum()
        return (
            f"{self.segmenter.name} hardly agrees with the label maps of the real images ({right:.1%} of "
            f"the pixels, kappa {asked.kappa:.2f}): what is scored through it says nothing; check that the "
            "dataset's classes and images are those that it was trained on"
        )

    @abc.abstractmethod
    def value(self, counts: Counts) -> float:
        """The score of images with counts [n,K]; nan where there is none."""

    @abc.abstractmethod
    def replicates(self, scenes: Counts, codes: Int64, edits: Counts) -> Float64:
        """The score without each scene, float64 [g].

        Args:
            scenes: counts [g,K].
            codes: int64 [n], each edit's scene.
            edits: counts [n,K].
        """

    def pixels(self, counts: Counts) -> Int64:
        """int64 [n]: how many pixels of each edit count."""
        return np.asarray(counts.true.sum(axis=-1))

    def counts(self, table: pd.DataFrame, name: str) -> Counts:
        """The counts [n,K] of a shown score's column.

        Raises:
            ValueError: where the table has no such column or no row.
        """
        column = f"{name}.counts"
        if column not in table or not len(table):
            raise ValueError("no edit has been segmented")
        return self._counted([dense(row, self.classes) for row in table[column]])

    def _counted(self, matrices: Sequence[Int64]) -> Counts:
        return Counts.stacked([Counts.of(matrix) for matrix in matrices])

    def _estimates(self, table: pd.DataFrame) -> list[Estimate]:
        return [self._estimate(table, name) for name in self.score_names]

    def _behind(self, table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, Counts]:
        """The edits with a pixel that counts, all where none has one, and their counts.

        An edit whose mask is empty, or void everywhere, is not behind a score and tells nothing of its noise.

        Raises:
            ValueError: as `counts`.
        """
        counts = self.counts(table, name)
        there = self.pixels(counts) > 0
        if there.all() or not there.any():
            return table, counts
        return table[there], self.counts(table[there], name)

    def _estimate(self, table: pd.DataFrame, name: str) -> Estimate:
        try:
            table, edits = self._behind(table, name)
        except ValueError as error:
            return Estimate(name, None, reason=str(error))
        value = self.value(edits)
        if np.isnan(value):
            return Estimate(name, None, n=len(table), reason="no pixel of a class was counted")
        scenes, codes = cluster([str(scene) for scene in table["scene"]])
        return Estimate(
            name,
            value,
            n=len(table),
            scenes=scenes,
            kind="jackknife",
            replicates=self.replicates(edits.by(codes), codes, edits),
            interval="jackknife over scenes",
            floor=self.floor,
            ceiling=self.ceiling,
        )

    def _columns(self, true: Int32, named: Int32, references: References) -> Columns:
        whole = [confusion(t, n, self.classes) for t, n in zip(true, named)]
        masked = [
            confusion(t, n, self.classes, mask) for t, n, mask in zip(true, named, references.mask)
        ]
        columns: dict[str, Sequence[float] | list[Int64]] = {}
        for name, matrices in zip(self.score_names, (whole, masked)):
            columns[f"{name}.counts"] = [sparse(matrix) for matrix in matrices]
            columns[name] = [self.value(self._counted([matrix])) for matrix in matrices]
        return columns

    def _compact(self, images: UInt8) -> NDArray[np.uint16]:
        return self.segmenter.segment(images).astype(np.uint16)


class MeanIoU(SegmentationMetric):
    """Mean intersection over union, with one row per class beside the mean.

    Args:
        convention: "dataset" (mmsegmentation's, the default), "present" or "images"; see `iou`.
        space: the label space of the dataset; None = the segmenter's own.
    """

    name = "miou"
    title = "mIoU"

    def __init__(
        self,
        segmenter: Segmenter,
        cache: Path | None = None,
        convention: iou.Convention = "dataset",
        *,
        space: LabelSpace | None = None,
    ) -> None:
        super().__init__(segmenter, cache)
        self.convention = convention
        self.space = space

    @cached_property
    def left_out(self) -> tuple[int, ...]:
        """The segmenter's classes that no label of the dataset stands for: they are in no mean.

        Raises:
            BadInput: where the two label spaces cannot be brought together.
        """
        return () if self.space is None else unlabelled(self.space, self.segmenter.space)

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """The whole image's score, with a row for each class, then the masked region's."""
        image, mask = super().scores
        return dataclasses.replace(image, by_class=True), mask

    def definition(self) -> Record:
        """Convention, segmenter, and the classes left out where there are some."""
        names = [self.segmenter.space.classes[k] for k in self.left_out]
        more = {"left_out": names} if names else {}
        return {"convention": self.convention, "segmenter": self.segmenter.identity(), **more}

    def value(self, counts: Counts) -> float:
        """The mean IoU in this metric's convention."""
        return iou.mean_iou(counts, self.convention)

    def replicates(self, scenes: Counts, codes: Int64, edits: Counts) -> Float64:
        """Without each scene; a class that is seen in that scene alone keeps its value."""
        if self.convention == "images":
            return _images_without(edits, codes)
        total = scenes.total()
        values = _kept(iou.class_iou(scenes.without_each()), iou.class_iou(total))
        return np.asarray(values[:, iou.counted_classes(total, self.convention)].mean(axis=1))

    def other_tools(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """The mean IoU that mmsegmentation, detectron2 and torchmetrics would give."""
        del references
        try:
            counts = self.counts(samples, self.name)
        except ValueError:
            return []
        tools = zip(("mmsegmentation", "detectron2", "torchmetrics"), iou.CONVENTIONS)
        return [
            Score(f"{self.name}@{tool}", iou.mean_iou(counts, convention), n=len(samples))
            for tool, convention in tools
        ]

    def _estimates(self, table: pd.DataFrame) -> list[Estimate]:
        return [*super()._estimates(table), *self._by_class(table)]

    def _counted(self, matrices: Sequence[Int64]) -> Counts:
        return Counts.stacked([Counts.of(matrix, self.left_out) for matrix in matrices])

    def _by_class(self, table: pd.DataFrame) -> list[Estimate]:
        try:
            table, edits = self._behind(table, self.name)
        except ValueError:
            return []
        scenes, codes = cluster([str(scene) for scene in table["scene"]])
        grouped = edits.by(codes)
        value = iou.class_iou(grouped.total())
        shown = grouped.union > 0
        without = _kept(iou.class_iou(grouped.without_each()), value)
        return [
            Estimate(
                self.name,
                float(value[k]),
                n=len(table),
                scenes=scenes,
                kind="jackknife",
                replicates=without[:, k],
                interval="jackknife over scenes",
                of=self.segmenter.space.classes[k],
                floor=self.floor,
                ceiling=self.ceiling,
                bears=shown[:, k],
            )
            for k in np.flatnonzero(~np.isnan(value))
        ]


class Accuracy(SegmentationMetric):
    """Pixel accuracy.

    Args:
        void: "excluded" (the default) leaves void pixels out, "wrong" counts them as errors.
    """

    name = "accuracy"
    title = "Pixel accuracy"

    def __init__(
        self,
        segmenter: Segmenter,
        cache: Path | None = None,
        void: iou.Void = "excluded",
    ) -> None:
        super().__init__(segmenter, cache)
        self.void = void

    def definition(self) -> Record:
        """Treatment of void, and segmenter."""
        return {"void": self.void, "segmenter": self.segmenter.identity()}

    def pixels(self, counts: Counts) -> Int64:
        """Void pixels count where they are wrong."""
        known = super().pixels(counts)
        return known + counts.void if self.void == "wrong" else known

    def value(self, counts: Counts) -> float:
        """Rightly named pixels of all that count."""
        return float(iou.accuracy(counts.total(), self.void))

    def replicates(self, scenes: Counts, codes: Int64, edits: Counts) -> Float64:
        """Without each scene."""
        del codes, edits
        return iou.accuracy(scenes.without_each(), self.void)

    def other_tools(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """The accuracy that mmsegmentation (detectron2 too) and SPADE's evaluation would give."""
        del references
        try:
            total = self.counts(samples, self.name).total()
        except ValueError:
            return []
        tools = zip(("mmsegmentation", "spade"), iou.VOIDS)
        return [
            Score(f"{self.name}@{tool}", float(iou.accuracy(total, void)), n=len(samples))
            for tool, void in tools
        ]


def miou(context: Context, convention: iou.Convention = "dataset") -> MeanIoU:
    """Mean IoU of what a segmenter sees, against the target labels.

    Args:
        context: names the segmenter.
        convention: "dataset" (mmsegmentation's), "present" (detectron2's) or "images"
            (torchmetrics').
    """
    return MeanIoU(context.make_segmenter(), context.cache, convention, space=context.space)


def accuracy(context: Context, void: iou.Void = "excluded") -> Accuracy:
    """Pixel accuracy of what a segmenter sees, against the target labels.

    Args:
        context: names the segmenter.
        void: "excluded" leaves void pixels out, "wrong" counts them as errors.
    """
    return Accuracy(context.make_segmenter(), context.cache, void)


def _kept(values: Float64, otherwise: Float64) -> Float64:
    return np.where(np.isnan(values), otherwise, values)


def _images_without(edits: Counts, codes: Int64) -> Float64:
    values = iou.class_iou(edits)
    sums = np.bincount(codes, weights=np.nansum(values, axis=1))
    pairs = np.bincount(codes, weights=(~np.isnan(values)).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((sums.sum() - sums) / (pairs.sum() - pairs))
