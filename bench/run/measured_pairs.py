"""The one pass over the pairs of two folders: what metrics measure of them, and what else they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.metrics import Metric, from_elsewhere
from bench.run.appearance import appearance_notices, file_notices
from bench.run.file_kinds import count_kinds
from bench.run.group_work import GroupWork
from bench.run.guise import guise_notices
from bench.run.mask_fit import mask_notices
from bench.run.measure import EditGroup, PreparedGroup, measure_group
from bench.run.pair_images import PairFacts, PairImages
from bench.run.pairs import Pair
from bench.scene import LabelSpace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MeasuredPairs", "measure_pairs", "pair_notices"]

P = TypeVar("P", bound=np.generic)


@dataclass(frozen=True, eq=False)
class MeasuredPairs:
    """What the pass over all pairs found.

    Attributes:
        samples, references: the tables that `Metric.estimates` reads.
        facts: what is told of each pair besides its scores.
    """

    samples: pd.DataFrame
    references: pd.DataFrame
    facts: list[PairFacts]

    @property
    def kinds(self) -> dict[str, dict[str, int]]:
        """How many of the references ("real") and results ("fake") are stored in which way."""
        return {
            "real": count_kinds(one.real_kind for one in self.facts),
            "fake": count_kinds(one.fake_kind for one in self.facts),
        }


def measure_pairs(
    pairs: Sequence[Pair],
    metrics: Sequence[Metric],
    space: LabelSpace,
    reading: Callable[[Pair], PairImages],
    advance: Callable[[int], None],
    device: str,
) -> MeasuredPairs:
    """Reads every pair once and measures it.

    Args:
        pairs: in the tables' order.
        metrics: those to compute.
        space: of the label maps.
        reading: how a pair is read.
        advance: told after every group how many pairs it has.
        device: where networks run.
    """

    def measured(group: list[PairImages]) -> tuple[pd.DataFrame, pd.DataFrame, list[PairFacts]]:
        edits = _edits(group, space)
        side = PreparedGroup.of(metrics, edits)
        columns = measure_group(metrics, side, {i: one.fake for i, one in enumerate(group)})
        names = {"edit": edits.edits, "scene": edits.scenes}
        samples = pd.DataFrame({**names, **columns})
        return samples, pd.DataFrame({**names, **side.columns()}), [one.facts for one in group]

    sides = []
    facts: list[PairFacts] = []
    with GroupWork(device, alone=any(map(from_elsewhere, metrics))) as work:
        work.warm_up(metrics)
        import pandas as pd  # meanwhile

        groups = work.groups(work.read(reading, pairs), lambda one: one.real)
        for samples, references, found in work.measure(measured, groups):
            sides.append((samples, references))
            facts += found
            advance(len(samples))
    samples, references = (pd.concat(tables, ignore_index=True) for tables in zip(*sides))
    return MeasuredPairs(samples, references, facts)


def pair_notices(folders: Mapping[str, Path], facts: Sequence[PairFacts]) -> list[str]:
    """What seems wrong with the images of two folders, a sentence each.

    Args:
        folders: by what they hold: "real", "fake" and perhaps "masks".
        facts: of all pairs.
    """
    found = []
    if "masks" in folders:
        found += mask_notices(folders["masks"], [one.fit for one in facts if one.fit is not None])
    found += guise_notices(folders["fake"], [one.guise for one in facts])
    found += appearance_notices(folders, [one.look for one in facts])
    looks = [one.real_look for one in facts], [one.fake_look for one in facts]
    return [*found, *file_notices(folders, *looks)]


def _edits(group: Sequence[PairImages], space: LabelSpace) -> EditGroup:
    stems = tuple(one.stem for one in group)
    images = [one.real for one in group]
    return EditGroup(
        ground_truth=images,
        original=images,
        mask=_planes([one.mask for one in group]),
        labels=_planes([one.labels for one in group]),
        space=space,
        scenes=stems,
        edits=stems,
    )


def _planes(planes: Sequence[NDArray[P]]) -> NDArray[P]:
    """B planes [H,W] as [B,H,W]; one that all share is repeated without a copy of it."""
    first = planes[0]
    if all(plane is first for plane in planes):
        return np.broadcast_to(first, (len(planes), *first.shape))
    return np.stack(planes)
