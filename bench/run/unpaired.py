"""Scores of two sets of images that are no pairs: many results a scene, or other numbers of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.core.images import StoredImage, read_stored
from bench.core.transfers import stage
from bench.metrics import Metric, Missing, Score, from_elsewhere
from bench.metrics.features import FeatureMetric
from bench.run.file_kinds import count_kinds, file_kind
from bench.run.group_work import GroupWork

__all__ = ["SetScores", "needs_pairs", "score_sets"]

Float32 = NDArray[np.float32]


def needs_pairs(metric: Metric | Missing) -> Missing | None:
    """Why a metric has no value without pairs; None where it has one, or is missing already."""
    if isinstance(metric, Missing) or (isinstance(metric, FeatureMetric) and metric.crop is None):
        return None
    return Missing(
        "it compares pairs: leave out --allow-unpaired, and name every result as its image"
    )


@dataclass(frozen=True)
class SetScores:
    """What was found of two sets of images.

    Attributes:
        scores: each metric's.
        kinds: how many of the references ("real") and results ("fake") are stored in which way.
    """

    scores: list[list[Score]]
    kinds: dict[str, dict[str, int]]


def score_sets(
    real: Sequence[Path],
    fake: Sequence[Path],
    metrics: Sequence[FeatureMetric],
    device: str = "cpu",
    advance: Callable[[int], None] = lambda _: None,
) -> SetScores:
    """Each metric's scores of two sets of any sizes.

    Args:
        real: files of the references.
        fake: files of the results.
        metrics: those to compute.
        device: where their networks run.
        advance: told after every group how many images are done.

    Raises:
        BadInput: a file that cannot be read.
    """
    with GroupWork(device, alone=any(map(from_elsewhere, metrics))) as work:
        work.warm_up(metrics)
        sides = [_side(files, metrics, work, advance) for files in (real, fake)]
    features = zip(*(side.features for side in sides))
    scores = [metric.unpaired(*both) for metric, both in zip(metrics, features)]
    return SetScores(scores, {"real": sides[0].kinds, "fake": sides[1].kinds})


@dataclass(frozen=True, eq=False)
class _Side:
    """One set: each metric's features [n,d], and how its files are stored."""

    features: list[Float32]
    kinds: dict[str, int]


def _side(
    files: Sequence[Path],
    metrics: Sequence[FeatureMetric],
    work: GroupWork,
    advance: Callable[[int], None],
) -> _Side:
    """Of all files, in their order."""

    def looked_at(group: list[StoredImage]) -> tuple[list[Float32], list[str]]:
        images = stage([one.pixels for one in group])
        return [metric.network.features(images) for metric in metrics], [*map(file_kind, group)]

    rows: list[list[Float32]] = []
    kinds: list[str] = []
    groups = work.groups(work.read(read_stored, files), lambda one: one.pixels)
    for mine, own in work.measure(looked_at, groups):
        rows.append(mine)
        kinds += own
        advance(len(own))
    return _Side([np.concatenate(mine) for mine in zip(*rows)], count_kinds(kinds))
