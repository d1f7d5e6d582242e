"""The Metric contract: per-edit columns in the one pass, scores with intervals afterwards.

The harness shows a metric every result once, while it is in memory: first the reference side of a
group of edits (computed once for all methods), then each method's results. A group holds all edits
of its scenes. What a metric returns are columns of the samples table: plain numbers (a per-edit
value) or lists of numbers (a state from which the summary is made: features, counts). After the
pass, `estimates` reads the columns of one task and method and gives values with their replicates
over scenes; scores with intervals, and paired differences of two methods, are made from those. So
scoring is resumable, and every number can be made again from the table.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.edit import KnownStyle
from bench.metrics.estimate import Estimate, Score, mean_estimate
from bench.metrics.facts import (
    Against,
    Better,
    MarginKind,
    Region,
    ScoreInfo,
    Summary,
    score_infos,
)
from bench.scene import Bool, Int32, LabelSpace, UInt8

if TYPE_CHECKING:
    import pandas as pd

    from bench.metrics.context import Context

__all__ = [
    "Column",
    "Columns",
    "Metric",
    "Missing",
    "PerEdit",
    "PreparedReferences",
    "References",
]

Float32 = NDArray[np.float32]

Column = Sequence[Any]
"""One entry per edit: a float (nan = no value for it), or a list of numbers of any length."""
Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Missing:
    """A metric that cannot be computed, with its reason in one sentence.

    `cause` is what code from elsewhere raised, and `traceback` the file of a run that holds where.
    """

    reason: str
    cause: BaseException | None = field(default=None, compare=False, repr=False)
    traceback: str = ""

    @property
    def text(self) -> str:
        """The reason, and where its traceback lies."""
        return f"{self.reason} (traceback: {self.traceback})" if self.traceback else self.reason


@dataclass(frozen=True, eq=False)
class References:
    """The reference side of B edits of one task, all of one size.

    Attributes:
        images: uint8 [B,H,W,3] RGB, the ground truth (`against = "ground-truth"`) or the images
            before the edit (`against = "original"`).
        mask: bool [B,H,W], True = edited.
        labels: int32 [B,H,W], target labels, -1 = void.
        space: the label space of `labels`.
        scenes: B scene ids (the clusters of every interval).
        edits: B edit ids.
        regions: B class names of the edited regions, None where an edit has none; empty outside a
            run, like what follows.
        truths: B ground truths uint8 [H,W,3], None where an edit has none.
        styles: B functions that give the ground truth's style, None where it is not known.
    """

    images: UInt8
    mask: Bool
    labels: Int32
    space: LabelSpace
    scenes: tuple[str, ...]
    edits: tuple[str, ...]
    regions: tuple[str | None, ...] = ()
    truths: tuple[UInt8 | None, ...] = ()
    styles: tuple[Callable[[], KnownStyle] | None, ...] = ()

    def __len__(self) -> int:
        return len(self.edits)

    def first(self, count: int) -> References:
        """The first `count` edits."""
        return self.part(slice(count))

    def part(self, which: slice) -> References:
        """Some of the edits, in their order."""
        return References(
            images=self.images[which],
            mask=self.mask[which],
            labels=self.labels[which],
            space=self.space,
            scenes=self.scenes[which],
            edits=self.edits[which],
            regions=self.regions[which],
            truths=self.truths[which],
            styles=self.styles[which],
        )


@dataclass(frozen=True, eq=False)
class PreparedReferences:
    """What the reference side gave: columns to keep, and what `measure` needs in memory.

    Attributes:
        columns: one entry per edit in each.
        memory: whatever `measure` wants to find again, or None.
        by_edit: whether `memory` is a sequence with one entry per edit.
    """

    columns: Columns = field(default_factory=dict)
    memory: Any = None
    by_edit: bool = False

    def first(self, count: int) -> PreparedReferences | None:
        """The same of the first `count` edits, or None where that cannot be cut out."""
        if self.memory is not None and not self.by_edit:
            return None
        columns = {name: values[:count] for name, values in self.columns.items()}
        memory = None if self.memory is None else self.memory[:count]
        return PreparedReferences(columns, memory, by_edit=self.by_edit)


class Metric(abc.ABC):
    """Turns (reference, result) pairs into per-edit columns and a summary with an interval.

    It is registered as a class or function that is called with a `Context` and a suite's options as
    keyword arguments. Where something is missing that it needs, that call raises
    `siebench.Unavailable` with a sentence that says what to do. A metric with one number per edit is
    easiest as a subclass of `PerEdit`.

    Attributes:
        name: as a suite names it and as the scores table shows it; also the prefix of its columns
            ("NAME" for the per-edit value, "NAME.features" and the like for states).
        title: as a reader sees it ("PSNR", "LPIPS (AlexNet)").
        family, unit, better, against, summary, margin, margin_kind, zero_is_best, floor, ceiling: as
            in `ScoreInfo`, the same for all its scores.
        regions: where it looks; it has one score for each. The first has the metric's own name, the
            masked region's beside the image's is called "NAME-hole".
        orders_canaries: whether likeness to the reference is what it measures, so that it must put
            the harness's canaries in order.
        operations: the operations of the edits that it looks at ("remove"); empty = all of them. In
            a task of others it is missing, with that reason.
        of_drawn_scenes: whether it needs scenes whose style is known; elsewhere it is missing.
        suite_options: what a suite made it with, of a metric from elsewhere; the harness sets it.
    """

    name: str
    title: str
    family: str = ""
    unit: ClassVar[str] = ""
    better: ClassVar[Better] = "lower"
    against: Against = "ground-truth"
    regions: ClassVar[tuple[Region, ...]] = ("image",)
    summary: ClassVar[Summary] = "set"
    margin: ClassVar[float] = 0.03
    margin_kind: ClassVar[MarginKind] = "relative"
    zero_is_best: ClassVar[bool] = False
    floor: ClassVar[float | None] = None
    ceiling: ClassVar[float | None] = None
    orders_canaries: ClassVar[bool] = True
    operations: ClassVar[tuple[str, ...]] = ()
    of_drawn_scenes: ClassVar[bool] = False
    suite_options: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, context: Context | None = None) -> None:
        del context  # for those that need it

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """What there is to know of the scores that `summarise` gives, as a table orders them."""
        return score_infos(
            self.name,
            self.title,
            self.regions,
            family=self.family or self.name,
            unit=self.unit,
            better=self.better,
            against=self.against,
            summary=self.summary,
            margin=self.margin,
            margin_kind=self.margin_kind,
            zero_is_best=self.zero_is_best,
            floor=self.floor,
            ceiling=self.ceiling,
        )

    @property
    def needs(self) -> str:
        """What an edit must have for it to have a value, as in "no edit of this task has NEEDS".

        A ground truth, where it is compared with one, need not be said.
        """
        return "a value"

    @property
    def label_space(self) -> LabelSpace | None:
        """The classes that target labels must count for it; None where it looks at no labels."""
        return None

    @property
    def score_names(self) -> tuple[str, ...]:
        """The names of `scores`."""
        return tuple(score.name for score in self.scores)

    @abc.abstractmethod
    def definition(self) -> Record:
        """The metric's part of the protocol hash: formula, region, tensors, preprocessing."""

    def warm_up(self) -> None:  # noqa: B027 -- most metrics need nothing
        """Loads what it will need, so that the first edits need not wait for it.

        It is called at most once, from a thread beside those that read the first images, and only
        where every metric is of this package; nothing may depend on it.
        """

    def prepare(self, references: References) -> PreparedReferences:
        """Looks at the reference side of a group of edits, once for all methods."""
        del references
        return PreparedReferences()

    @abc.abstractmethod
    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """Scores one method's results, uint8 [B,H,W,3] RGB, against the prepared reference side."""

    @property
    def observes(self) -> bool:
        """Whether the metric has an `observe` of its own."""
        return type(self).observe is not Metric.observe

    def observe(self, references: References, raw: Float32) -> Columns:
        """Looks at what only execution can know, once, when an editor has just given its raw output.

        The columns are stored with the samples and carried over when the saved images are scored
        again; scoring a folder never has them.

        Args:
            references: the reference side of the same edits.
            raw: float32 [B,H,W,3] RGB in grey levels (0..255), the raw output before
                clipping, compositing and quantising.
        """
        del references, raw
        return {}

    @abc.abstractmethod
    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """The values of one task and method, with their replicates over scenes.

        Args:
            samples: one row for each edit that the method carried out and this metric measured, in plan
                order, with `edit`, `scene` and this metric's columns.
            references: the same edits in the same order, with `edit`, `scene` and the columns of
                `prepare`.
        """

    def summarise(
        self, samples: pd.DataFrame, references: pd.DataFrame, level: float = 0.95
    ) -> list[Score]:
        """The scores of one task and method, with intervals; arguments as `estimates`."""
        return [estimate.score(level) for estimate in self.estimates(samples, references)]

    def summarise_references(self, references: pd.DataFrame, level: float = 0.95) -> list[Score]:
        """What the real images themselves score, for metrics where that means something."""
        del references, level
        return []

    def doubt(self, references: pd.DataFrame) -> str | None:
        """Why its values say nothing in this task, told by the real images; None where they may.

        Args:
            references: as `estimates` takes them.

        Returns:
            one sentence without its stop, for the run's notices.
        """
        del references
        return None

    def other_tools(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """What other tools would have said of the same columns, where their formula differs.

        Nothing is computed again, and tools that agree share a row, which bears the first one's
        name. Where tools differ in what the network sees (the resize), that is a metric of its own.
        Each row is pinned by a test against the library, or against its stated formula:

        | name | formula |
        | --- | --- |
        | kid@clean-fid (torchmetrics too) | images and their own edits count as independent |
        | miou@mmsegmentation | counts of the whole set, classes with a union |
        | miou@detectron2 | counts of the whole set, classes that occur in the target |
        | miou@torchmetrics | mean over pairs of an image and a class with a union |
        | accuracy@mmsegmentation (detectron2 too) | void pixels left out |
        | accuracy@spade | void pixels count as wrong (docs/protocol/generation.md, B) |

        pytorch-fid, clean-fid and torchmetrics share our formula for FID; they differ in rounding.
        """
        del samples, references
        return []

    def influence(self, samples: pd.DataFrame, references: pd.DataFrame) -> Columns:
        """For scores of a whole set: how much each edit adds to it, one entry per row.

        An edit's influence is the score with it minus the score without it.
        """
        del samples, references
        return {}


class PerEdit(Metric):
    """A metric with one number per edit, whose scores are the means of the columns of their names."""

    summary: ClassVar[Summary] = "mean"

    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """The mean of each score's column, resampled over scenes."""
        del references
        scenes = [str(scene) for scene in samples["scene"]]
        columns = [(one, self._column(samples, one.name)) for one in self.scores]
        if all(np.isnan(values).all() for _, values in columns):
            return [
                Estimate(one.name, None, reason=f"no edit has {self.needs}") for one, _ in columns
            ]
        return [
            mean_estimate(one.name, values, scenes, one.floor, one.ceiling)
            for one, values in columns
        ]

    @staticmethod
    def _column(samples: pd.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if name not in samples:
            return np.full(len(samples), np.nan)
        return samples[name].to_numpy(dtype=np.float64, na_value=np.nan)
