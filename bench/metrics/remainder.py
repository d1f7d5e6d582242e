"""Did it remove? What a segmenter still calls by the removed class, and what is nearer to the true answer."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.cache import ArrayCache
from bench.core.identity import Record
from bench.metrics.context import Context
from bench.metrics.facts import Against, Better, MarginKind, Region, ScoreInfo
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.networks.segmenters import Segmenter, kept_by, label_lookup
from bench.scene import Bool, LabelSpace, UInt8

__all__ = ["Remainder", "Removed", "remainder", "removed"]


class _OfRemovals(PerEdit):
    """A share of the masked region of every removal."""

    against: Against = "original"
    regions: ClassVar[tuple[Region, ...]] = ("mask",)
    margin: ClassVar[float] = 0.01
    margin_kind: ClassVar[MarginKind] = "absolute"
    orders_canaries: ClassVar[bool] = False
    ceiling: ClassVar[float | None] = 1.0
    operations: ClassVar[tuple[str, ...]] = ("remove",)


class Remainder(_OfRemovals):
    """The share of the masked region that a segmenter still calls by the removed class.

    Only pixels count whose target is another class: behind a removed tree there may be a tree. Where
    there is a ground truth, what the segmenter says of it there is subtracted, since a segmenter errs
    too; a value may then be below 0.

    Args:
        segmenter: the network, with its label space.
        cache: the folder of the reference cache (segmentations of ground truths), or None.
        least: an edit has a remainder where the share is above this, for the score of such edits.
    """

    name = "remainder"
    title = "Remainder"
    floor: ClassVar[float | None] = -1.0

    def __init__(
        self, segmenter: Segmenter, cache: Path | None = None, least: float = 0.05
    ) -> None:
        self.segmenter = segmenter
        self.least = least
        self.cache = None if cache is None else ArrayCache(cache)

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """The share of the region, and the share of edits that have a remainder."""
        (share,) = super().scores
        edits = dataclasses.replace(
            share, name="remainder-edits", title="Edits with a remainder", floor=0.0
        )
        return share, edits

    @property
    def label_space(self) -> LabelSpace:
        """The segmenter's."""
        return self.segmenter.space

    @property
    def needs(self) -> str:
        """A removed object of a class that the segmenter knows, and another class to put there."""
        return (
            "a removed class that the segmenter knows, and a target of another class where it was"
        )

    def definition(self) -> Record:
        """What is counted, the threshold and the segmenter."""
        return {
            "formula": "share of masked pixels with another target that are called by the removed "
            "class, minus the ground truth's where there is one",
            "least": self.least,
            "segmenter": self.segmenter.identity(),
            "summary": "mean over edits",
        }

    def prepare(self, references: References) -> PreparedReferences:
        """For every edit the removed class, the pixels that count, and the ground truth's share."""
        lookup = label_lookup(references.space, self.segmenter.space)
        names = {name: int(lookup[k]) for k, name in enumerate(references.space.classes)}
        regions = references.regions or (None,) * len(references)
        truths = references.truths or (None,) * len(references)
        memory: list[tuple[int, Bool, float]] = []
        for region, truth, mask, labels in zip(
            regions, truths, references.mask, lookup[references.labels]
        ):
            removed = names.get(region, -1) if region is not None else -1
            counted = mask & (labels != removed)
            own = 0.0
            if truth is not None and removed >= 0 and counted.any():
                own = float((self._named(truth) == removed)[counted].mean())
            memory.append((removed, counted, own))
        return PreparedReferences(memory=memory, by_edit=True)

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Two numbers per edit, nan where it has no removed class or nothing that counts."""
        del references
        shares = [
            float((named == removed)[counted].mean()) - own
            if removed >= 0 and counted.any()
            else math.nan
            for named, (removed, counted, own) in zip(
                self.segmenter.segment(results), prepared.memory
            )
        ]
        return {
            self.name: shares,
            "remainder-edits": [
                share if math.isnan(share) else float(share > self.least) for share in shares
            ],
        }

    def _named(self, image: UInt8) -> NDArray[np.uint16]:
        """What the segmenter sees in a ground truth, from the cache where it is there."""

        def compact(images: UInt8) -> NDArray[np.uint16]:
            return self.segmenter.segment(images).astype(np.uint16)

        if self.cache is None:
            found: NDArray[np.uint16] = compact(image[None])[0]
        else:
            found = self.cache.rows(kept_by(self.segmenter), image[None], compact)[0]
        return found


def remainder(context: Context, least: float = 0.05) -> Remainder:
    """What a segmenter still calls by the class of an object that was to be removed.

    Args:
        context: names the segmenter.
        least: the share of the region above which an edit counts as one with a remainder, 0..1.
    """
    return Remainder(context.make_segmenter(), context.cache, least)


def removed(original: UInt8, truth: UInt8, result: UInt8, mask: Bool) -> float:
    """The share of what the object changed where the result is nearer to the truth than to the object.

    It looks at the masked pixels in which the image before the edit and the true answer differ, and at
    the squared distance in RGB; a pixel as near to both counts half. nan where no pixel differs.

    >>> before, answer = np.full((4, 4, 3), 200, np.uint8), np.full((4, 4, 3), 100, np.uint8)
    >>> half = before.copy()
    >>> half[:2] = 120
    >>> removed(before, answer, half, np.ones((4, 4), bool))
    0.5

    Args:
        original: uint8 [H,W,3], the image before the edit.
        truth: uint8 [H,W,3], the image had the object never been there.
        result: uint8 [H,W,3].
        mask: bool [H,W].
    """
    changed = mask & (original != truth).any(axis=2)
    if not changed.any():
        return math.nan
    wide = result[changed].astype(np.int32)
    to_object = ((wide - original[changed]) ** 2).sum(axis=1)
    to_truth = ((wide - truth[changed]) ** 2).sum(axis=1)
    return float((np.sign(to_object - to_truth).mean() + 1) / 2)


class Removed(_OfRemovals):
    """The share of what the removed object changed where the result is nearer to the true answer."""

    name = "removed"
    title = "Removed"
    better: ClassVar[Better] = "higher"
    floor: ClassVar[float | None] = 0.0

    @property
    def needs(self) -> str:
        """Photographs have no answer to a removal; drawn scenes have."""
        return "a true answer: the scene without the object"

    def definition(self) -> Record:
        """The formula."""
        return {
            "formula": "share of masked pixels that the object changed, nearer in RGB to the ground "
            "truth than to the original; ties count half",
            "summary": "mean over edits",
        }

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit, nan where there is no true answer."""
        del prepared
        truths = references.truths or (None,) * len(references)
        rows = zip(references.images, truths, results, references.mask)
        return {
            self.name: [
                math.nan if truth is None else removed(original, truth, result, mask)
                for original, truth, result, mask in rows
            ]
        }
